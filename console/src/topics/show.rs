//! `timesale topics list|describe`: what `topics.yaml` says of topics, beside what the cluster has of them now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use events::calendar::Zone;
use events::manifest::{Manifest, TopicSpec};
use events::time::Timestamp;
use serde::Serialize;
use streams::kafka::tap::{self, Isolation, Span, TapClient, TapConfig, TapError};
use streams::kafka::{Admin, AdminError, ClusterConfig, FirstRecord, FirstRecords, PartitionEnds, Place};

use crate::lag::Snapshot;
use crate::terminal::lines;

/// Over so many seconds a rate is counted.
const RATE_SECONDS: i64 = 60;

/// How long the first records of partitions may take to come.
const FIRST_RECORDS: Duration = Duration::from_secs(3);

/// A topic as it is shown.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ShownTopic {
    /// Its name.
    pub topic: String,
    /// What `topics.yaml` says of it; nothing if it does not name it.
    pub declared: Option<TopicSpec>,
    /// Whether the cluster has it.
    pub exists: bool,
    /// Its partitions.
    pub partitions: Vec<ShownPartition>,
    /// Committed offsets that the log has, all partitions together. Markers and aborted records take some.
    pub offsets: i64,
    /// The time of the newest record, milliseconds since 1970.
    pub newest: Option<i64>,
    /// Offsets that were written a second, over the last minute.
    pub written_per_second: Option<f64>,
    /// Groups that read it, and how far behind.
    pub readers: Vec<ShownReader>,
    /// Its settings on the cluster; only of a topic that is described.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

/// A partition as it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownPartition {
    /// Its number.
    pub partition: i32,
    /// The first offset that the log has.
    pub first: i64,
    /// Readers of committed records get so far.
    pub stable: i64,
    /// The offset after the last record.
    pub end: i64,
    /// The time of the first record, milliseconds since 1970; only of a topic that is described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_at: Option<i64>,
    /// The time of the newest record, milliseconds since 1970; only of a topic that is described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_at: Option<i64>,
}

/// A group that reads a topic.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ShownReader {
    /// The group.
    pub group: String,
    /// Records that wait.
    pub records: i64,
    /// Seconds behind, if they are known.
    pub seconds: Option<f64>,
}

/// Why topics cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The cluster does not answer, or there is no such topic.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The cluster does not answer.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

/// Every topic of the manifest, shadow topics too. Blocks.
///
/// # Errors
/// [`ShowError`] when no broker answers.
pub fn list(
    cluster: &ClusterConfig,
    manifest: &Manifest,
    lag: Option<&Snapshot>,
    now: Timestamp,
) -> Result<Vec<ShownTopic>, ShowError> {
    let declared = manifest.on_cluster();
    let names: Vec<&str> = declared.keys().map(String::as_str).collect();
    show(cluster, manifest, &names, lag, now)
}

/// One topic, with everything that is known of it. Blocks.
///
/// # Errors
/// [`ShowError`] when no broker answers, or nobody knows the topic.
pub fn describe(
    cluster: &ClusterConfig,
    manifest: &Manifest,
    topic: &str,
    lag: Option<&Snapshot>,
    now: Timestamp,
) -> Result<ShownTopic, ShowError> {
    let mut shown = show(cluster, manifest, &[topic], lag, now)?;
    let absent = || TapError::Absent(topic.to_owned());
    let mut shown = shown.pop().filter(|shown| shown.exists || shown.declared.is_some()).ok_or_else(absent)?;
    if let Some(description) = Admin::new(cluster)?.describe(&[topic])?.remove(topic) {
        shown.settings = description.set_on_topic;
    }
    if shown.exists {
        times(cluster, &mut shown)?;
    }
    Ok(shown)
}

fn open(cluster: &ClusterConfig, topics: &[&str]) -> Result<TapClient, TapError> {
    let config = TapConfig { user: "topics".to_owned(), fetch_kbytes: 1_024, isolation: Isolation::Committed };
    TapClient::open(cluster, topics, &config)
}

