//! Says in the control topic which partitions are parked, and does what operators answer there: go on, or set one record aside. An answer is
//! carried out by the partition's owner, in its own transaction; one that was given before the owner died is found by the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::StreamThread;
use super::parking::{Noted, Parked};
use super::recovery::LoopError;
use super::transaction::producer_error;
use crate::broker::{Broker, ReadRequest};
use crate::control::{Control, Kind};

/// How long after a look the next one follows, while a partition is parked.
const LOOK_EVERY_MS: i64 = 1_000;

/// How long after a transaction that was aborted its word about parked partitions is said again.
const SAY_AGAIN_MS: i64 = 10_000;

/// How many records of the control topic are read in one look.
const MOST_RECORDS: usize = 1_000;

/// How long a look waits for a record.
const LOOK_WAIT: Duration = Duration::from_millis(5);

/// What operators have said, as far as the control topic has been read.
#[derive(Debug, Default)]
pub(super) struct Operators {
    /// The next offset to read.
    position: i64,
    /// When the topic is looked at next: monotonic, milliseconds.
    pub(super) next_look: i64,
    /// The newest word to go on, of each partition, with its offset.
    resumes: BTreeMap<i32, (i64, Control)>,
    /// The records to be set aside, by partition, offset and timestamp.
    set_asides: BTreeMap<(i32, i64, i64), Control>,
}

impl Operators {
    fn take(&mut self, offset: i64, control: Control) {
        match (control.kind, control.record()) {
            (Kind::Parked | Kind::GoesOn, _) | (Kind::SetAside, None) => {}
            (Kind::Resume, _) => drop(self.resumes.insert(control.partition, (offset, control))),
            (Kind::SetAside, Some((position, timestamp))) => {
                self.set_asides.insert((control.partition, position, timestamp), control);
            }
        }
    }
}

impl<B: Broker> StreamThread<B> {
    /// Does what operators have said about partitions that are parked. Costs nothing while none is.
    pub(super) fn heed_operators(&mut self) -> Result<(), LoopError> {
        let now = self.broker.elapsed();
        if self.parked.is_empty() || now < self.operators.next_look {
            return Ok(());
        }
        let Some(topic) = self.topology.control().cloned() else { return Ok(()) };
        self.operators.next_look = now + LOOK_EVERY_MS;
        self.note_parked(&topic)?;
        // A look that fails is repeated next time.
        let Ok((begin, end)) = self.broker.log_range(&topic, 0) else { return Ok(()) };
        for parked in self.parked.values_mut() {
            parked.words_from.get_or_insert(end);
        }
        let position = self.operators.position.max(begin);
        if position < end {
            let request = ReadRequest::new(&topic, 0, position, MOST_RECORDS, LOOK_WAIT);
            let Ok((records, next)) = self.broker.read(request) else { return Ok(()) };
            self.operators.position = next;
            for record in &records {
                match Control::of(record) {
                    Some(control) if *control.application == **self.topology.name() => {
                        self.operators.take(record.offset, control);
                    }
                    Some(_) => {}
                    None => tracing::warn!(%topic, offset = record.offset, "nobody can read this word of an operator"),
                }
            }
            if next < end {
                // The rest at once.
                self.operators.next_look = now;
            }
        }
        self.carry_out(&topic)
    }

    /// Says which partitions are parked, in the open transaction.
    fn note_parked(&mut self, topic: &Arc<str>) -> Result<(), LoopError> {
        let is_unsaid = |(_, parked): &(&i32, &mut Parked)| parked.noted == Noted::No;
        let unsaid: Vec<(i32, Option<i64>, String)> = self
            .parked
            .iter_mut()
            .filter(is_unsaid)
            .map(|(partition, parked)| {
                parked.noted = Noted::Sent;
                (*partition, parked.record.map(|(_, timestamp)| timestamp), parked.reason.clone())
            })
            .collect();
        for (partition, record_ms, reason) in unsaid {
            self.say(topic, Kind::Parked, partition, record_ms, reason)?;
        }
        Ok(())
    }

