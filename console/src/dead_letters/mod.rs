//! Dead letters: records that no build could handle, listed, looked at, replayed exactly once, or dropped with a reason.
//!
//! What became of a letter is a note in `dead-letters.handled`. A replay appends the record to its inbox and writes the note in one
//! transaction; `run` says why that makes it once. Only inboxes are replayed to: a fact is never appended twice. Rows that Postgres' sink
//! put aside are shown in the same list. Everything but `read`, `show`, `run` and `dead_rows` is pure.

mod dead_rows;
mod decode;
mod letter;
mod list;
mod note;
mod page;
mod plan;
mod pointer;
mod read;
mod run;
mod schema;
mod show;
mod since;
mod table;
#[cfg(test)]
mod tests;
mod unmask;
mod view;

pub use dead_rows::read as read_dead_rows;
pub use letter::{ATTEMPT, Letter, LetterId, LetterIdError, REPLAYED_FROM, Source};
pub use list::{DeadRow, Entry, Filter, Group, List};
pub use note::{Note, Notes, Outcome, Standing};
pub(crate) use note::{noted, number_of_letter};
pub use plan::{Refusal, Refused};
pub use read::{Error, list, notes};
pub use run::{Choice, Order, Report, TRANSACTIONAL_ID, run};
pub use show::show;
pub use since::{SinceError, since};
pub use unmask::{NotAudited, Unmasked, unmask};
pub use view::View;
