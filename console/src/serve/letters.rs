//! Dead letters over HTTP: the list, one letter, and the two orders that an operator can give.

use hyper::header::HeaderName;
use serde_json::json;
use streams::clock::now_ms;
use streams::kafka::ClusterConfig;
use tokio::sync::Mutex;

use super::handlers::json;
use super::parameters::{Refused, once};
use super::problem::Problem;
use super::service::{Answer, Call};
use crate::dead_letters::{self, Choice, Error, Filter, LetterId, Order, Outcome, Refusal};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, and longest reason of a drop, bytes.
const LONGEST_KEY: usize = 128;
const LONGEST_REASON: usize = 500;

/// Where letters are, and who handles them: one request at a time, for a second one would fence the first.
pub(super) struct Letters {
    cluster: ClusterConfig,
    postgres: String,
    turn: Mutex<()>,
}

impl Letters {
    pub(super) fn new(cluster: ClusterConfig, postgres: String) -> Self {
        Self { cluster, postgres, turn: Mutex::new(()) }
    }
}

/// Every letter that is asked for.
pub(super) async fn list(call: &Call) -> Answer {
    let mut words = once(&call.query, &["topic", "reason", "since", "handled"])?;
    let since_ms = words.remove("since").map(|since| dead_letters::since(&since, now_ms())).transpose();
    let since_ms = since_ms.map_err(|error| (Problem::ParameterInvalid, Some(error.to_string())))?;
    let handled = words.remove("handled").map(|word| truth("handled", &word)).transpose()?;
    let filter = Filter { topic: words.remove("topic"), reason: words.remove("reason"), since_ms, handled };
    let (cluster, wanted) = (call.state.letters.cluster.clone(), filter.clone());
    let mut list = blocking(move || dead_letters::list(&cluster, &wanted)).await?;
    dead_letters::read_dead_rows(&call.state.letters.postgres, &filter, &mut list).await;
    Ok(json(&list.ended()))
}

/// One letter.
pub(super) async fn show(call: &Call) -> Answer {
    once(&call.query, &[])?;
    let letter = letter(call)?;
    let cluster = call.state.letters.cluster.clone();
    let view = blocking(move || dead_letters::show(&cluster, letter, None)).await?;
    view.map(|view| json(&view)).ok_or((Problem::Unknown, None))
}

/// Replays a letter.
pub(super) async fn replay(call: &Call) -> Answer {
    let mut words = once(&call.query, &["again"])?;
    let again = words.remove("again").map(|word| truth("again", &word)).transpose()?.unwrap_or(false);
    carry_out(call, again, None).await
}

/// Drops a letter.
pub(super) async fn drop_letter(call: &Call) -> Answer {
    let mut words = once(&call.query, &["because"])?;
    key(call)?;
    let because =
        words.remove("because").filter(|because| !because.trim().is_empty() && because.len() <= LONGEST_REASON);
    let because = because.ok_or_else(|| (Problem::ParameterInvalid, Some("because: 1 to 500 bytes".to_owned())))?;
    carry_out(call, false, Some(because)).await
}

async fn carry_out(call: &Call, again: bool, because: Option<String>) -> Answer {
    let (letter, caller) = (letter(call)?, call.caller.as_ref().ok_or((Problem::Internal, None))?);
    // Keys of callers never meet, nor do those of two orders.
    let order = if because.is_some() { "drop" } else { "replay" };
    let request = blake3::hash(json!([caller.name, order, key(call)?]).to_string().as_bytes()).to_hex();
    let request = request.get(..32).unwrap_or_default().to_owned();
    let order = Order {
        choice: Choice::Letters(vec![letter]),
        limit: None,
        again,
        is_dry: false,
        who: caller.name.clone(),
        at_ms: now_ms(),
        because,
        request: Some(request.clone()),
    };
    let cluster = call.state.letters.cluster.clone();
    let _turn = call.state.letters.turn.lock().await;
    let report = blocking(move || dead_letters::run(&cluster, &order)).await?;
    let outcome = match report.refused.into_iter().next().map(|refused| refused.code) {
        None if !report.replayed.is_empty() => Outcome::Replayed,
        None if !report.repeats.is_empty() => Outcome::Repeat,
        None => Outcome::Dropped,
        // The same request once more is told what it was told before.
        Some(Refusal::Handled(note)) if note.request.as_deref() == Some(&request) => note.outcome,
        Some(Refusal::Unknown) => return Err((Problem::Unknown, None)),
        Some(handled @ Refusal::Handled(_)) => return Err((Problem::LetterHandled, Some(handled.to_string()))),
        Some(other) => return Err((Problem::LetterRefused, Some(format!("{}: {other}", other.code())))),
    };
    Ok(json(&json!({ "letter": letter, "outcome": outcome })))
}

fn letter(call: &Call) -> Result<LetterId, Refused> {
    let [partition, offset] = &call.path;
    format!("{partition}/{offset}").parse().map_err(|_| (Problem::Unknown, None))
}

fn truth(name: &str, word: &str) -> Result<bool, Refused> {
    word.parse().map_err(|_| (Problem::ParameterInvalid, Some(format!("{name}: true or false"))))
}

fn key(call: &Call) -> Result<&str, Refused> {
    let mut keys = call.headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = keys.next().ok_or((Problem::IdempotencyKeyMissing, None))?;
    let key = key.to_str().ok().map(str::trim).filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    match (key, keys.next()) {
        (Some(key), None) => Ok(key),
        _ => Err((Problem::IdempotencyKeyInvalid, None)),
    }
}

/// Runs what blocks beside the threads that answer.
async fn blocking<T: Send + 'static>(run: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(run).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error @ (Error::Manifest(_) | Error::Encoding(_) | Error::Config(_)))) => {
            tracing::error!(%error, "a dead letter");
            Err((Problem::Internal, None))
        }
        Ok(Err(error)) => Err((Problem::LettersUnknown, Some(error.to_string()))),
        Err(_) => Err((Problem::Internal, None)),
    }
}
