//! The verbs `topics list|describe|schema`: what is declared of topics, beside what the cluster has of them.

use console::lag::{Collector, Snapshot, Wanted};
use console::topics::{self, ShowError};
use events::calendar::ZoneName;
use events::manifest::{Manifest, PRIVATE};
use events::time::Timestamp;
use serde::Serialize;
use streams::kafka::tap::TapError;

use crate::cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, say, verbs};

/// Every topic. Blocks.
pub(crate) fn list(how: &cli::TopicsList, config: &Config) -> Exit {
    let manifest = match verbs::built_in_manifest() {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    match topics::list(&config.kafka, &manifest, lag(config, &manifest).as_ref(), now()) {
        Ok(shown) if how.json => as_json(&serde_json::json!({ "topics": shown })),
        Ok(shown) => say(&topics::table(&shown, now())),
        Err(error) => failed(&error),
    }
}

/// One topic. Blocks.
pub(crate) fn describe(which: &cli::TopicsDescribe, config: &Config) -> Exit {
    let manifest = match verbs::built_in_manifest() {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let shown = topics::describe(&config.kafka, &manifest, &which.topic, lag(config, &manifest).as_ref(), now());
    match (shown, ZoneName::default().zone()) {
        (Ok(shown), _) if which.json => as_json(&shown),
        (Ok(shown), Some(zone)) => say(&shown.text(&zone)),
        (Ok(_), None) => Exit::Internal,
        (Err(error), _) => failed(&error),
    }
}

/// The JSON Schema of a topic's values.
pub(crate) fn schema(topic: &str) -> Exit {
    let manifest = match verbs::built_in_manifest() {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let Some(spec) = manifest.topics.get(topic) else {
        complain(&format!("topics.yaml names no topic {topic}"));
        return Exit::Unavailable;
    };
    match events::schema::of(&spec.value) {
        Some(schema) => as_json(&schema),
        None => {
            debug_assert_eq!(spec.value, PRIVATE);
            complain(&format!("{topic} has the runtime's own bytes, and no schema"));
            Exit::Failed
        }
    }
}

/// Who reads how far, if it can be known.
fn lag(config: &Config, manifest: &Manifest) -> Option<Snapshot> {
    let watched = crate::lag::watched(config, manifest);
    let mut collector = Collector::new(&config.kafka, &config.console.lag, &watched).ok()?;
    collector.look_at(&Wanted { groups: Vec::new(), topic: None }).ok()
}

fn now() -> Timestamp {
    Timestamp::from_millis(streams::clock::now_ms())
}

fn as_json(value: &impl Serialize) -> Exit {
    match serde_json::to_string_pretty(value) {
        Ok(json) => say(&json),
        Err(error) => {
            complain(&error.to_string());
            Exit::Internal
        }
    }
}

fn failed(error: &ShowError) -> Exit {
    complain(&error.to_string());
    match error {
        ShowError::Tap(TapError::Config(_)) => Exit::Configuration,
        ShowError::Tap(_) | ShowError::Admin(_) => Exit::Unavailable,
    }
}
