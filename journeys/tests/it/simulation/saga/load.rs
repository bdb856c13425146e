//! Shoppers, merchants and operators: they define, claim, order, pay about when the time to pay ends, walk away, cancel, ship,
//! send back; all of it also twice. They see of the shop what a reader of `orders.events` sees.

use std::collections::{BTreeMap, BTreeSet};

use events::coupons::{CampaignTerms, CouponCommand, Discount, Eligibility, Restoration};
use events::ids::{CampaignId, CouponId, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku};
use events::inventory::{InventoryCommand, ProductTerms};
use events::money::{BasisPoints, Money};
use events::orders::{
    Goods, OrderCommand, OrderCoupon, OrderEvent, OrderFact, OrderState, RefundCause, TimeLimits, Units,
};
use events::payments::RefundAccount;
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use events::topics;
use fastrand::Rng;
use streams::record::Outgoing;
use streams::simulated::BEGINNING;

use super::super::{SINK_PARTITIONS, record};
use super::provider::Means;

const PRODUCTS: u8 = 4;
const SHOPPERS: u8 = 6;
const MOST_ORDERS: usize = 24;
/// What a coupon takes off, won: no multiple of any line.
const DISCOUNT: i64 = 1_001;

#[derive(Default)]
pub(super) struct Load {
    requests: u64,
    /// Coupons that may have been granted, and to whom.
    coupons: Vec<(ShopperId, CouponId)>,
    orders: BTreeMap<OrderId, Known>,
    sent: Vec<OrderCommand>,
    /// Requests about orders, and whether each time that one was sent it asked for a reply.
    pub(super) asked: BTreeMap<RequestId, bool>,
    /// Orders that were told where to send money, at which version.
    brought: BTreeSet<(OrderId, u64)>,
    /// Whether commands to undo an order are repeated late: after more refused ones than a former build remembered.
    pub(super) repeats_late: bool,
    /// What is sent next, last one first.
    next: Vec<OrderCommand>,
    /// Requests that changed something.
    accepted: BTreeSet<RequestId>,
}

/// What is known of an order.
#[derive(Clone, Debug)]
struct Known {
    shopper: ShopperId,
    lines: Vec<Units>,
    seen: Option<OrderEvent>,
    /// Whether a payment was sent that is charged although the provider says that it declined: nobody pays twice knowingly.
    contradicted: bool,
}

impl Known {
    /// Whether nothing but an operator moves it any more.
    fn is_over(&self) -> bool {
        self.seen.as_ref().and_then(|seen| seen.state).is_some_and(OrderState::is_terminal)
    }
}

