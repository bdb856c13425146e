//! Who may see what: masked for analysts, unmasked for a reason and a role, and everything is written down.

use events::audit::{AuditRecord, AuditStep};
use events::manifest::Manifest;
use serde_json::{Value, json};
use streams::clock::now_ms;
use streams::kafka::testing::PlainProducer;

use super::client::Client;
use super::installation::*;

const CANARY: &str = "canary-5d0e17";
const ORDER: &str = "ord_4e50e3ab49396e5ed8a08d69157d1f05";
const SHAPES: [&str; 5] =
    ["application/x-ndjson", "text/event-stream", "application/json", "text/csv", "application/vnd.apache.parquet"];

/// A value that has the canary where this pointer leads, and names an order.
fn with_canary(pointer: &str) -> Value {
    let steps: Vec<&str> = pointer.split('/').filter(|step| !step.is_empty()).collect();
    let value = steps.iter().rev().fold(json!(CANARY), |value, step| json!({ *step: value, "order": ORDER }));
    if value.is_object() { value } else { json!({ "whole": value, "order": ORDER }) }
}

/// Writes the canary to every personal field of every topic. Returns the topics.
fn canaries(installation: &Installation) -> Vec<String> {
    let (manifest, producer) = (Manifest::embedded().unwrap(), PlainProducer::new(&installation.cluster));
    let personal = manifest.topics.iter().filter(|(name, spec)| !spec.pii.is_empty() && *name != "console.audit");
    let write = |(name, spec): (&String, &events::manifest::TopicSpec)| {
        for pointer in &spec.pii {
            let key = if spec.pii_key { CANARY } else { ORDER };
            let whole = with_canary(pointer).to_string();
            for value in [whole.as_bytes(), &whole.as_bytes()[..whole.len() - 1]] {
                producer.write(name, 0, (Some(key.as_bytes()), Some(value)), &[("event-type", Some(b"x"))], now_ms());
            }
        }
        name.clone()
    };
    let topics = personal.map(write).collect();
    producer.flush();
    topics
}

fn body(client: &Client, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut response = opened(client, path, headers);
    (response.status, String::from_utf8_lossy(&response.rest()).into_owned())
}

#[test]
fn personal_fields_are_shown_for_a_reason_to_a_role_and_everything_is_written_down() {
    let Some(installation) = Installation::start("taps-privacy") else { return };
    let topics = canaries(&installation);
    let console = installation.console("");
    let analyst = installation.client(&console, "kim", &["analyst"]);
    let private = installation.client(&console, "lee", &["privacy"]);

    nothing_leaks(&analyst, &private, &topics);
    let audit = installation.audit();
    assert!(taps(&audit).iter().all(|record| record.masked && record.reason.is_empty()));

    let path = "/v1/taps/coupons.inbox?all";
    let reason = [("timesale-reason", "ticket 7")];
    let refused = [
        body(&analyst, &format!("{path}&unmask=ticket+7"), &[]),
        body(&analyst, path, &reason),
        body(&analyst, "/v1/taps/console.audit?all", &[]),
        body(&analyst, &format!("/v1/stories/order/{ORDER}?unmask=ticket+7"), &[]),
        body(&analyst, &format!("/v1/stories/order/{ORDER}"), &reason),
        body(&analyst, "/v1/taps/console.audit?all&unmask=ticket+7", &[]),
    ];
    for (status, text) in &refused {
        assert!(*status == 403 && text.contains("\"FORBIDDEN\""), "{status} {text}");
    }
    let written = installation.audit().iter().filter(|record| record.step == AuditStep::Refused).count();
    assert_eq!(written, refused.len(), "each refusal is written down");

    assert_eq!(body(&private, &format!("{path}&unmask=+"), &[]).0, 400, "a reason is no blank");
    assert_eq!(body(&private, &format!("{path}&unmask={}", "x".repeat(1_001)), &[]).0, 400);
    assert!(!body(&private, path, &[]).1.contains(CANARY), "without a reason it is masked");
    for shape in SHAPES {
        let (status, text) = body(&private, path, &[("accept", shape), reason[0]]);
        assert!(status == 200 && text.contains(CANARY), "{shape}: {text:.300}");
    }
    let (status, text) = body(&private, &format!("/v1/stories/order/{ORDER}?unmask=ticket+7"), &[]);
    assert_eq!(status, 200, "{text}");
    let (status, text) = body(&private, "/v1/taps/console.audit?all", &[]);
    assert!(status == 200 && !text.contains("\"kim\""), "masked too: {text:.300}");
    assert!(body(&private, "/v1/taps/console.audit?all&unmask=ticket+7", &[]).1.contains("kim"));

    ends_are_written(&installation);
    drop(console);
    nothing_is_shown_that_is_not_written_down(&installation);
}

