//! Topics as routes show them: what stands in `topics.yaml`, and what the newest look at the cluster saw.

use events::manifest::TopicSpec;
use serde::Serialize;

use super::state::State;
use crate::lag::{Pending, Snapshot};

/// A topic.
#[derive(Serialize)]
pub(super) struct Topic<'a> {
    topic: &'a str,
    #[serde(flatten)]
    spec: &'a TopicSpec,
    /// Committed offsets that the log still has, as far as its ends are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    offsets: Option<i64>,
    /// Records that were written a second over the last minute, all partitions together; none while no group has been seen in it so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    written_per_second: Option<f64>,
    /// Who reads it with a group, and how far behind.
    readers: Vec<Reader>,
    /// Its partitions; only of a single topic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ends: Vec<Pending>,
}

/// A group that reads a topic.
#[derive(Serialize)]
struct Reader {
    group: String,
    status: &'static str,
    records: i64,
    seconds: Option<f64>,
}

/// Every topic.
pub(super) fn all(state: &State) -> Vec<Topic<'_>> {
    let view = state.latest.view();
    let snapshot = view.snapshot.as_deref();
    state.manifest.topics.iter().map(|(topic, spec)| Topic { ends: Vec::new(), ..of(topic, spec, snapshot) }).collect()
}

/// One topic.
pub(super) fn one<'a>(state: &'a State, topic: &str) -> Option<Topic<'a>> {
    let (topic, spec) = state.manifest.topics.get_key_value(topic)?;
    let view = state.latest.view();
    Some(of(topic, spec, view.snapshot.as_deref()))
}

/// The JSON Schema of a topic's values; none for a topic that belongs to the runtime.
pub(super) fn schema(state: &State, topic: &str) -> Option<serde_json::Value> {
    let spec = state.manifest.topics.get(topic)?;
    events::schema::of(&spec.value)
}

fn of<'a>(topic: &'a str, spec: &'a TopicSpec, snapshot: Option<&Snapshot>) -> Topic<'a> {
    let ends: Vec<Pending> = snapshot
        .map(|snapshot| snapshot.partitions.iter().filter(|ends| ends.topic == topic).cloned().collect())
        .unwrap_or_default();
    let offsets = (!ends.is_empty()).then(|| ends.iter().map(|ends| ends.stable - ends.first).sum());
    let groups = snapshot.map_or(&[][..], |snapshot| &snapshot.groups);
    let reads = groups.iter().flat_map(|group| group.topics.iter().map(move |lag| (group, lag)));
    let reads: Vec<_> = reads.filter(|(_, lag)| lag.topic == topic).collect();
    // A group sees what is written to the partitions in which it stands: the one that stands in most of them sees most.
    let written_per_second = reads.iter().filter_map(|(_, lag)| lag.written_per_second).reduce(f64::max);
    let readers = reads.into_iter().map(|(group, lag)| Reader {
        group: group.group.clone(),
        status: lag.status.word(),
        records: lag.records,
        seconds: lag.seconds,
    });
    Topic { topic, spec, offsets, written_per_second, readers: readers.collect(), ends }
}