fn show(
    cluster: &ClusterConfig,
    manifest: &Manifest,
    names: &[&str],
    lag: Option<&Snapshot>,
    now: Timestamp,
) -> Result<Vec<ShownTopic>, ShowError> {
    let found: BTreeSet<String> = Admin::new(cluster)?.describe(names)?.into_keys().collect();
    let there: Vec<&str> = names.iter().copied().filter(|name| found.contains(*name)).collect();
    let client = open(cluster, &there)?;
    let partitions = client.partitions();
    let ends = client.ends(&partitions)?;
    let before = client.offsets_at(&partitions, now.as_millis() - RATE_SECONDS * 1_000)?;
    let declared = manifest.on_cluster();
    let mut shown = Vec::new();
    for name in names {
        let of_topic: BTreeMap<&(Arc<str>, i32), &PartitionEnds> =
            ends.iter().filter(|((topic, _), _)| **topic == **name).collect();
        let spans = of_topic.iter().map(|(name, ends)| span(name, ends)).collect();
        let newest = tap::newest(&client, spans, 1)?.timestamp;
        let written: i64 = of_topic
            .iter()
            .map(|(name, ends)| ends.stable - before.get(*name).copied().unwrap_or(ends.stable).min(ends.stable))
            .sum();
        let partition = |(name, ends): (&&(Arc<str>, i32), &&PartitionEnds)| ShownPartition {
            partition: name.1,
            first: ends.first,
            stable: ends.stable,
            end: ends.end,
            first_at: None,
            newest_at: None,
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate that is shown")]
        let per_second = (written as f64) / (RATE_SECONDS as f64);
        shown.push(ShownTopic {
            topic: (*name).to_owned(),
            declared: declared.get(*name).cloned(),
            exists: found.contains(*name),
            offsets: of_topic.values().map(|ends| ends.stable - ends.first).sum(),
            partitions: of_topic.iter().map(partition).collect(),
            newest,
            written_per_second: found.contains(*name).then_some(per_second),
            readers: readers(name, lag),
            settings: BTreeMap::new(),
        });
    }
    Ok(shown)
}

fn span(name: &(Arc<str>, i32), ends: &PartitionEnds) -> Span {
    Span { topic: Arc::clone(&name.0), partition: name.1, from: ends.first, to: Some(ends.stable) }
}

fn readers(topic: &str, lag: Option<&Snapshot>) -> Vec<ShownReader> {
    let groups = lag.map_or(&[][..], |snapshot| &snapshot.groups);
    let of_group = groups.iter().flat_map(|group| group.topics.iter().map(move |lag| (group, lag)));
    let reads = of_group.filter(|(_, lag)| lag.topic == topic && !lag.partitions.is_empty());
    let reader = reads.map(|(group, lag)| ShownReader {
        group: group.group.clone(),
        records: lag.records,
        seconds: lag.seconds,
    });
    reader.collect()
}

/// The times of the first and the newest record of each partition.
fn times(cluster: &ClusterConfig, shown: &mut ShownTopic) -> Result<(), ShowError> {
    let client = open(cluster, &[&shown.topic])?;
    let topic: Arc<str> = Arc::from(shown.topic.as_str());
    let place = |partition: &ShownPartition| Place {
        topic: Arc::clone(&topic),
        partition: partition.partition,
        position: partition.first,
    };
    let places: Vec<Place> = shown.partitions.iter().map(place).collect();
    let firsts = FirstRecords::new(cluster).map_err(TapError::from)?.read(&places, FIRST_RECORDS);
    // What has not come in time is left out.
    let firsts = firsts.unwrap_or_default();
    for (partition, place) in shown.partitions.iter_mut().zip(&places) {
        if let Some(FirstRecord::Record { timestamp, .. }) = firsts.get(place) {
            partition.first_at = Some(*timestamp);
        }
        let (from, to) = (partition.first, Some(partition.stable));
        let span = Span { topic: Arc::clone(&topic), partition: partition.partition, from, to };
        partition.newest_at = tap::newest(&client, vec![span], 1)?.timestamp;
    }
    Ok(())
}

/// Topics as a table.
#[must_use]
pub fn table(topics: &[ShownTopic], now: Timestamp) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["TOPIC", "PARTITIONS", "OFFSETS", "NEWEST", "OWNER", "KEY", "READERS", "FOR"]);
    for topic in topics {
        let declared = topic.declared.as_ref();
        let text = |of: fn(&TopicSpec) -> &String| declared.map_or("-".to_owned(), |spec| of(spec).clone());
        let readers: Vec<String> = topic.readers.iter().map(ToString::to_string).collect();
        table.add_row([
            topic.topic.clone(),
            if topic.exists { topic.partitions.len().to_string() } else { "missing".to_owned() },
            topic.offsets.to_string(),
            topic.newest.map_or("-".to_owned(), |at| age(now.as_millis() - at)),
            text(|spec| &spec.owner),
            text(|spec| &spec.key),
            if readers.is_empty() { "-".to_owned() } else { readers.join(", ") },
            text(|spec| &spec.description),
        ]);
    }
    lines(&table)
}

