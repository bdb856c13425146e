//! The group coordinator: a classic group of static members over one topic, with cooperative assignment. A partition that moves
//! is first given up by its owner, in one generation, and given to the next in another; a member that does not answer is
//! expelled when its session is over. Committed offsets live here, pending ones until their transaction has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::protocol::{Ending, ProducerId, Refusal};
use crate::broker::Position;

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) topic: Arc<str>,
    partitions: i32,
    pub(super) generation: i32,
    /// A rebalance is waiting for members to join.
    pub(super) joining: bool,
    /// Members by group instance id.
    members: BTreeMap<Arc<str>, Member>,
    committed: BTreeMap<i32, Position>,
    pending: BTreeMap<ProducerId, BTreeMap<i32, Position>>,
    member_ids: u64,
    /// Turns the next assignment by this many members: a rebalance that moves partitions although it need not.
    turn: usize,
}

#[derive(Clone, Debug)]
struct Member {
    id: u64,
    seen: i64,
    joined: bool,
    owned: BTreeSet<i32>,
    target: BTreeSet<i32>,
}

/// What a member's heartbeat brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heartbeat {
    Stable,
    /// Join again.
    Rebalancing,
}

impl Group {
    pub(super) fn new(topic: Arc<str>, partitions: i32) -> Self {
        Self {
            topic,
            partitions,
            generation: 0,
            joining: false,
            members: BTreeMap::new(),
            committed: BTreeMap::new(),
            pending: BTreeMap::new(),
            member_ids: 0,
            turn: 0,
        }
    }

    /// A new consumer with this instance id. Within the session of a former one it takes that member's place and assignment
    /// without a rebalance, and the former one is fenced.
    pub(super) fn enter(&mut self, instance: &Arc<str>, now: i64) -> u64 {
        self.member_ids += 1;
        let id = self.member_ids;
        let joined = self.joining;
        match self.members.get_mut(instance) {
            Some(member) => {
                member.id = id;
                member.seen = now;
                member.owned.clear();
                member.joined = joined;
                // It may have stopped between a revocation and its answer. The revoked partition is free now.
                let targets: usize = self.members.values().map(|member| member.target.len()).sum();
                if i32::try_from(targets) != Ok(self.partitions) {
                    self.rebalance();
                    self.join(instance, &BTreeSet::new());
                }
            }
            None => {
                let member = Member { id, seen: now, joined: false, owned: BTreeSet::new(), target: BTreeSet::new() };
                self.members.insert(Arc::clone(instance), member);
                self.rebalance();
                self.join(instance, &BTreeSet::new());
            }
        }
        id
    }

