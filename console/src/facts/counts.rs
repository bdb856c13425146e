//! What has been counted. Pure: it is told facts in the order of their partitions, and reads no clock.

use std::collections::{BTreeMap, HashMap};

use events::coupons::{CouponEvent, CouponFact, StockCount};
use events::ids::{CampaignId, OrderId, Sku};
use events::inventory::{InventoryEvent, StockLevel};
use events::orders::{OrderEvent, OrderFact, OrderState};
use events::time::Timestamp;

/// A promise that every fact must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Invariant {
    /// A product's units received are those available, held and sold.
    GoodsBalanced,
    /// A campaign's coupons are those remaining, granted, held, redeemed, expired and revoked.
    CouponsBalanced,
    /// An order has a deadline or is at its end.
    OrderHasDeadlineOrEnd,
    /// Of a campaign, a product and an order every version comes once, in order.
    VersionsWithoutGap,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 4] =
        [Self::GoodsBalanced, Self::CouponsBalanced, Self::OrderHasDeadlineOrEnd, Self::VersionsWithoutGap];

    /// Its name in metrics and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::GoodsBalanced => "goods_balanced",
            Self::CouponsBalanced => "coupons_balanced",
            Self::OrderHasDeadlineOrEnd => "order_has_deadline_or_end",
            Self::VersionsWithoutGap => "versions_without_gap",
        }
    }
}

/// Whether a fact was written before this process began to count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Since {
    /// It is history: it makes gauges right and counts nothing.
    Before,
    /// It is new.
    Now,
}

/// What has been counted.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Facts by topic and type.
    pub facts: BTreeMap<(&'static str, &'static str), u64>,
    /// The newest fact of each topic, milliseconds since 1970.
    pub read_ms: BTreeMap<&'static str, i64>,
    /// Claims by outcome: granted, or the refusal's code.
    pub claims: BTreeMap<&'static str, u64>,
    /// Orders that ended, by state and reason.
    pub ended: BTreeMap<(&'static str, &'static str), u64>,
    /// What was paid, minor units.
    pub paid: i64,
    /// What was given back, minor units.
    pub refunded: i64,
    /// Campaigns as their newest fact left them.
    pub campaigns: HashMap<CampaignId, Numbers<StockCount>>,
    /// Products as their newest fact left them.
    pub products: HashMap<Sku, Numbers<StockLevel>>,
    /// Orders that have not ended.
    pub orders: HashMap<OrderId, OpenOrder>,
    /// Facts that broke an invariant, by its place in [`Invariant::ALL`].
    pub violations: [u64; 4],
    /// The newest violation, in a sentence.
    pub newest_violation: Option<String>,
}

/// Numbers after a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers<N> {
    /// The fact's version.
    pub version: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The numbers after it.
    pub numbers: N,
}

/// How many campaigns and products are shown: those that something happened to last.
const MOST_SHOWN: usize = 20;

/// The most recently active of these, the newest first.
pub(super) fn recent<K: Ord, N>(known: &HashMap<K, Numbers<N>>) -> impl Iterator<Item = (&K, &N)> {
    let mut known: Vec<_> = known.iter().collect();
    known.sort_by(|one, other| (other.1.at, other.0).cmp(&(one.1.at, one.0)));
    known.into_iter().take(MOST_SHOWN).map(|(key, known)| (key, &known.numbers))
}

/// An order that has not ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenOrder {
    /// The newest fact's version.
    pub version: u64,
    /// Where it is.
    pub state: OrderState,
    /// When it moves by itself.
    pub deadline: Option<Timestamp>,
}

impl Counts {
    /// Counts a fact of any topic.
    pub fn fact(&mut self, topic: &'static str, kind: &'static str, at: Timestamp, since: Since) {
        if since == Since::Now {
            *self.facts.entry((topic, kind)).or_default() += 1;
        }
        let newest = self.read_ms.entry(topic).or_default();
        *newest = at.as_millis().max(*newest);
    }

    /// Takes a fact about a campaign.
    pub fn coupon(&mut self, event: &CouponEvent, since: Since) {
        let outcome = match &event.fact {
            CouponFact::CouponGranted { .. } => Some("granted"),
            CouponFact::ClaimRefused { reason, .. } => Some(reason.code()),
            _ => None,
        };
        if let (Some(outcome), Since::Now) = (outcome, since) {
            *self.claims.entry(outcome).or_default() += 1;
        }
        // A refusal for a campaign that nobody knows is about none.
        if event.version == 0 {
            return;
        }
        let before = self.campaigns.get(&event.campaign).map_or(0, |campaign| campaign.version);
        let campaign = &event.campaign;
        self.check_version(before, event.version, || format!("campaign {campaign}"));
        if !event.stock.is_balanced() {
            let StockCount { stock, .. } = event.stock;
            let sentence =
                format!("campaign {campaign}, version {}: its parts are not its {stock} coupons", event.version);
            self.violate(Invariant::CouponsBalanced, sentence);
        }
        let numbers = Numbers { version: event.version.max(before), at: event.at, numbers: event.stock };
        self.campaigns.insert(event.campaign.clone(), numbers);
    }

