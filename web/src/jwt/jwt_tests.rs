//! Tokens that were signed elsewhere are read, and forged ones are not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

use super::{TokenIssuer, install};

/// RFC 7515, appendix A.1: the key, and a token that was signed with it.
const RFC_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const RFC_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn rules(algorithm: Algorithm) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    rules
}

#[test]
fn the_token_of_the_rfc_is_read_and_no_other_signature() {
    install();
    let key = DecodingKey::from_base64_secret(&padded(RFC_KEY)).unwrap();
    let claims = decode::<Value>(RFC_TOKEN, &key, &rules(Algorithm::HS256)).unwrap().claims;
    assert_eq!(claims, json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true}));
    let (message, signature) = RFC_TOKEN.rsplit_once('.').unwrap();
    for forged in [
        format!("{message}."),
        format!("{message}.{}", &signature[..20]),
        format!("{message}.{}", signature.replace('d', "e")),
        format!("{}.{signature}", message.replace("joe", "eve").replace("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJldmUi")),
    ] {
        assert!(decode::<Value>(&forged, &key, &rules(Algorithm::HS256)).is_err(), "{forged}");
    }
}

#[test]
fn every_hash_signs_and_only_the_expected_one_is_read() {
    install();
    let algorithms = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    for signed in algorithms {
        let token = encode(&Header::new(signed), &json!({"sub": "kim"}), &EncodingKey::from_secret(b"secret")).unwrap();
        for expected in algorithms {
            let read = decode::<Value>(&token, &DecodingKey::from_secret(b"secret"), &rules(expected));
            assert_eq!(read.is_ok(), signed == expected, "{signed:?} read as {expected:?}");
        }
        assert!(decode::<Value>(&token, &DecodingKey::from_secret(b"other"), &rules(signed)).is_err());
    }
}

#[test]
fn other_algorithms_are_refused_without_a_panic() {
    install();
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let token = encode(&Header::new(algorithm), &json!({}), &EncodingKey::from_secret(b"secret"));
        assert!(token.is_err(), "{algorithm:?}");
    }
}

#[test]
fn an_issued_token_says_who_and_what_else() {
    let issuer = TokenIssuer::new("secret");
    let custom = json!({"segments": ["gold"]});
    let token = issuer.token_with("kim", &["shopper"], custom, Duration::from_secs(60)).unwrap();
    let claims =
        decode::<Value>(&token, &DecodingKey::from_secret(b"secret"), &rules(Algorithm::HS256)).unwrap().claims;
    assert_eq!(
        (&claims["sub"], &claims["roles"], &claims["segments"]),
        (&json!("kim"), &json!(["shopper"]), &json!(["gold"]))
    );
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    assert!(issuer.token_with("kim", &[], "no object", Duration::ZERO).is_err());
}

/// Base64 as the library wants a key, from base64url.
fn padded(key: &str) -> String {
    format!("{}{}", key.replace('-', "+").replace('_', "/"), "=".repeat((4 - key.len() % 4) % 4))
}
