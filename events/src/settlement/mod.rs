//! The settlement processor's language: what it is told ([`SettlementCommand`]), what it states ([`SettlementEvent`]) and why it
//! refuses ([`SettlementRefusal`]). A seller's [`SellerPolicy`] says which step of an order counts, what commission is taken and when
//! money is paid out; [`Settled`] is what a line amounts to.

mod amounts;
mod command;
mod commission;
mod event;
mod pay_out;
mod policy;
mod refusal;

pub use amounts::{DayTotals, Settled};
pub use command::{RefundedLine, SettlementCommand, SoldLine};
pub use commission::{CommissionRule, Fee, LineTerms, RuleKind, RuleMatch, Vat};
pub use event::{LineKind, PostedLine, SettlementEvent, SettlementFact, Source, Statement};
pub use pay_out::{PayOut, PayOutPart, PayOutShare};
pub use policy::{Basis, GraceMs, SellerPolicy};
pub use refusal::SettlementRefusal;