    /// Takes a fact about a product.
    pub fn product(&mut self, event: &InventoryEvent) {
        if event.version == 0 {
            return;
        }
        let before = self.products.get(&event.sku).map_or(0, |product| product.version);
        let sku = &event.sku;
        self.check_version(before, event.version, || format!("product {sku}"));
        if !event.stock.is_balanced() {
            let received = event.stock.received;
            let sentence = format!("product {sku}, version {}: its parts are not its {received} units", event.version);
            self.violate(Invariant::GoodsBalanced, sentence);
        }
        let numbers = Numbers { version: event.version.max(before), at: event.at, numbers: event.stock };
        self.products.insert(event.sku.clone(), numbers);
    }

    /// Takes a fact about an order.
    pub fn order(&mut self, event: &OrderEvent, since: Since) {
        self.money(event, since);
        let Some(state) = event.state else { return };
        let before = self.orders.get(&event.order).copied();
        let order = &event.order;
        // Nothing is kept of an order that has ended; what comes later of it is taken as it comes.
        if before.is_some() || event.version == 1 {
            let version = before.map_or(0, |before| before.version);
            self.check_version(version, event.version, || format!("order {order}"));
        }
        if !state.is_terminal() && event.deadline.is_none() {
            let sentence = format!("order {order}, version {}: {} without a deadline", event.version, state.name());
            self.violate(Invariant::OrderHasDeadlineOrEnd, sentence);
        }
        if state.is_terminal() {
            let was_open = self.orders.remove(&event.order).is_some() || event.version == 1;
            if was_open && since == Since::Now {
                *self.ended.entry((state.name(), reason(&event.fact))).or_default() += 1;
            }
        } else {
            let version = event.version.max(before.map_or(0, |before| before.version));
            self.orders.insert(event.order.clone(), OpenOrder { version, state, deadline: event.deadline });
        }
    }

    fn money(&mut self, event: &OrderEvent, since: Since) {
        if since == Since::Before {
            return;
        }
        match &event.fact {
            OrderFact::OrderPaid { .. } => self.paid = self.paid.saturating_add(event.amounts.paid.minor()),
            OrderFact::LatePaymentFound { amount, .. } => self.paid = self.paid.saturating_add(amount.minor()),
            OrderFact::RefundCompleted { amount, .. } => self.refunded = self.refunded.saturating_add(amount.minor()),
            _ => {}
        }
    }

    fn check_version(&mut self, before: u64, version: u64, of: impl FnOnce() -> String) {
        if version != before + 1 {
            let sentence = format!("{}: version {version} comes after {before}", of());
            self.violate(Invariant::VersionsWithoutGap, sentence);
        }
    }

    fn violate(&mut self, invariant: Invariant, sentence: String) {
        let place = Invariant::ALL.iter().position(|other| *other == invariant);
        if let Some(count) = place.and_then(|place| self.violations.get_mut(place)) {
            *count += 1;
            if *count <= MOST_LOGGED {
                tracing::error!(invariant = invariant.word(), sentence, "a fact breaks a promise");
            }
        }
        self.newest_violation = Some(sentence);
    }

    /// Open orders by state, and those of them whose deadline passed more than five seconds ago.
    #[must_use]
    pub fn open_and_overdue(&self, now: Timestamp) -> BTreeMap<&'static str, (u64, u64)> {
        let open = OrderState::ALL.into_iter().filter(|state| !state.is_terminal());
        let mut by_state: BTreeMap<&'static str, (u64, u64)> = open.map(|state| (state.name(), (0, 0))).collect();
        let late = now.as_millis() - OVERDUE_AFTER_MS;
        for order in self.orders.values() {
            let (open, overdue) = by_state.entry(order.state.name()).or_default();
            *open += 1;
            *overdue += u64::from(order.deadline.is_some_and(|deadline| deadline.as_millis() < late));
        }
        by_state
    }
}

/// A deadline fires by log time, with a tick when nothing else comes: a little later than the clock says.
const OVERDUE_AFTER_MS: i64 = 5_000;

/// Violations of one invariant that are logged; all are counted.
const MOST_LOGGED: u64 = 20;

/// Why an order ended, where a code says it.
fn reason(fact: &OrderFact) -> &'static str {
    match fact {
        OrderFact::OrderRejected { reason, .. } => reason.code(),
        _ => "",
    }
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;
