//! How a processor is declared: its inbox, its tables, where it writes, and the two functions that decide. Decoding, the check of
//! version and key, and the dead letters are the same for all.

use std::sync::Arc;

use events::codec::{DecodeError, Message, decode};
use events::envelope::Envelope;
use events::manifest::Manifest;
use events::topics::{self, Topic};
use streams::group::Group;
use streams::processor::{Context, Verdict};
use streams::record::Record;
use streams::table::Table;
use streams::topology::{Topology, TopologyError};
use streams::wakeup::Wakeup;

use super::step::Step;

/// A processor of the shop in the making.
pub(crate) struct Declaration<C> {
    name: &'static str,
    inbox: Topic<C>,
    group: Group,
}

impl<C: Message + 'static> Declaration<C> {
    /// Begins the processor with this name: its application id.
    pub(crate) fn new<V>(name: &'static str, inbox: Topic<C>, changelog: Topic<V>) -> Self {
        let group = Group::new(name)
            .changelog(changelog.name())
            .dead_letters(topics::DEAD_LETTERS.name())
            .control(topics::PROCESSORS_CONTROL.name());
        Self { name, inbox, group }
    }

    /// Keeps this table. Tables are only ever appended: a table's place and name are part of the state in the log.
    pub(crate) fn table<K, V, F>(self, table: &Table<K, V, F>) -> Self {
        Self { group: self.group.table(table), ..self }
    }

    /// May write to this topic.
    pub(crate) fn writes<M>(self, topic: &Topic<M>) -> Self {
        Self { group: self.group.writes(topic.name()), ..self }
    }

    /// Ends the declaration: `decide` handles a command, `wake` a timer that is due.
    ///
    /// # Errors
    /// [`TopologyError`] when something is missing or declared twice; a test makes sure that nothing is.
    pub(crate) fn build<W: Wakeup + 'static>(
        self,
        decide: impl Fn(&C, &mut Step<'_>) -> Result<(), Verdict> + Send + Sync + 'static,
        wake: impl Fn(W, &mut Step<'_>) -> Result<(), Verdict> + Send + Sync + 'static,
    ) -> Result<Topology, TopologyError> {
        let name = self.name;
        let missing = "the reply topic in topics.yaml";
        let reply_partitions = Manifest::embedded()
            .ok()
            .and_then(|manifest| Some(manifest.topics.get(topics::INGRESS_REPLIES.name())?.partitions))
            .ok_or_else(|| TopologyError::Missing { topology: name.into(), missing })?;
        let decide = Arc::new(decide);
        self.group
            .records(self.inbox.name(), move |record, context| {
                let (command, envelope) = read::<C>(record)?;
                let position = Some((record.partition, record.offset));
                decide(&command, &mut Step { context, envelope: &envelope, position, reply_partitions })
            })
            .on_timer(move |wakeup, context: &mut dyn Context| {
                let envelope = Envelope::default();
                wake(wakeup, &mut Step { context, envelope: &envelope, position: None, reply_partitions })
            })
            .build()
    }
}

/// Reads a record: its message and its headers. A newer version stops the partition; garbage, and a record under another key than
/// its message's, go to the dead letters.
fn read<M: Message>(record: &Record) -> Result<(M, Envelope), Verdict> {
    let envelope = Envelope::from_headers(record.header_pairs());
    let message: M = decode(record.value.as_deref(), &envelope).map_err(|error| match error {
        DecodeError::Newer { .. } => Verdict::Fatal(error.to_string()),
        DecodeError::Unmarked(_) | DecodeError::Garbage(_) => Verdict::Poison(error.to_string()),
    })?;
    if record.key.as_deref() != Some(message.key().as_bytes()) {
        return Err(Verdict::Poison(format!("the record's key is not the message's, {}", message.key())));
    }
    Ok((message, envelope))
}
