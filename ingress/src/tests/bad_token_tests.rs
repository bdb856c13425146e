//! Every bad token on every route: 401 or 403, exactly, and nothing in the log.

use serde_json::{Value, json};

use super::bad_input_tests::{all_refused, bare};
use super::fixture::*;
use crate::routes::{Access, TABLE};

/// Authorisation headers that no route with a token may accept.
fn bad_authorisations() -> Vec<(String, Vec<String>)> {
    use jsonwebtoken::Algorithm::{HS256, HS384, HS512};
    let mut bad: Vec<(String, Vec<String>)> = vec![("none".into(), vec![])];
    let mut add = |name: &str, value: String| bad.push((name.to_owned(), vec![value]));
    let good_token = token("kim", &["shopper", "operator"]);
    for scheme in ["", "Basic ", "Token ", "bearer", "Bearer\t", "Digest "] {
        add(&format!("scheme {scheme:?}"), format!("{scheme}{good_token}"));
    }
    for text in ["Bearer", "Bearer ", "Bearer .", "Bearer ..", "Bearer a.b.c", "Bearer null", "Bearer undefined"] {
        add(text, text.to_owned());
    }
    let with = |name: &str, value: Value| {
        let mut changed = claims("kim", &["shopper", "operator"]);
        changed[name] = value;
        format!("Bearer {}", signed(&changed, SECRET, HS256))
    };
    let without = |name: &str| {
        let mut changed = claims("kim", &["shopper", "operator"]);
        changed.as_object_mut().unwrap().remove(name);
        format!("Bearer {}", signed(&changed, SECRET, HS256))
    };
    for name in ["exp", "iss", "aud", "sub"] {
        add(&format!("without {name}"), without(name));
        for value in [json!(null), json!([]), json!({}), json!(true), json!(""), json!("other")] {
            if !(name == "sub" && value == json!("other")) {
                add(&format!("{name} = {value}"), with(name, value));
            }
        }
    }
    add("expired", with("exp", json!(1)));
    add("expired beyond the leeway", with("exp", json!(claims("a", &[])["iat"].as_u64().unwrap() - 31)));
    add("not yet valid", with("nbf", json!(9_999_999_999_u64)));
    add("issued tomorrow", with("iat", json!(claims("a", &[])["iat"].as_u64().unwrap() + 86_400)));
    for sub in ["a b", "../x", "%2e", "k\u{e9}", &"a".repeat(65), "a\nb", "'; drop table coupons; --"] {
        add(&format!("sub {sub:?}"), with("sub", json!(sub)));
    }
    add("segments of another shape", with("segments", json!("vip")));
    add("too many segments", with("segments", json!((0..33).map(|number| format!("s{number}")).collect::<Vec<_>>())));
    add("roles of another shape", with("roles", json!("operator")));
    let good_claims = claims("kim", &["shopper", "operator"]);
    add("another secret", format!("Bearer {}", signed(&good_claims, b"not the secret of anybody, 32 bytes", HS256)));
    add("an empty secret", format!("Bearer {}", signed(&good_claims, b"", HS256)));
    add("HS384", format!("Bearer {}", signed(&good_claims, SECRET, HS384)));
    add("HS512", format!("Bearer {}", signed(&good_claims, SECRET, HS512)));
    let parts: Vec<&str> = good_token.split('.').collect();
    // {"alg":"none"}, {"alg":"None"}, {"alg":"RS256"}, {"alg":"HS256","kid":"../../etc/passwd"}
    for header in [
        "eyJhbGciOiJub25lIn0",
        "eyJhbGciOiJOb25lIn0",
        "eyJhbGciOiJSUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ",
    ] {
        for signature in ["", parts[2]] {
            add("another head", format!("Bearer {header}.{}.{signature}", parts[1]));
        }
    }
    add("cut short", format!("Bearer {}", &good_token[..good_token.len() - 2]));
    add("without its signature", format!("Bearer {}.{}.", parts[0], parts[1]));
    add("a part too many", format!("Bearer {good_token}.x"));
    add("another payload", format!("Bearer {}.{}.{}", parts[0], "eyJzdWIiOiJhIn0", parts[2]));
    add("5 KiB", format!("Bearer {}", "a".repeat(5 * 1024)));
    add("1 MiB", format!("Bearer {}", "a".repeat(1024 * 1024)));
    bad.push(("two".into(), vec![format!("Bearer {good_token}"), format!("Bearer {good_token}")]));
    bad
}

#[tokio::test]
async fn every_route_refuses_every_bad_token() {
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| !matches!(route.access, Access::Anybody | Access::Provider)) {
        for (name, values) in bad_authorisations() {
            let mut asked = bare(route);
            for value in values {
                asked = asked.header("authorization", value);
            }
            corpus.push((format!("{} {name}", route.name), asked));
        }
    }
    let count = all_refused(corpus, |status, code| status == 401 && code.starts_with("TOKEN_")).await;
    assert!(count > 500, "{count}");
}

#[tokio::test]
async fn every_route_asks_for_its_own_role() {
    let mut corpus = Vec::new();
    for route in &TABLE {
        let others: &[&[&str]] = match route.access {
            Access::Shopper => &[&["operator"], &[], &["admin", "Shopper", "shopper "]],
            Access::Operator => &[&["shopper"], &[], &["root", "OPERATOR"]],
            Access::Either => &[&[], &["admin", "Shopper", "OPERATOR"]],
            // A seller that the token does not name is none.
            Access::SellerOrOperator => &[&["shopper"], &[], &["seller"], &["Seller", "OPERATOR"]],
            Access::Anybody | Access::Provider | Access::Caller => &[],
        };
        for roles in others {
            let mut changed = claims("kim", &[]);
            changed["roles"] = json!(roles);
            let token = signed(&changed, SECRET, jsonwebtoken::Algorithm::HS256);
            corpus.push((format!("{} as {roles:?}", route.name), bare(route).bearer(&token)));
        }
    }
    assert_eq!(all_refused(corpus, |status, _| status == 403).await, 64);
}
