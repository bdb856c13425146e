//! The table of routes, the filters and the document say the same.

use std::collections::{BTreeMap, BTreeSet};

use super::bad_input_tests::path_with;
use super::fixture::*;
use crate::openapi::{document, page};
use crate::routes::{Access, TABLE, allowed};

fn path_of(template: &str) -> String {
    path_with(template, "sale", "req_00000000000000000000000000000000", "ord_00000000000000000000000000000000")
}

#[tokio::test]
async fn every_route_of_the_table_is_there_and_no_other_method_is() {
    let fixture = fixture();
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in &TABLE {
        methods.entry(route.template).or_default().insert(route.method.as_str());
    }
    for (template, known) in methods {
        let path = path_of(template);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let answer = fixture.send(ask(method, &path)).await;
            let is_known = known.contains(if method == "HEAD" { "GET" } else { method });
            assert_eq!(answer.status == 405, !is_known, "{method} {path}: {}", answer.status);
            assert_ne!(answer.status, 404, "{method} {path}");
            if !is_known {
                let allow: BTreeSet<&str> = answer.header("allow").unwrap().split(", ").collect();
                assert_eq!(allow.iter().filter(|method| **method != "HEAD").copied().collect::<BTreeSet<_>>(), known);
                assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
            }
        }
    }
}

#[test]
fn every_row_is_there_once() {
    let names: BTreeSet<&str> = TABLE.iter().map(|route| route.name).collect();
    assert_eq!(names.len(), TABLE.len());
    let paths: BTreeSet<(&str, &str)> = TABLE.iter().map(|route| (route.method.as_str(), route.template)).collect();
    assert_eq!(paths.len(), TABLE.len());
}

#[tokio::test]
async fn every_route_counts_under_its_own_name() {
    let fixture = fixture();
    for route in &TABLE {
        fixture.send(ask(route.method.as_str(), &path_of(route.template))).await;
    }
    let text = String::from_utf8(fixture.send(ask("GET", "/metrics")).await.bytes.to_vec()).unwrap();
    for route in &TABLE {
        let line = format!("http_request_duration_seconds_count{{route=\"{}\"}} 1", route.name);
        assert!(text.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn what_is_nowhere_is_404_as_a_problem() {
    let fixture = fixture();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/campaigns/a",
        "/v1/campaigns",
        "/v1//claims",
        "/docs/other.css",
        "/v1/campaigns/a/b/c",
        "/livez/x",
        "/.env",
        "/admin",
    ] {
        let answer = fixture.send(ask("GET", path)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NOT_FOUND"), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(allowed(path), "");
    }
}

#[tokio::test]
async fn every_answer_carries_its_ids() {
    let fixture = fixture();
    let answer = fixture.send(ask("GET", "/nowhere")).await;
    let id = answer.header("x-request-id").unwrap();
    assert_eq!(answer.json()["request_id"], id);
    assert_eq!(id.len(), 32, "the trace's");
    let given = ask("GET", "/livez").header("x-request-id", "mine-1").header("traceparent", "00-zz");
    let answer = fixture.send(given).await;
    assert_eq!(answer.header("x-request-id"), Some("mine-1"));
    let bad = ask("GET", "/livez").header("x-request-id", "a b\u{e9}");
    assert_eq!(fixture.send(bad).await.header("x-request-id").map(str::len), Some(32));
}

#[tokio::test]
async fn every_status_that_is_answered_is_documented() {
    let fixture = fixture();
    let document = document();
    for route in &TABLE {
        let operation = &document["paths"][route.template][route.method.as_str().to_ascii_lowercase()];
        assert_eq!(operation["operationId"], route.name);
        let known = operation["responses"].as_object().unwrap();
        let mut asked = vec![ask(route.method.as_str(), &path_of(route.template))];
        if route.access != Access::Anybody {
            asked.push(ask(route.method.as_str(), &path_of(route.template)).shopper("kim"));
            asked.push(ask(route.method.as_str(), &path_of(route.template)).operator());
            asked.push(ask(route.method.as_str(), &path_of(route.template)).operator().json("{}"));
            let key = "0123456789abcdef";
            asked.push(
                ask(route.method.as_str(), &path_of(route.template)).shopper("kim").header("idempotency-key", key),
            );
        }
        for ask in asked {
            let status = fixture.send(ask).await.status.as_str().to_owned();
            assert!(known.contains_key(&status), "{} answers {status}, which is not documented", route.name);
        }
    }
}

#[tokio::test]
async fn the_page_is_whole_and_needs_nothing_from_elsewhere() {
    let fixture = fixture();
    let answer = fixture.send(ask("GET", "/docs")).await;
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    assert_eq!(text, page(&document()));
    for route in &TABLE {
        assert!(text.contains(&format!("id=\"{}\"", route.name)), "{}", route.name);
    }
    assert!(!text.contains("<script") && !text.contains("http://") && !text.contains("src="));
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    // Every link within the page leads somewhere.
    let targets: Vec<&str> = text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(targets.len() > TABLE.len());
    for target in targets {
        assert!(text.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
    assert_eq!(
        fixture.send(ask("GET", "/docs/style.css")).await.header("content-type"),
        Some("text/css; charset=utf-8")
    );
}

#[tokio::test]
async fn probes_tell_how_the_parts_are() {
    use streams::service::Condition;
    let fixture = fixture();
    let status = async |path: &str| fixture.send(ask("GET", path)).await.status.as_u16();
    assert_eq!((status("/livez").await, status("/readyz").await), (200, 503), "nothing is there yet");
    fixture.state.health.set("campaign_cache", Condition::Starting("reading".into()));
    assert_eq!((status("/livez").await, status("/readyz").await), (200, 503));
    fixture.state.health.set("campaign_cache", Condition::Ready);
    assert_eq!((status("/livez").await, status("/readyz").await), (200, 200));
    fixture.state.health.set("campaign_cache", Condition::Failed("gone".into()));
    assert_eq!((status("/livez").await, status("/readyz").await), (503, 503));
}
