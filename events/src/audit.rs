//! What is written down when somebody is shown personal fields: before the first of them leaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A record of `console.audit`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    /// When it was asked, by the clock of whoever asked.
    pub at: Timestamp,
    /// Who asked: the name of the user whose program it was.
    pub who: String,
    /// What was asked: the words of the tap.
    pub words: Vec<String>,
    /// Why, in the words of whoever asked.
    pub reason: String,
}
