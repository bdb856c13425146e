//! The transactional producer's side of a connection: its stage, and the effect of each refusal.

use std::sync::Arc;

use super::SimulatedBroker;
use crate::broker::BrokerError;
use crate::simulated::faults::Fault;
use crate::simulated::protocol::{Ending, ProducerId, Refusal};
use crate::simulated::state::State;

/// How often a call is repeated before it fails, 5 ms apart.
const ATTEMPTS: usize = 2_000;

/// The producer as its client knows it.
pub(super) enum Producer {
    /// `init_transactions` has not been called.
    None,
    /// `registered`: the coordinator knows of the open transaction.
    Alive { who: (ProducerId, i32), stage: Stage, registered: bool },
    /// Fenced or broken for good: only a new one helps.
    Dead(BrokerError),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Ready,
    Open,
    Failed(String),
    /// An EndTxn is unanswered: it may be repeated, or aborted.
    InDoubt,
}

impl SimulatedBroker {
    /// Repeats a request for as long as the coordinator is writing markers.
    pub(super) fn retrying<T>(
        state: &mut State,
        mut request: impl FnMut(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        for _ in 0..ATTEMPTS {
            match request(state) {
                Err(Refusal::ConcurrentTransactions) => state.advance(5),
                answer => return answer,
            }
        }
        Err(Refusal::ConcurrentTransactions)
    }

    pub(super) fn alive(&self) -> Result<((ProducerId, i32), Stage), BrokerError> {
        match &self.producer {
            Producer::Alive { who, stage, .. } => Ok((*who, stage.clone())),
            Producer::None => Err(BrokerError::Fatal("init_transactions comes first".into())),
            Producer::Dead(error) => Err(error.clone()),
        }
    }

    pub(super) fn open(&self) -> Result<(ProducerId, i32), BrokerError> {
        match self.alive()? {
            (who, Stage::Open) => Ok(who),
            (_, Stage::Failed(reason)) => Err(BrokerError::Abort(reason)),
            (_, stage) => Err(BrokerError::Fatal(format!("no transaction is open: {stage:?}"))),
        }
    }

    pub(super) fn set_stage(&mut self, next: Stage) {
        if let Producer::Alive { stage, registered, .. } = &mut self.producer {
            *registered &= next != Stage::Ready;
            *stage = next;
        }
    }

    pub(super) fn register(&mut self) {
        if let Producer::Alive { registered, .. } = &mut self.producer {
            *registered = true;
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        matches!(self.producer, Producer::Alive { registered: true, .. })
    }

    /// The producer's error for a refusal, by librdkafka's classes.
    pub(super) fn refused(&mut self, refusal: Refusal) -> BrokerError {
        match refusal {
            Refusal::ProducerFenced => {
                self.cluster.state().faults.count(Fault::ProducerFenced);
                let error = BrokerError::Fenced(refusal.to_string());
                self.producer = Producer::Dead(error.clone());
                error
            }
            Refusal::InvalidTxnState => {
                let error = BrokerError::Fatal(refusal.to_string());
                self.producer = Producer::Dead(error.clone());
                error
            }
            _ => {
                self.set_stage(Stage::Failed(refusal.to_string()));
                BrokerError::Abort(refusal.to_string())
            }
        }
    }

    /// Sends up to `most` queued records.
    pub(super) fn deliver(&mut self, most: usize) -> Result<(), BrokerError> {
        let who = self.open()?;
        for _ in 0..most {
            let Some(outgoing) = self.queue.pop_front() else { break };
            let id = Arc::clone(&self.slot.transactional_id);
            let answer = {
                let mut state = self.cluster.state();
                if state.faults.occurs(Fault::RecordRefused, |rates| rates.record_refused) {
                    Err(Refusal::UnknownTopicOrPartition)
                } else {
                    let timestamp = state.now;
                    Self::retrying(&mut state, |state| state.produce(&id, who, outgoing.clone(), timestamp))
                }
            };
            match answer {
                Ok(()) => self.register(),
                Err(refusal) => return Err(self.refused(refusal)),
            }
        }
        Ok(())
    }

    /// EndTxn, with the network's faults.
    pub(super) fn end(&mut self, who: (ProducerId, i32), ending: Ending) -> Result<(), BrokerError> {
        let id = Arc::clone(&self.slot.transactional_id);
        let lost = || BrokerError::Unknown("no answer to EndTxn in time".into());
        let mut state = self.cluster.state();
        if state.faults.occurs(Fault::EndLost, |rates| rates.end_lost) {
            drop(state);
            self.set_stage(Stage::InDoubt);
            return Err(lost());
        }
        if state.faults.occurs(Fault::EndDelayed, |rates| rates.end_delayed) {
            state.delay_end(&id, who, ending);
            drop(state);
            self.set_stage(Stage::InDoubt);
            return Err(lost());
        }
        let answer = Self::retrying(&mut state, |state| state.end_transaction(&id, who, ending));
        let answer_lost = state.faults.occurs(Fault::EndAnswerLost, |rates| rates.end_answer_lost);
        state.note(|| format!("{}: EndTxn {ending:?}: {answer:?}, answer lost: {answer_lost}", self.slot.instance));
        drop(state);
        match answer {
            _ if answer_lost => {
                self.set_stage(Stage::InDoubt);
                Err(lost())
            }
            Ok(_) => {
                self.set_stage(Stage::Ready);
                Ok(())
            }
            Err(refusal) => Err(self.refused(refusal)),
        }
    }
}
