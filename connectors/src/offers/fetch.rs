//! One call to a price server: what it offers, or that nothing has changed since it was asked last.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use hyper::{Request, StatusCode};
use web::client::{CallError, Client, status_outcome};

use super::answer::Answer;
use super::token::AccessToken;

/// Where a server says what it offers.
const PATH: &str = "/v1/offers";
/// Longest entity tag that is kept, bytes.
const LONGEST_TAG: usize = 512;
/// However long a server wants to be left alone, it is asked again after this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// A price server.
pub(crate) struct Fetcher {
    pool: Client,
    within: Duration,
    token: Option<AccessToken>,
    /// Names the answer that was taken last.
    tag: Option<HeaderValue>,
}

/// What a call brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fetched {
    /// All that it offers, and the name of that answer.
    Offers(Answer, Option<HeaderValue>),
    /// What was taken last still holds.
    Unchanged,
}

/// Why a call has brought nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The server does not say what it offers.
    Refused {
        /// Its HTTP status.
        status: u16,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// It brought no answer that can be used.
    Silent(CallError),
    /// What came cannot be read.
    Unreadable,
}

impl Fetcher {
    /// A server behind these connections, which has `within` for a whole answer.
    pub(crate) fn new(pool: Client, within: Duration, token: Option<AccessToken>) -> Self {
        Self { pool, within, token, tag: None }
    }

    /// Asks.
    pub(crate) async fn fetch(&self) -> Result<Fetched, Failure> {
        let request = |prefix: &str| {
            let mut request = Request::get(format!("{prefix}{PATH}")).header(ACCEPT, "application/json");
            if let Some(token) = &self.token {
                request = request.header(AUTHORIZATION, token.authorization());
            }
            if let Some(tag) = &self.tag {
                request = request.header(IF_NONE_MATCH, tag.clone());
            }
            request.body(Full::new(Bytes::new())).ok()
        };
        let answer = self.pool.call(request, self.within).await.map_err(Failure::Silent)?;
        match answer.status {
            StatusCode::OK => {
                let (tag, body) = (tag(&answer.headers), answer.body);
                // A large answer takes a moment to read: nobody else waits for it.
                let read = tokio::task::spawn_blocking(move || Answer::read(&body)).await;
                let answer = read.ok().flatten().ok_or(Failure::Unreadable)?;
                Ok(Fetched::Offers(answer, tag))
            }
            StatusCode::NOT_MODIFIED if self.tag.is_some() => Ok(Fetched::Unchanged),
            status => Err(Failure::Refused { status: status.as_u16(), retry_after: retry_after(&answer.headers) }),
        }
    }

    /// An answer was taken: the next call asks for what has changed since.
    pub(crate) fn taken(&mut self, tag: Option<HeaderValue>) {
        self.tag = tag;
    }
}

impl Failure {
    /// How the call ended, for metrics and log lines.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { status, .. } => status_outcome(*status),
            Self::Silent(silence) => silence.name(),
            Self::Unreadable => "unreadable",
        }
    }

    /// How long the server wants to be left alone.
    pub(crate) fn retry_after(&self) -> Duration {
        match self {
            Self::Refused { retry_after: Some(after), .. } => *after,
            _ => Duration::ZERO,
        }
    }
}

fn tag(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(ETAG).filter(|tag| (1..=LONGEST_TAG).contains(&tag.len())).cloned()
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}