    fn say(
        &mut self,
        topic: &str,
        kind: Kind,
        partition: i32,
        record_ms: Option<i64>,
        reason: String,
    ) -> Result<(), LoopError> {
        let position = match self.tasks.get(&partition) {
            Some(task) => Some(task.position()),
            // It has no task: its position cannot be used. What it is says which word was meant for it.
            None => self.broker.committed(&[partition]).ok().and_then(|found| Some(found.first()?.as_ref()?.offset)),
        };
        let control = Control {
            kind,
            application: self.topology.name().to_string(),
            topic: self.topology.source().to_string(),
            partition,
            position,
            record_ms,
            reason,
            who: self.writer.to_string(),
            at_ms: self.broker.now(),
        };
        let Ok(outgoing) = control.outgoing(topic) else { return Ok(()) };
        self.open_transaction()?.records += 1;
        self.broker.send(outgoing).map_err(producer_error)
    }

    /// The open transaction has ended: what it said about parked partitions is said, or is to be said again.
    pub(super) fn notes_are(&mut self, noted: Noted) {
        let mut sent = self.parked.values_mut().filter(|parked| parked.noted == Noted::Sent).peekable();
        if noted == Noted::No && sent.peek().is_some() {
            // If it is the control topic that does not take it, neighbours are not to suffer for it all the time.
            self.operators.next_look = self.broker.elapsed() + SAY_AGAIN_MS;
        }
        sent.for_each(|parked| parked.noted = noted);
    }

    fn carry_out(&mut self, topic: &str) -> Result<(), LoopError> {
        for partition in self.parked.keys().copied().collect::<Vec<_>>() {
            let Some(Parked { record, words_from, .. }) = self.parked.get(&partition) else { continue };
            let aside = record.and_then(|(offset, timestamp)| {
                let control = self.operators.set_asides.get(&(partition, offset, timestamp))?;
                Some((offset, timestamp, format!("set aside, by {}: {}", control.who, control.reason)))
            });
            let resume = self.operators.resumes.get(&partition).filter(|(offset, _)| Some(*offset) >= *words_from);
            if let Some((offset, timestamp, reason)) = aside {
                if let Some(task) = self.tasks.get_mut(&partition) {
                    task.set_aside(offset, timestamp, reason.clone());
                }
                self.go_on(topic, partition, reason)?;
            } else if let Some((_, Control { who, reason, .. })) = resume {
                let reason = format!("resumed, by {who}: {reason}");
                self.go_on(topic, partition, reason)?;
            }
        }
        Ok(())
    }

    /// A parked partition is tried again: in front of its record, or from the beginning of its changelog.
    fn go_on(&mut self, topic: &str, partition: i32, reason: String) -> Result<(), LoopError> {
        let stuck = self.restoring.remove(&partition);
        let opened = if stuck.is_some() || !self.tasks.contains_key(&partition) {
            self.open_task(partition)
        } else {
            self.try_again(partition);
            return self.went_on(topic, partition, reason);
        };
        match opened {
            Ok(position) => {
                self.parked.remove(&partition);
                self.show_tasks();
                self.broker.seek(partition, position).map_err(|error| LoopError::Rejoin(error.to_string()))?;
                if !self.restoring.contains_key(&partition) {
                    self.broker.set_paused(partition, false).map_err(|error| LoopError::Rejoin(error.to_string()))?;
                }
                self.went_on(topic, partition, reason)
            }
            Err(LoopError::Stop(refused)) => {
                self.tasks.remove(&partition);
                self.park(partition, refused);
                Ok(())
            }
            Err(LoopError::Wait(unavailable)) => {
                // The word stands: the next look tries again.
                tracing::debug!(partition, reason = %unavailable, "not resumed yet");
                self.restoring.extend(stuck.map(|restoring| (partition, restoring)));
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    fn went_on(&mut self, topic: &str, partition: i32, reason: String) -> Result<(), LoopError> {
        let (application, source) = (self.topology.name(), self.topology.source());
        tracing::warn!(%application, topic = %source, partition, %reason, "the partition goes on");
        self.say(topic, Kind::GoesOn, partition, None, reason)
    }
}
