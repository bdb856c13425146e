//! The orders processor's language: what it is told ([`OrderCommand`]), what it states ([`OrderEvent`]), why it refuses
//! ([`OrderRefusal`], [`Reason`]). An order's lines carry frozen terms ([`OrderLine`]) and amounts that add up
//! ([`LineAmounts`]); [`Step`] names every step that it asks of others.

mod amounts;
mod command;
mod event;
mod fact;
mod limits;
mod line;
mod refusal;
mod refund;
mod state;
mod step;

pub use amounts::{LineAmounts, OrderAmounts};
pub use command::OrderCommand;
pub use event::OrderEvent;
pub use fact::{Confirmer, OrderFact};
pub use limits::TimeLimits;
pub use line::{MOST_LINES, OrderCoupon, OrderLine, Units};
pub use refund::{Goods, RefundCause, RefundLine};
pub use refusal::{OrderRefusal, Reason};
pub use state::OrderState;
pub use step::Step;
