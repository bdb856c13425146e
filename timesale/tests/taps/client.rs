//! A small HTTP client that can stop anywhere: heads, chunks, events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Who calls.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) token: String,
}

/// An answer whose head has come.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    stream: BufReader<TcpStream>,
    is_chunked: bool,
    left: usize,
    /// Whether the body has come to its proper end.
    pub(crate) is_whole: bool,
}

/// A server-sent event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Client {
    /// Asks, and reads the head.
    pub(crate) fn open(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let bytes: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        self.open_bytes(path.as_bytes(), &bytes).expect("an answer")
    }

    /// The same with any bytes. None when the connection is closed without an answer.
    pub(crate) fn open_bytes(&self, path: &[u8], headers: &[(&str, &[u8])]) -> Option<Response> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut head = [b"GET ", path, b" HTTP/1.1\r\nhost: x\r\n"].concat();
        if !self.token.is_empty() {
            head.extend_from_slice(format!("authorization: Bearer {}\r\n", self.token).as_bytes());
        }
        for (name, value) in headers {
            head.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head.extend_from_slice(b"connection: close\r\n\r\n");
        stream.write_all(&head).unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let is_chunked = head.contains("transfer-encoding: chunked");
        Some(Response { status, head, stream, is_chunked, left: length.unwrap_or(0), is_whole: false })
    }

    /// Asks, and reads everything.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.open(path, headers)
    }

    /// Status and body of an answer of JSON.
    pub(crate) fn json(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let mut response = self.open(path, headers);
        let body = response.rest();
        (response.status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// The code of a refusal.
    pub(crate) fn code(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let (status, body) = self.json(path, headers);
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

impl Response {
    /// The rest of the body, as far as it comes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        if self.read_to_end(&mut body).is_err() {
            self.is_whole = false;
        }
        body
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8(self.rest()).unwrap()
    }

    /// Ends the connection at once.
    pub(crate) fn cut(self) {
        drop(self.stream.into_inner().shutdown(std::net::Shutdown::Both));
    }

    /// The next event; none at the end.
    pub(crate) fn event(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                _ if line.is_empty() && !event.name.is_empty() => return Some(event),
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                _ => {}
            }
        }
    }

    /// The next line without its end; none at the end of the body.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            match self.read(&mut byte) {
                Ok(1) if byte[0] == b'\n' => return Some(String::from_utf8(line).unwrap()),
                Ok(1) => line.push(byte[0]),
                _ => return None,
            }
        }
    }

    fn chunk(&mut self) -> std::io::Result<()> {
        let mut line = String::new();
        while line.trim().is_empty() {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.left = usize::from_str_radix(line.trim(), 16).unwrap();
        self.is_whole = self.left == 0;
        Ok(())
    }
}

/// The body, without its chunks.
impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 && self.is_chunked && !self.is_whole {
            self.chunk()?;
        }
        let most = buffer.len().min(self.left);
        let count = self.stream.read(&mut buffer[..most])?;
        self.left -= count;
        if !self.is_chunked && self.left == 0 {
            self.is_whole = true;
        }
        Ok(count)
    }
}
