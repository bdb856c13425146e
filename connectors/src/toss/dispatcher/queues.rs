//! Commands that wait, a queue for each order: an order's commands one at a time and in order, orders first come, first served.
//!
//! A repeat that arrives before the command it repeats has begun takes its place: one answer serves both. So an outage, during
//! which orders ask again and again, does not pile up.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use events::ids::OrderId;
use events::payments::PaymentCommand;
use tokio::time::Instant;

/// A command to be carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Job {
    pub(crate) command: PaymentCommand,
    /// W3C `traceparent`, to be handed on.
    pub(crate) traceparent: Option<Arc<str>>,
    /// Where it was read.
    pub(crate) partition: i32,
    /// In which assignment of the partition.
    pub(crate) assignment: u64,
    /// The records that its answer finishes.
    pub(crate) offsets: Vec<i64>,
    /// When the first of them was read.
    pub(crate) since: Instant,
}

/// Commands that wait.
#[derive(Debug, Default)]
pub(crate) struct OrderQueues {
    queues: HashMap<OrderId, OrderQueue>,
    /// Orders that have a command waiting and none under way.
    ready: VecDeque<OrderId>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct OrderQueue {
    is_busy: bool,
    waiting: VecDeque<Job>,
}

impl OrderQueues {
    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// When the command that waits longest was read.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.queues.values().filter_map(|queue| queue.waiting.front()).map(|job| job.since).min()
    }

    /// A command joins its order's queue.
    pub(crate) fn push(&mut self, job: Job) {
        let order = job.command.order().clone();
        let queue = self.queues.entry(order.clone()).or_default();
        if let Some(last) = queue.waiting.back_mut()
            && last.command.request() == job.command.request()
            && (last.partition, last.assignment) == (job.partition, job.assignment)
        {
            last.command = job.command;
            last.offsets.extend(job.offsets);
            return;
        }
        if !queue.is_busy && queue.waiting.is_empty() {
            self.ready.push_back(order);
        }
        queue.waiting.push_back(job);
        self.waiting += 1;
    }

    /// The next command whose turn it is. Its order is busy until [`OrderQueues::done`].
    pub(crate) fn next(&mut self) -> Option<Job> {
        while let Some(order) = self.ready.pop_front() {
            let Some(queue) = self.queues.get_mut(&order) else { continue };
            if let Some(job) = queue.waiting.pop_front() {
                queue.is_busy = true;
                self.waiting -= 1;
                return Some(job);
            }
            if !queue.is_busy {
                self.queues.remove(&order);
            }
        }
        None
    }

    /// An order's command has been answered.
    pub(crate) fn done(&mut self, order: &OrderId) {
        if let Some(queue) = self.queues.get_mut(order) {
            queue.is_busy = false;
            if queue.waiting.is_empty() {
                self.queues.remove(order);
            } else {
                self.ready.push_back(order.clone());
            }
        }
    }

    /// A partition was revoked: its waiting commands are dropped.
    pub(crate) fn forget(&mut self, partition: i32) {
        for queue in self.queues.values_mut() {
            let before = queue.waiting.len();
            queue.waiting.retain(|job| job.partition != partition);
            self.waiting -= before - queue.waiting.len();
        }
        self.queues.retain(|_, queue| queue.is_busy || !queue.waiting.is_empty());
        self.ready.retain(|order| self.queues.contains_key(order));
    }
}

#[cfg(test)]
#[path = "queues_tests.rs"]
mod tests;
