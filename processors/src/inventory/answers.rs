//! What an order is told about its units. The answer is a function of the command, of what was decided about it, and of the hold
//! as it is now, so a repeat is told what is true now.

use events::inventory::{InventoryCommand, StockAnswer, StockRefusal};

use super::hold::{Hold, HoldState};

/// The answer to an order's command. `refused`: why it was not done, if it was not. `hold`: the hold that it is about, if there
/// is one.
pub(crate) fn to(command: &InventoryCommand, refused: Option<StockRefusal>, hold: Option<&Hold>) -> StockAnswer {
    if let Some(reason) = refused {
        return StockAnswer::Refused { reason };
    }
    let answer = hold.and_then(|hold| match (command, &hold.state) {
        (InventoryCommand::Hold { .. }, HoldState::Held { unit, until }) => {
            Some(StockAnswer::Held { hold: hold.id, quantity: hold.quantity, unit: unit.clone(), until: *until })
        }
        (InventoryCommand::Commit { .. }, HoldState::Committed { .. }) => {
            Some(StockAnswer::Committed { hold: hold.id })
        }
        (InventoryCommand::Release { .. }, HoldState::Released { cause }) => {
            Some(StockAnswer::Released { hold: hold.id, cause: *cause })
        }
        (InventoryCommand::Return { .. }, HoldState::Committed { returned }) => {
            Some(StockAnswer::Returned { hold: hold.id, returned: *returned })
        }
        _ => None,
    });
    answer.unwrap_or(StockAnswer::Refused { reason: StockRefusal::NotHeld })
}
