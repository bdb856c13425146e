//! The verb `tap` as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which part of which topics, what of it, and as what.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tap {
    /// Topics, separated by commas; or @NAME, a tap that topics.yaml saves, whose words are the defaults.
    #[arg(value_name = "TOPIC", required = true)]
    pub(crate) topics: String,

    /// From here on: beginning, end, OFFSET, P:OFFSET[,P:OFFSET…], a time (2026-11-28, "2026-11-28 10:00", 2026-11-28T10:00:00+09:00), or an age
    /// (15m, 2h30m, 3d).
    #[arg(long, value_name = "WHERE", help_heading = "Range", conflicts_with_all = ["last", "at", "all"])]
    pub(crate) from: Option<String>,
    /// Up to here, and not with it. Without it, up to the end that is there when the tap begins.
    #[arg(long, value_name = "WHERE", help_heading = "Range", conflicts_with_all = ["last", "at", "all"])]
    pub(crate) to: Option<String>,
    /// So many of the newest records, or those of so long: 20, 15m. Without a range, 20.
    #[arg(long, value_name = "N|DURATION", help_heading = "Range", conflicts_with_all = ["at", "all"])]
    pub(crate) last: Option<String>,
    /// One record.
    #[arg(long, value_name = "P:OFFSET", help_heading = "Range", conflicts_with = "all")]
    pub(crate) at: Option<String>,
    /// Everything.
    #[arg(long, help_heading = "Range")]
    pub(crate) all: bool,
    /// While the coupons of this campaign can be claimed.
    #[arg(long, value_name = "CAMPAIGN", help_heading = "Range", conflicts_with_all = ["from", "to", "last", "at", "all"])]
    pub(crate) during: Option<String>,
    /// These partitions only: 0,2-3.
    #[arg(long, value_name = "PARTITIONS", help_heading = "Range")]
    pub(crate) partition: Option<String>,
    /// Go on with what is written later.
    #[arg(long, help_heading = "Range")]
    pub(crate) follow: bool,
    /// The zone of times without an offset, and of those that are shown.
    #[arg(long, value_name = "ZONE", help_heading = "Range")]
    pub(crate) zone: Option<String>,

    /// This key, exactly; repeatable. Only the partition is read where producers put it.
    #[arg(long, value_name = "KEY", help_heading = "Filter")]
    pub(crate) key: Vec<String>,
    /// Look for keys in every partition.
    #[arg(long, help_heading = "Filter")]
    pub(crate) everywhere: bool,
    /// Records of these types, by their header event-type.
    #[arg(long, value_name = "TYPE", value_delimiter = ',', help_heading = "Filter")]
    pub(crate) event: Vec<String>,
    /// A header that is this, or matches this pattern; repeatable.
    #[arg(long, value_name = "NAME=VALUE|NAME~PATTERN", help_heading = "Filter")]
    pub(crate) header: Vec<String>,
    /// Records of this trace, by the trace id in their header traceparent.
    #[arg(long, value_name = "ID", help_heading = "Filter")]
    pub(crate) trace: Option<String>,
    /// Records whose value has these bytes somewhere.
    #[arg(long, value_name = "TEXT", help_heading = "Filter")]
    pub(crate) contains: Option<String>,
    /// Records for which this is true: CEL over topic, partition, offset, timestamp, key, event, headers, value.
    #[arg(long = "where", value_name = "CEL", help_heading = "Filter")]
    pub(crate) condition: Option<String>,
    /// One key of so many: 1/100 or 1/100@SEED. The same keys in every topic and every run.
    #[arg(long, value_name = "1/N[@SEED]", help_heading = "Filter")]
    pub(crate) sample: Option<String>,
    /// Stop after so many records that match.
    #[arg(long, value_name = "N", help_heading = "Filter", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Stop after so much was read: 100000 records, or 2GiB.
    #[arg(long, value_name = "N|BYTES", help_heading = "Filter")]
    pub(crate) max_scan: Option<String>,
    /// Stop after so long: 30s.
    #[arg(long = "for", value_name = "DURATION", help_heading = "Filter")]
    pub(crate) time: Option<String>,

    /// Which records there are to see; uncommitted shows all, each with what became of its transaction.
    #[arg(long, value_enum, help_heading = "Shape")]
    pub(crate) isolation: Option<Isolation>,
    /// Columns out of the value by JSON pointer, or of the envelope by name: order=/order,won=/fact/order_paid/amount:int,offset.
    #[arg(long, value_name = "NAME=POINTER[:TYPE],…", help_heading = "Shape")]
    pub(crate) columns: Option<String>,
    /// The newest record of each key only.
    #[arg(long, help_heading = "Shape")]
    pub(crate) latest: bool,
    /// Merged over all partitions and topics by time.
    #[arg(long, help_heading = "Shape")]
    pub(crate) by_time: bool,
    /// What becomes of personal fields. Without the installation's secret, hash is redact.
    #[arg(long, value_enum, help_heading = "Shape")]
    pub(crate) mask: Option<Mask>,
    /// Show personal fields, for this reason, which is written to the audit topic first.
    #[arg(long, value_name = "REASON", help_heading = "Shape")]
    pub(crate) unmask: Option<String>,

    /// As what; pretty on a terminal, ndjson otherwise.
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Option<Format>,
    /// Where to; its ending chooses the format. It appears when it is whole.
    #[arg(long, short, value_name = "FILE", group = "destination", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Copy records to this shadow topic of topics.yaml, masked as any output, with partition, key, headers and time, and the header source.
    #[arg(long, value_name = "shadow.NAME", group = "destination", conflicts_with = "format", help_heading = "Output")]
    pub(crate) to_topic: Option<String>,
    /// Keep in this file how far the export is, and go on from there if it is there.
    #[arg(long, value_name = "FILE", requires = "destination", help_heading = "Output")]
    pub(crate) resume: Option<PathBuf>,
    /// Most bytes a second to read: 64MiB unless said; max is as fast as it goes.
    #[arg(long, value_name = "BYTES|max", help_heading = "Output")]
    pub(crate) rate: Option<String>,
    /// How it is told on stderr what was read.
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) summary: Option<Summary>,
    /// Do not tell what was read.
    #[arg(long, help_heading = "Output", conflicts_with = "summary")]
    pub(crate) quiet: bool,
    /// End with 65 at a record that cannot be read as asked.
    #[arg(long, help_heading = "Output")]
    pub(crate) strict: bool,
    /// End with 1 if nothing matched.
    #[arg(long, help_heading = "Output")]
    pub(crate) expect: bool,
    /// End with 1 if not everything that was asked for was read.
    #[arg(long, help_heading = "Output")]
    pub(crate) complete: bool,
}

