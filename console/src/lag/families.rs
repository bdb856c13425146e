//! The families of metrics that show lag: names, labels and help texts, each once. The names of the first part are those that dashboards
//! and autoscalers for Kafka already know (kafka-lag-exporter's).

use crate::families::{Family, counter, gauge};

const CLUSTER_GROUP: &[&str] = &["cluster_name", "group"];
const CLUSTER_GROUP_TOPIC: &[&str] = &["cluster_name", "group", "topic"];
const CLUSTER_GROUP_PARTITION: &[&str] = &["cluster_name", "group", "topic", "partition"];
const CLUSTER_PARTITION: &[&str] = &["cluster_name", "topic", "partition"];
const GROUP_TOPIC: &[&str] = &["group", "topic"];
const GROUP_PARTITION: &[&str] = &["group", "topic", "partition"];
const PARTITION: &[&str] = &["topic", "partition"];

pub(super) const GROUP_OFFSET: Family = gauge(
    "kafka_consumergroup_group_offset",
    CLUSTER_GROUP_PARTITION,
    "Position that a group has committed: the next offset it reads.",
);
pub(super) const GROUP_LAG: Family = gauge(
    "kafka_consumergroup_group_lag",
    CLUSTER_GROUP_PARTITION,
    "Offsets from a group's committed position to the stable end of the partition; 0 when nothing readable lies between.",
);
pub(super) const GROUP_LAG_SECONDS: Family = gauge(
    "kafka_consumergroup_group_lag_seconds",
    CLUSTER_GROUP_PARTITION,
    "Now minus the timestamp of the first record that a group has not committed; 0 when there is none.",
);
pub(super) const GROUP_TOPIC_SUM_LAG: Family = gauge(
    "kafka_consumergroup_group_topic_sum_lag",
    CLUSTER_GROUP_TOPIC,
    "Lag of a group in records, all partitions of a topic together.",
);
pub(super) const GROUP_MAX_LAG: Family =
    gauge("kafka_consumergroup_group_max_lag", CLUSTER_GROUP, "Largest lag of a group in records over its partitions.");
pub(super) const GROUP_MAX_LAG_SECONDS: Family = gauge(
    "kafka_consumergroup_group_max_lag_seconds",
    CLUSTER_GROUP,
    "Largest lag of a group in seconds over its partitions.",
);
pub(super) const GROUP_SUM_LAG: Family =
    gauge("kafka_consumergroup_group_sum_lag", CLUSTER_GROUP, "Lag of a group in records, all partitions together.");
pub(super) const LATEST_OFFSET: Family = gauge(
    "kafka_partition_latest_offset",
    CLUSTER_PARTITION,
    "Stable end of a partition: readers of committed records can read up to here.",
);
pub(super) const EARLIEST_OFFSET: Family =
    gauge("kafka_partition_earliest_offset", CLUSTER_PARTITION, "First offset that a partition still holds.");

pub(super) const SLO: Family =
    gauge("timesale_lag_slo_seconds", GROUP_TOPIC, "Lag that topics.yaml allows a group on a topic.");
pub(super) const TREND: Family = gauge(
    "timesale_lag_trend_ratio",
    GROUP_TOPIC,
    "Seconds of lag gained a second over the last minute: 1 stands still, 0 is steady, below 0 catches up.",
);
pub(super) const CATCH_UP: Family = gauge(
    "timesale_lag_catch_up_seconds",
    GROUP_TOPIC,
    "Time until a group has caught up at its present trend; absent unless it catches up.",
);
pub(super) const STATE: Family = gauge(
    "timesale_lag_group_state",
    &["group", "state"],
    "1 for the state that a group is in, as Kafka's coordinator says it.",
);
pub(super) const STATUS: Family = gauge(
    "timesale_lag_group_status",
    &["group", "topic", "status"],
    "1 for the status of a group on a topic: the worst of its partitions.",
);
pub(super) const MEMBERS: Family = gauge("timesale_lag_group_members", &["group"], "Members of a group.");
pub(super) const WITHOUT_COMMIT: Family = gauge(
    "timesale_lag_partitions_without_commit",
    GROUP_TOPIC,
    "Partitions of a group's topic on which it has never committed: they have no lag.",
);
pub(super) const UNASSIGNED: Family = gauge(
    "timesale_lag_partitions_unassigned",
    GROUP_TOPIC,
    "Partitions of a stable group's topic that no member owns.",
);
pub(super) const COMMITTED: Family = gauge(
    "timesale_lag_committed_timestamp_seconds",
    GROUP_PARTITION,
    "When a group's position on a partition was last seen to move, since 1970.",
);
pub(super) const REWINDS: Family =
    counter("timesale_lag_rewinds_total", GROUP_TOPIC, "Positions of a group that went back.");
