//! Requests: whoever asked something about an order was decided once, and answered so, always the same.

use std::collections::{BTreeMap, BTreeSet};

use audit::ledgers::orders::OrderLedger;
use events::ids::RequestId;
use events::orders::OrderEvent;
use events::request::{Outcome, Reply};
use events::topics;
use streams::simulated::Cluster;

use super::super::load::Load;
use super::messages;

pub(super) fn agree(cluster: &Cluster, orders: &OrderLedger, events: &[OrderEvent], load: &Load) -> Result<(), String> {
    // Refusals about what is not there, or not theirs, are stated and not remembered.
    let turned_away = events.iter().filter(|event| event.version == 0).filter_map(|event| event.fact.request());
    let turned_away: BTreeSet<RequestId> = turned_away.collect();
    let mut answered: BTreeMap<RequestId, Outcome> = BTreeMap::new();
    for Reply { request, outcome, .. } in messages::<Reply>(cluster, topics::INGRESS_REPLIES.name())? {
        if !load.asked.contains_key(&request) {
            return Err(format!("{request} is answered, and nobody asked it"));
        }
        if let Some(before) = answered.insert(request, outcome.clone())
            && before != outcome
        {
            return Err(format!("{request} is answered in two ways: {before:?} and {outcome:?}"));
        }
    }
    for (request, always_replied) in &load.asked {
        if orders.has_decided(request) == turned_away.contains(request) {
            return Err(format!("{request} was not decided, or twice"));
        }
        if *always_replied && !answered.contains_key(request) {
            return Err(format!("{request} was never answered"));
        }
    }
    let decided = orders.requests() + turned_away.len();
    if decided == load.asked.len() {
        Ok(())
    } else {
        Err(format!("{} requests were sent and {decided} decided", load.asked.len()))
    }
}
