//! A code is spelled the same in the log, in SQL and over HTTP, and names read back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeSet;

use super::{OrderRefusal, Reason};
use crate::coupons::Refusal;
use crate::ids::Sku;
use crate::inventory::StockRefusal;
use crate::orders::{OrderState, RefundCause};
use crate::payments::{Decline, PaymentMethod, PaymentStatus};

fn text(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_name_is_spelled_the_same_everywhere() {
    OrderRefusal::ALL.into_iter().for_each(|refusal| assert_eq!(text(refusal), refusal.code()));
    StockRefusal::ALL.into_iter().for_each(|refusal| assert_eq!(text(refusal), refusal.code()));
    RefundCause::OF_OPERATORS.into_iter().for_each(|cause| assert_eq!(text(cause), cause.name()));
    for state in OrderState::ALL {
        assert_eq!(text(state), state.name());
        assert_eq!(OrderState::from_name(state.name()), Some(state));
    }
    assert_eq!(OrderState::from_name("lost"), None);
    for status in PaymentStatus::ALL {
        assert_eq!(text(status), status.name());
        assert_eq!(PaymentStatus::from_name(status.name()), Some(status));
    }
    for method in PaymentMethod::ALL {
        assert_eq!(text(method), method.name());
        assert_eq!(PaymentMethod::from_name(method.name()), Some(method));
    }
    assert_eq!((PaymentStatus::from_name("lost"), PaymentMethod::from_name("lost")), (None, None));
    assert_eq!(text(RefundCause::NotShipped), RefundCause::NotShipped.name());
}

#[test]
fn lists_of_refusals_are_in_order_of_precedence() {
    assert_eq!(
        OrderRefusal::ALL.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
        OrderRefusal::ALL
    );
    assert_eq!(
        StockRefusal::ALL.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
        StockRefusal::ALL
    );
}

#[test]
fn an_order_that_is_undone_is_at_its_end() {
    let terminal: Vec<&str> =
        OrderState::ALL.into_iter().filter(|state| state.is_terminal()).map(OrderState::name).collect();
    assert_eq!(terminal, ["purchase_confirmed", "rejected", "expired", "payment_failed", "cancelled", "refunded"]);
    assert!(OrderState::ALL.into_iter().all(|state| !state.is_undone() || state.is_terminal()));
}

#[test]
fn a_reason_has_one_of_the_listed_codes() {
    let reasons = [
        Reason::Order { refusal: OrderRefusal::NotPaid },
        Reason::Stock { sku: Sku::new("tea").unwrap(), refusal: StockRefusal::InsufficientStock },
        Reason::Coupon { refusal: Refusal::MinSpend },
        Reason::Payment { decline: Decline::Fault, code: "ANY".to_owned() },
        Reason::Refund { code: "ANY".to_owned() },
    ];
    let codes = Reason::codes();
    assert!(reasons.iter().all(|reason| codes.contains(reason.code())), "{codes:?}");
    assert!(OrderRefusal::ALL.iter().all(|refusal| codes.contains(refusal.code())), "{codes:?}");
}
