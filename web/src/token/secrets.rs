//! The secrets that sign tokens: one or two at a time, so that one can be replaced while both verify. Where they come from is
//! the binary's business; no message ever shows one.

use std::fmt;

/// One secret of at least 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// The active secrets: a token signed with any of them is accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secrets(Vec<Secret>);

/// Why there are no secrets to work with.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    /// Too easy to guess.
    #[error("a token secret must have at least 32 bytes, got {0}")]
    Short(usize),
    /// None at all, or more than a rotation needs.
    #[error("one or two token secrets must be given, got {0}")]
    Count(usize),
}

impl Secret {
    /// Fewest bytes of a secret: HMAC-SHA256's own strength.
    pub const FEWEST_BYTES: usize = 32;

    /// A secret of these bytes.
    ///
    /// # Errors
    /// [`SecretError::Short`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = bytes.into();
        if bytes.len() < Self::FEWEST_BYTES { Err(SecretError::Short(bytes.len())) } else { Ok(Self(bytes)) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secrets {
    /// These secrets.
    ///
    /// # Errors
    /// [`SecretError::Count`] unless there are one or two.
    pub fn new(secrets: Vec<Secret>) -> Result<Self, SecretError> {
        if matches!(secrets.len(), 1 | 2) { Ok(Self(secrets)) } else { Err(SecretError::Count(secrets.len())) }
    }

    pub(crate) fn all(&self) -> &[Secret] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use super::{Secret, SecretError, Secrets};

    #[test]
    fn a_secret_is_long_and_never_shown() {
        assert_eq!(Secret::new(vec![1; 31]), Err(SecretError::Short(31)));
        let secret = Secret::new("x".repeat(32)).unwrap();
        assert!(!format!("{secret:?} {:?}", Secrets::new(vec![secret.clone()])).contains("xx"));
        assert_eq!(Secrets::new(vec![]), Err(SecretError::Count(0)));
        assert_eq!(Secrets::new(vec![secret; 3]), Err(SecretError::Count(3)));
    }
}
