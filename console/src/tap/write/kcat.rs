//! The envelope of `kcat -J`, key for key, so that what reads its output reads this.

use std::collections::BTreeMap;
use std::sync::Arc;

use streams::kafka::tap::TimeKind;

use super::{Lines, Row, Unreadable, json};

/// kcat's envelope.
pub(super) struct Kcat {
    leaders: Arc<BTreeMap<(Arc<str>, i32), i32>>,
    /// The leader that was looked up last, with its partition.
    last: Option<(String, i32, i32)>,
}

impl Kcat {
    pub(super) fn new(leaders: Arc<BTreeMap<(Arc<str>, i32), i32>>) -> Self {
        Self { leaders, last: None }
    }

    fn leader(&mut self, topic: &str, partition: i32) -> i32 {
        match &self.last {
            Some((of_topic, of_partition, leader)) if of_topic == topic && *of_partition == partition => *leader,
            _ => {
                let leader = self.leaders.get(&(Arc::from(topic), partition)).copied().unwrap_or(-1);
                self.last = Some((topic.to_owned(), partition, leader));
                leader
            }
        }
    }
}

impl Lines for Kcat {
    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let record = &row.record;
        json::place(record, out);
        out.extend_from_slice(match record.time {
            TimeKind::Create => b",\"tstype\":\"create\",\"ts\":".as_slice(),
            TimeKind::LogAppend => b",\"tstype\":\"logappend\",\"ts\":",
            TimeKind::None => b",\"tstype\":\"unknown\",\"ts\":",
        });
        json::write(&record.timestamp, out);
        out.extend_from_slice(b",\"broker\":");
        json::write(&self.leader(record.topic, record.partition), out);
        if let Some(transaction) = row.transaction {
            out.extend_from_slice(b",\"transaction\":");
            json::write(transaction.word(), out);
        }
        if !record.headers.is_empty() {
            out.extend_from_slice(b",\"headers\":[");
            for (place, (name, value)) in record.headers.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                json::write(name, out);
                out.push(b',');
                text(value.and_then(|value| row.mask.header(value)).as_deref(), out);
            }
            out.push(b']');
        }
        out.extend_from_slice(b",\"key\":");
        text(record.key.and_then(|key| row.mask.key(key)).as_deref(), out);
        out.extend_from_slice(b",\"payload\":");
        text(record.value.and_then(|value| row.mask.value(value)).as_deref(), out);
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// Bytes as a JSON text; what is no UTF-8 becomes replacement characters, since JSON has nothing else.
fn text(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes {
        Some(bytes) => json::write(&*String::from_utf8_lossy(bytes), out),
        None => out.extend_from_slice(b"null"),
    }
}
