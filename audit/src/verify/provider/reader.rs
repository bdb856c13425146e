//! Reads pages of the provider's books.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{AUTHORIZATION, HeaderValue};
use serde::de::DeserializeOwned;
use tokio::time::sleep;
use web::client::{Address, CallError, Cleartext, Client};
use web::secret_key::basic_authorization;

/// The provider wants a client to wait this long for a list.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Largest page that is read, bytes: a stub shows its whole ledger at once.
const LARGEST: usize = 1 << 30;

/// How often a page is asked for, and how long after a failure.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// Why the provider's books could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address cannot be one.
    #[error("--provider must be https://host[:port], or http:// for a stand-in")]
    Address,
    /// No connection, or no whole answer in time.
    #[error("the payment provider: {0}")]
    Call(CallError),
    /// An answer, but not the one that was asked for. What it says is not repeated.
    #[error("the payment provider answers {0}")]
    Status(u16),
    /// An answer that is none.
    #[error("the payment provider's answer: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl ProviderError {
    /// Whether the same call may succeed a moment later.
    fn is_passing(&self) -> bool {
        match self {
            Self::Call(error) => matches!(error, CallError::Unreachable | CallError::Broken),
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::Address | Self::Unreadable(_) => false,
        }
    }
}

/// Asks the provider.
pub(super) struct Reader {
    client: Client,
    authorization: HeaderValue,
    is_stub: bool,
}

impl Reader {
    /// A reader of this address; nothing is opened yet.
    ///
    /// # Errors
    /// [`ProviderError::Address`].
    pub(super) fn new(url: &str, key: &str) -> Result<Self, ProviderError> {
        let address = Address::parse(url, Cleartext::Anywhere).map_err(|_| ProviderError::Address)?;
        let is_stub = !address.is_secure();
        let client = Client::new(address, CONNECT_WITHIN).map_err(|_| ProviderError::Address)?;
        Ok(Self { client: client.with_largest(LARGEST), authorization: basic_authorization(key), is_stub })
    }

    /// Whether it is a stand-in: the provider itself speaks TLS only.
    pub(super) fn is_stub(&self) -> bool {
        self.is_stub
    }

    /// Asks for a page, again when the provider is unwell: it may be on purpose, in the middle of a test.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProviderError> {
        let mut attempt = 1;
        loop {
            match self.ask(path).await {
                Ok(body) => return Ok(serde_json::from_slice(&body)?),
                Err(error) if attempt == ATTEMPTS || !error.is_passing() => return Err(error),
                Err(_) => attempt += 1,
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask(&self, path: &str) -> Result<Bytes, ProviderError> {
        let request = |prefix: &str| {
            let request = Request::get(format!("{prefix}{path}")).header(AUTHORIZATION, self.authorization.clone());
            request.body(Full::new(Bytes::new())).ok()
        };
        let answer = self.client.call(request, ANSWER_WITHIN).await.map_err(ProviderError::Call)?;
        let is_success = answer.status.is_success();
        if is_success { Ok(answer.body) } else { Err(ProviderError::Status(answer.status.as_u16())) }
    }
}
