//! What taps may take: places, memory, time; whoever takes nothing is let go, and others go on.

use std::time::{Duration, Instant};

use super::installation::*;

const EVENTS: [(&str, &str); 1] = [("accept", "text/event-stream")];

#[test]
fn taps_are_bounded_and_whoever_takes_nothing_is_let_go() {
    let Some(installation) = Installation::start("taps-limits") else { return };
    // 64 MiB, which is more than all buffers between a broker and a client hold.
    installation.write(0..1_024, 16 << 10);
    let settings =
        "most = 3\nmost_per_caller = 2\nslow_reader_seconds = 3\nmost_bytes = 33554432\nmost_follow_seconds = 4";
    let console = installation.console(settings);
    let [kim, lee, han] = ["kim", "lee", "han"].map(|name| installation.client(&console, name, &["analyst"]));
    let path = format!("/v1/taps/{PLAIN}?all");
    let follow = format!("/v1/taps/{PLAIN}?last=1&follow");

    let before = console.resident_mib();
    let (slow, also_slow) = (opened(&kim, &path, &[]), opened(&kim, &path, &EVENTS));
    assert_eq!(kim.code(&path, &[]), (429, "TOO_MANY_OWN_TAPS".to_owned()));
    let mut following = opened(&lee, &follow, &EVENTS);
    assert_eq!(han.code(&path, &[]), (429, "TOO_MANY_TAPS".to_owned()));
    assert_eq!(console.metric("timesale_console_taps"), Some(3.0));
    let began = Instant::now();
    let mut most = 0;
    until("who takes nothing is let go", || {
        most = most.max(console.resident_mib());
        let slow = console.metric("timesale_console_taps_ended_total{reason=\"slow_reader\"}")?;
        (slow >= 2.0).then_some(())
    });
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(most <= before + 64, "{before} MiB before, {most} MiB with two readers who take nothing");
    drop((slow, also_slow));

    let end = loop {
        let event = following.event().expect("an end");
        if event.name == "end" {
            break event;
        }
    };
    assert_eq!(end.data["reason"], "most_seconds", "{}", end.data);
    let goes_on = opened(&lee, &follow, &[EVENTS[0], ("last-event-id", &end.id.unwrap())]);
    assert_eq!(goes_on.status, 200);
    // Whoever goes away leaves the place at once.
    goes_on.cut();
    until("its place is free", || (console.metric("timesale_console_taps")? == 0.0).then_some(()));

    a_tap_that_reads_too_much_ends_with_a_token(&lee, &path);
    let counted =
        |code: &str| console.metric(&format!("timesale_console_taps_refused_total{{code=\"{code}\"}}")).unwrap();
    assert!(counted("TOO_MANY_OWN_TAPS") >= 1.0 && counted("TOO_MANY_TAPS") >= 1.0);
}

fn a_tap_that_reads_too_much_ends_with_a_token(client: &super::client::Client, path: &str) {
    let (mut records, mut token, mut answers) = (0, None::<String>, 0);
    let end = loop {
        let after = token.map(|token| format!("&after={token}")).unwrap_or_default();
        let mut response = opened(client, &format!("{path}{after}"), &[]);
        let mut last = String::new();
        while let Some(line) = response.line() {
            records += usize::from(line.starts_with("{\"topic\""));
            last = line;
        }
        answers += 1;
        let end: serde_json::Value = serde_json::from_str(&last).unwrap();
        token = end["end"]["token"].as_str().map(str::to_owned);
        if end["end"]["complete"] == true {
            break end;
        }
        assert_eq!(end["end"]["reason"], "most_bytes", "{end}");
    };
    assert_eq!((records, answers), (4_096, 3), "{end}");
    // A table has no place for that: its answer is cut off, so that nobody takes it for whole.
    let mut csv = opened(client, path, &[("accept", "text/csv")]);
    assert_eq!(csv.status, 200);
    csv.rest();
    assert!(!csv.is_whole);
}
