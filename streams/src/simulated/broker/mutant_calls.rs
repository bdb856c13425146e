//! Calls that only a wrong runtime makes: for seeded bugs that a suite must find.

use std::sync::Arc;

use super::SimulatedBroker;
use crate::broker::{BrokerError, Position};
use crate::record::Record;
use crate::simulated::protocol::{Isolation, Refusal};

impl SimulatedBroker {
    /// [`Broker::read`](crate::broker::Broker::read) with another isolation: what a wrong restore would do.
    ///
    /// # Errors
    /// As for [`Broker::read`](crate::broker::Broker::read).
    pub fn read_isolated(
        &mut self,
        (topic, partition): (&str, i32),
        position: i64,
        most: usize,
        isolation: Isolation,
    ) -> Result<(Vec<Record>, i64), BrokerError> {
        let mut state = self.call(|| format!("read {topic}-{partition} from {position}"));
        Self::unavailable(&mut state)?;
        let most = if state.faults.any() { state.faults.rng.usize(1..=most.max(1)) } else { most };
        let (records, next) = state
            .log(topic, partition)
            .and_then(|log| log.read((&topic.into(), partition), position, most, isolation))
            .map_err(|refusal| BrokerError::Fatal(format!("{topic}-{partition} at {position}: {refusal}")))?;
        if next == position && records.is_empty() {
            // Nothing to read before the last stable offset moves: a real fetch waits here.
            state.advance(10);
        }
        Ok((records, next))
    }

    /// Commits positions at once, outside the transaction: what a consumer without exactly-once does.
    pub fn commit_offsets_outside(&mut self, positions: &[(i32, Position)]) {
        let mut state = self.call(|| format!("plain offset commit {positions:?}"));
        if let Some(group) = state.groups.get_mut(&self.slot.group) {
            group.commit(positions);
        }
    }

    /// [`Broker::send_offsets`](crate::broker::Broker::send_offsets) without the member's generation: what producers did before KIP-447.
    ///
    /// # Errors
    /// As for [`Broker::send_offsets`](crate::broker::Broker::send_offsets).
    pub fn send_offsets_unfenced(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        let who = self.open()?;
        let id = Arc::clone(&self.slot.transactional_id);
        let answer = {
            let mut state = self.call(|| format!("send_offsets without generation {positions:?}"));
            let group = Arc::clone(&self.slot.group);
            Self::retrying(&mut state, |state| {
                let now = state.now;
                state.transactions.add_group(&id, who, &group, now)?;
                let found = state.groups.get_mut(&group).ok_or(Refusal::UnknownMemberId)?;
                found.commit_pending(who.0, None, positions)
            })
        };
        self.register();
        answer.map_err(|refusal| self.refused(refusal))
    }
}
