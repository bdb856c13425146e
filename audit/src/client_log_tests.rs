//! What is written is read again, and what is not an entry is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use events::coupons::Refusal;
use events::ids::{CampaignId, RequestId, ShopperId};
use events::money::Money;
use events::orders::{OrderAmounts, OrderState};

use crate::client_log::{Answered, ClientLogError, ClientLogWriter, Entry, Seen, Send, Subject, read};

fn entry(shopper: &str, answered: Answered) -> Entry {
    let request = RequestId::of(shopper, "POST /v1/campaigns/c/claims", "k");
    Entry {
        request,
        subject: Subject::Claim(CampaignId::new("c").unwrap()),
        shopper: ShopperId::new(shopper).unwrap(),
        scenario: None,
        send: Send::Duplicate,
        attempts: 3,
        scheduled_us: 1,
        sent_us: 2,
        answered_us: 3,
        answered,
    }
}

fn all() -> Vec<Entry> {
    let coupon = RequestId::of("a", "b", "c").coupon();
    let order = RequestId::of("s5", "POST /v1/orders", "k").order();
    let amounts = OrderAmounts { gross: Money::new(900), due: Money::new(900), ..OrderAmounts::default() };
    let seen = Some(Seen { version: 2, state: OrderState::AwaitingPayment, amounts });
    let placement = Entry {
        subject: Subject::Placement(order.clone()),
        ..entry("s5", Answered::Applied { order: order.clone(), seen })
    };
    let payment = Entry {
        subject: Subject::Command(order.clone()),
        ..entry("s5", Answered::OrderRefused { code: "PAYMENT_DECLINED".into() })
    };
    vec![
        entry("s1", Answered::Granted { coupon }),
        entry("s2", Answered::Refused { reason: Refusal::SoldOut }),
        entry("s3", Answered::NotAccepted { status: 429, code: "TOO_MANY".into() }),
        entry("s4", Answered::Unknown { last: "reset".into() }),
        placement,
        payment,
        entry("s6", Answered::Applied { order, seen: None }),
    ]
}

fn text() -> String {
    let mut writer = ClientLogWriter::new(Vec::new());
    all().iter().for_each(|entry| writer.write(entry).unwrap());
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn read_all(text: &str) -> Result<Vec<Entry>, ClientLogError> {
    let mut entries = Vec::new();
    read(text.as_bytes(), |entry| entries.push(entry)).map(|()| entries)
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(read_all(&text()).unwrap(), all());
}

#[test]
fn a_torn_last_line_is_skipped_and_a_torn_line_before_it_is_named() {
    let text = text();
    let torn = &text[..text.len() - 5];
    assert_eq!(read_all(torn).unwrap(), all()[..6]);
    let bad = text.replacen("\"attempts\":3", "\"attempts\":x", 1);
    assert!(matches!(read_all(&bad), Err(ClientLogError::Line { line: 1, .. })));
}