    pub(super) fn check(&self, instance: &str, id: u64) -> Result<(), Refusal> {
        match self.members.get(instance) {
            None => Err(Refusal::UnknownMemberId),
            Some(member) if member.id != id => Err(Refusal::FencedInstanceId),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn heartbeat(&mut self, instance: &str, id: u64, now: i64) -> Result<Heartbeat, Refusal> {
        self.check(instance, id)?;
        let joining = self.joining;
        let Some(member) = self.members.get_mut(instance) else { return Err(Refusal::UnknownMemberId) };
        member.seen = now;
        Ok(if joining && !member.joined { Heartbeat::Rebalancing } else { Heartbeat::Stable })
    }

    pub(super) fn join(&mut self, instance: &str, owned: &BTreeSet<i32>) {
        if let Some(member) = self.members.get_mut(instance) {
            member.joined = true;
            member.owned.clone_from(owned);
        }
    }

    /// Begins a rebalance: every member must join.
    pub(super) fn rebalance(&mut self) {
        if !self.joining {
            self.joining = true;
            for member in self.members.values_mut() {
                member.joined = false;
            }
        }
    }

    /// A member has given partitions up: a rebalance that hands them on, or its part in the one that waits.
    pub(super) fn rejoin(&mut self, instance: &str, owned: &BTreeSet<i32>) {
        self.rebalance();
        if self.members.get(instance).is_some_and(|member| member.joined) {
            self.join(instance, owned);
        }
    }

    /// Begins a rebalance that moves partitions.
    pub(super) fn shuffle(&mut self) {
        self.turn += 1;
        self.rebalance();
    }

    /// Expels members without a heartbeat since `horizon`; returns how many there were.
    pub(super) fn expel(&mut self, horizon: i64) -> usize {
        let before = self.members.len();
        self.members.retain(|_, member| member.seen >= horizon);
        let expelled = before - self.members.len();
        if expelled > 0 {
            self.rebalance();
        }
        expelled
    }

    /// Ends the rebalance when everybody has joined: a new generation.
    pub(super) fn try_complete(&mut self) -> bool {
        if !self.joining || !self.members.values().all(|member| member.joined) {
            return false;
        }
        self.joining = false;
        if self.members.is_empty() {
            return false;
        }
        self.generation += 1;
        self.assign_targets();
        true
    }

    /// Sticky and even: every member keeps what it owns up to its share, the rest is distributed; what another member still owns is
    /// not assigned before that member has given it up. A turned assignment is a function of the members and the turn only,
    /// so the round after the giving up arrives at the same one.
    fn assign_targets(&mut self) {
        let count = self.members.len();
        let total = usize::try_from(self.partitions).unwrap_or(0);
        let turned = self.turn > 0;
        let mut shares: Vec<(Arc<str>, usize, BTreeSet<i32>)> = Vec::with_capacity(count);
        let mut larger = total % count.max(1);
        for (instance, member) in &self.members {
            let share = total / count.max(1);
            let most = if larger > 0 && (turned || member.owned.len() > share) { share + 1 } else { share };
            larger -= most - share;
            let kept = if turned { BTreeSet::new() } else { member.owned.iter().copied().take(most).collect() };
            shares.push((Arc::clone(instance), most, kept));
        }
        for (_, most, _) in &mut shares {
            if larger > 0 && *most == total / count.max(1) {
                *most += 1;
                larger -= 1;
            }
        }
        let turn = self.turn % count.max(1);
        shares.rotate_left(turn);
        let mut rest = (0..self.partitions)
            .filter(|partition| !shares.iter().any(|(_, _, kept)| kept.contains(partition)))
            .collect::<Vec<_>>()
            .into_iter();
        for (_, most, kept) in &mut shares {
            while kept.len() < *most {
                let Some(partition) = rest.next() else { break };
                kept.insert(partition);
            }
        }
        for (instance, _, ideal) in shares {
            let elsewhere: BTreeSet<i32> = self
                .members
                .iter()
                .filter(|(other, _)| **other != instance)
                .flat_map(|(_, member)| member.owned.iter().copied())
                .collect();
            if let Some(member) = self.members.get_mut(&instance) {
                member.target = ideal.difference(&elsewhere).copied().collect();
            }
        }
    }

    /// What the member should own by the last completed generation.
    pub(super) fn target(&self, instance: &str) -> BTreeSet<i32> {
        self.members.get(instance).map(|member| member.target.clone()).unwrap_or_default()
    }

    /// TxnOffsetCommit with group metadata (KIP-447).
    pub(super) fn commit_pending(
        &mut self,
        producer: ProducerId,
        member: Option<(&str, u64, i32)>,
        positions: &[(i32, Position)],
    ) -> Result<(), Refusal> {
        if let Some((instance, id, generation)) = member {
            self.check(instance, id)?;
            if generation != self.generation {
                return Err(Refusal::IllegalGeneration);
            }
        }
        self.pending.entry(producer).or_default().extend(positions.iter().cloned());
        Ok(())
    }

    /// A plain offset commit, outside any transaction.
    pub(super) fn commit(&mut self, positions: &[(i32, Position)]) {
        self.committed.extend(positions.iter().cloned());
    }

    /// A transaction's marker arrives.
    pub(super) fn end_transaction(&mut self, producer: ProducerId, ending: Ending) {
        if let Some(positions) = self.pending.remove(&producer)
            && ending == Ending::Commit
        {
            self.committed.extend(positions);
        }
    }

    pub(super) fn committed(&self, partition: i32) -> Result<Option<Position>, Refusal> {
        if self.pending.values().any(|positions| positions.contains_key(&partition)) {
            return Err(Refusal::UnstableOffsetCommit);
        }
        Ok(self.committed.get(&partition).cloned())
    }

    /// A topic has so many partitions now.
    pub(super) fn has_partitions(&mut self, topic: &str, partitions: i32) {
        if *self.topic == *topic {
            self.partitions = partitions;
        }
    }

    /// Whether the instance is a member.
    pub(super) fn has_member(&self, instance: &str) -> bool {
        self.members.contains_key(instance)
    }

    /// The last committed position, whatever is pending.
    pub(super) fn last_committed(&self, partition: i32) -> Option<&Position> {
        self.committed.get(&partition)
    }
}
