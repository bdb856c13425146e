//! The smallest client that can read the provider's books: a connection for each page, over TLS unless it is a stand-in.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use events::time::Timestamp;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The provider wants a client to wait this long for a list.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a page is asked for, and how long after a failure.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// Why the provider's books could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address cannot be one.
    #[error("--provider must be https://host[:port], or http:// for a stand-in")]
    Address,
    /// No connection, or it broke.
    #[error("the payment provider: {0}")]
    Io(#[from] std::io::Error),
    /// Not HTTP.
    #[error("the payment provider: {0}")]
    Http(#[from] hyper::Error),
    /// No answer in time.
    #[error("the payment provider does not answer within {} s", PATIENCE.as_secs())]
    Slow,
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
            Self::Io(_) | Self::Http(_) => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::Address | Self::Slow | Self::Unreadable(_) => false,
        }
    }
}

/// Whether to speak TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Secure {
    Tls,
    Plain,
}

/// Asks the provider.
pub(super) struct Client {
    secure: Secure,
    host: String,
    port: u16,
    prefix: String,
    authorization: String,
}

impl Client {
    /// A client of this address; nothing is opened yet.
    ///
    /// # Errors
    /// [`ProviderError::Address`].
    pub(super) fn new(url: &str, key: &str) -> Result<Self, ProviderError> {
        let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (Secure::Tls, rest),
            (None, Some(rest)) => (Secure::Plain, rest),
            (None, None) => return Err(ProviderError::Address),
        };
        let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let usual = if secure == Secure::Tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| ProviderError::Address)?),
            None => (authority, usual),
        };
        if host.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'?' | b'#')) {
            return Err(ProviderError::Address);
        }
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            prefix: prefix.trim_end_matches('/').to_owned(),
            authorization: format!("Basic {}", STANDARD.encode(format!("{key}:"))),
        })
    }

    /// Whether it is a stand-in: the provider itself speaks TLS only.
    pub(super) fn is_stand_in(&self) -> bool {
        self.secure == Secure::Plain
    }

    /// Asks for a page, again when the provider is unwell: it may be on purpose, in the middle of a test.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProviderError> {
        let mut attempt = 1;
        loop {
            let asked = timeout(PATIENCE, self.ask(path)).await.unwrap_or(Err(ProviderError::Slow));
            match asked {
                Ok(body) => return Ok(serde_json::from_slice(&body)?),
                Err(error) if attempt == ATTEMPTS || !error.is_passing() => return Err(error),
                Err(_) => attempt += 1,
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask(&self, path: &str) -> Result<Bytes, ProviderError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let request = Request::get(format!("{}{path}", self.prefix))
            .header(HOST, format!("{}:{}", self.host, self.port))
            .header(AUTHORIZATION, &self.authorization)
            .body(Empty::new())
            .map_err(|_| ProviderError::Address)?;
        match self.secure {
            Secure::Plain => exchange(stream, request).await,
            Secure::Tls => {
                let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
                let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
                let name = ServerName::try_from(self.host.clone()).map_err(|_| ProviderError::Address)?;
                exchange(TlsConnector::from(Arc::new(config)).connect(name, stream).await?, request).await
            }
        }
    }
}

async fn exchange<S>(stream: S, request: Request<Empty<Bytes>>) -> Result<Bytes, ProviderError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The other half ends with the sender.
    let connection = tokio::spawn(connection);
    let answer: hyper::Response<Incoming> = sender.send_request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    connection.abort();
    if status.is_success() { Ok(body) } else { Err(ProviderError::Status(status.as_u16())) }
}

/// Korea's clock without an offset, whole seconds, which the provider's queries take. Korea keeps one offset all year.
pub(super) fn local(at: Timestamp) -> String {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let local = at.as_millis() + 9 * 60 * 60 * 1_000;
    let (year, month, day) = civil(local.div_euclid(DAY_MS));
    let seconds = local.rem_euclid(DAY_MS) / 1_000;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a day since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
