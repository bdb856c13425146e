//! Stories over HTTP: everything that happened to one thing, as one JSON document.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use events::audit::AuditRecord;
use events::calendar::{Zone, ZoneName};
use streams::clock::now_ms;

use super::caller::Role;
use super::handlers::json;
use super::parameters::{Refused, decoded, invalid, once};
use super::problem::Problem;
use super::service::{Answer, Call};
use super::state::State;
use super::taps::{StopOnDrop, Taps, forbid, given_reason, reason};
use crate::story::{Shown, Story, StoryError, Subject, Teller, document};
use crate::tap::audit;

/// How long a story may take: shorter than a handler may. What was read by then is told, and that it is not all.
const AT_MOST: Duration = Duration::from_secs(45);

/// Answers a request for a story.
pub(super) async fn tell(call: &Call) -> Answer {
    let (state, caller) = (&call.state, call.caller.as_ref().ok_or((Problem::Internal, None))?);
    let [kind, id] = &call.path;
    let (kind, id) = (decoded(kind).ok_or((Problem::Unknown, None))?, decoded(id).ok_or((Problem::Unknown, None))?);
    let mut given = once(&call.query, &["hours", "unmask"])?;
    let hours = given.remove("hours").map(|hours| hours.parse().map_err(|_| invalid("hours", "a number of hours")));
    let hours: Option<u32> = hours.transpose()?;
    let why = given_reason(&call.headers, given.remove("unmask"))?;
    let subject = Subject::parse(&kind, &id).map_err(|error| (Problem::Unknown, Some(error.to_string())))?;
    let zone = ZoneName::default().zone().ok_or((Problem::Internal, None))?;
    let taps = &state.taps;
    let place = taps.enter(&caller.name).map_err(|problem| (problem, None))?;
    let words = vec!["story".to_owned(), kind, id];
    if why.is_some() && !caller.has(&[Role::Privacy]) {
        let why = why.unwrap_or_default();
        return Err(forbid(taps, caller, words, why, "personal fields are shown to the role privacy only").await);
    }
    let is_unmasked = why.is_some();
    let why = why.as_deref().map(reason).transpose()?.unwrap_or_default().to_owned();
    let begun = audit::begun(caller.name.clone(), words, why, !is_unmasked);
    let teller = Teller {
        cluster: taps.cluster.clone(),
        postgres: Some(state.postgres.clone()),
        user: caller.name.clone(),
        from_ms: subject.from_ms(hours, now_ms()),
    };
    let (state, stop, running) = (Arc::clone(state), Arc::clone(&place.stop), taps.running());
    // Whoever goes away ends the reading; what was read is written down all the same.
    let _gone = StopOnDrop(Arc::clone(&stop));
    let task = tokio::spawn(async move {
        let told = told(&state.taps, &teller, subject, begun, Arc::clone(&stop)).await;
        drop((place, running));
        told.map(|story| shown(&state, &story, is_unmasked, zone))
    });
    task.await.map_err(|_| (Problem::Internal, None))?.map(|document| json(&document))
}

async fn told(
    taps: &Taps,
    teller: &Teller,
    subject: Subject,
    begun: AuditRecord,
    stop: Arc<AtomicBool>,
) -> Result<Story, Refused> {
    taps.audit(&begun).await.map_err(|error| (Problem::AuditUnwritten, Some(error)))?;
    let mut reading = std::pin::pin!(teller.tell(subject, Arc::clone(&stop)));
    let story = tokio::select! {
        story = reading.as_mut() => story,
        () = tokio::time::sleep(AT_MOST) => {
            stop.store(true, Ordering::Relaxed);
            reading.await
        }
    };
    let coverage = story.as_ref().ok().map(|story| story.coverage.audited());
    if let Err(error) = taps.audit(&audit::ended(begun, coverage)).await {
        tracing::error!(%error, "the end of a story is not written to the audit topic");
    }
    story.map_err(|error| match error {
        StoryError::Tap(error) => (Problem::ClusterUnavailable, Some(error.to_string())),
        StoryError::Reader => (Problem::Internal, None),
    })
}

fn shown(state: &State, story: &Story, is_unmasked: bool, zone: Zone) -> serde_json::Value {
    let mask_key = state.taps.mask_key.as_ref();
    let shown = Shown { manifest: &state.manifest, mask_key, is_unmasked, zone };
    state.taps.metrics.showed(story.entries.len());
    document(story, &shown)
}
