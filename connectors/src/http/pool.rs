//! Connections that are used again: as many at a time as calls are under way, the most recently used first.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HOST, HeaderMap};
use hyper::{Request, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::connect::Connector;

/// Largest answer that is read unless somebody has said otherwise, bytes.
const LARGEST: usize = 8 * 1024 * 1024;
/// A connection unused for longer is not used again: the server may be about to close it.
const STALE: Duration = Duration::from_secs(20);
/// Most connections that are kept for later.
const KEPT: usize = 128;

type Sender = SendRequest<Full<Bytes>>;

/// What the server has said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

/// Why the server has said nothing that can be used. A call that was sent may have been carried out all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Silence {
    /// No connection.
    Unreachable,
    /// No whole answer within the time.
    TimedOut,
    /// The connection broke, or what came was no HTTP.
    Broken,
    /// The answer was larger than what is read.
    TooLarge,
}

impl Silence {
    /// Its name, for metrics and log lines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
            Self::TooLarge => "too_large",
        }
    }
}

/// How a call ended that a server has answered with an error, for metrics and log lines.
pub(crate) fn refusal_name(status: u16) -> &'static str {
    match status {
        429 => "rate_limited",
        500.. => "server_error",
        _ => "refused",
    }
}

/// Connections to one server.
pub(crate) struct Pool {
    connector: Connector,
    connect_within: Duration,
    largest: usize,
    idle: Mutex<Vec<(Sender, Instant)>>,
}

impl Pool {
    pub(crate) fn new(connector: Connector, connect_within: Duration) -> Self {
        Self { connector, connect_within, largest: LARGEST, idle: Mutex::default() }
    }

    /// The same, but no answer of more bytes than this is read.
    pub(crate) fn with_largest(mut self, largest: usize) -> Self {
        self.largest = largest;
        self
    }

    /// Sends a call, `within` at most for the answer. `request` makes the call anew when a kept connection turned out to be
    /// closed before anything was sent on it.
    pub(crate) async fn call(
        &self,
        request: impl Fn(&str) -> Option<Request<Full<Bytes>>>,
        within: Duration,
    ) -> Result<Answer, Silence> {
        let make = || {
            let mut request = request(&self.connector.address().prefix)?;
            let host = self.connector.address().authority().parse().ok()?;
            request.headers_mut().insert(HOST, host);
            Some(request)
        };
        loop {
            let kept = self.take();
            let was_kept = kept.is_some();
            let mut sender = match kept {
                Some(sender) => sender,
                None => self.open().await?,
            };
            let request = make().ok_or(Silence::Broken)?;
            let deadline = Instant::now() + within;
            let response = match timeout_at(deadline, sender.try_send_request(request)).await {
                Err(_) => return Err(Silence::TimedOut),
                Ok(Ok(response)) => response,
                Ok(Err(mut failed)) => match failed.take_message() {
                    // It was handed back unsent: another connection may do it.
                    Some(_) if was_kept => continue,
                    _ => return Err(Silence::Broken),
                },
            };
            let (head, body) = response.into_parts();
            if body.size_hint().lower() > u64::try_from(self.largest).unwrap_or(u64::MAX) {
                return Err(Silence::TooLarge);
            }
            let body = Limited::new(body, self.largest);
            return match timeout_at(deadline, body.collect()).await {
                Err(_) => Err(Silence::TimedOut),
                Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Silence::TooLarge),
                Ok(Err(_)) => Err(Silence::Broken),
                Ok(Ok(body)) => {
                    self.keep(sender);
                    Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
                }
            };
        }
    }

    async fn open(&self) -> Result<Sender, Silence> {
        match tokio::time::timeout(self.connect_within, self.connector.open()).await {
            Ok(Ok(sender)) => Ok(sender),
            Ok(Err(error)) => {
                tracing::debug!(%error, "no connection");
                Err(Silence::Unreachable)
            }
            Err(_) => Err(Silence::Unreachable),
        }
    }

    fn take(&self) -> Option<Sender> {
        let mut idle = self.idle();
        while let Some((sender, since)) = idle.pop() {
            if since.elapsed() < STALE && sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle();
        if !sender.is_closed() && idle.len() < KEPT {
            idle.push((sender, Instant::now()));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Sender, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
