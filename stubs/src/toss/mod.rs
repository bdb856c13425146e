//! A local stand-in for the payment provider: its paths, its error codes, its idempotency, its clock, its webhooks, and what goes
//! wrong on purpose. It moves no money, listens on this machine only unless told otherwise, and forgets nothing it has answered, also after
//! `kill -9`.
//!
//! Not here: the settlements list, cards' authentication pages, and whatever the shop does not use.

mod bill;
mod books;
mod config;
mod control;
mod faults;
mod control_client;
mod reply;
mod routes;
mod rules;
mod serve;
mod statuses;
mod stub;
mod wal;
mod webhooks;

pub use config::{Config, Error};
pub use control_client::{ControlClient, ControlError, LedgerRow};
pub use faults::Faults;
pub use serve::{Bound, bind};
pub use statuses::status_of;
