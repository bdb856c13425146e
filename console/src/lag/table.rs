//! A snapshot as a table: one line a group and topic, or one a partition, worst first.

use std::cmp::Ordering;

use comfy_table::{CellAlignment, presets};

use super::snapshot::{GroupLag, PartitionLag, Snapshot, TopicLag};

/// By what the lines are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// The worst status first, then the most seconds.
    #[default]
    Worst,
    /// The most seconds first.
    Seconds,
    /// The most records first.
    Records,
    /// The steepest trend first.
    Trend,
    /// By name.
    Name,
}

/// How a snapshot is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// The order of the lines.
    pub sort: Sort,
    /// A line for each partition instead of each topic.
    pub has_partitions: bool,
    /// As Markdown.
    pub is_markdown: bool,
}

/// Eight heights of a bar.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// How wide a picture of the last minute is.
const BAR_COUNT: usize = 12;

impl Table {
    /// The table as text, with a line at the end.
    #[must_use]
    pub fn text(&self, snapshot: &Snapshot) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(if self.is_markdown { presets::ASCII_MARKDOWN } else { presets::NOTHING });
        let lines =
            if self.has_partitions { self.partitions(&mut table, snapshot) } else { self.topics(&mut table, snapshot) };
        if lines == 0 {
            return "no group has a position\n".to_owned();
        }
        crate::terminal::lines(&table)
    }

    fn topics(&self, table: &mut comfy_table::Table, snapshot: &Snapshot) -> usize {
        table.set_header([
            "STATUS",
            "GROUP",
            "TOPIC",
            "RECORDS",
            "BEHIND",
            "TREND",
            "CAUGHT UP IN",
            "SLO",
            "MEMBERS",
            "LAST MOVE",
            "LAST MINUTE",
        ]);
        right(table, &[3, 4, 5, 6, 7, 8, 9]);
        let mut lines: Vec<(&GroupLag, &TopicLag)> =
            snapshot.groups.iter().flat_map(|group| group.topics.iter().map(move |topic| (group, topic))).collect();
        lines.sort_by(|one, other| self.order(one, other));
        let count = lines.len();
        for (group, topic) in lines {
            let slo = topic.slo_seconds.map(f64::from);
            table.add_row([
                topic.status.word().to_owned(),
                group.group.clone(),
                topic.topic.clone(),
                if topic.partitions.is_empty() { dash() } else { topic.records.to_string() },
                topic.seconds.map_or_else(dash, seconds),
                topic.trend.map_or_else(dash, |trend| format!("{trend:+.1} s/s")),
                topic.catch_up_seconds.map_or_else(dash, seconds),
                slo.map_or_else(dash, seconds),
                group.members.map_or_else(dash, |members| members.to_string()),
                topic.moved_ms.map_or_else(dash, |moved| ago(snapshot.at_ms, moved)),
                bars(&topic.last_minute),
            ]);
        }
        count
    }

    fn partitions(&self, table: &mut comfy_table::Table, snapshot: &Snapshot) -> usize {
        table.set_header([
            "STATUS",
            "GROUP",
            "TOPIC",
            "PARTITION",
            "RECORDS",
            "BEHIND",
            "POSITION",
            "STABLE",
            "END",
            "FIRST",
            "LOST",
            "LAST MOVE",
            "OWNER",
        ]);
        right(table, &[3, 4, 5, 6, 7, 8, 9, 10, 11]);
        let of_topic = |(group, topic): (&'_ GroupLag, &'_ TopicLag)| {
            topic.partitions.iter().map(|lag| (group.clone(), topic.clone(), lag.clone())).collect::<Vec<_>>()
        };
        let topics = snapshot.groups.iter().flat_map(|group| group.topics.iter().map(move |topic| (group, topic)));
        let mut lines: Vec<(GroupLag, TopicLag, PartitionLag)> = topics.flat_map(of_topic).collect();
        lines.sort_by(|one, other| match self.sort {
            Sort::Name => {
                self.order(&(&one.0, &one.1), &(&other.0, &other.1)).then(one.2.partition.cmp(&other.2.partition))
            }
            Sort::Records => other.2.records.cmp(&one.2.records),
            Sort::Seconds => compare(other.2.seconds, one.2.seconds),
            Sort::Trend => compare(other.1.trend, one.1.trend),
            Sort::Worst => other.2.status.cmp(&one.2.status).then(compare(other.2.seconds, one.2.seconds)),
        });
        let count = lines.len();
        for (group, topic, lag) in lines {
            let ends = snapshot
                .partitions
                .iter()
                .find(|pending| pending.topic == topic.topic && pending.partition == lag.partition);
            table.add_row([
                lag.status.word().to_owned(),
                group.group,
                topic.topic,
                lag.partition.to_string(),
                format!("{}{}", if lag.is_inflated { "<=" } else { "" }, lag.records),
                lag.seconds.map_or_else(dash, seconds),
                lag.position.to_string(),
                ends.map_or_else(dash, |ends| ends.stable.to_string()),
                ends.map_or_else(dash, |ends| ends.end.to_string()),
                ends.map_or_else(dash, |ends| ends.first.to_string()),
                lag.lost.to_string(),
                lag.moved_ms.map_or_else(dash, |moved| ago(snapshot.at_ms, moved)),
                lag.owner.map_or_else(dash, |owner| format!("{} at {}", owner.client, owner.host)),
            ]);
        }
        count
    }

    fn order(&self, one: &(&GroupLag, &TopicLag), other: &(&GroupLag, &TopicLag)) -> Ordering {
        let by_name = || (&one.0.group, &one.1.topic).cmp(&(&other.0.group, &other.1.topic));
        let order = match self.sort {
            Sort::Worst => other.1.status.cmp(&one.1.status).then_with(|| compare(other.1.seconds, one.1.seconds)),
            Sort::Seconds => compare(other.1.seconds, one.1.seconds),
            Sort::Records => other.1.records.cmp(&one.1.records),
            Sort::Trend => compare(other.1.trend, one.1.trend),
            Sort::Name => Ordering::Equal,
        };
        order.then_with(by_name)
    }
}

/// What is not known comes last.
fn compare(one: Option<f64>, other: Option<f64>) -> Ordering {
    one.unwrap_or(f64::NEG_INFINITY).total_cmp(&other.unwrap_or(f64::NEG_INFINITY))
}

fn right(table: &mut comfy_table::Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// A number of seconds as people say it: `3.4 s`, `12 min`, `2 h`, `3 d`.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 100.0 => format!("{seconds:.1} s"),
        seconds if seconds < 5_400.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} d", seconds / 86_400.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time for people")]
fn ago(now_ms: i64, then_ms: i64) -> String {
    format!("{} ago", seconds((now_ms - then_ms).max(0) as f64 / 1_000.0))
}

/// The last minute in twelve bars, each the worst of its five seconds, the tallest as high as the worst of all.
pub(super) fn bars(seconds: &[f64]) -> String {
    let worst = seconds.iter().copied().fold(0.0, f64::max);
    if seconds.len() < 2 {
        return String::new();
    }
    let each = seconds.len().div_ceil(BAR_COUNT).max(1);
    let bar = |chunk: &[f64]| {
        let height = chunk.iter().copied().fold(0.0, f64::max);
        let share = if worst > 0.0 { height / worst } else { 0.0 };
        let place = (1_u8..8).rev().find(|place| share >= f64::from(*place) / 8.0 + 0.0625).unwrap_or(0);
        BARS.get(usize::from(place)).copied().unwrap_or('▁')
    };
    seconds.chunks(each).map(bar).collect()
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
