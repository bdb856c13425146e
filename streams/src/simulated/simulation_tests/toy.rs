//! A shop in small: campaigns with stock, each request decided once, one unit per shopper at a time, units that come back by
//! timer. Two ways to compute it: as a topology, and as a plain fold over the inbox that knows no runtime.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::processor::{Context, Processor, StoreId, Timer, Verdict};
use crate::record::{Outgoing, Record};
use crate::topology::Topology;

pub(super) const STOCK: u32 = 5;
pub(super) const HOLD_MS: i64 = 3_000;
pub(super) const INBOX: &str = "toy.inbox";
pub(super) const EVENTS: &str = "toy.events";
pub(super) const DEAD_LETTERS: &str = "dead-letters";

const REMAINING: StoreId = StoreId(0);
pub(super) const REQUESTS: StoreId = StoreId(1);
const HOLDERS: StoreId = StoreId(2);

pub(super) fn topology() -> Topology {
    Topology::builder("toy")
        .source(INBOX)
        .changelog("toy.changelog")
        .dead_letters(DEAD_LETTERS)
        .store("remaining")
        .store("requests")
        .store("holders")
        .sink(EVENTS)
        .build(|| Box::new(Toy))
        .unwrap()
}

/// A claim: the campaign is the key, the value names request and shopper.
pub(super) fn claim(campaign: u32, request: u32, shopper: u32) -> Outgoing {
    Outgoing {
        topic: INBOX.into(),
        partition: None,
        key: Some(format!("c{campaign}").into()),
        value: Some(format!("r{request} s{shopper}").into()),
        headers: Vec::new(),
    }
}

pub(super) fn poison(campaign: u32) -> Outgoing {
    Outgoing { value: Some(Bytes::from_static(b"garbage")), ..claim(campaign, 0, 0) }
}

struct Toy;

fn parse(record: &Record) -> Option<(&str, &str, &str)> {
    let campaign = std::str::from_utf8(record.key.as_ref()?).ok()?;
    let (request, shopper) = std::str::from_utf8(record.value.as_ref()?).ok()?.split_once(' ')?;
    Some((campaign, request, shopper))
}

fn event(context: &dyn Context, campaign: &str, words: String) -> Outgoing {
    Outgoing {
        topic: EVENTS.into(),
        partition: Some(context.partition()),
        key: Some(campaign.to_owned().into()),
        value: Some(words.into()),
        headers: Vec::new(),
    }
}

fn remaining(context: &dyn Context, campaign: &str) -> u32 {
    context
        .get(REMAINING, campaign.as_bytes())
        .map_or(STOCK, |bytes| std::str::from_utf8(bytes).unwrap().parse().unwrap())
}

impl Processor for Toy {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (campaign, request, shopper) = parse(record).ok_or_else(|| Verdict::Poison("garbage".into()))?;
        if context.get(REQUESTS, request.as_bytes()).is_some() {
            return Ok(());
        }
        let holder = format!("{campaign}/{shopper}");
        let left = remaining(context, campaign);
        let outcome = if context.get(HOLDERS, holder.as_bytes()).is_some() {
            "refused"
        } else if left == 0 {
            "sold-out"
        } else {
            context.put(REMAINING, campaign.as_bytes(), (left - 1).to_string().as_bytes());
            context.put(HOLDERS, holder.as_bytes(), request.as_bytes());
            context.schedule(Timer { deadline: context.log_time() + HOLD_MS, kind: 1, key: holder.into_bytes() });
            "granted"
        };
        context.put(REQUESTS, request.as_bytes(), outcome.as_bytes());
        let left = remaining(context, campaign);
        context.forward(event(context, campaign, format!("{outcome} {request} {shopper} left {left}")));
        Ok(())
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let holder = std::str::from_utf8(&timer.key).unwrap();
        let (campaign, shopper) = holder.split_once('/').unwrap();
        let left = remaining(context, campaign) + 1;
        context.put(REMAINING, campaign.as_bytes(), left.to_string().as_bytes());
        context.delete(HOLDERS, holder.as_bytes());
        context.forward(event(context, campaign, format!("released - {shopper} left {left}")));
        Ok(())
    }
}

/// What the inbox of one partition means, told without a runtime.
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
            let (campaign, shopper) = holder.split_once('/').unwrap();
            let left = self.remaining.get_mut(campaign).unwrap();
            *left += 1;
            self.events.push(format!("released - {shopper} left {left}"));
        }
    }

    fn decide(&mut self, record: &Record, log_time: i64) {
        let Some((campaign, request, shopper)) = parse(record) else {
            self.poisoned += 1;
            return;
        };
        if self.requests.contains_key(request) {
            return;
        }
        let holder = format!("{campaign}/{shopper}");
        let left = self.remaining.get(campaign).copied().unwrap_or(STOCK);
        let (outcome, left) = match (self.holders.contains_key(&holder), left) {
            (true, _) => ("refused", left),
            (false, 0) => ("sold-out", 0),
            (false, _) => {
                self.remaining.insert(campaign.to_owned(), left - 1);
                self.holders.insert(holder.clone(), request.to_owned());
                self.timers.insert((log_time + HOLD_MS, holder));
                ("granted", left - 1)
            }
        };
        self.requests.insert(request.to_owned(), outcome);
        self.events.push(format!("{outcome} {request} {shopper} left {left}"));
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
