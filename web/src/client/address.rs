//! The address of a server: `https://host[:port][/prefix]`, or `http://` where cleartext is permitted.

use std::net::IpAddr;

/// Where a server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether to speak TLS.
    pub(super) secure: Secure,
    /// Goes before every path, without a slash at its end.
    pub prefix: String,
}

/// Whether TLS is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Secure {
    /// HTTP over TLS.
    Tls,
    /// HTTP over TCP.
    Plain,
}

/// Where `http://` is permitted. A key that travels with a call, and an answer that is believed, need TLS beyond this machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cleartext {
    /// To a loopback address only.
    Loopback,
    /// To any address, as to a stub in another container.
    Anywhere,
}

/// Why a text is no address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// Neither `https://` nor `http://`.
    #[error("must begin with https:// (or http:// for a stub on this machine)")]
    Scheme,
    /// No host, a port that is none, or something that may not be there.
    #[error("must name a host, and a port if it is not the usual one; no user, query or fragment")]
    Host,
    /// `http://` to where it is not permitted.
    #[error("must begin with https://: without TLS only a loopback address will do")]
    Exposed,
}

impl Address {
    /// Reads `https://host[:port][/prefix]`, or the same with `http://` where `cleartext` permits it.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong with the text.
    pub fn parse(url: &str, cleartext: Cleartext) -> Result<Self, AddressError> {
        let (secure, rest) = if let Some(rest) = url.strip_prefix("https://") {
            (Secure::Tls, rest)
        } else if let Some(rest) = url.strip_prefix("http://") {
            (Secure::Plain, rest)
        } else {
            return Err(AddressError::Scheme);
        };
        let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let legal = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'?' | b'#' | b'\\' | b'"');
        if !rest.bytes().all(legal) {
            return Err(AddressError::Host);
        }
        let (host, port) = split_port(authority).ok_or(AddressError::Host)?;
        let port = match (port, secure) {
            (Some(port), _) => port,
            (None, Secure::Tls) => 443,
            (None, Secure::Plain) => 80,
        };
        let address = Self { host: host.to_owned(), port, secure, prefix: prefix.trim_end_matches('/').to_owned() };
        if secure == Secure::Plain && cleartext == Cleartext::Loopback && !address.is_loopback() {
            return Err(AddressError::Exposed);
        }
        Ok(address)
    }

    /// Whether the server is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether calls are encrypted.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure == Secure::Tls
    }

    /// The `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.secure, self.port) {
            (Secure::Tls, 443) | (Secure::Plain, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match tail.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None if tail.is_empty() => Some((host, None)),
            None => None,
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port > 0)?)),
        None => (authority, None),
    };
    let is_host =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError, Cleartext, Secure};

    #[test]
    fn addresses_are_read() {
        for (url, host, port, secure, prefix, authority) in [
            ("https://api.tosspayments.com", "api.tosspayments.com", 443, Secure::Tls, "", "api.tosspayments.com"),
            ("https://proxy:8443/toss/", "proxy", 8443, Secure::Tls, "/toss", "proxy:8443"),
            ("http://127.0.0.1:30771", "127.0.0.1", 30771, Secure::Plain, "", "127.0.0.1:30771"),
            ("http://[::1]:30771/", "::1", 30771, Secure::Plain, "", "[::1]:30771"),
            ("http://localhost", "localhost", 80, Secure::Plain, "", "localhost"),
        ] {
            let address = Address::parse(url, Cleartext::Loopback).unwrap();
            let expected = Address { host: host.into(), port, secure, prefix: prefix.into() };
            assert_eq!(address, expected, "{url}");
            assert_eq!(address.authority(), authority);
        }
    }

    #[test]
    fn a_key_is_not_sent_in_the_open() {
        for (url, error) in [
            ("api.tosspayments.com", AddressError::Scheme),
            ("ftp://api.tosspayments.com", AddressError::Scheme),
            ("http://api.tosspayments.com", AddressError::Exposed),
            ("http://10.0.0.1:80", AddressError::Exposed),
            ("https://", AddressError::Host),
            ("https://host:0", AddressError::Host),
            ("https://host:99999", AddressError::Host),
            ("https://user@host", AddressError::Host),
            ("https://host/path?query", AddressError::Host),
            ("https://[::1", AddressError::Host),
        ] {
            assert_eq!(Address::parse(url, Cleartext::Loopback), Err(error), "{url}");
        }
    }

    #[test]
    fn cleartext_may_be_permitted_anywhere() {
        let address = Address::parse("http://toss-stub:8090", Cleartext::Anywhere).unwrap();
        assert_eq!((address.authority().as_str(), address.is_secure()), ("toss-stub:8090", false));
    }
}