fn nothing_leaks(analyst: &Client, private: &Client, topics: &[String]) {
    assert!(topics.len() >= 4, "{topics:?}");
    for topic in topics {
        for shape in SHAPES {
            for (client, query) in
                [(analyst, "all"), (analyst, "all&mask=redact"), (private, "all&isolation=uncommitted")]
            {
                let (status, text) = body(client, &format!("/v1/taps/{topic}?{query}"), &[("accept", shape)]);
                assert_eq!(status, 200, "{topic} {shape}: {text}");
                assert!(!text.contains(CANARY), "{topic} {shape} {query}: {text}");
            }
        }
        let (status, text) = body(analyst, &format!("/v1/taps/{topic}?all&contains={CANARY}"), &[]);
        assert!(status == 400 && text.contains("PARAMETER_INVALID"), "a filter would tell: {status} {text}");
        let oracle = format!("/v1/taps/{topic}?all&where=value+%3D%3D+%22{CANARY}%22");
        assert_eq!(body(analyst, &oracle, &[]).0, 400, "{topic}");
    }
    let (status, text) = body(analyst, &format!("/v1/stories/order/{ORDER}"), &[]);
    assert_eq!(status, 200, "{text}");
    let story: Value = serde_json::from_str(&text).unwrap();
    assert!(story["masked"] == true && story["coverage"]["complete"] == true, "{story}");
    let (_, text) = body(analyst, &format!("/v1/stories/request/{}?hours=0", "0".repeat(32)), &[]);
    assert!(!text.contains(CANARY), "{text}");
}

/// Beginnings of taps, not of stories.
fn taps(audit: &[AuditRecord]) -> Vec<&AuditRecord> {
    audit.iter().filter(|record| record.step == AuditStep::Begin).collect()
}

fn ends_are_written(installation: &Installation) {
    let audit = until("every end is written down", || {
        let audit = installation.audit();
        let ends = audit.iter().filter(|record| record.step == AuditStep::End).count();
        (ends == taps(&audit).len()).then_some(audit)
    });
    for begin in taps(&audit) {
        let end = audit.iter().find(|record| record.step == AuditStep::End && record.id == begin.id).unwrap();
        let coverage = end.coverage.as_ref().unwrap();
        assert!(coverage.complete && (&end.who, &end.words, end.masked) == (&begin.who, &begin.words, begin.masked));
        assert_eq!(begin.reason, if begin.masked { "" } else { "ticket 7" });
        assert!(begin.id.is_some() && begin.coverage.is_none());
    }
    // The command line too.
    let tap = ["tap", "coupons.inbox", "--all", "--unmask", "ticket 8", "--quiet"];
    assert!(installation.timesale(&tap).output().unwrap().status.success());
    let story = ["story", "order", ORDER, "--unmask", "ticket 8"];
    assert!(installation.timesale(&story).output().unwrap().status.success());
    let audit = installation.audit();
    let steps: Vec<AuditStep> =
        audit.iter().filter(|record| record.reason == "ticket 8").map(|record| record.step).collect();
    assert_eq!(steps, [AuditStep::Begin, AuditStep::End, AuditStep::Begin, AuditStep::End]);
}

fn nothing_is_shown_that_is_not_written_down(installation: &Installation) {
    let console = installation.console("");
    let client = installation.client(&console, "lee", &["privacy"]);
    streams::kafka::testing::PlainAdmin::new(&installation.cluster).delete_topic("console.audit");
    for (path, shape) in [("/v1/taps/coupons.inbox?all", SHAPES[0]), ("/v1/taps/coupons.inbox?all&unmask=x", SHAPES[1])]
    {
        let (status, text) = body(&client, path, &[("accept", shape)]);
        assert!(status == 503 && text.contains("AUDIT_UNWRITTEN") && !text.contains(CANARY), "{status} {text}");
    }
    let (status, text) = body(&client, &format!("/v1/stories/order/{ORDER}"), &[]);
    assert!(status == 503 && text.contains("AUDIT_UNWRITTEN"), "{status} {text}");
    assert!(console.metric("timesale_console_taps_refused_total{code=\"AUDIT_UNWRITTEN\"}").unwrap() >= 3.0);
}
