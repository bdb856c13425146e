//! The verbs `dead-letters`: their options made into a question or an order, what came of it shown.

use console::dead_letters::{self, Choice, Error, Filter, Order, Report};
use serde::Serialize;
use streams::clock::now_ms;

use crate::cli::dead_letters::{DeadLetters, DropLetters, List, Replay, Show};
use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, privacy, say};

/// Longest reason of a drop, characters.
const LONGEST_REASON: usize = 500;

/// Runs a verb.
pub(crate) async fn run(verb: DeadLetters, config: Config) -> Exit {
    match verb {
        DeadLetters::List(what) => list(what, config).await,
        DeadLetters::Show(what) => crate::verbs::blocking(move || show(&what, &config)).await,
        DeadLetters::Replay(what) => crate::verbs::blocking(move || replay(what, &config)).await,
        DeadLetters::Drop(what) => crate::verbs::blocking(move || drop_letters(what, &config)).await,
    }
}

async fn list(what: List, config: Config) -> Exit {
    let handled = if what.unhandled { Some(false) } else { what.handled.then_some(true) };
    let filter = Filter { topic: what.topic, reason: what.reason, since_ms: what.since, handled };
    let (cluster, wanted) = (config.kafka.clone(), filter.clone());
    let read = tokio::task::spawn_blocking(move || dead_letters::list(&cluster, &wanted)).await;
    let mut list = match read {
        Ok(Ok(list)) => list,
        Ok(Err(error)) => return failed(&error),
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
    };
    dead_letters::read_dead_rows(config.postgres.expose(), &filter, &mut list).await;
    let list = list.ended();
    let shown = if what.json { say_json(&list) } else { say(&list.text()) };
    match &list.dead_rows_unknown {
        Some(reason) if shown == Exit::Fine => {
            complain(&format!("dead rows of sinks.postgres are not in the list: {reason}"));
            Exit::Unavailable
        }
        _ => shown,
    }
}

fn show(what: &Show, config: &Config) -> Exit {
    if let Err(error) = privacy::is_unmasked(what.unmask.as_deref()) {
        complain(&error);
        return Exit::Usage;
    }
    let audited = what.unmask.as_ref().map(|reason| {
        let words = vec!["dead-letters show".to_owned(), what.letter.to_string()];
        dead_letters::unmask(&config.kafka, &privacy::audit_record(words, reason))
    });
    let unmasked = match audited.transpose() {
        Ok(unmasked) => unmasked,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Unavailable;
        }
    };
    match dead_letters::show(&config.kafka, what.letter, unmasked.as_ref()) {
        Ok(Some(view)) => say(&view.text()),
        Ok(None) => {
            complain(&format!("there is no letter {}", what.letter));
            Exit::Failed
        }
        Err(error) => failed(&error),
    }
}

fn replay(what: Replay, config: &Config) -> Exit {
    let choice = match (what.topic, what.reason) {
        (Some(topic), Some(reason)) => Choice::Kind { topic, reason },
        _ => Choice::Letters(what.letters),
    };
    let order = Order { limit: what.limit, again: what.again, is_dry: !what.yes, ..order(choice) };
    carry_out(&order, config, what.dry_run)
}

fn drop_letters(what: DropLetters, config: &Config) -> Exit {
    let because = what.because.chars().take(LONGEST_REASON).collect();
    let order = Order { because: Some(because), is_dry: !what.yes, ..order(Choice::Letters(what.letters)) };
    carry_out(&order, config, false)
}

fn order(choice: Choice) -> Order {
    let who = privacy::user();
    Order { choice, limit: None, again: false, is_dry: true, who, at_ms: now_ms(), because: None, request: None }
}

/// Whoever only looks is told so with 0; whoever leaves `--yes` out by mistake is told with 2.
fn carry_out(order: &Order, config: &Config, only_looks: bool) -> Exit {
    let report = match dead_letters::run(&config.kafka, order) {
        Ok(report) => report,
        Err(error) => return failed(&error),
    };
    let shown = say(&report.text());
    if shown != Exit::Fine {
        return shown;
    }
    if order.is_dry && !only_looks && would_write(&report) {
        complain("nothing was changed: say --yes to do it");
        return Exit::WouldChange;
    }
    if report.refused.is_empty() { Exit::Fine } else { Exit::Failed }
}

fn would_write(report: &Report) -> bool {
    !(report.replayed.is_empty() && report.repeats.is_empty() && report.dropped.is_empty())
}

/// Says a value as one JSON object.
pub(crate) fn say_json(value: &impl Serialize) -> Exit {
    match serde_json::to_string(value) {
        Ok(json) => say(&json),
        Err(error) => {
            complain(&error.to_string());
            Exit::Internal
        }
    }
}

fn failed(error: &Error) -> Exit {
    complain(&error.to_string());
    match error {
        Error::Fenced => Exit::Failed,
        Error::Config(_) => Exit::Configuration,
        Error::Read(_) | Error::Open(_) | Error::Unknown(_) | Error::Write(_) => Exit::Unavailable,
        Error::Manifest(_) | Error::Encoding(_) => Exit::Internal,
    }
}
