//! A processor as one declared value: where it reads, what it keeps, where it may write. Every name is given, none is
//! generated. The declaration is checked before anything starts, and has a readable description.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::processor::{Processor, StoreId};
use crate::table::Table;

/// Makes a task's processor; the same for the real cluster, the simulated one and the test driver.
pub type Supplier = Arc<dyn Fn() -> Box<dyn Processor> + Send + Sync>;

/// A validated topology of one processor.
#[derive(Clone)]
pub struct Topology {
    name: Arc<str>,
    source: Arc<str>,
    changelog: Arc<str>,
    dead_letters: Arc<str>,
    control: Option<Arc<str>>,
    stores: Vec<Arc<str>>,
    sinks: BTreeSet<Arc<str>>,
    supplier: Supplier,
}

/// Why a topology is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TopologyError {
    /// Something that must be named is not.
    #[error("topology {topology}: {missing} is missing")]
    Missing {
        /// The topology.
        topology: String,
        /// What is missing.
        missing: &'static str,
    },
    /// One topic in two roles that exclude each other, or a store named twice.
    #[error("topology {topology}: {name} is declared twice")]
    Twice {
        /// The topology.
        topology: String,
        /// The topic or store.
        name: String,
    },
    /// A table is declared at another place than its own: its rows would be read from another store.
    #[error("topology {topology}: table {table} is at place {declared}, but its own place is {place}")]
    Misplaced {
        /// The topology.
        topology: String,
        /// The table.
        table: String,
        /// The place that the table names.
        place: usize,
        /// The place at which it was declared.
        declared: usize,
    },
    /// More stores than there are store ids.
    #[error("topology {topology}: at most 250 stores")]
    TooManyStores {
        /// The topology.
        topology: String,
    },
}

/// Declares a topology step by step.
pub struct TopologyBuilder {
    name: String,
    source: Option<String>,
    changelog: Option<String>,
    dead_letters: Option<String>,
    control: Option<String>,
    stores: Vec<String>,
    sinks: Vec<String>,
    misplaced: Option<TopologyError>,
}

impl Topology {
    /// Begins the topology of the processor with this name: its application id.
    #[must_use]
    pub fn builder(name: &str) -> TopologyBuilder {
        TopologyBuilder {
            name: name.to_owned(),
            source: None,
            changelog: None,
            dead_letters: None,
            control: None,
            stores: Vec::new(),
            sinks: Vec::new(),
            misplaced: None,
        }
    }

    /// The processor's name: its application id.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The one topic it reads.
    #[must_use]
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The topic that keeps its stores.
    #[must_use]
    pub fn changelog(&self) -> &Arc<str> {
        &self.changelog
    }

    /// The topic for records that cannot be handled.
    #[must_use]
    pub fn dead_letters(&self) -> &Arc<str> {
        &self.dead_letters
    }

    /// The topic in which parked partitions are named and operators answer, if it has one.
    #[must_use]
    pub fn control(&self) -> Option<&Arc<str>> {
        self.control.as_ref()
    }

    /// Its stores; a [`StoreId`] is a place in this list.
    #[must_use]
    pub fn stores(&self) -> &[Arc<str>] {
        &self.stores
    }

    /// Whether it declared the store.
    #[must_use]
    pub fn has_store(&self, store: StoreId) -> bool {
        usize::from(store.0) < self.stores.len()
    }

    /// Topics it may write.
    #[must_use]
    pub fn sinks(&self) -> &BTreeSet<Arc<str>> {
        &self.sinks
    }

    /// The same topology, with each of its processors handed in as another one: for tests of builds that differ.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn wrapped(self, wrap: impl Fn(Box<dyn Processor>) -> Box<dyn Processor> + Send + Sync + 'static) -> Self {
        let inner = Arc::clone(&self.supplier);
        Self { supplier: Arc::new(move || wrap(inner())), ..self }
    }

    /// Makes a task's processor.
    #[must_use]
    pub fn processor(&self) -> Box<dyn Processor> {
        (self.supplier)()
    }
}

