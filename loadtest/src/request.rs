//! One request and the client that stays with it: sent again under the same key until it is known what became of it, or until the
//! client loses give_up_after.

use std::time::{Duration, Instant};

use audit::client_log::Answered;
use events::ids::RequestId;
use streams::backoff::Backoff;
use tokio::time::{sleep, timeout};

use super::answer::{Answer, Trace};
use super::wire::{Connection, Response, WireError};

/// Longest wait for one answer: longer than ingress lets a request wait.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long ingress may refuse a client whose earlier attempt may be in the log, before the client gives up asking what became
/// of that attempt.
const LOOKUP_LIMIT: Duration = Duration::from_secs(8);

/// A longer wait than this is not taken from ingress.
const LONGEST_TOLD: Duration = Duration::from_secs(5);

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub struct PreparedRequest {
    /// Which request it is.
    pub request: RequestId,
    /// The whole POST.
    pub post: Vec<u8>,
    /// The whole GET that asks what became of it.
    pub lookup: Vec<u8>,
}

/// What carries a request to ingress and the answer back.
pub(super) trait Transport {
    /// Sends a request and reads its answer.
    async fn send(&mut self, request: &[u8]) -> Result<Response, WireError>;
}

impl Transport for Connection {
    async fn send(&mut self, request: &[u8]) -> Result<Response, WireError> {
        self.exchange(request).await
    }
}

/// How answers to one kind of request are read.
#[derive(Clone, Copy)]
pub(super) struct RequestKind {
    /// What an answer to the POST means.
    pub answer: fn(&Response) -> Answer,
    /// What an answer to the lookup tells, if it tells anything.
    pub lookup: fn(&Response) -> Option<Answered>,
    /// How long a client waits at first before it asks again what became of its request, and at most.
    pub lookups_apart: (Duration, Duration),
}

/// Stays with a request until its client knows what became of it, or loses give_up_after. Returns what it knows, and how often it
/// has sent.
pub(super) async fn send_until_decided(
    ask: &PreparedRequest,
    kind: &RequestKind,
    transport: &mut impl Transport,
    deadline: Instant,
) -> (Answered, u32) {
    let mut traced = Trace::None;
    let mut attempts = 0;
    let mut pause = Pause::default();
    loop {
        attempts += 1;
        let (trace, after, said) = match timeout(ANSWER_TIMEOUT, transport.send(&ask.post)).await {
            Ok(Ok(response)) => match (kind.answer)(&response) {
                Answer::Decided(answered) => return (answered, attempts),
                Answer::Pending => match look_up(ask, kind, transport, deadline).await {
                    Some(answered) => return (answered, attempts),
                    None => return (Answered::Unknown { last: "202, never decided".into() }, attempts),
                },
                Answer::NotAccepted(answered) if traced == Trace::None => return (answered, attempts),
                Answer::NotAccepted(answered) => {
                    let deadline = deadline.min(Instant::now() + LOOKUP_LIMIT);
                    let decided = look_up(ask, kind, transport, deadline).await;
                    let unknown = || Answered::Unknown { last: format!("tried, then {answered:?}") };
                    return (decided.unwrap_or_else(unknown), attempts);
                }
                Answer::Again { after, trace, said } => (trace, after, said),
            },
            Ok(Err(error @ WireError::NotSent(_))) => (Trace::None, None, error.to_string()),
            Ok(Err(error @ WireError::NotAnswered(_))) => (Trace::Possible, None, error.to_string()),
            Err(_) => (Trace::Possible, None, "no answer in time".to_owned()),
        };
        if trace == Trace::Possible {
            traced = Trace::Possible;
        }
        if Instant::now() >= deadline {
            return (Answered::Unknown { last: said }, attempts);
        }
        sleep(pause.next(after)).await;
    }
}

/// Asks what became of a request until somebody knows.
async fn look_up(
    ask: &PreparedRequest,
    kind: &RequestKind,
    transport: &mut impl Transport,
    deadline: Instant,
) -> Option<Answered> {
    let (mut apart, most) = kind.lookups_apart;
    while Instant::now() < deadline {
        if let Ok(Ok(response)) = timeout(ANSWER_TIMEOUT, transport.send(&ask.lookup)).await
            && let Some(answered) = (kind.lookup)(&response)
        {
            return Some(answered);
        }
        sleep(apart).await;
        apart = (apart * 2).min(most);
    }
    None
}

/// How long to wait before trying again: as ingress says, and up to half on top; else by a back-off of its own. Either way clients who
/// were turned away together do not come back together.
pub(super) struct Pause(Backoff);

impl Default for Pause {
    fn default() -> Self {
        Self(Backoff::half_jitter(Duration::from_millis(30), Duration::from_millis(750)))
    }
}

impl Pause {
    /// The next pause.
    pub(super) fn next(&mut self, answered: Option<Duration>) -> Duration {
        let own = self.0.pause();
        answered.map_or(own, |answered| answered.min(LONGEST_TOLD).mul_f64(1.0 + fastrand::f64() / 2.0))
    }
}
