//! Events as a browser reads them, and documents that are whole.

use streams::kafka::tap::Span;
use web::signed::Signer;
use web::token::{Secret, Secrets};

use super::*;
use crate::tap::Counts;
use crate::tap::words::Typed;

fn counter() -> IntCounter {
    IntCounter::new("a", "b").unwrap()
}

fn tokens() -> Arc<Tokens> {
    let secrets = Secrets::new(vec![Secret::new("x".repeat(32)).unwrap()]).unwrap();
    let typed = Typed { topics: "t".to_owned(), ..Typed::default() };
    Arc::new(Tokens::new(Arc::new(Signer::new("tap", &secrets)), &typed))
}

fn progress(position: i64, lost: i64) -> Vec<Progress> {
    let span = Span { topic: "t".into(), partition: 2, from: 0, to: Some(90) };
    vec![Progress { span, position, is_done: false, lost }]
}

#[test]
fn a_record_has_the_token_of_the_place_behind_it() {
    let mut events = Events::new(Arc::default(), counter(), Some(tokens()), Spent { matched: 5, read: 9, bytes: 1 });
    let mut out = Vec::new();
    events.begin(&mut out);
    events.before(&mut out);
    out.extend_from_slice(b"{\"offset\":7}\n");
    let counts = [Counts { read: 3, matched: 1, bytes: 10, ..Counts::default() }];
    events.after(Standing { progress: &progress(8, 0), counts: &counts }, &mut out);
    let text = String::from_utf8(out).unwrap();
    let (head, id) = text.split_once("id: ").unwrap();
    assert_eq!(head, "retry: 2000\n\nevent: record\ndata: {\"offset\":7}\n");
    let resume = tokens().read(id.strip_suffix("\n\n").unwrap()).unwrap();
    assert_eq!(resume.spent, Spent { matched: 6, read: 12, bytes: 11 });
    assert_eq!(resume.spans, [Span { topic: "t".into(), partition: 2, from: 8, to: Some(90) }]);
}

#[test]
fn progress_is_told_once_a_second_with_what_was_lost() {
    let mut events = Events::new(Arc::default(), counter(), None, Spent::default());
    let counts = [Counts { read: 30, ..Counts::default() }];
    let mut out = Vec::new();
    assert!(!events.tick(Standing { progress: &progress(8, 0), counts: &counts }, &mut out) && out.is_empty());
    events.told = events.told.checked_sub(Duration::from_secs(3)).unwrap();
    events.beat = events.beat.checked_sub(Duration::from_secs(11)).unwrap();
    assert!(events.tick(Standing { progress: &progress(40, 4), counts: &counts }, &mut out));
    let text = String::from_utf8(out).unwrap();
    let parts: Vec<&str> = text.split_terminator("\n\n").collect();
    let data = |part: &str, name: &str| -> serde_json::Value {
        serde_json::from_str(part.strip_prefix(&format!("event: {name}\ndata: ")).unwrap()).unwrap()
    };
    assert_eq!(data(parts[0], "gap"), json!({ "topic": "t", "partition": 2, "lost": 4, "position": 40 }));
    let of_partition = &data(parts[1], "progress")["partitions"][0];
    assert_eq!((&of_partition["position"], &of_partition["end"]), (&40.into(), &90.into()));
    assert!((9.9..=10.0).contains(&of_partition["records_per_second"].as_f64().unwrap()), "{text}");
    assert_eq!((parts[2], parts.len()), (":", 3), "{text}");
    assert_eq!(events.seen.counts(), (30, 0));
}

#[test]
fn a_document_is_whole_whatever_it_holds() {
    for records in 0..3 {
        let mut plain = Plain::new(Arc::default(), counter(), "{\"records\":[\n", ",", "\n");
        let mut out = Vec::new();
        plain.begin(&mut out);
        let standing = Standing { progress: &[], counts: &[] };
        for number in 0..records {
            plain.before(&mut out);
            out.extend_from_slice(format!("{{\"number\":{number}}}\n").as_bytes());
            plain.after(standing, &mut out);
            plain.looked = plain.looked.checked_sub(Duration::from_secs(20)).unwrap();
            assert!(plain.tick(standing, &mut out), "what was written leaves");
            plain.looked = plain.looked.checked_sub(Duration::from_secs(20)).unwrap();
            plain.left = plain.left.checked_sub(Duration::from_secs(20)).unwrap();
            assert!(plain.tick(standing, &mut out), "a sign of life");
        }
        out.extend_from_slice(b"]}");
        let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(document["records"].as_array().unwrap().len(), records);
        assert_eq!(plain.seen.counts().1, records as u64);
    }
}
