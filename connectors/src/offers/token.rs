//! What a price server knows us by. Shown nowhere: neither in a log line nor in an error.

use std::fmt;

use hyper::header::HeaderValue;

/// Longest token, bytes.
const LONGEST: usize = 4096;

/// A bearer token for one price server.
#[derive(Clone)]
pub struct AccessToken(HeaderValue);

impl AccessToken {
    /// Keeps a token.
    ///
    /// # Errors
    /// [`TokenError`] when the text cannot be one.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let is_token = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| TokenError)?;
        value.set_sensitive(true);
        if is_token { Ok(Self(value)) } else { Err(TokenError) }
    }

    /// The `Authorization` header.
    pub(crate) fn authorization(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// The text cannot be a token; it is not repeated here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a price server's token has 1 to 4096 printable characters and no spaces")]
pub struct TokenError;

#[cfg(test)]
mod tests {
    use super::AccessToken;

    #[test]
    fn a_token_is_not_shown() {
        let token = AccessToken::new("tiger").unwrap();
        assert_eq!(format!("{token:?} {:?}", token.authorization()), "AccessToken(..) Sensitive");
        assert_eq!(token.authorization().to_str().unwrap(), "Bearer tiger");
        for text in ["", "with space", "zeilen\nende", "kein-ascii-ä", &"x".repeat(4097)] {
            assert!(AccessToken::new(text).is_err(), "{text}");
        }
    }
}
