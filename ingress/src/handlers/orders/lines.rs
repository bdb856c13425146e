//! Units of products as a body lists them. A product may be listed more than once: its units are added up, in the place where it
//! was listed first.

use events::inventory::MOST_QUANTITY;
use events::orders::{MOST_LINES, Units};

use super::invalid;
use crate::problem::Problem;

/// Each product once.
///
/// # Errors
/// `INVALID_FIELD` for no line at all, too many, none or too many units of a product.
pub(super) fn added_up(listed: Vec<Units>) -> Result<Vec<Units>, Problem> {
    let mut lines: Vec<Units> = Vec::with_capacity(listed.len().min(MOST_LINES));
    for Units { sku, quantity } in listed {
        let too_many = || invalid("/lines", "a product's units must be 1 to 1000 in all");
        if quantity == 0 {
            return Err(too_many());
        }
        let in_all = match lines.iter_mut().find(|line| line.sku == sku) {
            Some(line) => {
                line.quantity = line.quantity.checked_add(quantity).ok_or_else(too_many)?;
                line.quantity
            }
            None => {
                lines.push(Units { sku, quantity });
                quantity
            }
        };
        if in_all > MOST_QUANTITY {
            return Err(too_many());
        }
        if lines.len() > MOST_LINES {
            return Err(invalid("/lines", "must be 1 to 50 products"));
        }
    }
    if lines.is_empty() { Err(invalid("/lines", "must be 1 to 50 products")) } else { Ok(lines) }
}

/// Some of an order's units; nothing: all that are left. An empty list could mean all or none, so it is refused.
///
/// # Errors
/// As for [`added_up`].
pub(super) fn some_or_all(listed: Option<Vec<Units>>) -> Result<Vec<Units>, Problem> {
    listed.map_or_else(|| Ok(Vec::new()), added_up)
}
