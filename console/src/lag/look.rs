//! Asks the cluster what one round needs: positions first, then ends, then the first records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex_lite::Regex;
use streams::kafka::{
    Admin, ClusterConfig, Ends, FirstRecord, FirstRecords, GroupPositions, GroupState, GroupView, Groups, Place,
};

use super::collector::{LookError, Question};
use super::config::{Config, ConfigError, Watched};
use super::retention::Retention;
use super::round::{GroupRound, Moment, Partition, Round};
use super::tracker::Tracker;

/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(2);
/// How long reading first records may take in one round.
const READING: Duration = Duration::from_millis(400);
/// First records read in one round.
const MOST_READS: usize = 64;
/// Groups looked at every round; beyond them, the least recently moved are asked every tenth.
const MOST_GROUPS: usize = 64;
/// Every so many rounds topics are listed anew.
const LISTING: u64 = 10;
/// Every so many rounds a foreign group is asked for topics that it has not read before: the topics of its members are seen at once.
const DISCOVERY: u64 = 30;
/// Every so many rounds the topics' settings are asked anew.
const SETTINGS: u64 = 60;
/// For so many rounds an answer about groups is used again when there is no newer one.
const MOST_REUSED: u32 = 2;

/// The clients, and what earlier rounds learned.
pub(super) struct Looker {
    cluster: ClusterConfig,
    admin: Admin,
    ends: Ends,
    groups: Groups,
    records: FirstRecords,
    patterns: Vec<Regex>,
    watched: Vec<Watched>,
    rounds: u64,
    topics: BTreeMap<Arc<str>, i32>,
    retention: Arc<BTreeMap<Arc<str>, Retention>>,
    known: BTreeMap<String, KnownGroup>,
    views: BTreeMap<String, GroupView>,
    reused: u32,
    errors: Vec<LookError>,
    are_many_said: bool,
}

/// A group, its client, and where it was seen.
struct KnownGroup {
    client: GroupPositions,
    positions: BTreeMap<Partition, i64>,
    reused: u32,
    /// The round in which a position was last seen to move.
    moved: u64,
}

