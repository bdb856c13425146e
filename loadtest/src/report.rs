//! What a sale came to: readable on stderr, one JSON object as the last line on stdout.

use std::collections::BTreeMap;
use std::fmt;

use audit::verify::{Counts, Verdict};
use events::ids::CampaignId;
use serde::Serialize;

use super::answered_share::AnsweredShare;
use super::competitor::Competition;
use super::faults::FaultCounts;
use super::order_load::Orders;
use super::settling::Statements;
use super::stages::Came;
use super::tally::Percentiles;
use super::usage::Usage;

/// What a sale came to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The campaign.
    pub campaign: CampaignId,
    /// What chance was drawn from.
    pub seed: u64,
    /// How many shoppers claimed.
    pub shoppers: u32,
    /// How many coupons there were.
    pub stock: u32,
    /// Requests in the log and decided, as the clients were answered.
    pub admitted: u64,
    /// Requests granted.
    pub granted: u64,
    /// Requests refused by a decision.
    pub refused: u64,
    /// Requests refused by ingress: nothing of them is in the log.
    #[serde(rename = "refused_at_the_door")]
    pub not_accepted: u64,
    /// Requests whose outcome no client was answered.
    pub unknown: u64,
    /// How much was answered.
    pub answered: AnsweredShare,
    /// Repeats under the same key.
    pub duplicates_sent: u64,
    /// Tries beyond the first of a send.
    pub retries: u64,
    /// Sends answered a second, from the first scheduled send to the last answer.
    pub claims_per_second: f64,
    /// From scheduled send to decision.
    pub claim_to_decision_ms: Percentiles,
    /// From scheduled send to any answer, ingress's refusals included.
    pub claim_to_answer_ms: Percentiles,
    /// From the first scheduled send to the last answer, seconds.
    pub lasted_seconds: f64,
    /// What the orders came to; nothing when none were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<Orders>,
    /// What the sellers are owed for it; nothing when nothing was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Statements>,
    /// What came of an external offer below our price; nothing when there was none.
    #[serde(rename = "rivalry", skip_serializing_if = "Option::is_none")]
    pub competition: Option<Competition>,
    /// What went wrong on purpose.
    pub faults: FaultCounts,
    /// What ingress said when it refused, and how often.
    #[serde(rename = "door_codes")]
    pub ingress_codes: BTreeMap<String, u64>,
    /// CPU seconds of each role while the clients were there, and of the clients itself.
    pub cpu_seconds: BTreeMap<String, f64>,
    /// Peak memory of each role, MiB.
    pub peak_rss_mib: BTreeMap<String, f64>,
    /// Dead letters in all.
    pub dead_letters: u64,
    /// What the proof has read.
    pub verified: Counts,
    /// Every promise, and whether it held.
    pub proof: BTreeMap<&'static str, bool>,
    /// The first counterexample to each promise that did not hold.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counterexamples: BTreeMap<&'static str, String>,
}

impl Report {
    /// Sums up.
    #[must_use]
    pub(super) fn new(
        campaign: CampaignId,
        demand: (u64, u32, u32),
        came: Came,
        answered: AnsweredShare,
        usage: &BTreeMap<String, Usage>,
        verdict: Verdict,
    ) -> Self {
        let (seed, shoppers, stock) = demand;
        let Came { tally, orders, statements, faults } = came;
        Self {
            campaign,
            seed,
            shoppers,
            stock,
            admitted: tally.admitted,
            granted: tally.granted,
            refused: tally.refused,
            not_accepted: tally.not_accepted,
            unknown: tally.unknown,
            answered,
            duplicates_sent: tally.duplicates_sent,
            retries: tally.retries,
            claims_per_second: (tally.per_second() * 10.0).round() / 10.0,
            claim_to_decision_ms: tally.to_decision(),
            claim_to_answer_ms: tally.to_answer(),
            lasted_seconds: tally.lasted().as_secs_f64(),
            orders,
            settlement: statements,
            competition: None,
            faults,
            ingress_codes: tally.ingress_codes,
            cpu_seconds: usage.iter().map(|(role, usage)| (role.clone(), usage.cpu_seconds)).collect(),
            peak_rss_mib: usage.iter().map(|(role, usage)| (role.clone(), usage.peak_rss_mib.round())).collect(),
            dead_letters: verdict.counts.dead_letters,
            verified: verdict.counts,
            proof: verdict.proof,
            counterexamples: verdict.counterexamples,
        }
    }

