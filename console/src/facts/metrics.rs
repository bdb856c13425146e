//! Shows what was counted as metrics, made at the scrape: what is overdue is so at that moment.

use std::collections::BTreeMap;

use events::coupons::Refusal;
use events::orders::{OrderState, Reason};
use events::time::Timestamp;
use events::topics::DEAD_LETTERS_HANDLED;
use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use streams::clock::now_ms;

use super::counts::{Invariant, recent};
use super::follow::{Facts, Known, TOPICS};
use crate::families::{Collected, Family, count, counter, descriptions, gauge, number};

const FACTS: Family = counter(
    "timesale_facts_total",
    &["topic", "type"],
    "Committed facts read from the topics of events since this process began.",
);
const UNREADABLE: Family = counter(
    "timesale_facts_unreadable_total",
    &["topic"],
    "Committed facts, old ones too, that this build cannot read: they are missing in all that is counted.",
);
const READ: Family = gauge(
    "timesale_facts_read_timestamp_seconds",
    &["topic"],
    "Timestamp of the newest fact counted, since 1970; 0 before the first.",
);
const CLAIMS: Family = counter(
    "timesale_claims_decided_total",
    &["outcome"],
    "Claims decided since this process began: granted, or the code of the refusal.",
);
const ENDED: Family = counter(
    "timesale_orders_ended_total",
    &["state", "reason"],
    "Orders that ended since this process began, by the state they ended in and the code of a rejection.",
);
const OPEN: Family = gauge("timesale_orders_open", &["state"], "Orders that have not ended, by state.");
const OVERDUE: Family =
    gauge("timesale_orders_overdue", &["state"], "Open orders whose deadline passed more than 5 s ago, by state.");
const COUPONS: Family = gauge(
    "timesale_campaign_coupons",
    &["campaign", "place"],
    "Coupons of a campaign by where they are; the twenty most recently active campaigns are shown.",
);
const AVAILABLE: Family = gauge(
    "timesale_product_available",
    &["sku"],
    "Units of a product that can be bought; the twenty most recently active products are shown.",
);
const PAID: Family = counter("timesale_paid_won_total", &[], "Won that shoppers paid since this process began.");
const REFUNDED: Family =
    counter("timesale_refunded_won_total", &[], "Won that were given back since this process began.");
const VIOLATIONS: Family = gauge(
    "timesale_invariant_violations",
    &["invariant"],
    "Facts that broke an invariant; any other number than 0 is a defect.",
);
const DEAD_LETTERS: Family = gauge(
    "timesale_dead_letters_unhandled",
    &["topic", "reason"],
    "Dead letters that were neither replayed nor dropped.",
);

const ALL: [Family; 13] = [
    FACTS,
    UNREADABLE,
    READ,
    CLAIMS,
    ENDED,
    OPEN,
    OVERDUE,
    COUPONS,
    AVAILABLE,
    PAID,
    REFUNDED,
    VIOLATIONS,
    DEAD_LETTERS,
];

/// The metrics of what was counted.
#[derive(Clone)]
pub struct FactsMetrics {
    facts: Facts,
    descriptions: Vec<Desc>,
}

impl FactsMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub fn register(registry: &Registry, facts: Facts) -> Result<(), prometheus::Error> {
        let descriptions = descriptions(&ALL)?;
        registry.register(Box::new(Self { facts, descriptions }))
    }
}

impl Collector for FactsMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut out = Collected::default();
        let known = self.facts.known();
        of_facts(&mut out, &known);
        of_orders(&mut out, &known, Timestamp::from_millis(now_ms()));
        of_goods(&mut out, &known);
        for (invariant, violations) in Invariant::ALL.iter().zip(known.counts.violations) {
            out.add(VIOLATIONS, &[invariant.word()], count(violations));
        }
        of_dead_letters(&mut out, &known);
        out.into_families()
    }
}

/// Nothing before all notes have been read: letters that were handled would look as if they were not.
fn of_dead_letters(out: &mut Collected, known: &Known) {
    if known.warming.contains(DEAD_LETTERS_HANDLED.name()) {
        return;
    }
    for (topic, reason, letters) in known.dead_letters.kinds() {
        out.add(DEAD_LETTERS, &[topic, reason], count(letters));
    }
    if known.dead_letters.kinds().next().is_none() {
        out.add(DEAD_LETTERS, &["", ""], 0.0);
    }
}

fn of_facts(out: &mut Collected, known: &Known) {
    for (topic, kinds) in TOPICS {
        for kind in kinds {
            out.add(FACTS, &[topic, kind], count(known.counts.facts.get(&(topic, *kind)).copied().unwrap_or(0)));
        }
        out.add(UNREADABLE, &[topic], count(known.unreadable.get(topic).copied().unwrap_or(0)));
        let read_ms = known.counts.read_ms.get(topic).copied().unwrap_or(0);
        out.add(READ, &[topic], number(read_ms) / 1_000.0);
    }
    let outcomes = Refusal::ALL.iter().map(|refusal| refusal.code()).chain(["granted"]);
    for outcome in outcomes {
        out.add(CLAIMS, &[outcome], count(known.counts.claims.get(outcome).copied().unwrap_or(0)));
    }
    out.add(PAID, &[], number(known.counts.paid));
    out.add(REFUNDED, &[], number(known.counts.refunded));
}

fn of_orders(out: &mut Collected, known: &Known, now: Timestamp) {
    for (state, (open, overdue)) in known.counts.open_and_overdue(now) {
        out.add(OPEN, &[state], count(open));
        out.add(OVERDUE, &[state], count(overdue));
    }
    // Only a rejection has a code for its reason.
    let rejections = Reason::codes().into_iter().map(|reason| (OrderState::Rejected.name(), reason));
    let others = OrderState::ALL.into_iter().filter(|state| state.is_terminal() && *state != OrderState::Rejected);
    let mut ended: BTreeMap<_, u64> =
        rejections.chain(others.map(|state| (state.name(), ""))).map(|kind| (kind, 0)).collect();
    ended.extend(&known.counts.ended);
    for ((state, reason), orders) in ended {
        out.add(ENDED, &[state, reason], count(orders));
    }
}

fn of_goods(out: &mut Collected, known: &Known) {
    for (campaign, stock) in recent(&known.counts.campaigns) {
        let places = [
            ("remaining", stock.remaining),
            ("granted", stock.granted),
            ("held", stock.held),
            ("redeemed", stock.redeemed),
            ("expired", stock.expired),
            ("revoked", stock.revoked),
        ];
        for (place, coupons) in places {
            out.add(COUPONS, &[campaign.as_str(), place], f64::from(coupons));
        }
    }
    for (sku, stock) in recent(&known.counts.products) {
        out.add(AVAILABLE, &[sku.as_str()], count(stock.available));
    }
}
