//! The smallest HTTP/1.1 client that a clients needs: one connection, one request at a time, kept alive. A general client would
//! cost as much per claim as the server that is being measured beside it. Answers must name their length, as ours all do.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer that is read, bytes.
const LONGEST: usize = 1024 * 1024;

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u64>,
    /// Whether the server closes the connection after this answer.
    pub closes: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum WireError {
    /// Nothing was sent: nobody listens.
    NotSent(Error),
    /// Something was sent; what became of it is not known.
    NotAnswered(Error),
}

impl std::fmt::Display for WireError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent(error) => write!(f, "not sent: {error}"),
            Self::NotAnswered(error) => write!(f, "not answered: {error}"),
        }
    }
}

/// A connection that is made when it is needed and made again after it broke.
pub struct Connection {
    to: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    /// A connection to this address; nothing is opened yet.
    #[must_use]
    pub fn to(to: SocketAddr) -> Self {
        Self { to, stream: None, buffer: Vec::new() }
    }

    /// Opens the connection unless it is open.
    ///
    /// # Errors
    /// [`WireError::NotSent`].
    pub async fn open(&mut self) -> Result<(), WireError> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.to).await.map_err(WireError::NotSent)?;
            stream.set_nodelay(true).map_err(WireError::NotSent)?;
            self.stream = Some(stream);
            self.buffer.clear();
        }
        Ok(())
    }

    /// Sends a request and reads its answer. After an error, or when the future is dropped, the connection is made anew.
    ///
    /// # Errors
    /// [`WireError`] tells whether the server may have seen the request.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Response, WireError> {
        self.open().await?;
        // Taken out, so that a future dropped halfway leaves no half-read stream behind.
        let Some(mut stream) = self.stream.take() else {
            return Err(WireError::NotSent(Error::from(ErrorKind::NotConnected)));
        };
        self.buffer.clear();
        stream.write_all(request).await.map_err(WireError::NotAnswered)?;
        let response = loop {
            if let Some(response) = parse(&self.buffer).map_err(WireError::NotAnswered)? {
                break response;
            }
            if stream.read_buf(&mut self.buffer).await.map_err(WireError::NotAnswered)? == 0 {
                return Err(WireError::NotAnswered(Error::from(ErrorKind::UnexpectedEof)));
            }
        };
        if !response.closes {
            self.stream = Some(stream);
        }
        Ok(response)
    }
}

/// Reads an answer off the front of what has arrived; nothing yet when it is not whole.
///
/// # Errors
/// When it is no answer, names no length, or is longer than [`LONGEST`].
fn parse(arrived: &[u8]) -> Result<Option<Response>, Error> {
    let bad = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    let Some(head_end) = arrived.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if arrived.len() > LONGEST { Err(bad("endless header")) } else { Ok(None) };
    };
    let (head, rest) = arrived.split_at(head_end);
    let head = std::str::from_utf8(head).map_err(|_| bad("a header that is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|line| line.get(..3))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| bad("no status line"))?;
    let mut response = Response { status, ..Response::default() };
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("retry-after") {
            response.retry_after = value.parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            response.closes = value.eq_ignore_ascii_case("close");
        }
    }
    let length =
        if status == 204 || status == 304 { 0 } else { length.ok_or_else(|| bad("an answer without its length"))? };
    if length > LONGEST {
        return Err(bad("an answer without reasonable length"));
    }
    Ok(rest.get(4..4 + length).map(|body| Response { body: body.to_vec(), ..response }))
}

#[cfg(test)]
pub(super) fn parse_for_tests(arrived: &[u8]) -> Result<Option<Response>, Error> {
    parse(arrived)
}
