//! What one step leads to: facts, and timers of the seller.

use events::calendar::Day;
use events::ids::SellerId;
use events::settlement::SettlementEvent;

use crate::kit::field::Form;
use crate::kit::id::Rest;
use crate::kit::machine;
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::wakeup::wakeups;

/// The effects of one step.
pub(crate) type Effects = machine::Effects<SettlementEvent, Wakeup>;

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 4;

wakeups!(
    /// What a timer is for.
    Wakeup {
        /// A day's time is over.
        Close = 1 { seller: SellerId, day: Day as Signed },
        /// A snapshot of the open days is due.
        Snapshot = 2 { seller: SellerId },
        /// Old lines are to be forgotten, after this key; at the beginning there is none.
        ForgetLines = 3 { seller: SellerId, after: Vec<u8> as Rest },
        /// Old requests need not be remembered any longer.
        ForgetRequests = FORGET_REQUESTS,
    }
);

/// Days of timers have a sign; days of rows have none.
struct Signed;

impl Form<Day> for Signed {
    fn write(value: &Day, row: &mut Writer) {
        row.signed(value.number().into());
    }
    fn read(row: &mut Reader<'_>) -> Result<Day, Corrupt> {
        i32::try_from(row.signed()?).ok().and_then(Day::from_number).ok_or(Corrupt::Field("day"))
    }
}
