//! The token that the payment provider must send along: the one secret that travels in a path, because the provider offers
//! nothing better. Kept and compared as its hash, which takes the same time for any guess.

use std::fmt;
use std::path::Path;

/// What `?token=` must be.
pub(crate) struct WebhookToken(blake3::Hash);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum WebhookTokenError {
    /// The file cannot be read.
    #[error("the file of the webhooks' token cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Too short, too long, or not safe in a path.
    #[error("a webhooks' token must have 16 to 128 letters, digits, '-' or '_'")]
    Form,
}

impl WebhookToken {
    /// The token in a file; white space around it does not count.
    ///
    /// # Errors
    /// [`WebhookTokenError`].
    pub(crate) fn of_file(path: &Path) -> Result<Self, WebhookTokenError> {
        let text = std::fs::read_to_string(path)?;
        Self::new(text.trim())
    }

    /// The token with this text.
    ///
    /// # Errors
    /// [`WebhookTokenError::Form`].
    pub(crate) fn new(text: &str) -> Result<Self, WebhookTokenError> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (16..=128).contains(&text.len()) && text.bytes().all(legal) {
            Ok(Self(blake3::hash(text.as_bytes())))
        } else {
            Err(WebhookTokenError::Form)
        }
    }

    /// Whether a query names the token, once.
    pub(crate) fn is_in(&self, query: &str) -> bool {
        let mut given = query.split('&').filter_map(|pair| pair.strip_prefix("token="));
        match (given.next(), given.next()) {
            (Some(token), None) => blake3::hash(token.as_bytes()) == self.0,
            _ => false,
        }
    }
}

impl fmt::Debug for WebhookToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookToken(…)")
    }
}
