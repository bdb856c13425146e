//! A processor declared from plain functions: its input, tables, outputs and timers.
//!
//! ```
//! use logstreams::group::Group;
//! use logstreams::processor::{Context, Verdict};
//! use logstreams::table::Table;
//! use logstreams::topic::{Input, Output};
//!
//! const CLICKS: Input<String, String> = Input::new("clicks");
//! const COUNTS: Table<String, u64> = Table::new(0, "counts");
//! const TOTALS: Output<String, u64> = Output::new("totals");
//!
//! fn on_click(page: String, _visitor: String, context: &mut dyn Context) -> Result<(), Verdict> {
//!     let count = COUNTS.get(context, &page)?.unwrap_or(0) + 1;
//!     COUNTS.put(context, &page, &count);
//!     TOTALS.emit(context, &page, &count);
//!     Ok(())
//! }
//!
//! # fn main() -> Result<(), logstreams::topology::TopologyError> {
//! let topology = Group::new("click-counter").input(&CLICKS, on_click).table(&COUNTS).output(&TOTALS).build()?;
//! assert_eq!(topology.changelog().as_ref(), "click-counter.changelog");
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use crate::codec::Codec;
use crate::processor::{Context, Processor, Timer, Verdict};
use crate::record::Record;
use crate::table::Table;
use crate::topic::{Input, Output};
use crate::topology::{Topology, TopologyBuilder, TopologyError};
use crate::wakeup::{self, Wakeup};

type OnRecord = Arc<dyn Fn(&Record, &mut dyn Context) -> Result<(), Verdict> + Send + Sync>;
type OnTimer = Arc<dyn Fn(&Timer, &mut dyn Context) -> Result<(), Verdict> + Send + Sync>;

/// A processor in the making. Its name is its application id: the consumer group, and the beginning of every transactional id.
pub struct Group {
    topology: TopologyBuilder,
    on_record: Option<OnRecord>,
    on_timer: Option<OnTimer>,
}

impl Group {
    /// Begins the processor with this name. Unless they are named, its changelog is `<name>.changelog` and its dead letters go to
    /// `<name>.dead-letters`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let topology = Topology::builder(name)
            .changelog(&format!("{name}.changelog"))
            .dead_letters(&format!("{name}.dead-letters"));
        Self { topology, on_record: None, on_timer: None }
    }

    /// Reads this topic and calls `on_record` for each record, with its key and value. What cannot be read goes to the dead letters.
    #[must_use]
    pub fn input<K: 'static, V: 'static, C: Codec<K, V> + 'static>(
        self,
        input: &Input<K, V, C>,
        on_record: impl Fn(K, V, &mut dyn Context) -> Result<(), Verdict> + Send + Sync + 'static,
    ) -> Self {
        let input = *input;
        self.records(input.topic(), move |record, context| {
            let (key, value) = input.read(record)?;
            on_record(key, value, context)
        })
    }

    /// Reads this topic and calls `on_record` for each record as it is: for headers, tombstones, positions.
    #[must_use]
    pub fn records(
        mut self,
        topic: &str,
        on_record: impl Fn(&Record, &mut dyn Context) -> Result<(), Verdict> + Send + Sync + 'static,
    ) -> Self {
        self.topology = self.topology.source(topic);
        self.on_record = Some(Arc::new(on_record));
        self
    }

    /// Keeps this table. Tables are declared in the order of their places.
    #[must_use]
    pub fn table<K, V, C>(mut self, table: &Table<K, V, C>) -> Self {
        self.topology = self.topology.table(table);
        self
    }

    /// May write to this topic.
    #[must_use]
    pub fn output<K, V, C>(self, output: &Output<K, V, C>) -> Self {
        self.writes(output.topic())
    }

    /// May write to the topic of this name.
    #[must_use]
    pub fn writes(mut self, topic: &str) -> Self {
        self.topology = self.topology.sink(topic);
        self
    }

    /// Calls `on_timer` for each timer that is due.
    #[must_use]
    pub fn on_timer<W: Wakeup + 'static>(
        mut self,
        on_timer: impl Fn(W, &mut dyn Context) -> Result<(), Verdict> + Send + Sync + 'static,
    ) -> Self {
        self.on_timer = Some(Arc::new(move |timer, context| on_timer(wakeup::read(timer)?, context)));
        self
    }

    /// Names parked partitions in this topic and heeds what operators answer there: see [`crate::control`].
    #[must_use]
    pub fn control(mut self, topic: &str) -> Self {
        self.topology = self.topology.control(topic);
        self
    }

    /// Keeps its tables in this topic.
    #[must_use]
    pub fn changelog(mut self, topic: &str) -> Self {
        self.topology = self.topology.changelog(topic);
        self
    }

    /// Sends what it cannot handle to this topic.
    #[must_use]
    pub fn dead_letters(mut self, topic: &str) -> Self {
        self.topology = self.topology.dead_letters(topic);
        self
    }

    /// Checks the declaration and ends it.
    ///
    /// # Errors
    /// [`TopologyError`] names what is missing, declared twice, or in the wrong place.
    pub fn build(self) -> Result<Topology, TopologyError> {
        let (on_record, on_timer) = (self.on_record, self.on_timer);
        self.topology.build(move || Box::new(Functions { on_record: on_record.clone(), on_timer: on_timer.clone() }))
    }
}

/// The processor that calls a group's functions.
struct Functions {
    on_record: Option<OnRecord>,
    on_timer: Option<OnTimer>,
}

impl Processor for Functions {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        match &self.on_record {
            Some(on_record) => on_record(record, context),
            None => Err(Verdict::Fatal("the group has no function for records".into())),
        }
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        match &self.on_timer {
            Some(on_timer) => on_timer(timer, context),
            None => Err(Verdict::Fatal("the group has no function for timers".into())),
        }
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
