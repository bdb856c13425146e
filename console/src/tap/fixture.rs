//! What tests of taps begin with.

use super::words::Words;

/// Everything of one topic, as JSON lines.
pub(crate) fn words() -> Words {
    Words { topics: vec!["t".to_owned()], ..Words::default() }
}
