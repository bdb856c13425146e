//! The metrics of one stream thread: its series are looked up once, when it starts.

use std::time::Duration;

use super::{Metrics, OUTCOMES, REBALANCES, TaskView};
use crate::instruments::{Gauge, Histogram, IntCounter};

/// The metrics of one thread. When it is dropped the thread's tasks are shown no more.
pub(crate) struct ThreadMetrics {
    pub(crate) poll_duration: Histogram,
    pub(crate) records_polled: IntCounter,
    pub(crate) process_duration: Histogram,
    pub(crate) records_processed: IntCounter,
    pub(crate) timers_fired: IntCounter,
    pub(crate) timer_lateness: Histogram,
    pub(crate) ticks: IntCounter,
    pub(crate) commit_duration: Histogram,
    pub(crate) changelog_phase: Histogram,
    pub(crate) offsets_phase: Histogram,
    pub(crate) drain_phase: Histogram,
    pub(crate) end_phase: Histogram,
    pub(crate) e2e_latency: Histogram,
    restore_duration: Histogram,
    last_poll: Gauge,
    all: Metrics,
    application: String,
    slot: u32,
    number: String,
}

impl Metrics {
    pub(crate) fn thread(&self, application: &str, thread: u32) -> ThreadMetrics {
        let number = thread.to_string();
        let labels = [application, number.as_str()];
        let phase = |phase| self.commit_phase_duration.with_label_values(&[application, phase]);
        for outcome in OUTCOMES {
            self.transactions.with_label_values(&[application, &number, outcome]).inc_by(0);
        }
        for event in REBALANCES {
            self.rebalances.with_label_values(&[application, &number, event]).inc_by(0);
        }
        for reason in self.known_reasons() {
            self.dead_letters.with_label_values(&[application, &reason]).inc_by(0);
        }
        self.tasks.show(application, thread, Vec::new());
        ThreadMetrics {
            poll_duration: self.poll_duration.with_label_values(&labels),
            records_polled: self.records_polled.with_label_values(&labels),
            process_duration: self.process_duration.with_label_values(&labels),
            records_processed: self.records_processed.with_label_values(&labels),
            timers_fired: self.timers_fired.with_label_values(&labels),
            timer_lateness: self.timer_lateness.with_label_values(&labels),
            ticks: self.ticks.with_label_values(&labels),
            commit_duration: self.commit_duration.with_label_values(&labels),
            changelog_phase: phase("changelog"),
            offsets_phase: phase("offsets"),
            drain_phase: phase("drain"),
            end_phase: phase("end"),
            e2e_latency: self.e2e_latency.with_label_values(&labels),
            restore_duration: self.restore_duration.with_label_values(&[application]),
            last_poll: self.last_poll.with_label_values(&labels),
            all: self.clone(),
            application: application.to_owned(),
            slot: thread,
            number,
        }
    }
}

impl ThreadMetrics {
    pub(crate) fn transaction(&self, outcome: &str) {
        self.all.transactions.with_label_values(&[&self.application, &self.number, outcome]).inc();
    }

    /// How many transactions have ended so.
    #[cfg(test)]
    pub(crate) fn transactions(&self, outcome: &str) -> u64 {
        self.all.transactions.with_label_values(&[&self.application, &self.number, outcome]).get()
    }

    pub(crate) fn rebalance(&self, event: &str) {
        self.all.rebalances.with_label_values(&[&self.application, &self.number, event]).inc();
    }

    pub(crate) fn dead_letter(&self, reason: &str) {
        self.all.dead_letters.with_label_values(&[self.application.as_str(), &self.all.reason(reason)]).inc();
    }

    /// The input was polled at this time, milliseconds since 1970.
    pub(crate) fn polled_at(&self, now_ms: i64) {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        self.last_poll.set(now_ms as f64 / 1_000.0);
    }

    /// The tasks that the thread has now: they take the place of those that were shown before.
    pub(crate) fn show_tasks(&self, tasks: Vec<TaskView>) {
        self.all.tasks.show(&self.application, self.slot, tasks);
    }

    pub(crate) fn restore_remaining(&self, partition: i32, remaining: i64) {
        self.all
            .restore_remaining
            .with_label_values(&[self.application.as_str(), &partition.to_string()])
            .set(remaining);
    }

    pub(crate) fn restored(&self, took: Duration) {
        self.restore_duration.observe(took.as_secs_f64());
    }

    pub(crate) fn timers(&self, partition: i32, pending: usize) {
        let pending = i64::try_from(pending).unwrap_or(i64::MAX);
        self.all.timers.with_label_values(&[self.application.as_str(), &partition.to_string()]).set(pending);
    }

    pub(crate) fn store(&self, store: &str, partition: i32, entries: usize, bytes: usize) {
        let partition = partition.to_string();
        let labels = [self.application.as_str(), store, &partition];
        self.all.store_entries.with_label_values(&labels).set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.all.store_bytes.with_label_values(&labels).set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// The partition is no longer assigned: its gauges are removed, or two owners would be added up.
    pub(crate) fn forget_partition<'a>(&self, partition: i32, stores: impl Iterator<Item = &'a str>) {
        let partition = partition.to_string();
        let labels = [self.application.as_str(), &partition];
        drop(self.all.restore_remaining.remove_label_values(&labels));
        drop(self.all.timers.remove_label_values(&labels));
        for store in stores {
            let labels = [self.application.as_str(), store, &partition];
            drop(self.all.store_entries.remove_label_values(&labels));
            drop(self.all.store_bytes.remove_label_values(&labels));
        }
    }
}

impl Drop for ThreadMetrics {
    fn drop(&mut self) {
        self.all.tasks.show(&self.application, self.slot, Vec::new());
    }
}