impl Looker {
    pub(super) fn new(cluster: &ClusterConfig, config: &Config, watched: &[Watched]) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            cluster: cluster.clone(),
            admin: Admin::new(cluster).map_err(|error| ConfigError(error.to_string()))?,
            ends: Ends::new(cluster)?,
            groups: Groups::new(cluster)?,
            records: FirstRecords::new(cluster)?,
            patterns: config.patterns()?,
            watched: watched.to_vec(),
            rounds: 0,
            topics: BTreeMap::new(),
            retention: Arc::default(),
            known: BTreeMap::new(),
            views: BTreeMap::new(),
            reused: 0,
            errors: Vec::new(),
            are_many_said: false,
        })
    }

    /// Errors that did not stop the round.
    pub(super) fn take_errors(&mut self) -> Vec<LookError> {
        std::mem::take(&mut self.errors)
    }

    /// One round; `now` is asked when the ends have been.
    pub(super) fn look(&mut self, now: impl FnOnce() -> Moment) -> Result<Round, LookError> {
        self.rounds += 1;
        if self.topics.is_empty() || self.rounds % LISTING == 1 {
            self.topics = self.ends.topics(QUESTION).map_err(LookError::of(Question::Topics))?;
        }
        self.look_at_groups()?;
        let groups = self.positions()?;
        let partitions = self.partitions(&groups);
        let ends = match self.ends.of(&partitions, QUESTION) {
            Ok(ends) => ends,
            Err(error) => {
                // A topic that is gone refuses the question for all: the next round lists them anew.
                self.topics.clear();
                return Err(LookError::of(Question::Ends)(error));
            }
        };
        self.ask_settings(&partitions);
        Ok(Round { at: now(), ends, groups, retention: Arc::clone(&self.retention) })
    }

    /// Reads what the tracker wants to know of this round, each partition once in a wave: two groups may stand at two positions of one.
    pub(super) fn read(
        &mut self,
        tracker: &mut Tracker,
        round: &Round,
    ) -> Result<BTreeMap<Place, FirstRecord>, LookError> {
        let deadline = Instant::now() + READING;
        let mut waiting = tracker.places(round, MOST_READS);
        let mut answers = BTreeMap::new();
        while !waiting.is_empty() {
            let mut seen = BTreeSet::new();
            let (wave, later): (Vec<Place>, Vec<Place>) =
                waiting.into_iter().partition(|place| seen.insert((Arc::clone(&place.topic), place.partition)));
            let left = deadline.saturating_duration_since(Instant::now());
            let read = self.records.read(&wave, left).map_err(LookError::of(Question::Records))?;
            answers.extend(read);
            if Instant::now() >= deadline {
                break;
            }
            waiting = later;
        }
        Ok(answers)
    }

    /// Which groups there are. An answer that does not come is replaced by the last one, for two rounds.
    fn look_at_groups(&mut self) -> Result<(), LookError> {
        match self.groups.all(QUESTION) {
            Ok(views) => {
                self.views = views;
                self.reused = 0;
            }
            Err(error) if self.reused < MOST_REUSED && !self.views.is_empty() => {
                self.reused += 1;
                self.errors.push(LookError::of(Question::Groups)(error));
            }
            Err(error) => return Err(LookError::of(Question::Groups)(error)),
        }
        let own = self.watched.iter().map(|watched| watched.group.to_string());
        let is_foreign = |name: &&String| self.patterns.iter().any(|pattern| pattern.is_match(name));
        let names: BTreeSet<String> = own.chain(self.views.keys().filter(is_foreign).cloned()).collect();
        self.known.retain(|name, _| names.contains(name));
        for name in names {
            if !self.known.contains_key(&name) {
                let client = GroupPositions::new(&self.cluster, &name);
                let client =
                    client.map_err(|error| LookError { question: Question::Positions, reason: error.to_string() })?;
                self.known.insert(name, KnownGroup { client, positions: BTreeMap::new(), reused: 0, moved: 0 });
            }
        }
        Ok(())
    }

    /// Where the groups stand.
    fn positions(&mut self) -> Result<BTreeMap<String, GroupRound>, LookError> {
        let busy = self.busiest();
        let mut rounds = BTreeMap::new();
        let mut unanswered = None;
        for (turn, (name, known)) in (0..).zip(&mut self.known) {
            let view = self.views.get(name);
            let is_discovery = (self.rounds + turn).is_multiple_of(DISCOVERY) || known.positions.is_empty();
            if busy.contains(name) || is_discovery {
                let question = question(name, view, known, is_discovery, &self.watched, &self.topics);
                match known.client.of(&question, QUESTION) {
                    Ok(positions) => {
                        if positions != known.positions {
                            known.moved = self.rounds;
                        }
                        known.positions = positions;
                        known.reused = 0;
                    }
                    Err(error) if known.reused < MOST_REUSED && !known.positions.is_empty() => {
                        known.reused += 1;
                        self.errors.push(LookError::of(Question::Positions)(error));
                    }
                    Err(error) => {
                        known.positions.clear();
                        unanswered = Some(LookError::of(Question::Positions)(error));
                        continue;
                    }
                }
            }
            rounds.insert(name.clone(), group_round(view, known.positions.clone()));
        }
        match unanswered {
            Some(error) if rounds.is_empty() => Err(error),
            unanswered => {
                self.errors.extend(unanswered);
                Ok(rounds)
            }
        }
    }

    /// The groups that are asked every round: all, or those that moved last.
    fn busiest(&mut self) -> BTreeSet<String> {
        let mut names: Vec<(&String, u64)> = self.known.iter().map(|(name, known)| (name, known.moved)).collect();
        if names.len() > MOST_GROUPS && !self.are_many_said {
            self.are_many_said = true;
            let groups = names.len();
            tracing::warn!(
                groups,
                most = MOST_GROUPS,
                "more groups than are asked every second: the least recently moved are asked every tenth"
            );
        }
        names.sort_by_key(|(_, moved)| std::cmp::Reverse(*moved));
        names.into_iter().take(MOST_GROUPS).map(|(name, _)| name.clone()).collect()
    }

    /// Every partition whose ends are wanted: of topics that are watched, and of those in which a group stands.
    fn partitions(&self, groups: &BTreeMap<String, GroupRound>) -> Vec<Partition> {
        let watched = self.watched.iter().map(|watched| &watched.topic);
        let read = groups.values().flat_map(|group| group.positions.keys().map(|(topic, _)| topic));
        let assigned = groups.values().flat_map(|group| group.members.iter().flatten());
        let assigned = assigned.flat_map(|member| member.assigned.iter().map(|(topic, _)| topic));
        let topics: BTreeSet<&Arc<str>> = watched.chain(read).chain(assigned).collect();
        let all = topics.into_iter().filter_map(|topic| self.topics.get_key_value(topic));
        all.flat_map(|(topic, count)| (0..*count).map(|partition| (Arc::clone(topic), partition))).collect()
    }

    /// How the topics forget: asked now and then, and when a topic is new.
    fn ask_settings(&mut self, partitions: &[Partition]) {
        let topics: BTreeSet<&str> = partitions.iter().map(|(topic, _)| &**topic).collect();
        let is_new = topics.iter().any(|topic| !self.retention.contains_key(*topic));
        if !is_new && self.rounds % SETTINGS != 1 {
            return;
        }
        let topics: Vec<&str> = topics.into_iter().collect();
        match self.admin.describe(&topics) {
            Ok(described) => {
                let retention =
                    described.iter().map(|(name, topic)| (Arc::from(name.as_str()), Retention::of(&topic.config)));
                self.retention = Arc::new(retention.collect());
            }
            Err(error) => self.errors.push(LookError::of_topics(&error)),
        }
    }
}

