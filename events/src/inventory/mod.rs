//! The inventory processor's language: what it is told ([`InventoryCommand`]), what it states ([`InventoryEvent`]), what it
//! answers to an order ([`StockAnswer`]), and why it refuses ([`StockRefusal`]). Products are defined by [`ProductTerms`].

mod answer;
mod command;
mod event;
mod refusal;
mod terms;

pub use answer::StockAnswer;
pub use command::{InventoryCommand, MOST_QUANTITY, MOST_STOCK};
pub use event::{InventoryEvent, InventoryFact, StockLevel};
pub use refusal::StockRefusal;
pub use terms::{ProductTerms, SalePrice, UnitTerms};
