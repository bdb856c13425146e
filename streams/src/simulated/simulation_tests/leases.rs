//! A small lease service: each resource has a few units, each request is decided once, a user holds one unit of a resource at a
//! time, and units come back by timer. It is computed in two ways: as a topology, and as a plain fold over the inbox that does not
//! use the runtime.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::processor::{Context, Processor, StoreId, Timer, Verdict};
use crate::record::{Outgoing, Record};
use crate::topology::Topology;

pub(super) const UNITS: u32 = 5;
pub(super) const LEASE_MS: i64 = 3_000;
pub(super) const INBOX: &str = "leases.inbox";
pub(super) const EVENTS: &str = "leases.events";
pub(super) const CHANGELOG: &str = "leases.changelog";
pub(super) const DEAD_LETTERS: &str = "dead-letters";

const REMAINING: StoreId = StoreId(0);
pub(super) const REQUESTS: StoreId = StoreId(1);
const HOLDERS: StoreId = StoreId(2);

pub(super) fn topology() -> Topology {
    Topology::builder("leases")
        .source(INBOX)
        .changelog(CHANGELOG)
        .dead_letters(DEAD_LETTERS)
        .store("remaining")
        .store("requests")
        .store("holders")
        .sink(EVENTS)
        .build(|| Box::new(Leases))
        .unwrap()
}

/// A request for a lease: the key is the resource, the value is `<request> <user>`.
pub(super) fn request(resource: u32, request: u32, user: u32) -> Outgoing {
    Outgoing {
        topic: INBOX.into(),
        partition: None,
        key: Some(format!("c{resource}").into()),
        value: Some(format!("r{request} s{user}").into()),
        headers: Vec::new(),
    }
}

pub(super) fn poison(resource: u32) -> Outgoing {
    Outgoing { value: Some(Bytes::from_static(b"garbage")), ..request(resource, 0, 0) }
}

struct Leases;

fn parse(record: &Record) -> Option<(&str, &str, &str)> {
    let resource = std::str::from_utf8(record.key.as_ref()?).ok()?;
    let (request, user) = std::str::from_utf8(record.value.as_ref()?).ok()?.split_once(' ')?;
    Some((resource, request, user))
}

fn event(context: &dyn Context, resource: &str, text: String) -> Outgoing {
    Outgoing {
        topic: EVENTS.into(),
        partition: Some(context.partition()),
        key: Some(resource.to_owned().into()),
        value: Some(text.into()),
        headers: Vec::new(),
    }
}

fn remaining(context: &dyn Context, resource: &str) -> u32 {
    context
        .get(REMAINING, resource.as_bytes())
        .map_or(UNITS, |bytes| std::str::from_utf8(bytes).unwrap().parse().unwrap())
}

impl Processor for Leases {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (resource, request, user) = parse(record).ok_or_else(|| Verdict::Poison("garbage".into()))?;
        if context.get(REQUESTS, request.as_bytes()).is_some() {
            return Ok(());
        }
        let holder = format!("{resource}/{user}");
        let left = remaining(context, resource);
        let outcome = if context.get(HOLDERS, holder.as_bytes()).is_some() {
            "refused"
        } else if left == 0 {
            "exhausted"
        } else {
            context.put(REMAINING, resource.as_bytes(), (left - 1).to_string().as_bytes());
            context.put(HOLDERS, holder.as_bytes(), request.as_bytes());
            context.schedule(Timer { deadline: context.log_time() + LEASE_MS, kind: 1, key: holder.into_bytes() });
            "granted"
        };
        context.put(REQUESTS, request.as_bytes(), outcome.as_bytes());
        let left = remaining(context, resource);
        context.forward(event(context, resource, format!("{outcome} {request} {user} left {left}")));
        Ok(())
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let holder = std::str::from_utf8(&timer.key).unwrap();
        let (resource, user) = holder.split_once('/').unwrap();
        let left = remaining(context, resource) + 1;
        context.put(REMAINING, resource.as_bytes(), left.to_string().as_bytes());
        context.delete(HOLDERS, holder.as_bytes());
        context.forward(event(context, resource, format!("released - {user} left {left}")));
        Ok(())
    }
}

/// The same decisions for the inbox of one partition, without the runtime.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Model {
    pub(super) events: Vec<String>,
    pub(super) poisoned: usize,
    remaining: BTreeMap<String, u32>,
    requests: BTreeMap<String, &'static str>,
    holders: BTreeMap<String, String>,
    timers: BTreeSet<(i64, String)>,
}

/// A store as sorted keys and values.
type Entries = Vec<(Vec<u8>, Vec<u8>)>;

impl Model {
    pub(super) fn fold(inbox: &[Record]) -> Self {
        let mut model = Self::default();
        let mut log_time = 0;
        for record in inbox {
            log_time = log_time.max(record.timestamp);
            model.release_until(log_time);
            if record.value.is_some() {
                model.decide(record, log_time);
            }
        }
        model
    }

    fn release_until(&mut self, log_time: i64) {
        while let Some((deadline, holder)) = self.timers.first().cloned() {
            if deadline > log_time {
                break;
            }
            self.timers.pop_first();
            self.holders.remove(&holder);
            let (resource, user) = holder.split_once('/').unwrap();
            let left = self.remaining.get_mut(resource).unwrap();
            *left += 1;
            self.events.push(format!("released - {user} left {left}"));
        }
    }

    fn decide(&mut self, record: &Record, log_time: i64) {
        let Some((resource, request, user)) = parse(record) else {
            self.poisoned += 1;
            return;
        };
        if self.requests.contains_key(request) {
            return;
        }
        let holder = format!("{resource}/{user}");
        let left = self.remaining.get(resource).copied().unwrap_or(UNITS);
        let (outcome, left) = match (self.holders.contains_key(&holder), left) {
            (true, _) => ("refused", left),
            (false, 0) => ("exhausted", 0),
            (false, _) => {
                self.remaining.insert(resource.to_owned(), left - 1);
                self.holders.insert(holder.clone(), request.to_owned());
                self.timers.insert((log_time + LEASE_MS, holder));
                ("granted", left - 1)
            }
        };
        self.requests.insert(request.to_owned(), outcome);
        self.events.push(format!("{outcome} {request} {user} left {left}"));
    }

    /// Its stores, by store id.
    pub(super) fn stores(&self) -> [Entries; 3] {
        let bytes = |text: &str| text.as_bytes().to_vec();
        [
            self.remaining.iter().map(|(key, left)| (bytes(key), bytes(&left.to_string()))).collect(),
            self.requests.iter().map(|(key, outcome)| (bytes(key), bytes(outcome))).collect(),
            self.holders.iter().map(|(key, request)| (bytes(key), bytes(request))).collect(),
        ]
    }
}
