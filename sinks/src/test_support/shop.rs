//! A seeded shop: campaigns, claims and what becomes of coupons, as the processor would write it down.

use std::sync::Arc;

use bytes::Bytes;
use events::codec::{Message, encode};
use events::coupons::{
    CampaignTerms, CouponEvent, CouponFact, Discount, Eligibility, Refusal, ReleaseCause, Restoration, StockCount,
};
use events::envelope::Envelope;
use events::ids::{CampaignId, CouponId, HoldId, OrderId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::time::{Timestamp, Window};
use fastrand::Rng;
use projections::CouponState;
use streams::record::Record;

use crate::stream::Stream;

struct Coupon {
    coupon: CouponId,
    shopper: ShopperId,
    state: CouponState,
    hold: HoldId,
    restored: u8,
}

struct Campaign {
    id: CampaignId,
    version: u64,
    stock: StockCount,
    coupons: Vec<Coupon>,
}

/// Writes one partition's log.
pub(crate) struct Shop {
    partition: i32,
    random: Rng,
    now: i64,
    offset: i64,
    requests: u64,
    campaigns: Vec<Campaign>,
}

const SHOPPERS: u32 = 50;

impl Shop {
    /// A shop of three campaigns. Log time begins an hour ago.
    pub(crate) fn new(seed: u64, partition: i32) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let campaigns = (0..3).map(|number| Campaign {
            id: CampaignId::new(&format!("sale-{partition}-{number}")).unwrap(),
            version: 0,
            stock: StockCount { stock: 40, remaining: 40, ..StockCount::default() },
            coupons: Vec::new(),
        });
        Self {
            partition,
            random: Rng::with_seed(seed ^ (partition.cast_unsigned() as u64) << 32),
            now: i64::try_from(now).unwrap() - 3_600_000,
            offset: 0,
            requests: 0,
            campaigns: campaigns.collect(),
        }
    }

    /// The next `count` records. Now and then an offset is missing, as after a transaction's marker.
    pub(crate) fn records(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.step()).collect()
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::derive(&[&self.partition.to_le_bytes(), &self.requests.to_le_bytes()])
    }

    fn step(&mut self) -> Record {
        let request = self.request();
        let at = Timestamp::from_millis(self.now);
        let expires_at = at.plus_millis(86_400_000);
        self.now += self.random.i64(0..5);
        let shopper = ShopperId::new(&format!("shopper-{}", self.random.u32(0..SHOPPERS))).unwrap();
        let choice = self.random.usize(0..self.campaigns.len());
        let campaign = &mut self.campaigns[choice];
        let fact = if campaign.version == 0 {
            CouponFact::CampaignDefined { request, terms: terms(at) }
        } else if campaign.coupons.is_empty() || self.random.u8(0..10) < 5 {
            campaign.claim(request, shopper, expires_at)
        } else if self.random.u8(0..20) == 0 {
            CouponFact::CampaignPaused { request }
        } else {
            let chosen = self.random.usize(0..campaign.coupons.len());
            campaign.coupon_life(chosen, request, at, &mut self.random)
        };
        campaign.version += 1;
        assert!(campaign.stock.is_balanced());
        let (id, version, stock) = (campaign.id.clone(), campaign.version, campaign.stock);
        let event = CouponEvent { campaign: id, version, at, stock, fact };
        let record = record(self.partition, self.offset, &event);
        self.offset += 1 + i64::from(self.random.u8(0..10) == 0);
        record
    }
}

impl Campaign {
    fn claim(&mut self, request: RequestId, shopper: ShopperId, expires_at: Timestamp) -> CouponFact {
        if self.stock.remaining == 0 {
            return CouponFact::ClaimRefused { request, shopper, reason: Refusal::SoldOut };
        }
        self.stock.remaining -= 1;
        self.stock.granted += 1;
        let coupon = request.coupon();
        let state = CouponState::Granted;
        self.coupons.push(Coupon { coupon, shopper: shopper.clone(), state, hold: request.hold(), restored: 0 });
        CouponFact::CouponGranted { request, coupon, shopper, expires_at }
    }

