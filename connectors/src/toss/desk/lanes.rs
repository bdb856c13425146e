//! Whose turn it is: an order's commands one at a time and in their order, orders in the order in which they came.
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
pub(crate) struct Lanes {
    lanes: HashMap<OrderId, Lane>,
    /// Orders that have a command waiting and none under way.
    ready: VecDeque<OrderId>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Lane {
    is_busy: bool,
    waiting: VecDeque<Job>,
}

impl Lanes {
    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// When the command that waits longest was read.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.lanes.values().filter_map(|lane| lane.waiting.front()).map(|job| job.since).min()
    }

    /// A command joins its order's lane.
    pub(crate) fn push(&mut self, job: Job) {
        let order = job.command.order().clone();
        let lane = self.lanes.entry(order.clone()).or_default();
        if let Some(last) = lane.waiting.back_mut()
            && last.command.request() == job.command.request()
            && (last.partition, last.assignment) == (job.partition, job.assignment)
        {
            last.command = job.command;
            last.offsets.extend(job.offsets);
            return;
        }
        if !lane.is_busy && lane.waiting.is_empty() {
            self.ready.push_back(order);
        }
        lane.waiting.push_back(job);
        self.waiting += 1;
    }

    /// The next command whose turn it is. Its order is busy until [`Lanes::done`].
    pub(crate) fn next(&mut self) -> Option<Job> {
        while let Some(order) = self.ready.pop_front() {
            let Some(lane) = self.lanes.get_mut(&order) else { continue };
            if let Some(job) = lane.waiting.pop_front() {
                lane.is_busy = true;
                self.waiting -= 1;
                return Some(job);
            }
            if !lane.is_busy {
                self.lanes.remove(&order);
            }
        }
        None
    }

    /// An order's command has been answered.
    pub(crate) fn done(&mut self, order: &OrderId) {
        if let Some(lane) = self.lanes.get_mut(order) {
            lane.is_busy = false;
            if lane.waiting.is_empty() {
                self.lanes.remove(order);
            } else {
                self.ready.push_back(order.clone());
            }
        }
    }

    /// A partition has gone to somebody else: so have its commands that wait.
    pub(crate) fn forget(&mut self, partition: i32) {
        for lane in self.lanes.values_mut() {
            let before = lane.waiting.len();
            lane.waiting.retain(|job| job.partition != partition);
            self.waiting -= before - lane.waiting.len();
        }
        self.lanes.retain(|_, lane| lane.is_busy || !lane.waiting.is_empty());
        self.ready.retain(|order| self.lanes.contains_key(order));
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