/// The partitions to ask a group's positions of: where it stands, what its members have and what it is watched in; now and then, for a
/// group of others, all there are.
fn question(
    name: &str,
    view: Option<&GroupView>,
    known: &KnownGroup,
    is_discovery: bool,
    watched: &[Watched],
    topics: &BTreeMap<Arc<str>, i32>,
) -> Vec<Partition> {
    let is_own = watched.iter().any(|watched| *watched.group == *name);
    let own = watched.iter().filter(|watched| *watched.group == *name).map(|watched| &watched.topic);
    let stands = known.positions.keys().map(|(topic, _)| topic);
    let assigned = view
        .into_iter()
        .flat_map(|view| &view.members)
        .flat_map(|member| member.assigned.iter().map(|(topic, _)| topic));
    let all = topics.keys().filter(|_| is_discovery && !is_own);
    let wanted: BTreeSet<&Arc<str>> = own.chain(stands).chain(assigned).chain(all).collect();
    let existing = wanted.into_iter().filter_map(|topic| topics.get_key_value(topic));
    existing.flat_map(|(topic, count)| (0..*count).map(|partition| (Arc::clone(topic), partition))).collect()
}

/// What was seen of a group. The coordinator answers *dead, no members* to old questions about a group of the new protocol: while it has
/// positions, nothing is known of its members.
fn group_round(view: Option<&GroupView>, positions: BTreeMap<Partition, i64>) -> GroupRound {
    match view {
        Some(view) if view.state != GroupState::Dead && view.state != GroupState::Unknown => {
            GroupRound { state: view.state, members: Some(view.members.clone()), positions }
        }
        None if positions.is_empty() => GroupRound { state: GroupState::Dead, members: Some(Vec::new()), positions },
        _ if positions.is_empty() => GroupRound { state: GroupState::Dead, members: None, positions },
        _ => GroupRound { state: GroupState::Unknown, members: None, positions },
    }
}
