//! A sale that goes on after the claims, end to end, on the real services: shoppers order with their coupons, pay at the stub of
//! the payment provider, are declined, walk away, cancel, send back; an operator closes the sellers' day; and everything is
//! proven, whatever dies meanwhile, the provider included. What sellers are owed is decided once more from the log, and is the same.

use serde_json::Value;

use crate::fixture::Fixture;
use crate::replay;

/// Some four hundred orders; one product runs out; who does not pay within ten seconds has lost the order.
const SALE: [&str; 10] =
    ["--shoppers", "1200", "--stock", "300", "--rate", "1500", "--orders", "all", "--pay-window", "10"];

fn count(result: &Value, what: &str) -> u64 {
    result["orders"][what].as_u64().unwrap_or_else(|| panic!("no orders.{what} in {result}"))
}

/// What is true of every sale with orders, whatever happened during it.
fn judge(result: &Value) {
    assert_eq!(result["granted"], 300, "{result}");
    assert_eq!(count(result, "sent"), 390, "everybody with a coupon, and one in ten of the others: {result}");
    let promises = [
        "stock_adds_up",
        "orders_keep_their_rules",
        "held_stock_ends_as_its_order_does",
        "held_coupons_end_as_their_orders_do",
        "every_order_ends_or_moves_on",
        "payments_are_what_orders_say",
        "the_provider_has_charged_what_orders_say",
        "settlement_keeps_its_rules",
        "sellers_are_owed_what_orders_sold",
        "statements_are_the_sums_of_their_lines",
        "paid_and_shares_are_the_gross",
    ];
    for promise in promises {
        assert_eq!(result["proof"][promise], true, "{promise}: {result}");
    }
    for what in ["placed", "rejected", "paid", "expired", "cancelled", "refunded_partly"] {
        assert!(count(result, what) > 0, "{what}: {result}");
    }
    let statements = &result["settlement"];
    assert_eq!(statements["sellers"].as_object().map(serde_json::Map::len), Some(4), "{result}");
    for total in ["lines", "payable"] {
        assert!(statements["totals"][total].as_i64() > Some(0), "{total}: {result}");
    }
}

#[test]
fn shoppers_order_and_the_outcome_is_proven() {
    let Some(fixture) = Fixture::enter() else { return };
    let result = fixture.sale(&[&SALE[..], &["--order-rate", "60"]].concat());
    judge(&result);
    replay::settles_again(&fixture);
    assert_eq!(
        result["orders"]["surprises"],
        Value::Null,
        "nothing died, so everybody is told what they expect: {result}"
    );
    assert_eq!(count(&result, "unknown"), 0, "{result}");
    assert_eq!(count(&result, "placed") + count(&result, "rejected"), count(&result, "sent"), "{result}");
    assert!(result["orders"]["refusals"]["INSUFFICIENT_STOCK"].as_u64() > Some(0), "one product runs out: {result}");
}

#[test]
fn the_outcome_is_proven_when_roles_and_the_provider_are_killed() {
    let Some(fixture) = Fixture::enter() else { return };
    let result = fixture.sale(&[&SALE[..], &["--order-rate", "40", "--kill", "--kill-provider"]].concat());
    judge(&result);
    replay::settles_again(&fixture);
    assert!(result["faults"]["kills"].as_u64() >= Some(7), "a run that killed little shows little: {result}");
    assert!(result["faults"]["provider_kills"].as_u64() >= Some(2), "{result}");
}

#[test]
fn the_outcome_is_proven_when_the_provider_is_away() {
    let Some(fixture) = Fixture::enter() else { return };
    let result = fixture.sale(&[&SALE[..], &["--order-rate", "60", "--provider-down", "15"]].concat());
    judge(&result);
    assert_eq!(result["faults"]["provider_kills"], 1, "{result}");
    assert_eq!(count(&result, "unknown"), 0, "whoever waits is told in the end: {result}");
}