impl TopologyBuilder {
    /// The topic to read.
    #[must_use]
    pub fn source(mut self, topic: &str) -> Self {
        self.source = Some(topic.to_owned());
        self
    }

    /// The topic that keeps the stores.
    #[must_use]
    pub fn changelog(mut self, topic: &str) -> Self {
        self.changelog = Some(topic.to_owned());
        self
    }

    /// The topic for records that cannot be handled.
    #[must_use]
    pub fn dead_letters(mut self, topic: &str) -> Self {
        self.dead_letters = Some(topic.to_owned());
        self
    }

    /// The topic in which parked partitions are named and operators answer: see [`crate::control`]. Without one only another program, or a
    /// restart, goes on with a partition that is parked. Processors may share it.
    #[must_use]
    pub fn control(mut self, topic: &str) -> Self {
        self.control = Some(topic.to_owned());
        self
    }

    /// A store. Its place in the list of stores is its [`StoreId`] and is part of the state on disk: only ever append.
    #[must_use]
    pub fn store(mut self, name: &str) -> Self {
        self.stores.push(name.to_owned());
        self
    }

    /// A store with types. It must be declared at its own place in the list of stores.
    #[must_use]
    pub fn table<K, V, C>(mut self, table: &Table<K, V, C>) -> Self {
        let (place, declared) = (usize::from(table.id().0), self.stores.len());
        if place != declared && self.misplaced.is_none() {
            let (topology, table) = (self.name.clone(), table.name().to_owned());
            self.misplaced = Some(TopologyError::Misplaced { topology, table, place, declared });
        }
        self.store(table.name())
    }

    /// A topic it may write.
    #[must_use]
    pub fn sink(mut self, topic: &str) -> Self {
        self.sinks.push(topic.to_owned());
        self
    }

    /// Checks the declaration and ends it.
    ///
    /// # Errors
    /// [`TopologyError`] names what is missing or declared twice.
    pub fn build(
        self,
        supplier: impl Fn() -> Box<dyn Processor> + Send + Sync + 'static,
    ) -> Result<Topology, TopologyError> {
        if let Some(misplaced) = self.misplaced {
            return Err(misplaced);
        }
        let topology = self.name;
        let named = |value: Option<String>, missing| {
            value.ok_or_else(|| TopologyError::Missing { topology: topology.clone(), missing })
        };
        let source = named(self.source, "the source topic")?;
        let changelog = named(self.changelog, "the changelog topic")?;
        let dead_letters = named(self.dead_letters, "the dead-letter topic")?;
        if self.stores.len() > 250 {
            return Err(TopologyError::TooManyStores { topology });
        }
        let mut topics = BTreeSet::new();
        let mut stores = BTreeSet::new();
        let all_topics = [&source, &changelog, &dead_letters].into_iter().chain(&self.control).chain(&self.sinks);
        let twice = all_topics
            .filter(|topic| !topics.insert(*topic))
            .chain(self.stores.iter().filter(|store| !stores.insert(*store)))
            .next();
        if let Some(name) = twice {
            return Err(TopologyError::Twice { topology, name: name.clone() });
        }
        Ok(Topology {
            source: source.into(),
            changelog: changelog.into(),
            dead_letters: dead_letters.into(),
            control: self.control.map(Into::into),
            stores: self.stores.into_iter().map(Into::into).collect(),
            sinks: self.sinks.into_iter().map(Into::into).collect(),
            supplier: Arc::new(supplier),
            name: topology.into(),
        })
    }
}

/// The description that a snapshot test keeps: a rewiring shows in the diff.
impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "processor {}", self.name)?;
        writeln!(f, "  reads  {}", self.source)?;
        for store in &self.stores {
            writeln!(f, "  keeps  {store} in {}", self.changelog)?;
        }
        for sink in &self.sinks {
            writeln!(f, "  writes {sink}")?;
        }
        writeln!(f, "  poison {}", self.dead_letters)?;
        self.control.iter().try_for_each(|control| writeln!(f, "  parked {control}"))
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
