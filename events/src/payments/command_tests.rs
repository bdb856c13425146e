//! One logical charge has one key, whatever is repeated; two have two.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::{PaymentCommand, RefundAccount};
use crate::ids::{OrderId, PaymentKey, RequestId};
use crate::money::Money;

fn confirm(order: &str, attempt: u16, repeat: u32) -> PaymentCommand {
    PaymentCommand::Confirm {
        request: RequestId::derive(&[order.as_bytes()]),
        order: OrderId::new(order).unwrap(),
        attempt,
        payment_key: PaymentKey::new("pay-1").unwrap(),
        amount: Money::new(100),
        repeat,
    }
}

#[test]
fn a_repeat_has_the_key_of_what_it_repeats() {
    let key = |order, attempt, repeat| confirm(order, attempt, repeat).idempotency_key();
    assert_eq!(key("order-1", 1, 0).as_deref(), Some("order-1:1:confirm"));
    assert_eq!(key("order-1", 1, 0), key("order-1", 1, 7));
    assert_ne!(key("order-1", 1, 0), key("order-1", 2, 0));
    assert_ne!(key("order-1", 1, 0), key("order-2", 1, 0));
    assert!(key(&"o".repeat(64), u16::MAX, 0).unwrap().len() <= 80);
}

#[test]
fn an_account_is_not_told() {
    let account = RefundAccount { bank: "20".into(), account_number: "1000123".into(), holder: "Kim".into() };
    assert_eq!(format!("{account:?}"), "RefundAccount(..)");
    assert!(account.is_plausible());
    for (bank, number, holder) in [
        ("", "1", "Kim"),
        ("2000", "1", "Kim"),
        ("20", "", "Kim"),
        ("20", "1-1", "Kim"),
        ("20", "123456789012345678901", "Kim"),
        ("20", "1", ""),
        ("20", "1", "K\nim"),
    ] {
        let account = RefundAccount { bank: bank.into(), account_number: number.into(), holder: holder.into() };
        assert!(!account.is_plausible(), "{bank} {number} {holder}");
    }
}
