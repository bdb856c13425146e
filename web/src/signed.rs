//! Signed text: content that a client is given and brings back unchanged, or it is not taken.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use crate::token::Secrets;

/// Signs content for one purpose and verifies it: HMAC-SHA256 under the installation's secrets, as `CONTENT.SIGNATURE`, both in base64url.
/// What was signed for one purpose is never taken for another. The content can be read by whoever has it.
pub struct Signer {
    /// Stands before everything that is signed.
    purpose: &'static str,
    keys: Vec<hmac::Key>,
}

impl Signer {
    /// Signs with the first secret, accepts with any.
    #[must_use]
    pub fn new(purpose: &'static str, secrets: &Secrets) -> Self {
        let keys = secrets.all().iter().map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())).collect();
        Self { purpose, keys }
    }

    /// The content with its signature; none without a secret.
    #[must_use]
    pub fn sign(&self, content: &[u8]) -> Option<String> {
        let mut text = URL_SAFE_NO_PAD.encode(content);
        let signature = hmac::sign(self.keys.first()?, &self.message(&text));
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Some(text)
    }

    /// The content of what was signed here; none when it is forged, cut, or no signed text at all.
    #[must_use]
    pub fn verified(&self, text: &str) -> Option<Vec<u8>> {
        let (content, signature) = text.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let message = self.message(content);
        let is_ours = self.keys.iter().any(|key| hmac::verify(key, &message, &signature).is_ok());
        if is_ours { URL_SAFE_NO_PAD.decode(content).ok() } else { None }
    }

    fn message(&self, content: &str) -> Vec<u8> {
        [self.purpose.as_bytes(), b"\0", content.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Secret;

    fn signer(purpose: &'static str, secrets: &[&str]) -> Signer {
        let secrets = secrets.iter().map(|word| Secret::new(word.repeat(32)).unwrap()).collect();
        Signer::new(purpose, &Secrets::new(secrets).unwrap())
    }

    #[test]
    fn content_comes_back_as_it_was_or_not_at_all() {
        let ours = signer("a", &["x"]);
        let text = ours.sign(b"content\0\xff").unwrap();
        assert_eq!(ours.verified(&text).as_deref(), Some(b"content\0\xff".as_slice()));
        assert_eq!(signer("a", &["y", "x"]).verified(&text).as_deref(), Some(b"content\0\xff".as_slice()), "rotated");
        assert_eq!(signer("b", &["x"]).verified(&text), None, "another purpose");
        assert_eq!(signer("a", &["y"]).verified(&text), None, "another secret");
        for end in 0..text.len() {
            assert_eq!(ours.verified(&text[..end]), None, "cut after {end}");
        }
        for place in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(ours.verified(&forged), None, "{forged}");
        }
        assert_eq!(ours.verified(&format!("{text}A")), None);
    }
}
