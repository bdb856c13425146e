//! The verb `lag`: looks at the cluster, writes what it saw, judges it, waits for it.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use console::lag::{self, Collector, Judgement, Limit, Snapshot, Sort, Table, Wanted, Watched};
use events::manifest::Manifest;

use crate::cli::{self, LagSort};
use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, say};

/// The groups of this installation and the topics that they read, as `topics.yaml` and the configuration name them. Ingress reads without
/// a group, so nobody outside can see how far it is.
pub(crate) fn watched(config: &Config, manifest: &Manifest) -> Vec<Watched> {
    let prefix = &config.processors.prefix;
    let group = |role: &str, topic: &str| match role {
        "processors" => topic.strip_suffix(".inbox").map(|application| format!("{prefix}.{application}")),
        "connectors" => Some(connectors::toss::GROUP.to_owned()),
        _ => role.strip_prefix("sinks.").and_then(|sink| sinks::group(sink, topic)),
    };
    let of_topic = |(topic, spec): (&String, &events::manifest::TopicSpec)| {
        let watched = |consumer: &events::manifest::Consumer| {
            let group = group(&consumer.role, topic)?;
            Some(Watched {
                group: group.into(),
                topic: topic.as_str().into(),
                role: consumer.role.as_str().into(),
                slo_seconds: consumer.lag_slo_seconds,
            })
        };
        spec.consumers.iter().filter_map(watched).collect::<Vec<_>>()
    };
    manifest.topics.iter().flat_map(of_topic).collect()
}

/// Runs the verb. Blocks: it asks Kafka itself.
pub(crate) fn run(what: &cli::Lag, config: &Config) -> Exit {
    let manifest = match crate::verbs::built_in_manifest() {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let groups = match &what.verb {
        Some(cli::LagVerb::Explain { group }) => vec![group.clone()],
        None => what.groups.clone(),
    };
    let collector = match collector(what, &groups, config, &manifest) {
        Ok(collector) => collector,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Configuration;
        }
    };
    let question = Question { collector, what, wanted: Wanted { groups, topic: what.topic.clone() } };
    match &what.verb {
        Some(cli::LagVerb::Explain { .. }) => question.explain(),
        None => match (what.watch, what.limit()) {
            (Some(seconds), _) => question.watch(seconds),
            (None, Some(limit)) => question.judge(limit),
            (None, None) => question.once(),
        },
    }
}

/// Groups of others are looked at when all are asked for, or one by its name.
fn collector(
    what: &cli::Lag,
    groups: &[String],
    config: &Config,
    manifest: &Manifest,
) -> Result<Collector, lag::ConfigError> {
    let mut lag = config.console.lag.clone();
    if what.all {
        lag.groups = vec![".*".to_owned()];
    } else {
        lag.groups.extend(groups.iter().map(|group| lag::exactly(group)));
    }
    Collector::new(&config.kafka, &lag, &watched(config, manifest))
}

/// A collector, and what is asked of it.
struct Question<'a> {
    collector: Collector,
    what: &'a cli::Lag,
    wanted: Wanted,
}

impl Question<'_> {
    fn look(&mut self) -> Result<Snapshot, String> {
        self.collector.look_at(&self.wanted)
    }

    fn once(mut self) -> Exit {
        match self.look() {
            Ok(snapshot) => self.show(&snapshot),
            Err(reason) => unknown(&reason),
        }
    }

    fn show(&self, snapshot: &Snapshot) -> Exit {
        if self.what.json {
            return match serde_json::to_string(snapshot) {
                Ok(json) => say(&json),
                Err(error) => {
                    complain(&error.to_string());
                    Exit::Internal
                }
            };
        }
        let sort = match self.what.sort {
            LagSort::Worst => Sort::Worst,
            LagSort::Seconds => Sort::Seconds,
            LagSort::Records => Sort::Records,
            LagSort::Trend => Sort::Trend,
            LagSort::Name => Sort::Name,
        };
        let table = Table { sort, has_partitions: self.what.partitions, is_markdown: self.what.markdown };
        say(table.text(snapshot).trim_end())
    }

    /// Looks again and again until it is interrupted. On a terminal each look replaces the last.
    fn watch(mut self, seconds: u64) -> Exit {
        let is_redrawn = std::io::stdout().is_terminal() && !self.what.json;
        loop {
            let began = Instant::now();
            let seen = self.look();
            if is_redrawn {
                drop(write!(std::io::stdout(), "\x1b[H\x1b[2J"));
            }
            let shown = match &seen {
                Ok(snapshot) => self.show(snapshot),
                Err(reason) => {
                    complain(reason);
                    Exit::Fine
                }
            };
            if shown != Exit::Fine {
                return shown;
            }
            std::thread::sleep(Duration::from_secs(seconds.max(1)).saturating_sub(began.elapsed()));
        }
    }

    /// 0 when every group is within the limit, now or as soon as it is; 1 when one is not; 69 when it cannot be known.
    fn judge(mut self, limit: Limit) -> Exit {
        match self.collector.wait(&self.wanted, limit, Duration::from_secs(self.what.wait)) {
            (Judgement::Within, seen) => seen.map_or(Exit::Fine, |snapshot| self.show(&snapshot)),
            (Judgement::Behind(sentences), _) => {
                sentences.iter().for_each(|sentence| complain(sentence));
                Exit::Failed
            }
            (Judgement::Unknown(reasons), _) => unknown(&reasons.join("; ")),
        }
    }

    /// Looks for some seconds, so that there is something to say of the trend.
    fn explain(mut self) -> Exit {
        let mut seen = self.look();
        for _ in 0..EXPLAIN_LOOKS {
            std::thread::sleep(Duration::from_secs(1));
            seen = self.look();
        }
        let snapshot = match seen {
            Ok(snapshot) => snapshot,
            Err(reason) => return unknown(&reason),
        };
        let told: Vec<String> =
            snapshot.groups.iter().filter_map(|group| lag::explain(&snapshot, &group.group)).flatten().collect();
        if told.is_empty() {
            return unknown("no such group");
        }
        say(&told.join("\n"))
    }
}

/// So many looks, a second apart, before something is explained.
const EXPLAIN_LOOKS: u32 = 4;

fn unknown(reason: &str) -> Exit {
    complain(&format!("lag is not known: {reason}"));
    Exit::Unavailable
}