    /// Whether every promise held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.proof.values().all(|holds| *holds)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "campaign   {} (seed {})", self.campaign, self.seed)?;
        writeln!(f, "demand     {} shoppers for {} coupons", self.shoppers, self.stock)?;
        writeln!(
            f,
            "sends      {} first, {} repeats, {} retries, in {:.1} s: {:.0} a second",
            self.shoppers, self.duplicates_sent, self.retries, self.lasted_seconds, self.claims_per_second
        )?;
        writeln!(
            f,
            "outcome    {} granted, {} refused, {} refused by ingress, {} unknown",
            self.granted, self.refused, self.not_accepted, self.unknown
        )?;
        writeln!(f, "answered   {}", self.answered)?;
        writeln!(f, "decision   {}", latency(&self.claim_to_decision_ms))?;
        writeln!(f, "answer     {}", latency(&self.claim_to_answer_ms))?;
        if let Some(orders) = &self.orders {
            write_orders(f, orders)?;
        }
        if let Some(statements) = &self.settlement {
            statements.fmt(f)?;
        }
        if let Some(competition) = &self.competition {
            write_rivalry(f, competition)?;
        }
        let FaultCounts { kills, kafka_kills, redis_flushes, database_drops, provider_kills } = self.faults;
        writeln!(
            f,
            "faults     {kills} roles killed, {kafka_kills} brokers killed, {redis_flushes} flushes of Redis, \
             {database_drops} databases dropped, {provider_kills} times the payment provider"
        )?;
        for (code, count) in &self.ingress_codes {
            writeln!(f, "ingress    {count} x {code}")?;
        }
        for (role, seconds) in &self.cpu_seconds {
            let rss = self.peak_rss_mib.get(role).copied().unwrap_or(0.0);
            writeln!(f, "cost       {role}: {seconds:.1} CPU s, peak {rss:.0} MiB")?;
        }
        writeln!(f, "log        {}", self.verified)?;
        audit::verify::write_proof(f, &self.proof, &self.counterexamples)
    }
}

fn latency(of: &Percentiles) -> String {
    format!("p50 {:.1} ms, p99 {:.1} ms, worst {:.0} ms", of.p50, of.p99, of.max)
}

fn write_rivalry(f: &mut fmt::Formatter<'_>, competition: &Competition) -> fmt::Result {
    let after = |millis: Option<i64>| millis.map_or_else(|| "never".to_owned(), |millis| format!("after {millis} ms"));
    writeln!(
        f,
        "competitor its lower offer seen {}, ours again {} of its end; {} looks, {} at the offer, {} at no price",
        after(competition.seen_after_ms),
        after(competition.ours_again_after_ms),
        competition.looks,
        competition.looks_at_the_offer,
        competition.looks_at_nothing
    )
}

fn write_orders(f: &mut fmt::Formatter<'_>, orders: &Orders) -> fmt::Result {
    writeln!(
        f,
        "orders     {} sent, {} repeats, {} retries, in {:.1} s: {:.0} a second",
        orders.sent, orders.duplicates_sent, orders.retries, orders.lasted_seconds, orders.orders_per_second
    )?;
    writeln!(
        f,
        "           {} placed, {} rejected, {} paid, {} declined, {} expired, {} cancelled, {} refunded in part, \
         {} refunded, {} unknown, {} could not reach the provider",
        orders.placed,
        orders.rejected,
        orders.paid,
        orders.declined,
        orders.expired,
        orders.cancelled,
        orders.refunded_partly,
        orders.refunded,
        orders.unknown,
        orders.turned_away
    )?;
    writeln!(f, "placing    {}", latency(&orders.place_to_decision_ms))?;
    writeln!(f, "paying     {}", latency(&orders.pay_to_decision_ms))?;
    for (code, count) in &orders.refusals {
        writeln!(f, "refused    {count} x {code}")?;
    }
    for (surprise, count) in &orders.surprises {
        writeln!(f, "surprise   {count} x {surprise}")?;
    }
    Ok(())
}