    fn coupon_life(&mut self, chosen: usize, request: RequestId, at: Timestamp, random: &mut Rng) -> CouponFact {
        let stock = &mut self.stock;
        let it = &mut self.coupons[chosen];
        let (coupon, shopper) = (it.coupon, it.shopper.clone());
        let order = OrderId::new("order-1").unwrap();
        let discount = Money::new(500);
        let before = it.state;
        let mut become_state = |state: CouponState| {
            let count = |stock: &mut StockCount, state: CouponState, by: i32| {
                let part = match state {
                    CouponState::Granted => &mut stock.granted,
                    CouponState::Held => &mut stock.held,
                    CouponState::Redeemed => &mut stock.redeemed,
                    CouponState::Expired => &mut stock.expired,
                    CouponState::Revoked => &mut stock.revoked,
                };
                *part = part.checked_add_signed(by).unwrap();
            };
            count(stock, before, -1);
            count(stock, state, 1);
            it.state = state;
        };
        match (before, random.u8(0..10)) {
            (CouponState::Granted, 0..=6) => {
                become_state(CouponState::Held);
                it.hold = request.hold();
                CouponFact::CouponHeld { request, coupon, shopper, hold: it.hold, order, discount, until: at }
            }
            (CouponState::Granted, 7) => {
                become_state(CouponState::Expired);
                CouponFact::CouponExpired { coupon, shopper }
            }
            (CouponState::Granted, 8) => {
                become_state(CouponState::Revoked);
                CouponFact::CouponRevoked { request, coupon, shopper }
            }
            (CouponState::Held, 0..=4) => {
                become_state(CouponState::Redeemed);
                CouponFact::CouponRedeemed { request, coupon, shopper, hold: it.hold, order, discount }
            }
            (CouponState::Held, _) => {
                become_state(CouponState::Granted);
                CouponFact::CouponReleased {
                    request: None,
                    coupon,
                    shopper,
                    hold: it.hold,
                    cause: ReleaseCause::Lapsed,
                }
            }
            (CouponState::Redeemed, 0..=5) => {
                become_state(CouponState::Granted);
                it.restored += 1;
                CouponFact::CouponRestored { request, coupon, shopper, order, restored: it.restored }
            }
            _ => CouponFact::CouponRefused { request, coupon, shopper, reason: Refusal::NotUsable },
        }
    }
}

fn terms(at: Timestamp) -> CampaignTerms {
    let window = Window { from: at, until: at.plus_millis(86_400_000) };
    CampaignTerms {
        stock: 40,
        claim: window,
        usable: window,
        per_shopper: 100,
        eligibility: Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(500) },
        minimum_spend: Money::ZERO,
        budget: None,
        platform_share: BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: Restoration::Never,
    }
}

/// An event as it stands in `coupons.events`.
pub(crate) fn record(partition: i32, offset: i64, event: &CouponEvent) -> Record {
    record_of(Stream::Coupons, partition, offset, event.at, event)
}

/// A message as it stands in a topic.
pub(crate) fn record_of<M: Message>(stream: Stream, partition: i32, offset: i64, at: Timestamp, message: &M) -> Record {
    let (value, envelope) = encode(message, &Envelope::default()).unwrap();
    Record {
        topic: Arc::from(stream.topic()),
        partition,
        offset,
        timestamp: at.as_millis(),
        key: Some(Bytes::from(message.key().into_owned())),
        value: Some(Bytes::from(value)),
        headers: envelope.to_headers(),
    }
}

/// Nothing anybody could read, U+0000 included.
pub(crate) fn undecodable_record(partition: i32, offset: i64) -> Record {
    let event = Shop::new(0, partition).records(1).remove(0);
    Record { offset, value: Some(Bytes::from_static(b"{\"no\0such\":\xff")), ..event }
}

/// A record of a version that nobody here knows.
pub(crate) fn newer_record(partition: i32, offset: i64) -> Record {
    let mut record = Shop::new(0, partition).records(1).remove(0);
    record.offset = offset;
    for (name, value) in &mut record.headers {
        if name == "schema-version" {
            *value = Bytes::from_static(b"999");
        }
    }
    record
}
