//! A registry within another: every emitter names its metrics the same, and a process has several.

use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

/// Shows one registry's metrics in another.
pub(crate) struct PrefixedRegistry {
    registry: Registry,
    desc: Desc,
}

impl PrefixedRegistry {
    /// A registry whose metrics begin with `prefix`, registered in `outer`.
    pub(crate) fn register(outer: &Registry, prefix: &str, help: &str) -> Result<Registry, prometheus::Error> {
        let registry = Registry::new_custom(Some(prefix.to_owned()), None)?;
        let desc = Desc::new(format!("{prefix}_emitter"), help.to_owned(), Vec::new(), Default::default())?;
        outer.register(Box::new(Self { registry: registry.clone(), desc }))?;
        Ok(registry)
    }
}

impl Collector for PrefixedRegistry {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}
