//! Streams that are cut go on exactly there; tokens of anything else are refused; what follows ends with a token.

use std::collections::BTreeMap;

use streams::kafka::testing::PlainAdmin;

use super::client::Client;
use super::installation::*;

const EVENTS: [(&str, &str); 1] = [("accept", "text/event-stream")];

/// Offsets by partition, in the order in which they came.
type Came = BTreeMap<i64, Vec<i64>>;

/// Reads a stream that is cut so many times after a few events, and goes on each time, to its end.
fn cut_and_resumed(client: &Client, path: &str, cuts: usize, seed: u64) -> (Came, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut came, mut last, mut done) = (Came::new(), None::<String>, 0);
    loop {
        let id = last.clone().unwrap_or_default();
        let mut response = opened(client, path, &[EVENTS[0], ("last-event-id", &id)]);
        assert_eq!(response.status, 200, "{}", response.head);
        let most = if done < cuts { random.usize(0..60) } else { usize::MAX };
        let mut seen = 0;
        while seen < most
            && let Some(event) = response.event()
        {
            seen += 1;
            last = event.id.or(last);
            match event.name.as_str() {
                "record" => {
                    let place = |name: &str| event.data[name].as_i64().unwrap();
                    came.entry(place("partition")).or_default().push(place("offset"));
                }
                "end" => {
                    assert_eq!(event.data["complete"], true, "{}", event.data);
                    return (came, done);
                }
                "progress" => {}
                other => panic!("{other}: {}", event.data),
            }
        }
        assert!(seen == most, "a stream that ended without an end");
        response.cut();
        done += 1;
    }
}

#[test]
fn a_stream_that_is_cut_a_hundred_times_has_every_record_once_and_in_order() {
    let Some(installation) = Installation::start("taps-resume") else { return };
    installation.write(0..1_500, 20);
    let console = installation.console("");
    let client = installation.client(&console, "kim", &["analyst"]);
    let (came, cuts) = cut_and_resumed(&client, &format!("/v1/taps/{PLAIN}?all"), 100, 1);
    assert_eq!(cuts, 100);
    for partition in 0..4 {
        assert!(came[&partition].iter().copied().eq(0..1_500), "partition {partition}: {:?}", came[&partition].len());
    }
    for (query, seed) in [("all&by-time", 2), ("all&isolation=uncommitted", 3)] {
        let (came, _) = cut_and_resumed(&client, &format!("/v1/taps/{PLAIN}?{query}"), 10, seed);
        for partition in 0..4 {
            assert!(came[&partition].iter().copied().eq(0..1_500), "{query}, partition {partition}");
        }
    }
    // Most records are read and not shown, and a bound holds over all answers together.
    let path = format!("/v1/taps/{PLAIN}?all&where=value.n+%25+50+%3D%3D+7");
    let (came, _) = cut_and_resumed(&client, &path, 5, 4);
    assert!(came.values().all(|offsets| offsets.iter().copied().eq((0..30).map(|n| n * 50 + 7))), "{came:?}");
    bounds_hold_over_answers(&client);
    tokens_of_anything_else_are_refused(&client);
    what_follows_ends_with_a_token(&installation, console, &client);
}

fn bounds_hold_over_answers(client: &Client) {
    let path = format!("/v1/taps/{PLAIN}?all&limit=100");
    let mut first = opened(client, &path, &EVENTS);
    let mut id = String::new();
    let mut shown = 0;
    while shown < 60 {
        let event = first.event().unwrap();
        shown += usize::from(event.name == "record");
        id = event.id.unwrap();
    }
    first.cut();
    let (mut records, mut end) = (0, None);
    let mut second = opened(client, &path, &[EVENTS[0], ("last-event-id", &id)]);
    while let Some(event) = second.event() {
        match event.name.as_str() {
            "record" => records += 1,
            "end" => end = Some(event),
            _ => {}
        }
    }
    let end = end.unwrap();
    assert_eq!((records, &end.data["reason"]), (40, &"limit".into()));
}

