//! What the projections in Postgres and Redis hold: rows, how facts become rows, and how Redis names and writes them. Sinks
//! write by it, ingress reads by it, `timesale verify` compares by it.
//!
//! Not here: whether the facts make sense together (that is [`crate::coupons`]' ledger), SQL, connections.

mod rows;
mod products;
mod orders;
mod payments;
mod fold;
mod keys;
mod values;

pub use fold::{Projection, project};
pub use keys::{Epoch, EpochError, RedisKeys};
pub use orders::{FrozenLine, OrderDetails, OrderLineRow, OrderRow, TimelineRow};
pub use payments::PaymentRow;
pub use products::ProductRow;
pub use rows::{CampaignRow, Change, CouponRow, CouponState, RequestKind, RequestRow, RequestStatus, Source};
pub use values::{KEPT, ValueError};

#[cfg(test)]
mod fold_tests;
#[cfg(test)]
mod values_tests;
