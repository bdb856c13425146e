//! The inventory processor's language: what it is told ([`InventoryCommand`]), what it states ([`InventoryEvent`]), what it
//! answers to an order ([`StockAnswer`]), and why it refuses ([`StockRefusal`]). Products are defined by [`ProductTerms`].
//! [`StockLedger`] judges a log of facts.

mod answer;
mod command;
mod event;
mod ledger;
mod refusal;
mod terms;

pub use answer::StockAnswer;
pub use command::{InventoryCommand, MOST_QUANTITY, MOST_STOCK};
pub use event::{InventoryEvent, InventoryFact, StockLevel};
pub use ledger::{HoldEnd, Rule, StockHold, StockLedger, Violation};
pub use refusal::StockRefusal;
pub use terms::{ProductTerms, SalePrice, UnitTerms};
