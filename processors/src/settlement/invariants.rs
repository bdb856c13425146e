//! What must be true of a seller after every step.

use events::money::Money;

use super::seller::Seller;
use crate::kit::invariant::Violation;

/// Open days come after the closed ones, each once, and have a snapshot due when they change; what is carried on is owed by the seller.
pub(crate) fn of_seller(seller: &Seller) -> Result<(), Violation> {
    if !seller.days.is_sorted_by(|one, other| one.day < other.day) {
        return Err(Violation("a day is open once"));
    }
    if seller.days.first().is_some_and(|first| seller.is_closed(first.day)) {
        return Err(Violation("a closed day is not open"));
    }
    if seller.carried > Money::ZERO {
        return Err(Violation("what is carried on is owed by the seller"));
    }
    if !seller.days.iter().all(|open| open.totals.amounts.is_balanced()) {
        return Err(Violation("gross = due + platform's share + seller's share"));
    }
    if seller.snapshot_due.is_none() && seller.days.iter().any(|open| open.changed) {
        return Err(Violation("a change is due in a snapshot"));
    }
    Ok(())
}
