//! Which partitions hold a story's records: those of its keys, application by application.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::topics;
use streams::partitioner::partition_for_key;

use super::entry::Entry;
use super::names;

/// An application: what is addressed to it, and what it has decided. Both have the same partitions.
pub(super) struct Application {
    /// Its name, the first word of its topics.
    pub(super) name: &'static str,
    /// Commands.
    pub(super) inbox: &'static str,
    /// Facts.
    pub(super) facts: &'static str,
    /// The field of a value that is its key.
    pub(super) key: &'static str,
}

/// Every application.
pub(super) const APPLICATIONS: [Application; 6] = [
    application("coupons", topics::COUPONS_INBOX.name(), topics::COUPONS_EVENTS.name(), "campaign"),
    application("inventory", topics::INVENTORY_INBOX.name(), topics::INVENTORY_EVENTS.name(), "sku"),
    application("orders", topics::ORDERS_INBOX.name(), topics::ORDERS_EVENTS.name(), "order"),
    application("payments", topics::PAYMENTS_INBOX.name(), topics::PAYMENTS_EVENTS.name(), "order"),
    application("settlement", topics::SETTLEMENT_INBOX.name(), topics::SETTLEMENT_EVENTS.name(), "seller"),
    application("prices", topics::PRICES_INBOX.name(), topics::PRICES_BEST.name(), "sku"),
];

const fn application(name: &'static str, inbox: &'static str, facts: &'static str, key: &'static str) -> Application {
    Application { name, inbox, facts, key }
}

/// Every topic that a story may be in.
pub(super) fn all_topics() -> Vec<&'static str> {
    let of_applications = APPLICATIONS.iter().flat_map(|application| [application.inbox, application.facts]);
    of_applications.chain([topics::INGRESS_REPLIES.name()]).collect()
}

/// Partitions to read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Places {
    /// Keys, by application; without any, all partitions.
    keys: BTreeMap<&'static str, BTreeSet<String>>,
    /// Partitions of the answers to ingress.
    replies: BTreeSet<i32>,
    /// Whether the answers are read everywhere.
    has_all_replies: bool,
}

impl Places {
    /// Everything.
    pub(super) fn everywhere() -> Self {
        let keys = APPLICATIONS.iter().map(|application| (application.name, BTreeSet::new())).collect();
        Self { keys, replies: BTreeSet::new(), has_all_replies: true }
    }

    /// All partitions of an application.
    pub(super) fn add_all_of(&mut self, application: &'static str) {
        self.keys.entry(application).or_default();
    }

    /// The partition of a key.
    pub(super) fn add(&mut self, application: &'static str, key: &str) {
        self.keys.entry(application).or_default().insert(key.to_owned());
    }

    /// Without the partitions of an application.
    pub(super) fn remove(&mut self, application: &str) {
        self.keys.remove(application);
    }

    /// The partitions of everything that records name: products, campaigns, sellers, orders, and where answers are awaited.
    pub(super) fn add_named_by<'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry>) {
        for entry in entries {
            for application in &APPLICATIONS {
                let mut keys = BTreeSet::new();
                names::texts(&entry.value, application.key, &mut keys);
                // Only a product's own records say its price.
                if application.name != "prices" {
                    keys.iter().for_each(|key| self.add(application.name, key));
                }
            }
            let reply_to = entry.view().headers.last(events::envelope::header::REPLY_TO);
            let reply_to = reply_to.and_then(|value| std::str::from_utf8(value).ok()?.parse::<i32>().ok());
            self.replies.extend(reply_to);
        }
    }

    /// Whether a partition is to be read, of a topic that has so many.
    pub(super) fn has(&self, (topic, partition): &(Arc<str>, i32), partitions: i32) -> bool {
        if **topic == *topics::INGRESS_REPLIES.name() {
            return self.has_all_replies || self.replies.contains(partition);
        }
        let is_of = |application: &&Application| **topic == *application.inbox || **topic == *application.facts;
        let keys = APPLICATIONS.iter().find(is_of).and_then(|application| self.keys.get(application.name));
        keys.is_some_and(|keys| {
            keys.is_empty() || keys.iter().any(|key| partition_for_key(key.as_bytes(), partitions) == *partition)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_means_one_partition_of_both_topics_and_no_key_all() {
        let mut places = Places::default();
        places.add("orders", "ord_4e50e3ab49396e5ed8a08d69157d1f05");
        let read = |topic: &str| -> Vec<i32> {
            (0..4).filter(|partition| places.has(&(Arc::from(topic), *partition), 4)).collect()
        };
        let orders = read(topics::ORDERS_INBOX.name());
        assert_eq!(orders.len(), 1);
        assert_eq!(orders, read(topics::ORDERS_EVENTS.name()));
        assert!(read(topics::PAYMENTS_INBOX.name()).is_empty() && read(topics::INGRESS_REPLIES.name()).is_empty());
        let everywhere = Places::everywhere();
        assert!(all_topics().iter().all(|topic| everywhere.has(&(Arc::from(*topic), 3), 4)));
    }
}
