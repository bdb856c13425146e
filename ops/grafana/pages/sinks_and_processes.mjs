// What writes Postgres and Redis; and the processes of all roles.
import { UNIT, dashboard, lines, number, rows } from "../panels.mjs";
import { age, max, quantile, rate, sum } from "./queries.mjs";

const OF = 'topic=~"$topic"';
const NAME = "{{sink}} {{topic}}";
const WHO = "{{role}} {{instance}}";

export const sinksAndProcesses = () =>
    dashboard("timesale-sinks-and-processes", "Timesale: Sinks and processes", "Projections as their sinks write them, and every process: readiness, memory, CPU, runtime, build.", ["topic"], [], [
        ["Sinks", [
            lines("Rows", UNIT.perSecond, "Rows made or changed.", [[rate("timesale_sink_rows_total", "sink, topic", OF), NAME]]),
            lines("Records in a batch", UNIT.count, "p50.", [[quantile(0.5, "timesale_sink_batch_records", "sink, topic", OF), NAME]]),
            lines("Time of a batch", UNIT.seconds, "From its first attempt until it is written, p99.", [[quantile(0.99, "timesale_sink_batch_duration_seconds", "sink, topic", OF), NAME]]),
            lines("Newest fact written", UNIT.age, "How old it is. Old is fine in a topic in which nothing happens; lag is on the Lag dashboard.", [[age("timesale_sink_written_timestamp_seconds", "sink, topic", OF), NAME]]),
            lines("Partitions that are not written", UNIT.count, "Owned and stopped: somebody has to look.", [[max("timesale_sink_stopped_partitions", "sink, topic", OF), NAME]]),
            lines("Rows that were there already", UNIT.perSecond, "As new or newer.", [[rate("timesale_sink_stale_rows_total", "sink, topic", OF), NAME]]),
            lines("Attempts made again", UNIT.perSecond, "The destination refuses or is away.", [[rate("timesale_sink_retries_total", "sink, topic", OF), NAME]]),
            lines("Fenced", UNIT.perSecond, "Times another owner had taken a partition over.", [[rate("timesale_sink_fenced_total", "sink, topic", OF), NAME]]),
            lines("Records without a row", UNIT.count, "Records that could not become rows, since the process began.", [[sum("timesale_sink_dead_records_total", "sink, topic", OF), NAME]]),
            lines("Sessions", UNIT.count, "Times the destination was connected and its partitions claimed, since the process began.", [[sum("timesale_sink_sessions_total", "sink, topic", OF), NAME]]),
            lines("Rebuilds", UNIT.count, "Times a partition was begun at the beginning of the log, since the process began.", [[sum("timesale_sink_rebuilds_total", "sink, topic", OF), NAME]]),
            number("Epoch of Redis", UNIT.when, "When the epoch that is written was begun: the last time that Redis was lost.", [["1000 * max by (sink) (timesale_sink_epoch_timestamp_seconds)", "{{sink}}"]]),
        ]],
        ["Readiness", [
            lines("Roles that answer", UNIT.count, "1 while the last scrape succeeded.", [['min by (role, instance) (up{role=~".+"})', WHO]], { max: 1 }),
            lines("Parts by condition", UNIT.count, "A degraded part counts as ready.", [[sum("timesale_part_condition", "role, condition"), "{{role}} {{condition}}"]]),
            rows("Conditions of parts", UNIT.count, "What /readyz?verbose says, without the reasons.", [
                ["role"],
                ["instance"],
                ["part"],
                ["condition"],
                [null, UNIT.count, "max by (role, instance, part, condition) (timesale_part_condition) == 1"],
            ]),
        ]],
        ["Processes", [
            lines("Memory", UNIT.bytes, "Resident.", [[max("process_resident_memory_bytes", "role, instance", 'role=~".+"'), WHO]]),
            lines("CPU", UNIT.count, "Cores in use.", [[rate("process_cpu_seconds_total", "role, instance", 'role=~".+"'), WHO]]),
            lines("Open descriptors", UNIT.ratio, "Of those that the process may open.", [['max by (role, instance) (process_open_fds{role=~".+"} / process_max_fds{role=~".+"})', WHO]]),
            lines("Threads", UNIT.count, "Threads of the operating system.", [[max("process_threads", "role, instance", 'role=~".+"'), WHO]]),
            lines("Time since the start", UNIT.age, "Of each process.", [[age("process_start_time_seconds", "role, instance", 'role=~".+"'), WHO]]),
        ]],
        ["Async runtime", [
            lines("Workers in use", UNIT.ratio, "Share of the time that the workers spend on tasks.", [[`${rate("timesale_runtime_busy_seconds_total", "role, instance")} / sum by (role, instance) (timesale_runtime_workers)`, WHO]], { max: 1 }),
            lines("Tasks alive", UNIT.count, "Begun and not ended.", [[sum("timesale_runtime_alive_tasks", "role, instance"), WHO]]),
            lines("Tasks waiting for a worker", UNIT.count, "In the global queue.", [[sum("timesale_runtime_queued_tasks", "role, instance"), WHO]]),
        ]],
        ["Builds", [
            rows("Builds", UNIT.count, "Which build runs where.", [
                ["role"],
                ["instance"],
                ["version"],
                ["revision"],
                [null, UNIT.count, "max by (role, instance, version, revision) (timesale_build_info)"],
            ]),
        ]],
    ]);
