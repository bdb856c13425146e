//! The contract of metrics: `ops/metrics.yaml` lists every family, and what the roles show, what dashboards and rules ask for and what the
//! documentation says are held to it.

mod exposition;
mod form;
mod reference;
mod scrape;
mod uses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// `ops/metrics.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contract {
    families: BTreeMap<String, Family>,
}

/// One family of metrics.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    #[serde(rename = "type")]
    kind: Kind,
    unit: String,
    room: String,
    help: String,
    #[serde(default)]
    labels: BTreeMap<String, Values>,
    /// The setting without which it is absent.
    when: Option<String>,
    /// Why it may be absent although all is well.
    absent: Option<String>,
    /// Why no panel and no alert uses it.
    unused: Option<String>,
}

/// What is measured how.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The values of a label.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(untagged)]
enum Values {
    /// These and no others.
    Closed(Vec<String>),
    /// What they are.
    Described(String),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// The text of the contract.
fn text() -> String {
    std::fs::read_to_string(root().join("ops/metrics.yaml")).expect("ops/metrics.yaml")
}

fn contract() -> Contract {
    serde_saphyr::from_str(&text()).unwrap_or_else(|error| panic!("ops/metrics.yaml: {error}"))
}
