//! What must be true of a product's prices after every step.

use events::time::Timestamp;

use super::product::Product;
use crate::kit::invariant::Violation;

/// What was stated holds until something is said or the timer comes, and is the lowest of what is believed.
pub(crate) fn of_prices(product: &Product, now: Timestamp) -> Result<(), Violation> {
    if !product.offers.is_sorted_by(|one, other| one.source < other.source) {
        return Err(Violation("a source has one offer"));
    }
    let Some(stated) = &product.stated else { return Err(Violation("a product has a best price")) };
    if !stated.is_valid_at(now) {
        return Err(Violation("what is stated holds for a while"));
    }
    if stated.price > stated.own || product.offers.iter().any(|offer| offer.price < stated.price) {
        return Err(Violation("the best price is the lowest"));
    }
    if stated.valid_until.is_some_and(|until| product.wake.is_none_or(|wake| wake > until)) {
        return Err(Violation("what ends is stated anew"));
    }
    Ok(())
}