impl fmt::Display for ShownReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.group, self.records)?;
        self.seconds.map_or(Ok(()), |seconds| write!(f, " ({seconds:.1} s)"))
    }
}

/// An age as people say it.
fn age(millis: i64) -> String {
    match millis.max(0) / 1_000 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7_199 => format!("{} min", seconds / 60),
        seconds @ 7_200..=172_799 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

impl ShownTopic {
    /// The topic for people, times in this zone.
    #[must_use]
    pub fn text(&self, zone: &Zone) -> String {
        let tell = |at: i64| zone.tell(Timestamp::from_millis(at)).unwrap_or_else(|| at.to_string());
        let mut text = format!("{}\n", self.topic);
        // Writing to a text cannot fail.
        let mut line = |name: &str, value: &str| writeln!(text, "  {name:<12} {value}").unwrap_or_default();
        match &self.declared {
            Some(spec) => {
                line("for", &spec.description);
                line("owner", &spec.owner);
                line("key", &spec.key);
                line("value", &spec.value);
                line("written by", &spec.producers.join(", "));
                let roles: Vec<&str> = spec.consumers.iter().map(|consumer| consumer.role.as_str()).collect();
                line("read by", &roles.join(", "));
                let mut personal = spec.pii.clone();
                personal.extend(spec.pii_key.then(|| "the key".to_owned()));
                line("personal", &if personal.is_empty() { "nothing".to_owned() } else { personal.join(" ") });
            }
            None => line("for", "topics.yaml does not name it: taps mask everything in it"),
        }
        if !self.exists {
            line("missing", "the cluster does not have it");
        }
        if let Some(rate) = self.written_per_second {
            line("written", &format!("{rate:.1} offsets a second over the last minute"));
        }
        for reader in &self.readers {
            line("group", &reader.to_string());
        }
        for (name, value) in &self.settings {
            line("setting", &format!("{name} = {value}"));
        }
        for partition in &self.partitions {
            let ShownPartition { partition, first, stable, end, first_at, newest_at } = partition;
            let mut told = format!("{partition}: first {first}, stable end {stable}, end {end}");
            if let (Some(first), Some(newest)) = (first_at, newest_at) {
                write!(told, ", from {} to {}", tell(*first), tell(*newest)).unwrap_or_default();
            }
            line("partition", &told);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_said_in_the_unit_that_fits() {
        let table = [(-5, "0 s"), (119_000, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (172_800_000, "2 d")];
        for (millis, told) in table {
            assert_eq!(age(millis), told);
        }
    }
}