impl Load {
    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::of("crowd", "any", &self.requests.to_string())
    }

    /// A fact about an order is seen.
    pub(super) fn see(&mut self, event: OrderEvent) {
        let refused = matches!(
            event.fact,
            OrderFact::OrderRefused { .. } | OrderFact::RefundRefused { .. } | OrderFact::PaymentDeclined { .. }
        );
        if !refused {
            self.accepted.extend(event.fact.request());
        }
        if let Some(known) = self.orders.get_mut(&event.order).filter(|_| event.version > 0) {
            known.seen = Some(event);
        }
    }

    /// What the shop opens with.
    pub(super) fn opening(&mut self, rng: &mut Rng) -> Vec<Outgoing> {
        let defined = define(self.request());
        let mut opening = vec![record(topics::COUPONS_INBOX.name(), &defined, None, None)];
        for number in 0..PRODUCTS {
            let commands = [
                InventoryCommand::DefineProduct { request: self.request(), sku: sku(number), terms: terms(number) },
                InventoryCommand::AdjustStock { request: self.request(), sku: sku(number), change: rng.i64(5..80) },
            ];
            let inbox = topics::INVENTORY_INBOX.name();
            opening.extend(commands.iter().map(|command| record(inbox, command, None, None)));
        }
        opening
    }

    /// Whatever somebody does next.
    pub(super) fn next(&mut self, rng: &mut Rng, now: i64) -> Option<Outgoing> {
        if let Some(command) = self.next.pop() {
            return Some(self.send(command, None));
        }
        if self.repeats_late && rng.u8(0..40) == 0 {
            self.plan_late_repeat(rng);
        }
        let command = match rng.u8(0..40) {
            0..=3 => return Some(self.claim(rng)),
            4 => return self.revoke(rng),
            5..=10 if self.orders.len() < MOST_ORDERS => self.place(rng),
            11 | 12 if !self.sent.is_empty() && !self.repeats_late => self.sent[rng.usize(0..self.sent.len())].clone(),
            _ => self.about_any(rng, now)?,
        };
        let reply_to = (rng.u8(0..4) > 0).then(|| rng.i32(0..SINK_PARTITIONS));
        Some(self.send(command, reply_to))
    }

    fn send(&mut self, command: OrderCommand, reply_to: Option<i32>) -> Outgoing {
        if let Some(request) = command.request() {
            *self.asked.entry(request).or_insert(true) &= reply_to.is_some();
        }
        let outgoing = record(topics::ORDERS_INBOX.name(), &command, reply_to, None);
        self.sent.push(command);
        outgoing
    }

    /// A command that has undone an order, or a part of it, is sent again after forty that are refused: nobody pays one won.
    fn plan_late_repeat(&mut self, rng: &mut Rng) {
        let undoes = |sent: &&OrderCommand| matches!(sent, OrderCommand::Cancel { .. } | OrderCommand::Refund { .. });
        let accepted = |sent: &&OrderCommand| sent.request().is_some_and(|request| self.accepted.contains(&request));
        let undoing: Vec<OrderCommand> = self.sent.iter().filter(undoes).filter(accepted).cloned().collect();
        let Some(again) = rng.choice(undoing) else { return };
        let Some(shopper) = self.orders.get(again.order()).map(|known| known.shopper.clone()) else { return };
        self.next.push(again.clone());
        for number in 0..40 {
            let (request, order) = (self.request(), again.order().clone());
            let payment_key = PaymentKey::new(&format!("refused-{number}")).expect("an id");
            self.next.push(OrderCommand::Pay {
                request,
                order,
                shopper: shopper.clone(),
                payment_key,
                amount: Money::new(1),
            });
        }
    }

    fn claim(&mut self, rng: &mut Rng) -> Outgoing {
        let request = self.request();
        let shopper = shopper(rng.u8(0..SHOPPERS));
        self.coupons.push((shopper.clone(), request.coupon()));
        let fingerprint = Fingerprint::from_u64(1);
        let claim = CouponCommand::Claim { request, fingerprint, campaign: campaign(), shopper, segments: vec![] };
        record(topics::COUPONS_INBOX.name(), &claim, None, None)
    }

    fn revoke(&mut self, rng: &mut Rng) -> Option<Outgoing> {
        let (shopper, coupon) = rng.choice(&self.coupons)?.clone();
        let revoke = CouponCommand::Revoke { request: self.request(), campaign: campaign(), coupon, shopper };
        Some(record(topics::COUPONS_INBOX.name(), &revoke, None, None))
    }

    /// A coupon to use; most are used once.
    fn coupon(&mut self, rng: &mut Rng) -> Option<(ShopperId, CouponId)> {
        let place = rng.choice(0..self.coupons.len())?;
        Some(if rng.u8(0..4) == 0 { self.coupons[place].clone() } else { self.coupons.swap_remove(place) })
    }

    fn place(&mut self, rng: &mut Rng) -> OrderCommand {
        let request = self.request();
        let mut lines: Vec<Units> = vec![];
        for number in 0..PRODUCTS {
            if rng.u8(0..5) < 2 {
                lines.push(Units { sku: sku(number), quantity: rng.u32(1..4) });
            }
        }
        if lines.is_empty() {
            lines.push(Units { sku: sku(0), quantity: 1 });
        }
        if rng.u8(0..20) == 0 {
            lines.push(Units { sku: Sku::new("unknown").expect("an id"), quantity: 1 });
        }
        let owned = (rng.u8(0..3) == 0).then(|| self.coupon(rng)).flatten();
        let who = owned.as_ref().map_or_else(|| shopper(rng.u8(0..SHOPPERS)), |(shopper, _)| shopper.clone());
        let order = request.order();
        let known = Known { shopper: who.clone(), lines: lines.clone(), seen: None, contradicted: false };
        self.orders.insert(order.clone(), known);
        OrderCommand::Place {
            request,
            order,
            shopper: who,
            lines,
            coupon: owned.map(|(_, coupon)| OrderCoupon { campaign: campaign(), coupon }),
            quoted: (rng.u8(0..30) == 0).then_some(Money::new(1)),
            limits: TimeLimits {
                pay_ms: rng.i64(1_000..6_000),
                ship_ms: rng.i64(2_000..12_000),
                deliver_ms: 6_000,
                confirm_ms: 4_000,
            },
        }
    }

    /// What somebody does about some order; most orders that are over are left alone.
    fn about_any(&mut self, rng: &mut Rng, now: i64) -> Option<OrderCommand> {
        let also_over = rng.u8(0..8) == 0;
        let orders = self.orders.iter().filter(|(_, known)| also_over || !known.is_over());
        let order = rng.choice(orders.map(|(order, _)| order).collect::<Vec<_>>())?.clone();
        self.about(&order, rng, now)
    }

    fn about(&mut self, order: &OrderId, rng: &mut Rng, now: i64) -> Option<OrderCommand> {
        let known = self.orders.get(order)?.clone();
        let seen = known.seen.as_ref()?;
        let (request, order) = (self.request(), order.clone());
        let shopper = if rng.u8(0..40) == 0 { shopper(9) } else { known.shopper.clone() };
        Some(match (seen.state?, rng.u8(0..12)) {
            (OrderState::AwaitingPayment, 0..8) => return self.pay(seen, &known, rng, now),
            (OrderState::Paid, 0..4) => OrderCommand::Ship { request, order },
            (OrderState::Shipped, 0..3) => OrderCommand::Deliver { request, order },
            (OrderState::Delivered | OrderState::Shipped, 3..6) => {
                let shopper = rng.bool().then_some(shopper);
                OrderCommand::ConfirmPurchase { request, order, shopper }
            }
            (_, 6..8) => {
                OrderCommand::Cancel { request, order, shopper, lines: some(rng, &known.lines), account: account(rng) }
            }
            (_, 8..10) => OrderCommand::Refund {
                request,
                order,
                lines: some(rng, &known.lines),
                cause: *rng.choice(&RefundCause::OF_OPERATORS)?,
                goods: if rng.u8(0..3) > 0 { Goods::Returned } else { Goods::Gone },
                account: account(rng),
            },
            _ => return None,
        })
    }

    /// Some shoppers come at the last moment.
    fn pay(&mut self, seen: &OrderEvent, known: &Known, rng: &mut Rng, now: i64) -> Option<OrderCommand> {
        let left = seen.deadline.map_or(0, |deadline| deadline.as_millis() - now);
        if known.contradicted || left > 400 && rng.u8(0..3) == 0 {
            return None;
        }
        let means = match rng.u8(0..10) {
            0..=5 => Means::Card,
            6 => Means::EmptyCard,
            7 => Means::Contradicted,
            _ => Means::Account,
        };
        let request = self.request();
        if let Some(known) = self.orders.get_mut(&seen.order) {
            known.contradicted = means == Means::Contradicted;
        }
        let payment_key = PaymentKey::new(&format!("{}-{}", means.name(), self.requests)).expect("an id");
        let amount = if rng.u8(0..10) == 0 { Money::new(1) } else { seen.amounts.due };
        Some(OrderCommand::Pay {
            request,
            order: seen.order.clone(),
            shopper: known.shopper.clone(),
            payment_key,
            amount,
        })
    }

    /// Somebody says where to send what an order must give back and could not, once.
    pub(super) fn bring_account(&mut self, order: &OrderId) -> Option<Outgoing> {
        let version = self.orders.get(order)?.seen.as_ref()?.version;
        if !self.brought.insert((order.clone(), version)) {
            return None;
        }
        let (request, order) = (self.request(), order.clone());
        let (cause, goods) = (RefundCause::Undeliverable, Goods::Returned);
        let command = OrderCommand::Refund { request, order, lines: vec![], cause, goods, account: Some(kims()) };
        Some(self.send(command, Some(0)))
    }
}