fn tokens_of_anything_else_are_refused(client: &Client) {
    let path = format!("/v1/taps/{PLAIN}?all");
    let mut response = opened(client, &path, &EVENTS);
    let first = std::iter::from_fn(|| response.event()).find(|event| event.name == "record");
    let token = first.unwrap().id.unwrap();
    response.cut();
    let (content, signature) = token.split_once('.').unwrap();
    let (kept, last) = content.split_at(content.len() - 1);
    let forged = format!("{kept}{}.{signature}", if last == "A" { "B" } else { "A" });
    let table = [
        (path.clone(), forged),
        (path.clone(), token[..token.len() - 1].to_owned()),
        (path.clone(), content.to_owned()),
        (path.clone(), "x".repeat(3_000)),
        (format!("/v1/taps/{PLAIN}?last=20"), token.clone()),
        (format!("/v1/taps/{PLAIN},coupons.events?all"), token.clone()),
        (format!("/v1/taps/{PLAIN}?all&mask=drop"), token.clone()),
        (format!("/v1/taps/{PLAIN}?all&isolation=uncommitted"), token.clone()),
        (format!("/v1/taps/{PLAIN}?all&follow"), token.clone()),
    ];
    for (path, token) in table {
        let refused = until("a place is free", || {
            let refused = client.code(&path, &[EVENTS[0], ("last-event-id", &token)]);
            (refused.0 != 429).then_some(refused)
        });
        assert_eq!(refused, (400, "RESUME_TOKEN_INVALID".to_owned()), "{path} {token:.60}");
        let refused = until("a place is free", || {
            let refused = client.code(&format!("{path}&after={token}"), &[]);
            (refused.0 != 429).then_some(refused)
        });
        assert_eq!(refused.0, 400, "{path} after {token:.60}");
    }
    // A token goes on in any shape.
    let text = opened(client, &format!("{path}&after={token}"), &[]).text();
    assert_eq!(text.lines().count(), 6_000 - 1 + 1);
}

/// What is written later comes; retention is told; a console that stops ends the stream with a token that its successor takes.
fn what_follows_ends_with_a_token(installation: &Installation, mut console: Console, client: &Client) {
    let path = format!("/v1/taps/{PLAIN}?last=4&follow");
    let mut stream = opened(client, &path, &EVENTS);
    let mut shown = 0;
    while shown < 4 {
        shown += usize::from(stream.event().unwrap().name == "record");
    }
    installation.write(1_500..1_510, 20);
    while shown < 44 {
        shown += usize::from(stream.event().unwrap().name == "record");
    }
    let mut lines = opened(client, &path, &[]);
    for _ in 0..4 {
        assert!(lines.line().unwrap().starts_with("{\"topic\""));
    }
    console.terminate();
    let end = loop {
        let event = stream.event().expect("an end");
        if event.name == "end" {
            break event;
        }
    };
    assert_eq!((&end.data["reason"], &end.data["complete"]), (&"interrupted".into(), &false.into()), "{}", end.data);
    assert!(lines.text().contains("\"reason\":\"interrupted\""));
    assert!(console.child.wait().unwrap().success());
    let audit = installation.audit();
    let ends = audit.iter().filter(|record| record.step == events::audit::AuditStep::End).count();
    assert_eq!(ends * 2, audit.len(), "every end is written down before the process ends");

    installation.write(1_510..1_515, 20);
    PlainAdmin::new(&installation.cluster).delete_records(PLAIN, 2, 1_513);
    let next = installation.console("");
    let client = installation.client(&next, "kim", &["analyst"]);
    let mut stream = opened(&client, &path, &[EVENTS[0], ("last-event-id", &end.id.unwrap())]);
    let (mut offsets, mut lost) = (Came::new(), 0);
    while offsets.values().map(Vec::len).sum::<usize>() < 17 || lost < 3 {
        let event = stream.event().unwrap();
        match event.name.as_str() {
            "record" => offsets
                .entry(event.data["partition"].as_i64().unwrap())
                .or_default()
                .push(event.data["offset"].as_i64().unwrap()),
            "gap" => {
                // It is told once a second, when more may have been read.
                assert_eq!(event.data["partition"], 2);
                assert!((1_513..=1_515).contains(&event.data["position"].as_i64().unwrap()), "{}", event.data);
                lost += event.data["lost"].as_i64().unwrap();
            }
            _ => {}
        }
    }
    assert_eq!(
        (offsets[&0].as_slice(), offsets[&2].as_slice()),
        ([1_510, 1_511, 1_512, 1_513, 1_514].as_slice(), [1_513, 1_514].as_slice())
    );
    PlainAdmin::new(&installation.cluster).delete_topic(PLAIN);
    let error = loop {
        let event = stream.event().expect("an error event");
        if event.name == "error" {
            break event;
        }
    };
    assert_eq!(error.data["code"], "UNKNOWN", "{}", error.data);
    assert!(stream.event().is_none() && stream.is_whole);
}
