//! A server's address. Without TLS only a loopback address will do: keys travel with calls, and what comes back is believed.

use std::net::IpAddr;

/// Where a server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Address {
    /// Name or address.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// Whether to speak TLS.
    pub(crate) secure: Secure,
    /// Goes before every path, without a slash at its end.
    pub(crate) prefix: String,
}

/// Whether TLS is spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Secure {
    /// It is.
    Tls,
    /// It is not: a stub on this machine.
    Plain,
}

/// Why a text is no such address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("must begin with https:// (or http:// for a stub on this machine)")]
    Scheme,
    #[error("must name a host, and a port if it is not the usual one; no user, query or fragment")]
    Host,
    #[error("must begin with https://: without TLS only a loopback address will do")]
    Exposed,
}

impl Address {
    /// Reads `https://host[:port][/prefix]`.
    pub(crate) fn parse(url: &str) -> Result<Self, AddressError> {
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
        if secure == Secure::Plain && !address.is_loopback() {
            return Err(AddressError::Exposed);
        }
        Ok(address)
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The `Host` header.
    pub(crate) fn authority(&self) -> String {
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
    use super::{Address, AddressError, Secure};

    #[test]
    fn addresses_are_read() {
        for (url, host, port, secure, prefix, authority) in [
            ("https://api.tosspayments.com", "api.tosspayments.com", 443, Secure::Tls, "", "api.tosspayments.com"),
            ("https://proxy:8443/toss/", "proxy", 8443, Secure::Tls, "/toss", "proxy:8443"),
            ("http://127.0.0.1:30771", "127.0.0.1", 30771, Secure::Plain, "", "127.0.0.1:30771"),
            ("http://[::1]:30771/", "::1", 30771, Secure::Plain, "", "[::1]:30771"),
            ("http://localhost", "localhost", 80, Secure::Plain, "", "localhost"),
        ] {
            let address = Address::parse(url).unwrap();
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
            assert_eq!(Address::parse(url), Err(error), "{url}");
        }
    }
}
