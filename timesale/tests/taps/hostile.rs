//! Two thousand requests that mean no good: each is refused with a problem document or answered honestly, and none hangs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::Value;

use super::client::Client;
use super::installation::*;

const REQUESTS: usize = 2_000;
const NAMES: [&str; 30] = [
    "from",
    "to",
    "last",
    "at",
    "all",
    "during",
    "partition",
    "follow",
    "key",
    "everywhere",
    "event",
    "header",
    "trace",
    "contains",
    "where",
    "sample",
    "limit",
    "max-scan",
    "for",
    "isolation",
    "columns",
    "latest",
    "by-time",
    "mask",
    "unmask",
    "strict",
    "zone",
    "after",
    "rate",
    "output",
];
const VALUES: [&str; 44] = [
    "",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "20",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1e309",
    "99999999999999999999999999",
    "0:0",
    "3:5",
    "9:1",
    "0:9223372036854775807",
    "-1:5",
    "2026-11-28",
    "9999-12-31",
    "0000-00-00",
    "2026-11-28T10:00:00%2B09:00",
    "15m",
    "100000000000w",
    "9223372036854775807s",
    "beginning",
    "end",
    "0,2-3",
    "0-100000",
    "3-0",
    "1/10",
    "1/18446744073709551615@1",
    "GiB",
    "17179869184GiB",
    "uncommitted",
    "hash",
    "drop",
    "n=/n:int",
    "n=/n:nothing",
    "a=/a,a=/a",
    "x~(((((((((a*)*)*)*)*)*)*)*)*",
    "x~[",
    "%00",
    "Mars/Olympus",
    "../../etc/passwd",
];
const BROKEN: [&str; 8] = ["%", "%2", "%zz", "%ff%fe", "%c0%af", "%ed%a0%80", "%f5%80%80%80", "%00%00%ff"];

/// Expressions that want too much of a machine, or of a parser.
fn bomb(random: &mut Rng) -> String {
    let list = format!("[{}]", vec!["1"; 200].join(","));
    let texts = [
        "(".repeat(400) + "1" + &")".repeat(400),
        "!".repeat(900) + "true",
        "-".repeat(900) + "1 == 1",
        format!("{list}.all(a, {list}.all(b, a == b))"),
        format!("{list}.all(a, {list}.all(b, {list}.all(c, a == b)))"),
        "9223372036854775807 + offset > 0".to_owned(),
        "-9223372036854775808 - 1 == offset".to_owned(),
        "offset * 9223372036854775807 == 1".to_owned(),
        "offset / 0 == 1 || offset % 0 == 1".to_owned(),
        "-9223372036854775808 / -1 == offset".to_owned(),
        "uint(offset) - 1u > 0u".to_owned(),
        "value.padding.matches('(x+x+)+y')".to_owned(),
        "value.padding.matches('(((((a{100}){100}){100}){100}){100}')".to_owned(),
        "value.a.b.c.d.e.f[0][1]['x'] == null".to_owned(),
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]] == value".to_owned(),
        "int('9' + '9999999999999999999999') == 1".to_owned(),
        "double(offset) / 0.0 > 1.0".to_owned(),
        "value.map(k, value.map(j, value[k] == value[j])) == []".to_owned(),
        "'\\u{110000}' == key".to_owned(),
        "timestamp".to_owned(),
        "\u{0}".to_owned(),
        "x".repeat(2_000),
        "true ? (true ? (true ? false : true) : true) : nothing".to_owned(),
        "has(value.n) && value.n.exists(x, x.exists(y, y > 1))".to_owned(),
    ];
    random.choice(texts).unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn parameter(random: &mut Rng) -> String {
    let name = *random.choice(&NAMES).unwrap();
    match random.u8(0..10) {
        0..=5 => format!("{name}={}", random.choice(VALUES).unwrap()),
        6 => format!("where={}", encoded(&bomb(random))),
        7 => format!("{name}={}", random.choice(BROKEN).unwrap()),
        8 => format!("{}=1", random.choice(BROKEN).unwrap()),
        _ => {
            let noise: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(33..127)).collect();
            let noise: String =
                String::from_utf8(noise).unwrap().replace(['#', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "");
            format!("{name}={noise}")
        }
    }
}

