//! The business counted from the log: facts, outcomes, orders open and overdue, money, and the invariants.
//!
//! Processors are pure and must not count: a round that is aborted would count twice. So the topics of facts are followed here, committed
//! records only, from the beginning of the log. Gauges are absolute. Counters count what was written since this process began; what it reads
//! before it has caught up makes the gauges right and counts nothing. Every fact carries absolute numbers and a version without a gap, which
//! is all that the invariants need. Memory is bounded by campaigns, products and open orders.

mod counts;
mod dead_letters;
mod follow;
mod metrics;
mod sale;

pub use counts::{Counts, Invariant};
pub use follow::{Facts, FactsError, follow};
pub use metrics::FactsMetrics;
pub use sale::{CampaignView, ProductView, Sale};
