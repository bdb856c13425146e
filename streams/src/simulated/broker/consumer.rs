//! The consumer of a simulated connection: what its group tells it, and what it fetches.

use super::SimulatedBroker;
use crate::broker::{BrokerError, Polled};
use crate::record::Record;
use crate::simulated::protocol::Isolation;
use crate::simulated::state::State;

impl SimulatedBroker {
    pub(super) fn consumer_alive(state: &State, consumer: u64) -> Result<(), BrokerError> {
        match state.connections.get(&consumer) {
            Some(found) if !found.fenced => Ok(()),
            Some(_) => Err(BrokerError::Fenced("static consumer fenced by another of the same instance id".into())),
            None => Err(BrokerError::Fatal("the consumer is closed".into())),
        }
    }

    /// The group's next change for this consumer, if any: one at a time, each once.
    pub(super) fn group_event(state: &State, consumer: u64) -> Option<Polled> {
        let found = state.connections.get(&consumer)?;
        if found.offered {
            return None;
        }
        if found.lost {
            return Some(Polled::Lost(found.owned.iter().copied().collect()));
        }
        found.member?;
        let group = state.groups.get(&found.group)?;
        if group.joining {
            // It has sent what it owns, or is about to: nothing changes before the round is over.
            return None;
        }
        let target = group.target(&found.instance);
        let revoked: Vec<i32> = found.owned.difference(&target).copied().collect();
        if !revoked.is_empty() {
            return Some(Polled::Revoked(revoked));
        }
        let assigned: Vec<i32> = target.difference(&found.owned).copied().collect();
        (!assigned.is_empty()).then_some(Polled::Assigned(assigned))
    }

    pub(super) fn fetch(&mut self, most: usize) -> Result<Vec<Record>, BrokerError> {
        let mut state = self.cluster.state();
        let most = if state.faults.any() { state.faults.rng.usize(1..=most.max(1)) } else { most };
        let mut records = Vec::new();
        let count = self.fetches.len();
        self.turn += 1;
        let order: Vec<i32> = self.fetches.keys().copied().cycle().skip(self.turn % count.max(1)).take(count).collect();
        for partition in order {
            let Some(fetch) = self.fetches.get_mut(&partition) else { continue };
            if fetch.paused || records.len() >= most {
                continue;
            }
            let left = most - records.len();
            let (more, next) = state
                .log(&self.slot.topic, partition)
                .and_then(|log| log.read((&self.slot.topic, partition), fetch.position, left, Isolation::ReadCommitted))
                .map_err(|refusal| BrokerError::Fatal(format!("{}-{partition}: {refusal}", self.slot.topic)))?;
            fetch.position = next;
            records.extend(more);
        }
        Ok(records)
    }
}
