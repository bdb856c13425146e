//! The environment: read through a trait, so that tests need none, and laid over the file's values.

use toml::{Table, Value};

/// Where environment variables come from.
pub(crate) trait Environment {
    /// The variable's value, unless it is unset or not UTF-8.
    fn get(&self, name: &str) -> Option<String>;
}

/// The process's own environment.
pub(crate) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// An environment that is given: for tests.
#[cfg(test)]
pub(crate) struct Given(pub(crate) std::collections::BTreeMap<&'static str, &'static str>);

#[cfg(test)]
impl Environment for Given {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }
}

/// Variables that override a value of the file: the variable, the section (`a.b` is `b` within `a`), the key.
pub(crate) const OVERRIDES: [(&str, &str, &str); 11] = [
    ("KAFKA_BOOTSTRAP", "kafka", "bootstrap"),
    ("DATABASE_URL", "postgres", "url"),
    ("REDIS_URL", "redis", "url"),
    ("TIMESALE_LISTEN", "ingress", "listen"),
    ("TIMESALE_ADMIN_LISTEN", "admin", "listen"),
    ("TIMESALE_CONSOLE_LISTEN", "console", "listen"),
    ("PROMETHEUS_URL", "console", "prometheus"),
    ("TIMESALE_INSTANCE", "processors", "instance"),
    ("TIMESALE_INSTANCE", "ingress", "instance"),
    ("TOSS_BASE_URL", "connectors.toss", "base_url"),
    ("OFFERS_STUB_URL", "connectors.offers.sources.stub", "base_url"),
];

/// Lays the environment over the file's values. An empty variable counts as unset: compose files pass those.
pub(crate) fn overlay(table: &mut Table, environment: &dyn Environment) {
    for (name, section, key) in OVERRIDES {
        let Some(value) = environment.get(name).filter(|value| !value.is_empty()) else { continue };
        // A section that is not a table stays what it is, and is named as an error when the section is read.
        let found = section.split('.').try_fold(&mut *table, |table, name| {
            table.entry(name).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
        });
        if let Some(section) = found {
            section.insert(key.to_owned(), Value::String(value));
        }
    }
}
