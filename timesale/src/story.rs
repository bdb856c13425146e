//! The verb `story`: everything that happened to one order, coupon, request or trace, told from the log.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use console::story::{Shown, StoryError, Subject, Teller, ndjson, pretty};
use console::tap::audit::{self, AuditLog};
use console::tap::words;
use events::audit::AuditRecord;
use events::calendar::Zone;

use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, privacy, verbs};

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

/// Runs the verb. The first request to stop ends it with what was read; the second at once.
pub(crate) async fn run(typed: Story, config: Config) -> Exit {
    let (subject, zone) = match asked(&typed) {
        Ok(asked) => asked,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    let stop = Arc::new(AtomicBool::new(false));
    let of_run = Arc::clone(&stop);
    verbs::until_stopped(&stop, || tokio::spawn(told(typed, subject, zone, config, of_run))).await
}

/// What a story is about, and whose time it shows.
fn asked(typed: &Story) -> Result<(Subject, Zone), String> {
    privacy::is_unmasked(typed.unmask.as_deref())?;
    let subject = Subject::parse(typed.kind.word(), &typed.id).map_err(|error| error.to_string())?;
    Ok((subject, words::zone(typed.zone.as_deref()).map_err(|error| error.to_string())?))
}

/// Writes down that somebody sees personal fields now.
async fn begin(config: &Config, record: &AuditRecord) -> Result<AuditLog, String> {
    let log = AuditLog::new(&config.kafka)?;
    log.write(record).await?;
    Ok(log)
}

async fn told(typed: Story, subject: Subject, zone: Zone, config: Config, stop: Arc<AtomicBool>) -> Exit {
    let manifest = match verbs::built_in_manifest() {
        Ok(manifest) => manifest,
        Err(exit) => return exit,
    };
    let from_ms = subject.from_ms(typed.hours, streams::clock::now_ms());
    let postgres = Some(config.postgres.expose().to_owned());
    let teller = Teller { cluster: config.kafka.clone(), postgres, user: privacy::user(), from_ms };
    let story = match teller.tell(subject, stop).await {
        Ok(story) => story,
        Err(error) => {
            complain(&error.to_string());
            return match error {
                StoryError::Tap(_) => Exit::Unavailable,
                StoryError::Reader => Exit::Internal,
            };
        }
    };
    let words = vec!["story".to_owned(), typed.kind.word().to_owned(), typed.id.clone()];
    let record = typed.unmask.as_ref().map(|reason| privacy::audit_record(words, reason));
    let mut begun = None;
    if let Some(record) = record {
        match begin(&config, &record).await {
            Ok(log) => begun = Some((log, record)),
            Err(error) => {
                complain(&format!("nothing is shown, because the audit record is not written: {error}"));
                return Exit::Unavailable;
            }
        }
    }
    let mask_key = privacy::mask_key(&config);
    let shown = Shown { manifest: &manifest, mask_key: mask_key.as_ref(), is_unmasked: typed.unmask.is_some(), zone };
    let text = match typed.format {
        Shape::Pretty => pretty(&story, &shown),
        Shape::Ndjson => ndjson(&story, &shown),
    };
    let written = std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush());
    if let Some((log, record)) = begun {
        privacy::tell_end(log.write(&audit::ended(record, Some(story.coverage.audited()))).await);
    }
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        complain(&error.to_string());
        return Exit::Failed;
    }
    let is_short = story.entries.is_empty() || !story.coverage.complete;
    if typed.expect && is_short { Exit::Failed } else { Exit::Fine }
}
