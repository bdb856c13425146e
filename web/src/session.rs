//! Sessions of a browser: a signed cookie that says who asks and until when. For what a browser cannot send a header with, such as an
//! `EventSource`. Nothing is stored: every process that has the secrets accepts a session, and a restart ends none.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::COOKIE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::now_seconds;
use crate::signed::Signer;
use crate::token::{LARGEST_TOKEN, Secrets, TokenError};

/// What sessions are signed for, so that no signature of a token is one of a session.
const PURPOSE: &str = "session";

/// Two processes may read clocks that differ by so much, seconds.
const CLOCKS_DIFFER_BY: u64 = 60;

/// Signs and verifies sessions.
pub struct Sessions {
    cookie: &'static str,
    signer: Signer,
    lasts: Duration,
    is_secure: bool,
}

/// What a cookie holds.
#[derive(Serialize, Deserialize)]
struct Content<C> {
    /// Who asks.
    claims: C,
    /// Until when, seconds since 1970.
    until: u64,
}

impl Sessions {
    /// Sessions in the cookie of this name, signed with the first secret, accepted with any. `is_secure` keeps the cookie off connections
    /// without TLS.
    #[must_use]
    pub fn new(cookie: &'static str, secrets: &Secrets, lasts: Duration, is_secure: bool) -> Self {
        Self { cookie, signer: Signer::new(PURPOSE, secrets), lasts, is_secure }
    }

    /// The `Set-Cookie` header of a session that begins now; none when the claims cannot be written.
    #[must_use]
    pub fn begin<C: Serialize>(&self, claims: C) -> Option<String> {
        self.begin_at(claims, now_seconds())
    }

    fn begin_at<C: Serialize>(&self, claims: C, now: u64) -> Option<String> {
        let content = Content { claims, until: now.saturating_add(self.lasts.as_secs()) };
        let value = self.signer.sign(&serde_json::to_vec(&content).ok()?)?;
        Some(self.cookie(&value, self.lasts.as_secs()))
    }

    /// The `Set-Cookie` header that ends a session.
    #[must_use]
    pub fn end(&self) -> String {
        self.cookie("", 0)
    }

    fn cookie(&self, value: &str, seconds: u64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict{secure}", self.cookie)
    }

    /// Who asks, as the cookie says.
    ///
    /// # Errors
    /// [`TokenError::Missing`] without the cookie, [`TokenError::Invalid`] when it is forged, over or not one.
    pub fn claims<C: DeserializeOwned>(&self, headers: &HeaderMap) -> Result<C, TokenError> {
        self.claims_at(headers, now_seconds())
    }

    fn claims_at<C: DeserializeOwned>(&self, headers: &HeaderMap, now: u64) -> Result<C, TokenError> {
        let value = self.value(headers).ok_or(TokenError::Missing)?;
        if value.len() > LARGEST_TOKEN {
            return Err(TokenError::Invalid);
        }
        let content = self.signer.verified(value).ok_or(TokenError::Invalid)?;
        let content: Content<C> = serde_json::from_slice(&content).map_err(|_| TokenError::Invalid)?;
        // One that lasts longer than any can was begun before the clock was set back: it would outlive its time.
        let latest = now.saturating_add(self.lasts.as_secs()).saturating_add(CLOCKS_DIFFER_BY);
        if (now + 1..=latest).contains(&content.until) { Ok(content.claims) } else { Err(TokenError::Invalid) }
    }

    /// The cookie's value, of the first that has its name.
    fn value<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hyper::header::HeaderValue;

    use super::*;
    use crate::token::Secret;

    fn sessions(secrets: &[&str], lasts: u64) -> Sessions {
        let secrets = secrets.iter().map(|word| Secret::new(word.repeat(32)).unwrap()).collect();
        Sessions::new("who", &Secrets::new(secrets).unwrap(), Duration::from_secs(lasts), false)
    }

    fn sent(set: &str) -> HeaderMap {
        let value = set.split(';').next().unwrap();
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&format!("a=b; {value}; c=d")).unwrap())])
    }

    #[test]
    fn a_session_says_who_asks_until_it_is_over() {
        let sessions = sessions(&["a"], 60);
        let set = sessions.begin("kim").unwrap();
        assert!(set.ends_with("; Max-Age=60; Path=/; HttpOnly; SameSite=Strict"), "{set}");
        assert_eq!(sessions.claims::<String>(&sent(&set)), Ok("kim".to_owned()));
        assert_eq!(sessions.claims::<String>(&HeaderMap::new()), Err(TokenError::Missing));
        assert_eq!(sessions.claims::<String>(&sent(&sessions.end())), Err(TokenError::Invalid));
        assert_eq!(sessions.claims::<u32>(&sent(&set)), Err(TokenError::Invalid), "other claims than these");
        let over = super::Sessions { lasts: Duration::ZERO, ..self::sessions(&["a"], 0) };
        assert_eq!(over.claims::<String>(&sent(&over.begin("kim").unwrap())), Err(TokenError::Invalid));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_session_last_longer() {
        let sessions = sessions(&["a"], 900);
        let headers = sent(&sessions.begin_at("kim", 100_000).unwrap());
        for (now, is_good) in [
            (100_000, true),
            (100_899, true),
            (100_900, false),
            (99_940, true),
            (99_939, false),
            (100_000 - 3_600, false),
            (0, false),
        ] {
            assert_eq!(sessions.claims_at::<String>(&headers, now).is_ok(), is_good, "{now}");
        }
    }

    #[test]
    fn a_forged_session_is_none() {
        let sessions = sessions(&["a"], 60);
        let set = sessions.begin("kim").unwrap();
        let value = set.split(';').next().unwrap().strip_prefix("who=").unwrap();
        let (content, signature) = value.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(br#"{"claims":"lee","until":99999999999}"#);
        let longer = "x".repeat(LARGEST_TOKEN + 1);
        for forged in [
            format!("{other}.{signature}"),
            format!("{content}.{}", signature.replace(|letter: char| letter.is_ascii_digit(), "_")),
            format!("{content}."),
            content.to_owned(),
            format!(".{signature}"),
            "..".to_owned(),
            "\u{7f}.\u{7f}".to_owned(),
            longer,
        ] {
            let Ok(cookie) = HeaderValue::from_str(&format!("who={forged}")) else { continue };
            let headers = HeaderMap::from_iter([(COOKIE, cookie)]);
            assert_eq!(sessions.claims::<String>(&headers), Err(TokenError::Invalid), "{forged}");
        }
    }

    #[test]
    fn a_secret_can_be_replaced() {
        let set = sessions(&["a"], 60).begin("kim").unwrap();
        assert_eq!(sessions(&["b", "a"], 60).claims::<String>(&sent(&set)), Ok("kim".to_owned()));
        assert_eq!(sessions(&["b"], 60).claims::<String>(&sent(&set)), Err(TokenError::Invalid));
    }
}
