//! Committed, aborted, open: each record is labelled right, whatever stands between them.

use std::collections::BTreeMap;

use console::tap::words::{Format, Isolation};

use super::fixture::{Situation, lines};

#[test]
fn a_third_committed_a_third_aborted_a_third_open() {
    let Some(situation) = Situation::new(2) else { return };
    let each = 1_600;
    let producer = situation.transactional();
    for number in 0..each / 8 {
        for kind in ["committed", "aborted"] {
            producer.begin();
            for place in 0..8 {
                producer.send(&situation.topic, place % 2, &format!("{number}"), kind, situation.base);
            }
            if kind == "committed" {
                producer.commit();
            } else {
                producer.abort();
            }
        }
    }
    let open = situation.transactional();
    open.begin();
    for place in 0..each {
        open.send(&situation.topic, place % 2, "k", "open", situation.base);
    }
    open.flush();
    let (ended, out) = situation.tap(|words| {
        words.isolation = Isolation::Uncommitted;
        words.format = Format::Csv;
        words.columns = Some("transaction,value_base64".to_owned());
    });
    open.abort();
    assert!(ended.coverage.complete, "{}", ended.coverage);
    let mut counted: BTreeMap<String, i32> = BTreeMap::new();
    for line in lines(&out).into_iter().skip(1) {
        *counted.entry(line).or_default() += 1;
    }
    // The values say what they are: in base64, since they are no JSON.
    let expected = [("committed", "Y29tbWl0dGVk"), ("aborted", "YWJvcnRlZA=="), ("open", "b3Blbg==")];
    let expected: BTreeMap<String, i32> =
        expected.iter().map(|(label, value)| (format!("{label},{value}"), each)).collect();
    assert_eq!(counted, expected);
}
