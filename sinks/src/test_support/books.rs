//! Seeded books of sellers: policies, lines, days and their statements, as the settlement processor would write them down.

use events::calendar::Day;
use events::ids::{Category, OrderId, RequestId, SellerId, Sku};
use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::settlement::{
    CommissionRule, DayTotals, Fee, LineKind, PayOut, PostedLine, RuleMatch, SellerPolicy, Settled, SettlementEvent,
    SettlementFact, SettlementRefusal, Source, Statement,
};
use events::time::Timestamp;
use fastrand::Rng;
use streams::record::Record;

use super::shop::record_of;
use crate::stream::Stream;

/// Writes one partition's log.
pub(crate) struct Books {
    partition: i32,
    random: Rng,
    now: i64,
    offset: i64,
    requests: u64,
    sellers: Vec<Seller>,
}

struct Seller {
    id: SellerId,
    version: u64,
    numbered: u64,
    policies: u32,
    policy: SellerPolicy,
    day: Day,
    totals: DayTotals,
    carried: Money,
    /// What was sold and not taken back.
    sold: Vec<(OrderId, PostedLine)>,
}

impl Books {
    pub(crate) fn new(seed: u64, partition: i32) -> Self {
        let seller = |number: u32| Seller {
            id: SellerId::new(&format!("seller-{partition}-{number}")).unwrap(),
            version: 0,
            numbered: 0,
            policies: 0,
            policy: SellerPolicy::default(),
            day: Day::of(2026, 9, 20).unwrap(),
            totals: DayTotals::default(),
            carried: Money::ZERO,
            sold: Vec::new(),
        };
        let random = Rng::with_seed(seed ^ (partition.cast_unsigned() as u64) << 32);
        let sellers = (0..4).map(seller).collect();
        Self { partition, random, now: 1_790_000_000_000, offset: 0, requests: 0, sellers }
    }

    /// The next `count` records. Now and then an offset is missing, as after a transaction's marker.
    pub(crate) fn records(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.step()).collect()
    }

    fn step(&mut self) -> Record {
        let (partition, offset, at) = (self.partition, self.offset, Timestamp::from_millis(self.now));
        self.now += self.random.i64(0..400);
        self.offset += 1 + i64::from(self.random.u8(0..10) == 0);
        let choice = self.random.usize(0..self.sellers.len());
        let fact = self.fact(choice, at);
        let seller = &mut self.sellers[choice];
        seller.version += 1;
        let event = SettlementEvent { seller: seller.id.clone(), version: seller.version, at, fact };
        record_of(Stream::Settlement, partition, offset, at, &event)
    }

    fn fact(&mut self, choice: usize, at: Timestamp) -> SettlementFact {
        self.requests += 1;
        let request = RequestId::derive(&[b"books", &self.partition.to_le_bytes(), &self.requests.to_le_bytes()]);
        let source = Source { partition: self.partition, offset: self.offset };
        let (random, seller) = (&mut self.random, &mut self.sellers[choice]);
        let day = seller.day;
        match random.u8(0..14) {
            0 => {
                seller.policies += 1;
                seller.policy = policy(random);
                SettlementFact::PolicySet { request, number: seller.policies, from: day, policy: seller.policy.clone() }
            }
            1 => SettlementFact::PolicyRefused { request, reason: SettlementRefusal::TermsFrozen },
            2 => SettlementFact::CloseRefused { request, day: day.next(), reason: SettlementRefusal::DayAhead },
            3 => {
                let totals = std::mem::take(&mut seller.totals);
                let statement = Statement::close(totals, seller.policies, &seller.policy, day, seller.carried).unwrap();
                (seller.day, seller.carried) = (day.next(), statement.carried_out);
                SettlementFact::DayClosed { request: random.bool().then_some(request), day, statement }
            }
            4..6 => SettlementFact::DayUpdated { day, totals: seller.totals },
            6..8 if !seller.sold.is_empty() => {
                let (order, line) = seller.sold.swap_remove(random.usize(0..seller.sold.len()));
                let amounts = Settled::default().minus(&line.amounts).unwrap();
                let contra = PostedLine { quantity: -line.quantity, amounts, ..line };
                let lines = vec![seller.number(contra)];
                posted(seller, LineKind::Contra, order, Some(random.u16(1..9)), at, source, lines)
            }
            _ => {
                let order = request.order();
                let lines: Vec<_> =
                    (0..random.u32(1..4)).map(|number| seller.number(sold(random, &seller.policy, number))).collect();
                seller.sold.extend(lines.iter().map(|line| (order.clone(), line.clone())));
                posted(seller, LineKind::Sale, order, None, at, source, lines)
            }
        }
    }
}

impl Seller {
    fn number(&mut self, line: PostedLine) -> PostedLine {
        self.numbered += 1;
        self.totals = self.totals.with(&line.amounts).unwrap();
        PostedLine { number: self.numbered, ..line }
    }
}

fn posted(
    seller: &Seller,
    kind: LineKind,
    order: OrderId,
    refund: Option<u16>,
    reached_at: Timestamp,
    source: Source,
    lines: Vec<PostedLine>,
) -> SettlementFact {
    let (day, policy) = (seller.day, seller.policies);
    SettlementFact::LinesPosted { day, kind, order, refund, reached_at, policy, source, lines }
}

fn policy(random: &mut Rng) -> SellerPolicy {
    let fee =
        if random.bool() { Fee::Fixed(Money::new(300)) } else { Fee::Rate(BasisPoints::new(random.u16(0..=3_000))) };
    let rule = |applies_to| CommissionRule { applies_to, fee, minimum: Money::new(50) };
    let food = Category::new("food").unwrap();
    SellerPolicy {
        commission: vec![rule(RuleMatch::Category(food)), rule(RuleMatch::Seller)],
        pay_out: if random.bool() { PayOut::default() } else { weekly() },
        ..SellerPolicy::default()
    }
}

fn weekly() -> PayOut {
    let (first_share, weekday) = (BasisPoints::new(7_000), events::calendar::Weekday::Friday);
    PayOut::Weekly { first_share, weekday, reserve_after_days: 30 }
}

fn sold(random: &mut Rng, policy: &SellerPolicy, number: u32) -> PostedLine {
    let sku = Sku::new(&format!("tea-{number}")).unwrap();
    let (units, gross) = (random.u32(1..4), Money::new(random.i64(1_000..90_000)));
    let discount = Money::new(random.i64(0..900));
    let whole = LineAmounts::of_lines(&[gross], discount, BasisPoints::new(5_000)).unwrap().remove(0);
    let terms = policy.terms_of(&sku, None);
    let amounts = Settled::of(&whole, units, 0, None, &terms).unwrap();
    PostedLine { number: 0, sku, quantity: units.cast_signed(), terms, amounts }
}
