//! What must be true of a product after every step.

use super::product::Product;
use crate::kit::invariant::Violation;

/// Every unit is in exactly one place.
pub(crate) fn of_product(product: &Product) -> Result<(), Violation> {
    if product.level.is_balanced() { Ok(()) } else { Err(Violation("received = available + held + sold")) }
}
