//! What is written down when somebody looks at topics: before the first byte leaves, and when it has ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A record of `console.audit`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditRecord {
    /// When it was asked, by the clock of whoever asked.
    pub at: Timestamp,
    /// Who asked: the name of the user whose program it was, or of the caller over HTTP.
    pub who: String,
    /// What was asked: the words of the tap.
    pub words: Vec<String>,
    /// Why, in the words of whoever asked; empty where no reason is needed.
    pub reason: String,
    /// Which step this is. A record without it is of a beginning.
    #[serde(default)]
    pub step: AuditStep,
    /// Whether personal fields were masked. A record without it is of somebody who saw them.
    #[serde(default)]
    pub masked: bool,
    /// The name that the records of one tap or story share; older records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// At the end: what was read and shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<AuditCoverage>,
}

/// A step of a tap or a story.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditStep {
    /// It begins: nothing has been shown yet.
    #[default]
    Begin,
    /// It has ended.
    End,
    /// It was refused, because the caller's roles do not allow it.
    Refused,
}

/// What a tap or a story has read and shown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AuditCoverage {
    /// Whether everything that was asked for was read.
    pub complete: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Records that were read.
    pub read: u64,
    /// Records that were shown.
    pub shown: u64,
    /// Which part of each partition was read; empty for a story.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<AuditPart>,
}

/// A part of a partition: from an offset up to another, which is no part of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditPart {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub from: i64,
    /// The offset after the last one.
    pub to: i64,
}

impl AuditStep {
    /// Its name, as it stands in the header `event-type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::End => "end",
            Self::Refused => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_from_before_there_were_steps_is_of_somebody_who_saw_personal_fields() {
        let old = r#"{"at":1800000000000,"who":"kim","words":["--last 20"],"reason":"ticket 7"}"#;
        let record: AuditRecord = serde_json::from_str(old).unwrap();
        assert_eq!((record.step, record.masked, record.id, record.coverage), (AuditStep::Begin, false, None, None));
    }

    #[test]
    fn an_end_is_read_as_it_was_written() {
        let part = AuditPart { topic: "t".into(), partition: 1, from: 3, to: 9 };
        let coverage = AuditCoverage { complete: true, reason: None, read: 6, shown: 2, partitions: vec![part] };
        let record = AuditRecord {
            at: Timestamp::from_millis(1),
            who: "kim".into(),
            words: vec!["t".into()],
            reason: String::new(),
            step: AuditStep::End,
            masked: true,
            id: Some("7".into()),
            coverage: Some(coverage),
        };
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<AuditRecord>(&text).unwrap(), record, "{text}");
    }
}
