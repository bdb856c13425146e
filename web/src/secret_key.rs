//! A key that proves who calls. Shown nowhere: neither in a log line nor in an error.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;

/// A secret key of a service, such as `test_sk_…`, sent as the user of HTTP Basic authentication.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

impl SecretKey {
    /// The key of a local stub. Everybody knows it.
    pub const OF_A_STUB: &'static str = "test_sk_timesale_stub_known_to_everybody";

    /// Keeps a key.
    ///
    /// # Errors
    /// [`KeyError`] when the text cannot be a key.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let is_key =
            (8..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if is_key { Ok(Self(text.to_owned())) } else { Err(KeyError) }
    }

    /// The `Authorization` header: the key is the user's name, and the password is empty.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        basic_authorization(&self.0)
    }

    /// The header's text, for a server to compare with.
    #[must_use]
    pub fn basic(&self) -> String {
        basic(&self.0)
    }

    /// Whether it is a key for tests, under which no money moves.
    #[must_use]
    pub fn is_for_tests(&self) -> bool {
        self.0.starts_with("test_")
    }
}

/// The `Authorization` header of a key that nobody has checked.
#[must_use]
pub fn basic_authorization(key: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(&basic(key)).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

fn basic(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:")))
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The text cannot be a key; it is not repeated here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a secret key has 8 to 200 printable characters and no ':'")]
pub struct KeyError;

#[cfg(test)]
mod tests {
    use super::SecretKey;

    #[test]
    fn the_colon_that_the_provider_wants_is_there() {
        // The provider's own example.
        let key = SecretKey::new("test_sk_zXLkKEypNArWmo50nX3lmeaxYG5R").unwrap();
        assert_eq!(key.basic(), "Basic dGVzdF9za196WExrS0V5cE5BcldtbzUwblgzbG1lYXhZRzVSOg==");
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = SecretKey::new("live_sk_tiger").unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
        assert_eq!(format!("{:?}", key.authorization()), "Sensitive");
        for text in ["", "short", "with space inside", "with:colon:inside", "zeilen\nende-----"] {
            let error = SecretKey::new(text).unwrap_err();
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }
}
