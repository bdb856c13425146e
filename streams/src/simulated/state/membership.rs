//! Consumers as members of groups: what their background threads and the group coordinator do as time passes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::State;
use crate::broker::Position;
use crate::simulated::faults::Fault;
use crate::simulated::groups::{Group, Heartbeat};
use crate::simulated::protocol::{ProcessId, ProducerId, Refusal, Slot};

/// One consumer as the cluster's side and its own background thread know it.
pub(in crate::simulated) struct Connection {
    pub(in crate::simulated) group: Arc<str>,
    pub(in crate::simulated) instance: Arc<str>,
    process: ProcessId,
    session_timeout_ms: i64,
    pub(in crate::simulated) member: Option<u64>,
    /// The generation this consumer itself knows.
    pub(in crate::simulated) generation: i32,
    pub(in crate::simulated) owned: BTreeSet<i32>,
    /// Its session is over and it has been notified.
    pub(in crate::simulated) lost: bool,
    /// It has received a change and has not completed it yet; until then it joins no rebalance.
    pub(in crate::simulated) offered: bool,
    /// Another consumer has its identity.
    pub(in crate::simulated) fenced: bool,
    /// Its process is frozen: no heartbeat, no background work.
    pub(in crate::simulated) frozen: bool,
    pub(in crate::simulated) rejoin: bool,
    joins_at: Option<i64>,
}

impl State {
    pub(in crate::simulated) fn new_process(&mut self) -> ProcessId {
        self.processes += 1;
        ProcessId(self.processes)
    }

    pub(in crate::simulated) fn connect(&mut self, slot: &Slot, process: ProcessId) -> Result<u64, Refusal> {
        let Slot { group, instance, topic, session_timeout_ms, .. } = slot;
        let partitions = self.partition_count(topic)?;
        let found = self.groups.entry(Arc::clone(group)).or_insert_with(|| Group::new(Arc::clone(topic), partitions));
        if found.topic != *topic {
            return Err(Refusal::UnknownTopicOrPartition);
        }
        self.connected += 1;
        self.connections.insert(
            self.connected,
            Connection {
                group: Arc::clone(group),
                instance: Arc::clone(instance),
                process,
                session_timeout_ms: *session_timeout_ms,
                member: None,
                generation: -1,
                owned: BTreeSet::new(),
                lost: false,
                offered: false,
                fenced: false,
                frozen: false,
                rejoin: false,
                joins_at: None,
            },
        );
        Ok(self.connected)
    }

    pub(in crate::simulated) fn freeze(&mut self, process: ProcessId, frozen: bool) {
        for connection in self.connections.values_mut().filter(|found| found.process == process) {
            connection.frozen = frozen;
        }
    }

    /// Heartbeats, joins, expulsions: what consumers' background threads and the group coordinator do.
    pub(super) fn advance_groups(&mut self) {
        for _ in 0..3 {
            self.advance_members();
            let mut completed = false;
            for (name, group) in &mut self.groups {
                let timeout = self.connections.values().find(|found| found.group == *name);
                let timeout = timeout.map_or(0, |found| found.session_timeout_ms);
                for _ in 0..group.expel(self.now - timeout) {
                    self.faults.count(Fault::MemberExpelled);
                }
                completed |= group.try_complete();
            }
            if !completed {
                break;
            }
        }
    }

    fn advance_members(&mut self) {
        let now = self.now;
        for connection in self.connections.values_mut().filter(|found| !found.frozen && !found.fenced) {
            let Some(group) = self.groups.get_mut(&connection.group) else { continue };
            let Some(member) = connection.member else {
                if connection.lost || connection.offered {
                    continue;
                }
                let faults = &mut self.faults;
                let due = *connection.joins_at.get_or_insert_with(|| now + faults.delay(|rates| rates.join_delay_ms));
                if due <= now {
                    connection.joins_at = None;
                    connection.member = Some(group.enter(&connection.instance, now));
                    connection.generation = group.generation;
                }
                continue;
            };
            if std::mem::take(&mut connection.rejoin) && group.check(&connection.instance, member).is_ok() {
                // One that has joined this round already joins again with what it still owns.
                group.rejoin(&connection.instance, &connection.owned);
            }
            match group.heartbeat(&connection.instance, member, now) {
                Ok(Heartbeat::Stable) => {
                    if !group.joining {
                        connection.generation = group.generation;
                    }
                }
                Ok(Heartbeat::Rebalancing) if connection.offered => {}
                Ok(Heartbeat::Rebalancing) => {
                    let faults = &mut self.faults;
                    let due =
                        *connection.joins_at.get_or_insert_with(|| now + faults.delay(|rates| rates.join_delay_ms));
                    if due <= now {
                        connection.joins_at = None;
                        group.join(&connection.instance, &connection.owned);
                    }
                }
                Err(Refusal::FencedInstanceId) => connection.fenced = true,
                Err(_) => {
                    connection.member = None;
                    connection.joins_at = None;
                    connection.lost = !connection.owned.is_empty();
                }
            }
        }
    }

    pub(in crate::simulated) fn commit_pending(
        &mut self,
        id: &str,
        who: (ProducerId, i32),
        connection: u64,
        positions: &[(i32, Position)],
    ) -> Result<(), Refusal> {
        let Some(found) = self.connections.get(&connection) else { return Err(Refusal::UnknownMemberId) };
        self.transactions.add_group(id, who, &found.group, self.now)?;
        let Some(group) = self.groups.get_mut(&found.group) else { return Err(Refusal::UnknownMemberId) };
        let member = found.member.ok_or(Refusal::UnknownMemberId);
        let answer = member.and_then(|member| {
            group.commit_pending(who.0, Some((&found.instance, member, found.generation)), positions)
        });
        if answer.is_err() {
            self.faults.count(Fault::GenerationRefused);
        }
        answer
    }
}