pub(super) const LOST: Family =
    gauge("timesale_lag_lost_records", GROUP_PARTITION, "Records that were deleted before a group read them.");
pub(super) const RETENTION: Family = gauge(
    "timesale_lag_retention_ratio",
    GROUP_PARTITION,
    "Share of what a partition keeps that a group is behind: at 1 records are lost.",
);
pub(super) const INFLATED: Family = gauge(
    "timesale_lag_inflated",
    GROUP_PARTITION,
    "1 where compaction makes the lag in records an upper bound; the seconds stay exact.",
);
pub(super) const PENDING_RECORDS: Family = gauge(
    "timesale_lag_pending_records",
    PARTITION,
    "Offsets between the stable end and the end of a partition: records of open transactions.",
);
pub(super) const PENDING_AGE: Family = gauge(
    "timesale_lag_pending_age_seconds",
    PARTITION,
    "For how long the stable end of a partition has stood before its end, computed at scrape; 0 when it does not.",
);
pub(super) const UP: Family =
    gauge("timesale_lag_exporter_up", &[], "1 when the last collection of lag succeeded, else 0.");
pub(super) const LAST_SUCCESS: Family = gauge(
    "timesale_lag_exporter_last_success_timestamp_seconds",
    &[],
    "When lag was last collected with success, since 1970; 0 before the first time.",
);
pub(super) const ERRORS: Family =
    counter("timesale_lag_exporter_errors_total", &["kind"], "Questions to Kafka that failed while lag was collected.");
pub(super) const SERIES: Family = gauge("timesale_lag_exporter_series", &[], "Series that the lag collector shows.");
pub(super) const RESOLVED: Family = counter(
    "timesale_lag_exporter_resolved_total",
    &["by"],
    "Lags in seconds by how they were found: by reading the record, or by samples of the end.",
);
pub(super) const CLAMPED: Family = counter(
    "timesale_lag_exporter_clamped_total",
    &["reason"],
    "Values that were set to 0 because they would have been negative.",
);

/// kafka_exporter's names of the same, for whoever knows only those.
pub(super) mod alias {
    use super::{Family, gauge};

    pub(in super::super) const CURRENT_OFFSET: Family = gauge(
        "kafka_consumergroup_current_offset",
        &["consumergroup", "topic", "partition"],
        "kafka_exporter's name of kafka_consumergroup_group_offset.",
    );
    pub(in super::super) const LAG: Family = gauge(
        "kafka_consumergroup_lag",
        &["consumergroup", "topic", "partition"],
        "kafka_exporter's name of kafka_consumergroup_group_lag.",
    );
    pub(in super::super) const LAG_SUM: Family = gauge(
        "kafka_consumergroup_lag_sum",
        &["consumergroup", "topic"],
        "kafka_exporter's name of kafka_consumergroup_group_topic_sum_lag.",
    );
    pub(in super::super) const MEMBERS: Family = gauge(
        "kafka_consumergroup_members",
        &["consumergroup"],
        "kafka_exporter's name of timesale_lag_group_members.",
    );
    pub(in super::super) const CURRENT: Family = gauge(
        "kafka_topic_partition_current_offset",
        super::PARTITION,
        "kafka_exporter's name of kafka_partition_latest_offset.",
    );
    pub(in super::super) const OLDEST: Family = gauge(
        "kafka_topic_partition_oldest_offset",
        super::PARTITION,
        "kafka_exporter's name of kafka_partition_earliest_offset.",
    );
    pub(in super::super) const PARTITIONS: Family =
        gauge("kafka_topic_partitions", &["topic"], "Partitions of a topic, under kafka_exporter's name.");
}

/// Every family.
pub(super) const ALL: [Family; 37] = [
    GROUP_OFFSET,
    GROUP_LAG,
    GROUP_LAG_SECONDS,
    GROUP_TOPIC_SUM_LAG,
    GROUP_MAX_LAG,
    GROUP_MAX_LAG_SECONDS,
    GROUP_SUM_LAG,
    LATEST_OFFSET,
    EARLIEST_OFFSET,
    SLO,
    TREND,
    CATCH_UP,
    STATE,
    STATUS,
    MEMBERS,
    WITHOUT_COMMIT,
    UNASSIGNED,
    COMMITTED,
    REWINDS,
    LOST,
    RETENTION,
    INFLATED,
    PENDING_RECORDS,
    PENDING_AGE,
    UP,
    LAST_SUCCESS,
    ERRORS,
    SERIES,
    RESOLVED,
    CLAMPED,
    alias::CURRENT_OFFSET,
    alias::LAG,
    alias::LAG_SUM,
    alias::MEMBERS,
    alias::CURRENT,
    alias::OLDEST,
    alias::PARTITIONS,
];
