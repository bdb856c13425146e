//! What is an offer, and what is none.

use events::money::Money;
use events::time::Timestamp;

use super::{Answer, Row};

fn read(body: &str) -> Option<Answer> {
    Answer::read(body.as_bytes())
}

#[test]
fn offers_are_read_and_what_we_do_not_know_is_ignored() {
    let body = r#"{"offers":[{"sku":"tea-kettle","price":24900,"seen_at":1700000000000,"until":1700000600000,"stock":{"any":[1]}},
        {"price":1,"sku":"b"}],"next":null}"#;
    let answer = read(body).unwrap();
    let at = |millis| Some(Timestamp::from_millis(millis));
    let rows: Vec<(&str, Row)> = answer.rows.iter().map(|(sku, row)| (sku.as_str(), *row)).collect();
    let kettle = Row { price: Money::new(24_900), seen_at: at(1_700_000_000_000), until: at(1_700_000_600_000) };
    let other = Row { price: Money::new(1), seen_at: None, until: None };
    assert_eq!((rows, answer.unreadable), (vec![("b", other), ("tea-kettle", kettle)], 0));
}

#[test]
fn a_row_that_cannot_be_an_offer_does_not_spoil_the_others() {
    for bad in [
        r#"{"sku":"a","price":0}"#,
        r#"{"sku":"a","price":-1}"#,
        r#"{"sku":"a","price":1.5}"#,
        r#"{"sku":"a","price":"1000"}"#,
        r#"{"sku":"a","price":1000000000001}"#,
        r#"{"sku":"a","price":99999999999999999999}"#,
        r#"{"sku":"a","price":null}"#,
        r#"{"sku":"a"}"#,
        r#"{"price":1}"#,
        r#"{"sku":"","price":1}"#,
        r#"{"sku":"a b","price":1}"#,
        r#"{"sku":"a\u0000","price":1}"#,
        r#"{"sku":"a","price":1,"seen_at":-1}"#,
        r#"{"sku":"a","price":1,"seen_at":"now"}"#,
        r#"{"sku":"a","price":1,"until":300000000000000}"#,
        r#"{"sku":"a","sku":"b","price":1}"#,
        "null",
        "[]",
        "17",
    ] {
        let answer = read(&format!(r#"{{"offers":[{bad},{{"sku":"good","price":7}}]}}"#)).unwrap();
        assert_eq!((answer.rows.len(), answer.unreadable), (1, 1), "{bad}");
    }
}

#[test]
fn what_is_no_answer_is_none() {
    let deep = "[".repeat(100_000);
    let cut = r#"{"offers":[{"sku":"a","price":1},"#;
    for body in ["", "<html>", "null", "[]", "{}", r#"{"offers":{}}"#, r#"{"offers":null}"#, "\u{feff}{}", cut, &deep] {
        assert_eq!(read(body), None, "{:.20}", body);
    }
    assert_eq!(Answer::read(b"{\"offers\":[\"\xff\"]}"), None);
    assert_eq!(read(r#"{"offers":[]}"#), Some(Answer::default()), "it offers nothing, and says so");
}

#[test]
fn of_several_offers_for_one_product_the_lowest_counts() {
    let body = r#"{"offers":[{"sku":"a","price":9},{"sku":"a","price":7},{"sku":"a","price":8}]}"#;
    let rows = read(body).unwrap().rows;
    assert_eq!(rows.values().map(|row| row.price.minor()).collect::<Vec<_>>(), [7]);
}
