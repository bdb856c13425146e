//! What a connection does for another slot that is dead.

use std::sync::Arc;

use super::SimulatedBroker;
use crate::broker::{BrokerError, Position};

impl SimulatedBroker {
    /// As [`crate::broker::Broker::last_committed`].
    pub(super) fn last_committed_of(&self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        let mut state = self.call(|| format!("last committed of {partitions:?}"));
        Self::unavailable(&mut state)?;
        let Some(group) = state.groups.get(&self.slot.group) else { return Ok(vec![None; partitions.len()]) };
        Ok(partitions.iter().map(|partition| group.last_committed(*partition).cloned()).collect())
    }

    /// As [`crate::broker::Broker::end_transactions_of`].
    pub(super) fn end_for(&self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        let of = |identity: &str| identity.strip_suffix(own).map(|prefix| format!("{prefix}{dead}"));
        let (Some(instance), Some(id)) = (of(&self.slot.instance), of(&self.slot.transactional_id)) else {
            return Ok(false);
        };
        let mut state = self.call(|| format!("end the transactions of {id}"));
        Self::unavailable(&mut state)?;
        if state.groups.get(&self.slot.group).is_some_and(|group| group.has_member(&instance)) {
            return Ok(false);
        }
        let (id, timeout_ms): (Arc<str>, i64) = (id.into(), self.slot.transaction_timeout_ms);
        Self::retrying(&mut state, |state| state.initialise(&id, timeout_ms))
            .map_err(|refusal| BrokerError::Unavailable(refusal.to_string()))?;
        Ok(true)
    }
}
