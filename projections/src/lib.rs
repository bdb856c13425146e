#![doc = include_str!("../README.md")]

#[macro_use]
mod named;
mod rows;
mod requests;
mod products;
mod orders;
mod payments;
mod prices;
mod settlement;
mod fold;
mod keys;
mod values;

pub use fold::{Fact, Projection, project};
pub use keys::{Epoch, EpochError, RedisKeys};
pub use orders::{FrozenLine, OrderDetails, OrderLineRow, OrderRow, TimelineRow};
pub use payments::PaymentRow;
pub use prices::PriceRow;
pub use products::ProductRow;
pub use requests::{RequestKind, RequestRow, RequestStatus, Subject};
pub use rows::{CampaignRow, CouponRow, CouponState, Source};
pub use settlement::{ClosedDay, PayOutRow, PolicyRow, StatementLineRow, StatementRow};
pub use values::{KEPT, ValueError};
