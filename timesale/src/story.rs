//! The verb `story`: everything that happened to one order, coupon, request or trace, told from the log.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use console::story::{Shown, StoryError, Subject, Teller, ndjson, pretty};
use console::tap::{MaskKey, audit};
use events::audit::AuditRecord;
use events::calendar::{Zone, ZoneName};
use events::manifest::Manifest;
use events::time::Timestamp;

use crate::complain;
use crate::config::Config;
use crate::exit::Exit;
use crate::signals::{StopRequests, StopWithStdin};

/// How far back a trace is looked for unless something else is said, milliseconds.
const LAST_MS: i64 = 60 * 60 * 1_000;

/// Set by the first request to stop: the story ends with what was read.
static STOP: AtomicBool = AtomicBool::new(false);

/// Tell a story.
#[derive(Args, Debug)]
pub(crate) struct Story {
    /// What it is about.
    #[arg(value_enum)]
    kind: Kind,
    /// Its id: of an order, a coupon, a request, or the trace id in `traceparent`.
    id: String,
    /// How it is shown.
    #[arg(long, value_enum, default_value = "pretty")]
    format: Shape,
    /// Show personal fields; the reason is written to the audit topic first.
    #[arg(long, value_name = "REASON")]
    unmask: Option<String>,
    /// How many hours back a trace, or what Postgres does not know, is looked for; 0 is the whole log.
    #[arg(long, value_name = "HOURS")]
    hours: Option<u32>,
    /// The time zone of what is shown.
    #[arg(long)]
    zone: Option<String>,
    /// An empty story, or one that is not complete, is an error.
    #[arg(long)]
    expect: bool,
}

/// What stories are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Kind {
    /// An order.
    Order,
    /// A coupon.
    Coupon,
    /// A request.
    Request,
    /// A trace.
    Trace,
}

/// How a story is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Shape {
    /// For people.
    Pretty,
    /// A JSON object a record, and one at the end with what was read.
    Ndjson,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Coupon => "coupon",
            Self::Request => "request",
            Self::Trace => "trace",
        }
    }
}

/// Runs the verb.
pub(crate) async fn run(typed: Story, config: Config) -> Exit {
    let subject = match Subject::parse(typed.kind.word(), &typed.id) {
        Ok(subject) => subject,
        Err(error) => return refused(&error.to_string()),
    };
    let name = typed.zone.as_deref().map_or_else(ZoneName::default, ZoneName::new);
    let Some(zone) = name.zone() else { return refused(&format!("--zone {name}: there is no such zone")) };
    let mut requests = match StopRequests::listen(StopWithStdin::No) {
        Ok(requests) => requests,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
    };
    let running = tokio::spawn(told(typed, subject, zone, config));
    tokio::pin!(running);
    loop {
        tokio::select! {
            ended = &mut running => return ended.unwrap_or_else(|error| {
                complain(&error.to_string());
                Exit::Internal
            }),
            _ = requests.next() => {
                if STOP.swap(true, Ordering::Relaxed) {
                    return Exit::Interrupted;
                }
            }
        }
    }
}

async fn told(typed: Story, subject: Subject, zone: Zone, config: Config) -> Exit {
    let manifest = match Manifest::embedded() {
        Ok(manifest) => manifest,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
    };
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned());
    let now = streams::clock::now_ms();
    let from_ms = match (typed.hours, &subject) {
        (Some(0), _) | (None, Subject::Order(_) | Subject::Coupon(_) | Subject::Request(_)) => None,
        (Some(hours), _) => Some(now - i64::from(hours) * LAST_MS),
        (None, Subject::Trace(_)) => Some(now - LAST_MS),
    };
    let postgres = Some(config.postgres.expose().to_owned());
    let teller = Teller { cluster: config.kafka.clone(), postgres, user: user.clone(), from_ms };
    let story = match teller.tell(subject, &STOP).await {
        Ok(story) => story,
        Err(error) => {
            complain(&error.to_string());
            return match error {
                StoryError::Tap(_) => Exit::Unavailable,
                StoryError::Reader => Exit::Internal,
            };
        }
    };
    if let Some(reason) = &typed.unmask {
        let words = vec!["story".to_owned(), typed.kind.word().to_owned(), typed.id.clone()];
        let record = AuditRecord { at: Timestamp::from_millis(now), who: user, words, reason: reason.clone() };
        let written = tokio::task::spawn_blocking(move || audit::write(&config.kafka, &record)).await;
        let error = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = error {
            complain(&format!("nothing is shown, because the audit record is not written: {error}"));
            return Exit::Unavailable;
        }
    }
    let mask_key = config.jwt_secrets.first().map(|secret| MaskKey::of_secret(secret.expose()));
    let shown = Shown { manifest: &manifest, mask_key: mask_key.as_ref(), is_unmasked: typed.unmask.is_some(), zone };
    let text = match typed.format {
        Shape::Pretty => pretty(&story, &shown),
        Shape::Ndjson => ndjson(&story, &shown),
    };
    let written = std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush());
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        complain(&error.to_string());
        return Exit::Failed;
    }
    let is_short = story.entries.is_empty() || !story.coverage.complete;
    if typed.expect && is_short { Exit::Failed } else { Exit::Fine }
}

fn refused(why: &str) -> Exit {
    complain(why);
    Exit::Usage
}
