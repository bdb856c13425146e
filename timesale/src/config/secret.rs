//! Values that must never be shown: printed as fingerprints, so that two processes can still be compared.

use std::fmt;

use events::request::Fingerprint;

/// A secret; its text is reached by [`Secret::expose`] only.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// 32 bits of a hash: enough to see that two values differ, too little to find the value.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret:{:08x}", Fingerprint::of(self.0.as_bytes()).as_u64() & 0xffff_ffff)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A connection URL with its password, if it has one, replaced by the password's fingerprint.
pub(crate) fn redact_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return Secret::new(url).to_string() };
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    let Some((user_info, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    match user_info.split_once(':') {
        Some((user, password)) => format!("{scheme}://{user}:{}@{host}{tail}", Secret::new(password)),
        None => url.to_owned(),
    }
}