/// Half of the time some units of one line, else none, which stands for all.
fn some(rng: &mut Rng, lines: &[Units]) -> Vec<Units> {
    let line = rng.choice(lines).cloned().filter(|_| rng.bool());
    line.map(|line| vec![Units { quantity: rng.u32(1..=line.quantity), ..line }]).unwrap_or_default()
}

fn account(rng: &mut Rng) -> Option<RefundAccount> {
    rng.bool().then(kims)
}

fn kims() -> RefundAccount {
    RefundAccount { bank: "20".into(), account_number: "1002".into(), holder: "Kim".into() }
}

fn define(request: RequestId) -> CouponCommand {
    let at = |after: i64| Timestamp::from_millis(BEGINNING + after);
    CouponCommand::DefineCampaign {
        request,
        campaign: campaign(),
        terms: CampaignTerms {
            stock: 12,
            claim: Window { from: at(0), until: at(6_000_000) },
            usable: Window { from: at(0), until: at(6_000_000) },
            per_shopper: 3,
            eligibility: Eligibility::Everyone,
            discount: Discount::Fixed { amount: Money::new(DISCOUNT) },
            minimum_spend: Money::new(1_200),
            budget: None,
            platform_share: BasisPoints::new(3_333),
            seller_initiated: true,
            restoration: Restoration::WithinUseWindow { times: 1 },
        },
    }
}

fn terms(number: u8) -> ProductTerms {
    ProductTerms {
        seller: SellerId::new(&format!("seller-{}", number % 2)).expect("an id"),
        name: format!("Product {number}"),
        category: None,
        // An order of the last one alone costs nothing.
        list_price: Money::new(if number + 1 == PRODUCTS { 0 } else { 1_000 + i64::from(number) * 333 }),
        sale: None,
        supply_price: None,
        low_stock: Some(3),
    }
}

fn campaign() -> CampaignId {
    CampaignId::new("sale").expect("an id")
}

fn sku(number: u8) -> Sku {
    Sku::new(&format!("product-{number}")).expect("an id")
}

fn shopper(number: u8) -> ShopperId {
    ShopperId::new(&format!("shopper-{number}")).expect("an id")
}
