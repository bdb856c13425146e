//! The prices processor's language: what it is told ([`PriceCommand`]), what it states ([`BestPrice`]) and why it refuses
//! ([`PriceRefusal`]). `prices.best` has no facts that add up: each value says all there is to say about a product's price now, and
//! until when it holds.

mod best;
mod command;
mod refusal;

pub use best::{BestPrice, Winner};
pub use command::{LONGEST_FRESH_MS, MOST_AHEAD_MS, MOST_OFFERS, PriceCommand};
pub use refusal::PriceRefusal;