/// Which records there are to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Isolation {
    /// Committed ones.
    Committed,
    /// All.
    Uncommitted,
}

/// What becomes of personal fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Mask {
    /// Twelve hex digits, the same for the same text.
    Hash,
    /// The word redacted.
    Redact,
    /// They are left out.
    Drop,
}

/// How records are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Ndjson,
    /// The values' bytes, each with a newline.
    Values,
    /// As kcat -J.
    Kcat,
    /// Comma-separated, with a header line.
    Csv,
    /// Tab-separated, with a header line.
    Tsv,
    /// Apache Parquet.
    Parquet,
}

/// How it is told what was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Summary {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

impl Tap {
    /// These words, and where they say nothing those of a saved tap.
    pub(crate) fn over(self, saved: Self) -> Self {
        let has_range = self.from.is_some()
            || self.to.is_some()
            || self.last.is_some()
            || self.at.is_some()
            || self.all
            || self.during.is_some();
        let range = if has_range { &self } else { &saved };
        let (from, to, last, at) = (range.from.clone(), range.to.clone(), range.last.clone(), range.at.clone());
        let (all, during) = (range.all, range.during.clone());
        let list = |mine: Vec<String>, saved: Vec<String>| if mine.is_empty() { saved } else { mine };
        Self {
            topics: saved.topics,
            from,
            to,
            last,
            at,
            all,
            during,
            partition: self.partition.or(saved.partition),
            follow: self.follow || saved.follow,
            zone: self.zone.or(saved.zone),
            key: list(self.key, saved.key),
            everywhere: self.everywhere || saved.everywhere,
            event: list(self.event, saved.event),
            header: list(self.header, saved.header),
            trace: self.trace.or(saved.trace),
            contains: self.contains.or(saved.contains),
            condition: self.condition.or(saved.condition),
            sample: self.sample.or(saved.sample),
            limit: self.limit.or(saved.limit),
            max_scan: self.max_scan.or(saved.max_scan),
            time: self.time.or(saved.time),
            isolation: self.isolation.or(saved.isolation),
            columns: self.columns.or(saved.columns),
            latest: self.latest || saved.latest,
            by_time: self.by_time || saved.by_time,
            mask: self.mask.or(saved.mask),
            unmask: self.unmask.or(saved.unmask),
            format: self.format.or(saved.format),
            output: self.output.or(saved.output),
            to_topic: self.to_topic.or(saved.to_topic),
            resume: self.resume.or(saved.resume),
            rate: self.rate.or(saved.rate),
            summary: self.summary.or(saved.summary),
            quiet: self.quiet || saved.quiet,
            strict: self.strict || saved.strict,
            expect: self.expect || saved.expect,
            complete: self.complete || saved.complete,
        }
    }
}