fn path(random: &mut Rng) -> String {
    let topics = [
        PLAIN,
        PLAIN,
        PLAIN,
        "coupons.events",
        "no-such-topic",
        "@sold-out",
        "@nothing",
        "a,b",
        "%00",
        "..",
        "%ff",
        "__consumer_offsets",
    ];
    let count = random.usize(0..5);
    let query: Vec<String> = (0..count).map(|_| parameter(random)).collect();
    match random.u8(0..12) {
        0 => {
            let kind = random.choice(["order", "coupon", "request", "trace", "sale", "%ff", ""]).unwrap();
            let id = random
                .choice(["x", "0", "%ff", "ord_4e50e3ab49396e5ed8a08d69157d1f05", &"0".repeat(32), "%00"])
                .unwrap()
                .to_owned();
            format!("/v1/stories/{kind}/{id}?{}", query.join("&"))
        }
        _ => format!("/v1/taps/{}?{}", random.choice(topics).unwrap(), query.join("&")),
    }
}

/// Sends one request, and looks at its answer. Returns the status; 0 without an answer.
fn sent(client: &Client, path: &str, random: &mut Rng) -> u16 {
    let accepts: [&[u8]; 8] = [
        b"*/*",
        b"application/json",
        b"text/csv",
        b"text/event-stream",
        b"application/vnd.apache.parquet",
        b"text/html",
        b"\xff\xfe",
        b";;q=",
    ];
    let token = format!("{}.{}", "A".repeat(random.usize(0..200)), "B".repeat(random.usize(0..60)));
    let mut headers: Vec<(&str, &[u8])> = vec![("accept", *random.choice(&accepts).unwrap())];
    match random.u8(0..8) {
        0 => headers.push(("last-event-id", token.as_bytes())),
        1 => headers.push(("last-event-id", b"\xff\x00")),
        2 => headers.push(("timesale-reason", b"\xff")),
        3 => headers.push(("timesale-reason", b"because")),
        _ => {}
    }
    let began = Instant::now();
    loop {
        let Some(mut response) = client.open_bytes(path.as_bytes(), &headers) else { return 0 };
        if response.status == 429 && began.elapsed() < AT_MOST {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        assert!(response.status < 500, "{path}: {}", response.head);
        if response.status >= 400 && response.head.contains("content-type") {
            let document: Value = serde_json::from_slice(&response.rest()).unwrap_or_default();
            assert!(response.head.contains("application/problem+json"), "{path}: {}", response.head);
            assert_eq!(document["status"], response.status, "{path}: {document}");
        } else if response.status == 200 {
            let is_endless = path.contains("follow") || path.contains("where");
            // What goes on is left after its first bytes.
            if is_endless {
                response.cut();
                return 200;
            }
            drop(response.rest());
        }
        // Nothing takes long: it is refused, ends with its range, or has begun.
        assert!(began.elapsed() < Duration::from_secs(40), "{path} took {:?}", began.elapsed());
        return response.status;
    }
}

#[test]
fn two_thousand_bad_requests_are_refused_or_answered_and_never_hang() {
    let Some(installation) = Installation::start("taps-hostile") else { return };
    installation.write(0..50, 100);
    let console = installation.console("most = 64\nmost_per_caller = 16");
    let (before, began) = (console.resident_mib(), Instant::now());
    let clients: Vec<Client> =
        (0..4).map(|number| installation.client(&console, &format!("h{number}"), &["analyst"])).collect();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    std::thread::scope(|scope| {
        let send = |(number, client)| {
            let mut random = Rng::with_seed(number);
            let mut one = move |_| {
                let path = path(&mut random);
                sent(client, &path, &mut random)
            };
            scope.spawn(move || (0..REQUESTS / 4).map(&mut one).collect::<Vec<u16>>())
        };
        let threads: Vec<_> = (0..).zip(&clients).map(send).collect();
        for status in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            *statuses.entry(status).or_default() += 1;
        }
    });
    assert!(statuses[&200] > 50 && statuses[&400] > 500, "{statuses:?}");
    let after = console.resident_mib();
    eprintln!("{statuses:?} in {:?}, {before} MiB before, {after} MiB after", began.elapsed());
    assert!(after <= before + 128, "{before} MiB before, {after} MiB after");
    until("every tap has ended", || (console.metric("timesale_console_taps")? == 0.0).then_some(()));
    let refused = console.metric("timesale_console_taps_refused_total{code=\"INTERNAL\"}");
    assert_eq!(refused, Some(0.0));
    // Whoever means well is answered as before.
    let mut good = opened(&clients[0], &format!("/v1/taps/{PLAIN}?all"), &[]);
    assert_eq!(good.text().lines().count(), 201);
    assert!(good.is_whole);
}
