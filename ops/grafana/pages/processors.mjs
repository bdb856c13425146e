// The stream processors: work, transactions, timers, stores, trouble.
import { UNIT, buckets, dashboard, lines } from "../panels.mjs";
import { max, mean, quantile, rate, sum } from "./queries.mjs";

const OF = 'application=~"$application"';
const APPLICATION = ["application", "Application", "Processors.", "label_values(streams_records_processed_total, application)"];

export const processors = () =>
    dashboard("timesale-processors", "Timesale: Processors", "Stream threads as they see themselves.", [], [APPLICATION], [
        ["Work", [
            lines("Records processed", UNIT.perSecond, "Records decided, ticks excluded.", [[rate("streams_records_processed_total", "application", OF), "{{application}}"]]),
            lines("Records read", UNIT.perSecond, "Records read from the inbox.", [[rate("streams_records_polled_total", "application", OF), "{{application}}"]]),
            lines("Time to process a poll", UNIT.seconds, "Time to process what one poll brought, p99.", [[quantile(0.99, "streams_process_duration_seconds", "application", OF), "{{application}}"]]),
            lines("Time of a poll", UNIT.seconds, "Time of one poll of the inbox, p99.", [[quantile(0.99, "streams_poll_duration_seconds", "application", OF), "{{application}}"]]),
            lines("Time since the last poll", UNIT.age, "The thread that has waited longest.", [[`time() - min by (application) (streams_last_poll_timestamp_seconds{${OF}} > 0)`, "{{application}}"]]),
            lines("Lag of tasks", UNIT.seconds, "Age of the oldest record that was read and is not committed, as its owner says.", [[max("streams_task_lag_seconds", "application", OF), "{{application}}"]]),
        ]],
        ["Latency", [
            buckets("From record to commit", UNIT.seconds, "From a record's timestamp to the commit of its results.", `sum by (le) (increase(streams_record_e2e_latency_seconds_bucket{${OF}}[$__rate_interval]))`),
            lines("From record to commit, p50 and p99", UNIT.seconds, "From a record's timestamp to the commit of its results.", [
                [quantile(0.5, "streams_record_e2e_latency_seconds", "application", OF), "p50 {{application}}"],
                [quantile(0.99, "streams_record_e2e_latency_seconds", "application", OF), "p99 {{application}}"],
            ]),
        ]],
        ["Transactions", [
            lines("Transactions by outcome", UNIT.perSecond, "An unknown outcome is looked up; a fenced producer is replaced.", [[rate("streams_transactions_total", "outcome", OF), "{{outcome}}"]]),
            lines("Time of a commit", UNIT.seconds, "Time to commit a transaction, p99.", [[quantile(0.99, "streams_commit_duration_seconds", "application", OF), "{{application}}"]]),
            lines("Phases of a commit", UNIT.seconds, "Mean time of each phase.", [[mean("streams_commit_phase_duration_seconds", "phase", OF), "{{phase}}"]], { stack: true }),
        ]],
        ["Timers", [
            lines("Timers pending", UNIT.count, "Committed timers that have not fired.", [[sum("streams_timers_pending", "application", OF), "{{application}}"]]),
            lines("Timers fired, ticks appended", UNIT.perSecond, "A tick makes log time pass while nothing else arrives.", [
                [rate("streams_timers_fired_total", "application", OF), "fired {{application}}"],
                [rate("streams_ticks_total", "application", OF), "ticks {{application}}"],
            ]),
            lines("Lateness of timers", UNIT.seconds, "Log time of a timer's firing minus its deadline, p99.", [[quantile(0.99, "streams_timer_lateness_seconds", "application", OF), "{{application}}"]]),
        ]],
        ["Stores", [
            lines("Entries", UNIT.count, "Committed entries of each store.", [[sum("streams_store_entries", "application, store", OF), "{{application}} {{store}}"]]),
            lines("Bytes", UNIT.bytes, "Bytes of keys and values of each store.", [[sum("streams_store_bytes", "application, store", OF), "{{application}} {{store}}"]]),
            lines("Tasks by state", UNIT.count, "A restoring task decides nothing yet.", [[sum("streams_tasks", "application, state", OF), "{{application}} {{state}}"]], { stack: true }),
            lines("Still to restore", UNIT.count, "Offsets of changelogs that restoring tasks still have to read.", [[sum("streams_restore_remaining_records", "application", OF), "{{application}}"]]),
            lines("Time of a restore", UNIT.seconds, "Mean since the processes began.", [[`sum by (application) (streams_restore_duration_seconds_sum{${OF}}) / sum by (application) (streams_restore_duration_seconds_count{${OF}})`, "{{application}}"]]),
        ]],
        ["Trouble", [
            lines("Rebalances", UNIT.perSecond, "Changes of threads' membership.", [[rate("streams_rebalances_total", "application, event", OF), "{{application}} {{event}}"]]),
            lines("Threads that stopped or stalled", UNIT.count, "A process with such a thread ends.", [[max("streams_failed_stream_threads", "application", OF), "{{application}}"]]),
            lines("Dead letters", UNIT.perSecond, "Records that went to the dead letters.", [[rate("streams_dead_letters_total", "application, reason", OF), "{{application}} {{reason}}"]]),
            lines("Dead letters that wait", UNIT.count, "Neither replayed nor dropped, by source.", [["max by (topic, reason) (timesale_dead_letters_unhandled)", "{{topic}} {{reason}}"]]),
            lines("Offers refused", UNIT.perSecond, "Offers of other shops that the prices processor refused.", [[rate("timesale_prices_offers_refused_total", "reason"), "{{reason}}"]]),
        ]],
    ]);
