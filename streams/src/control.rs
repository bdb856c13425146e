//! What is written about partitions that are parked, and what operators want done with them: the records of one topic, the control topic.
//!
//! A processor writes that a partition is parked, and why. An operator answers: go on, or set this one record aside. The processor that
//! owns the partition carries the answer out in a transaction of its own, so nobody else ever moves its position. The topic has one
//! partition and keeps what it holds for as long as its retention says: it is the audit of what was done.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::record::{Outgoing, Record};

/// The header with what a record says, as on other topics.
const EVENT_TYPE: &str = "event-type";

/// What a record of the control topic says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The partition is parked: its owner says so.
    Parked,
    /// Its owner has done what an operator said.
    GoesOn,
    /// It is to go on where it stands.
    Resume,
    /// The record at its position is to go to the dead letters, and the partition is to go on behind it.
    SetAside,
}

impl Kind {
    /// Its name, as it stands in the header `event-type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::GoesOn => "goes_on",
            Self::Resume => "resume",
            Self::SetAside => "set_aside",
        }
    }
}

/// A record of the control topic. Fields are added, never renamed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Control {
    /// What it says.
    pub kind: Kind,
    /// The processor: its application id.
    pub application: String,
    /// The topic that it reads.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The next offset that the partition would process; none if nothing was ever committed and nothing could be restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// When the record at the position was appended, milliseconds since 1970; none unless that record is why the partition is parked.
    /// With the position it names one record, even when the topic is made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_ms: Option<i64>,
    /// Why the partition is parked, or why it is to go on.
    pub reason: String,
    /// Who says so: the instance of the processor, or the operator.
    pub who: String,
    /// When, milliseconds since 1970, by the clock of whoever says so.
    pub at_ms: i64,
}

impl Control {
    /// It as a record.
    ///
    /// # Errors
    /// [`serde_json::Error`] never in practice.
    pub fn outgoing(&self, topic: &str) -> Result<Outgoing, serde_json::Error> {
        Ok(Outgoing {
            topic: topic.into(),
            partition: Some(0),
            key: Some(format!("{}/{}", self.application, self.partition).into_bytes().into()),
            value: Some(serde_json::to_vec(self)?.into()),
            headers: vec![(EVENT_TYPE.into(), Bytes::from_static(self.kind.name().as_bytes()))],
        })
    }

    /// Reads a record of the control topic. None if it is none: of a newer program, or of somebody who should not write there.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        serde_json::from_slice(record.value.as_ref()?).ok()
    }

    /// The record that the partition is parked in front of, by its offset and its time; none if it is parked for another reason.
    #[must_use]
    pub fn record(&self) -> Option<(i64, i64)> {
        Some((self.position?, self.record_ms?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_names_its_kind() {
        for (kind, record_ms) in
            [(Kind::Parked, Some(7)), (Kind::GoesOn, None), (Kind::Resume, None), (Kind::SetAside, Some(7))]
        {
            let control = Control {
                kind,
                application: "prices".into(),
                topic: "clicks".into(),
                partition: 3,
                position: Some(12),
                record_ms,
                reason: "a newer version".into(),
                who: "kim".into(),
                at_ms: 1,
            };
            let outgoing = control.outgoing("control").unwrap();
            assert_eq!((outgoing.partition, outgoing.key.as_deref()), (Some(0), Some(b"prices/3".as_slice())));
            let record = Record {
                topic: outgoing.topic,
                partition: 0,
                offset: 0,
                timestamp: 0,
                key: outgoing.key,
                value: outgoing.value,
                headers: outgoing.headers,
            };
            assert_eq!(record.header("event-type"), Some(kind.name().as_bytes()));
            assert_eq!(Control::of(&record).as_ref(), Some(&control));
            assert_eq!(control.record(), record_ms.map(|ms| (12, ms)));
            assert_eq!(Control::of(&Record { value: Some("{}".into()), ..record.clone() }), None);
            assert_eq!(Control::of(&Record { value: None, ..record }), None);
        }
    }
}
