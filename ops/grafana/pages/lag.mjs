// How far consumer groups are behind, why, and whether that is known.
import { UNIT, bars, cells, dashboard, lines, number, rows } from "../panels.mjs";
import { OF_GROUP, OF_LAG, OF_TOPIC, age, max, quantile, rate, sum } from "./queries.mjs";

const SECONDS = max("kafka_consumergroup_group_lag_seconds", "group, topic", OF_LAG);
const RECORDS = sum("kafka_consumergroup_group_lag", "group, topic", OF_LAG);

export const lag = () =>
    dashboard("timesale-lag", "Timesale: Lag", "Consumer groups against the SLOs of topics.yaml, in seconds and in records, as the console measures them once a second.", ["cluster", "group", "topic"], [], [
        ["Now", [
            number("Worst lag against its SLO", UNIT.ratio, "Seconds of lag over the SLO of the topic. 100 % is the limit.", [[`max(timesale:lag_slo:ratio{${OF_GROUP}})`]], [[null, "green"], [0.5, "yellow"], [1, "red"]]),
            number("Not ok", UNIT.count, "Groups and topics whose status is another than ok.", [[`count(max by (group, topic) (timesale_lag_group_status{status!="ok", ${OF_GROUP}}) == 1) or vector(0)`]], [[null, "green"], [1, "red"]]),
            number("Records behind, all groups", UNIT.count, "Records that the chosen groups have not committed.", [['sum(kafka_consumergroup_group_sum_lag{cluster_name=~"$cluster", group=~"$group"})']]),
            number("Nearest to retention", UNIT.ratio, "Share of what a topic keeps that a group is behind. At 100 % records are lost.", [[`max(timesale_lag_retention_ratio{${OF_GROUP}})`]], [[null, "green"], [0.5, "yellow"], [0.8, "red"]]),
            number("Lag is known", UNIT.count, "1 while the collector's rounds succeed.", [["max(timesale_lag_exporter_up)"]], [[null, "red"], [1, "green"]]),
            number("Lost records", UNIT.count, "Records that were deleted before a group read them.", [[`sum(timesale_lag_lost_records{${OF_GROUP}})`]], [[null, "green"], [1, "red"]]),
        ]],
        ["Groups", [
            rows("Groups and topics", UNIT.count, "One line for each group and topic. Caught up in: absent while it does not catch up.", [
                ["group"],
                ["topic"],
                ["status"],
                [null, UNIT.count, `max by (group, topic, status) (timesale_lag_group_status{${OF_GROUP}}) == 1`],
                ["records", UNIT.count, RECORDS],
                ["behind", UNIT.seconds, SECONDS],
                ["trend", UNIT.ratio, max("timesale_lag_trend_ratio", "group, topic", OF_GROUP)],
                ["caught up in", UNIT.seconds, `${max("timesale_lag_catch_up_seconds", "group, topic", OF_GROUP)} or (${SECONDS} == 0)`],
                ["SLO", UNIT.seconds, max("timesale_lag_slo_seconds", "group, topic", OF_GROUP)],
                ["last move", UNIT.seconds, age("timesale_lag_committed_timestamp_seconds", "group, topic", OF_GROUP)],
            ]),
        ]],
        ["Worst", [
            bars("Top 10 by seconds", UNIT.seconds, "The oldest record that a group has not committed.", [[`topk(10, ${SECONDS})`, "{{group}} {{topic}}"]]),
            bars("Top 10 by records", UNIT.count, "Records that a group has not committed.", [[`topk(10, ${RECORDS})`, "{{group}} {{topic}}"]]),
        ]],
        ["Over time", [
            lines("Seconds behind", UNIT.seconds, "The oldest record that a group has not committed.", [[SECONDS, "{{group}} {{topic}}"]]),
            lines("Records behind", UNIT.count, "Records that a group has not committed.", [['sum by (group, topic) (kafka_consumergroup_group_topic_sum_lag{cluster_name=~"$cluster", group=~"$group", topic=~"$topic"})', "{{group}} {{topic}}"]]),
            lines("Against the SLO", UNIT.ratio, "Seconds of lag over the SLO of the topic.", [[`timesale:lag_slo:ratio{${OF_GROUP}}`, "{{group}} {{topic}}"]]),
            lines("Worst partition of each group, seconds", UNIT.seconds, "Largest lag of a group over its partitions.", [['max by (group) (kafka_consumergroup_group_max_lag_seconds{cluster_name=~"$cluster", group=~"$group"})', "{{group}}"]]),
            lines("Worst partition of each group, records", UNIT.count, "Largest lag of a group over its partitions.", [['max by (group) (kafka_consumergroup_group_max_lag{cluster_name=~"$cluster", group=~"$group"})', "{{group}}"]]),
            lines("Trend", UNIT.ratio, "Seconds of lag gained a second: 1 stands still, 0 is steady, below 0 catches up.", [[max("timesale_lag_trend_ratio", "group, topic", OF_GROUP), "{{group}} {{topic}}"]], { min: null }),
            lines("In", UNIT.perSecond, "Records that become readable in each topic, transaction markers included.", [[`sum by (topic) (deriv(kafka_partition_latest_offset{${OF_TOPIC}}[$__rate_interval]))`, "{{topic}}"]]),
            lines("Out", UNIT.perSecond, "Records that each group commits.", [[`sum by (group, topic) (deriv(kafka_consumergroup_group_offset{${OF_LAG}}[$__rate_interval]))`, "{{group}} {{topic}}"]]),
        ]],
        ["Partitions", [
            cells("Seconds behind by partition", UNIT.seconds, "The worst group of each partition.", max("kafka_consumergroup_group_lag_seconds", "topic, partition", OF_LAG), "{{topic}}/{{partition}}"),
            cells("Records behind by partition", UNIT.count, "The worst group of each partition.", max("kafka_consumergroup_group_lag", "topic, partition", OF_LAG), "{{topic}}/{{partition}}"),
        ]],
        ["Members", [
            lines("Members", UNIT.count, "Members of each group.", [['max by (group) (timesale_lag_group_members{group=~"$group"})', "{{group}}"]]),
            lines("State", UNIT.count, "Groups in each state, as Kafka's coordinator says it.", [['sum by (state) (timesale_lag_group_state{group=~"$group"})', "{{state}}"]]),
            lines("Partitions without an owner or a commit", UNIT.count, "Of stable groups: partitions that no member owns. Never committed: they have no lag.", [
                [max("timesale_lag_partitions_unassigned", "group, topic", OF_GROUP), "no owner {{group}} {{topic}}"],
                [max("timesale_lag_partitions_without_commit", "group, topic", OF_GROUP), "no commit {{group}} {{topic}}"],
            ]),
        ]],
        ["Transactions and retention", [
            lines("Open transactions", UNIT.count, "Records between the stable end and the end: readers of committed records do not see them yet.", [[sum("timesale_lag_pending_records", "topic", 'topic=~"$topic"'), "{{topic}}"]]),
            lines("Age of the stable end", UNIT.seconds, "For how long the stable end has stood before the end. Transactions end within 10 s.", [[max("timesale_lag_pending_age_seconds", "topic", 'topic=~"$topic"'), "{{topic}}"]]),
            lines("Positions that went back", UNIT.perSecond, "Rewinds of committed positions.", [[rate("timesale_lag_rewinds_total", "group, topic", OF_GROUP), "{{group}} {{topic}}"]]),
            lines("Share of the retention", UNIT.ratio, "Share of what a topic keeps that a group is behind.", [[max("timesale_lag_retention_ratio", "group, topic", OF_GROUP), "{{group}} {{topic}}"]]),
            lines("Records that are kept", UNIT.count, "Offsets between a topic's first record and its stable end.", [[`sum by (topic) (kafka_partition_latest_offset{${OF_TOPIC}} - kafka_partition_earliest_offset{${OF_TOPIC}})`, "{{topic}}"]]),
            lines("Upper bounds", UNIT.count, "Partitions of compacted topics whose lag in records is an upper bound. Seconds stay exact.", [[sum("timesale_lag_inflated", "group, topic", OF_GROUP), "{{group}} {{topic}}"]]),
        ]],
        ["The collector", [
            lines("Time of a round", UNIT.seconds, "One round is due each second.", [
                [quantile(0.5, "timesale_lag_exporter_collect_duration_seconds"), "p50"],
                [quantile(0.99, "timesale_lag_exporter_collect_duration_seconds"), "p99"],
            ]),
            lines("Age of what is shown", UNIT.age, "Time since the last round that succeeded.", [[age("timesale_lag_exporter_last_success_timestamp_seconds"), "age"]]),
            lines("Errors", UNIT.perSecond, "Questions to Kafka that failed.", [[rate("timesale_lag_exporter_errors_total", "kind"), "{{kind}}"]]),
            lines("Where seconds come from", UNIT.perSecond, "By reading the first unread record, or by samples of the end.", [[rate("timesale_lag_exporter_resolved_total", "by"), "{{by}}"]]),
            lines("Values set to 0", UNIT.perSecond, "Values that would have been negative.", [[rate("timesale_lag_exporter_clamped_total", "reason"), "{{reason}}"]]),
            lines("Series", UNIT.count, "Series that the collector shows. Above 5,000 it goes to topic level.", [[max("timesale_lag_exporter_series"), "series"]]),
        ]],
    ]);
