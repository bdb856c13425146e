//! Independent ledgers, one for each processor: folds of its log that check every fact by rules of their own. Nothing of the
//! machines is imported, so an error there cannot hide here. `timesale verify`, the simulation and the processors' tests use them.

pub mod coupons;
mod decisions;
#[cfg(test)]
mod decisions_tests;
pub mod inventory;
pub mod orders;
pub mod prices;
pub mod settlement;
