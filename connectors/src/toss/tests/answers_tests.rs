//! From commands to answers: every row of the provider's table, and what goes wrong on the way.

use events::payments::{PaymentAnswer, PaymentStatus};
use serde_json::json;

use super::fixture::*;
use crate::toss::codes::{CONFIRM, ConfirmVerdict, REFUND, RefundVerdict};

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_code_of_a_confirm_leads_to_its_answer_and_charges_nothing() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    let config = crate::toss::Config { answer_within_ms: 100, ..config(&fixture.base_url) };
    for (code, _, verdict) in CONFIRM {
        let executor = executor(&config, Some(code));
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_millis(30);
        let answer = executor.answer(&confirm(ORDER, &payment, 1_000, 0), deadline).await;
        let expected = match verdict {
            ConfirmVerdict::Declined(decline) => format!("declined {decline:?} {code}"),
            ConfirmVerdict::Unknown | ConfirmVerdict::Unlisted => format!("unknown {code}"),
        };
        assert_eq!(outcome_of(&answer), expected, "{code}");
    }
    assert_eq!(fixture.row(&payment).await, (0, 1_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_code_of_a_refund_leads_to_its_answer_and_refunds_nothing() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    assert_eq!(outcome_of(&answer(&fixture.executor(), &confirm(ORDER, &payment, 1_000, 0)).await), "charged");
    for (code, _, verdict) in REFUND {
        let executor = executor(&config(&fixture.base_url), Some(code));
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_millis(30);
        let answer = executor.answer(&refund(ORDER, &payment, 1, 300, 1_000, 0), deadline).await;
        // The look-up is forced to the same error, so what needs one stays unknown.
        let expected = match verdict {
            RefundVerdict::Refused | RefundVerdict::Fault => format!("refund_refused {code}"),
            RefundVerdict::Unknown | RefundVerdict::Balance | RefundVerdict::Later => format!("unknown {code}"),
        };
        assert_eq!(outcome_of(&answer), expected, "{code}");
    }
    assert_eq!(fixture.row(&payment).await, (1, 1_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_is_made_once_however_often_it_is_asked_for() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    let payment = fixture.begin(ORDER, 1_000, json!({"method": "wallet"})).await;
    for repeat in [0, 0, 1, 2, 0] {
        let answer = answer(&executor, &confirm(ORDER, &payment, 1_000, repeat)).await;
        let PaymentAnswer::Charged { payment: shown } = answer else { panic!("{answer:?}") };
        let wallet = shown.wallet.unwrap();
        assert_eq!((wallet.card.minor(), wallet.money.minor(), wallet.discount.minor()), (0, 900, 100));
        assert_eq!((shown.total.minor(), shown.balance.minor(), shown.vat.minor()), (1_000, 1_000, 91));
    }
    assert_eq!(fixture.row(&payment).await, (1, 1_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_whose_answer_is_lost_is_found() {
    for seed in 0..12 {
        let fixture = Fixture::new().await;
        let executor = fixture.executor();
        let payment = fixture.begin(ORDER, 1_000, json!({})).await;
        fixture.faults(json!({"lost_answer_share": 0.5, "hang_ms": 2_000, "seed": seed})).await;
        let mut repeat = 0;
        loop {
            match answer(&executor, &confirm(ORDER, &payment, 1_000, repeat)).await {
                PaymentAnswer::Charged { .. } => break,
                PaymentAnswer::Unknown { .. } => repeat += 1,
                other => panic!("seed {seed}: {other:?}"),
            }
            assert!(repeat < 50, "seed {seed}");
        }
        assert_eq!(fixture.row(&payment).await, (1, 1_000, 0), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_still_runs_is_waited_for_under_its_key() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    // Longer than a call is waited for: the second meets the first while it runs.
    fixture.faults(json!({"delay_ms": 200})).await;
    let short = crate::toss::Config { read_ms: 120, ..config(&fixture.base_url) };
    let executor = executor(&short, None);
    let first = answer(&executor, &confirm(ORDER, &payment, 1_000, 0)).await;
    assert_eq!(outcome_of(&first), "unknown TIMEOUT");
    fixture.faults(json!({})).await;
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 1_000, 1)).await), "charged");
    assert_eq!(fixture.row(&payment).await, (1, 1_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_charged_any_more_is_begun_again() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    let late = fixture.begin(ORDER, 1_000, json!({})).await;
    fixture.control.advance(10 * 60_000).await.unwrap();
    for (repeat, expected) in [(0, "declined Restart NOT_FOUND_PAYMENT_SESSION"), (1, "declined Restart EXPIRED")] {
        assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &late, 1_000, repeat)).await), expected);
    }
    let declined = fixture.begin("order-000002", 1_000, json!({"decline": "INVALID_STOPPED_CARD"})).await;
    for (repeat, expected) in [(0, "declined TryAnother INVALID_STOPPED_CARD"), (1, "declined Restart ABORTED")] {
        assert_eq!(outcome_of(&answer(&executor, &confirm("order-000002", &declined, 1_000, repeat)).await), expected);
    }
    let unknown = events::ids::PaymentKey::new("nobody-knows-it").unwrap();
    for repeat in [0, 1] {
        let answer = answer(&executor, &confirm("order-000003", &unknown, 1_000, repeat)).await;
        assert_eq!(outcome_of(&answer), "declined Restart NOT_FOUND_PAYMENT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_not_what_was_asked_for_is_never_a_charge() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    for (amount, repeat, expected) in
        [(999, 0, "declined Fault INVALID_REQUEST"), (999, 1, "unknown MISMATCH"), (1_000, 0, "charged")]
    {
        let key = if amount == 1_000 { 2 } else { 1 };
        let mut command = confirm(ORDER, &payment, amount, repeat);
        if let events::payments::PaymentCommand::Confirm { attempt, .. } = &mut command {
            *attempt = key;
        }
        assert_eq!(outcome_of(&answer(&executor, &command).await), expected, "{amount} {repeat}");
    }
    // It is charged, but not this much, and not for this order.
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 999, 3)).await), "unknown MISMATCH");
    let second = fixture.begin(ORDER, 1_000, json!({})).await;
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &second, 1_000, 1)).await), "unknown MISMATCH");
    assert_eq!(fixture.row(&second).await.0, 0, "an order is paid once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_account_waits_for_its_deposit_and_gives_back_to_an_account() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    let payment = fixture.begin(ORDER, 1_000, json!({"method": "virtual_account"})).await;
    for repeat in [0, 1] {
        let answer = answer(&executor, &confirm(ORDER, &payment, 1_000, repeat)).await;
        let PaymentAnswer::DepositAwaited { payment: shown } = answer else { panic!("{answer:?}") };
        assert_eq!(shown.virtual_account.unwrap().bank, "20");
    }
    fixture.control.call(hyper::Method::POST, &format!("/stub/payments/{payment}/deposit"), &json!({})).await.unwrap();
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 1_000, 1)).await), "charged");
    let without = refund(ORDER, &payment, 1, 400, 1_000, 0);
    assert_eq!(outcome_of(&answer(&executor, &without).await), "refund_refused INVALID_REFUND_ACCOUNT_INFO");
    let with = with_account(refund(ORDER, &payment, 2, 400, 1_000, 0));
    assert_eq!(outcome_of(&answer(&executor, &with).await), "refunded");
    assert_eq!(fixture.row(&payment).await, (1, 600, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_account_is_closed_before_the_deposit_and_was_never_charged() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    let payment = fixture.begin(ORDER, 1_000, json!({"method": "virtual_account"})).await;
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 1_000, 0)).await), "deposit_awaited");
    for repeat in [0, 1] {
        assert_eq!(outcome_of(&answer(&executor, &refund(ORDER, &payment, 1, 1_000, 1_000, repeat)).await), "refunded");
    }
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 1_000, 2)).await), "declined Restart CANCELED");
    assert_eq!(fixture.row(&payment).await, (0, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_made_once_as_its_balance_shows() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 1_000, 0)).await), "charged");
    for (number, amount, balance, repeat, expected) in [
        (1, 300, 1_000, 0, "refunded"),
        (1, 300, 1_000, 0, "refunded"),
        (1, 300, 1_000, 1, "refunded"),
        // Under a new key, with a balance of before: it was made, and is not made again.
        (2, 300, 1_000, 0, "refunded"),
        (3, 500, 1_000, 0, "refund_refused NOT_MATCHES_REFUNDABLE_AMOUNT"),
        (4, 701, 700, 0, "refund_refused NOT_CANCELABLE_AMOUNT"),
        (5, 700, 700, 1, "refunded"),
        (6, 700, 700, 0, "refunded"),
        (7, 100, 700, 0, "refund_refused ALREADY_CANCELED_PAYMENT"),
    ] {
        let answer = answer(&executor, &refund(ORDER, &payment, number, amount, balance, repeat)).await;
        assert_eq!(outcome_of(&answer), expected, "refund {number}");
    }
    assert_eq!(fixture.row(&payment).await, (1, 0, 2));
    let unknown = events::ids::PaymentKey::new("nobody-knows-it").unwrap();
    for repeat in [0, 1] {
        let answer = answer(&executor, &refund(ORDER, &unknown, 1, 1, 1, repeat)).await;
        assert_eq!(outcome_of(&answer), "refund_refused NOT_FOUND_PAYMENT");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_is_lost_is_found() {
    for seed in 0..8 {
        let fixture = Fixture::new().await;
        let executor = fixture.executor();
        let payment = fixture.begin(ORDER, 1_000, json!({})).await;
        assert_eq!(outcome_of(&answer(&executor, &confirm(ORDER, &payment, 1_000, 0)).await), "charged");
        fixture.faults(json!({"lost_answer_share": 0.4, "error_share": 0.2, "hang_ms": 2_000, "seed": seed})).await;
        for (number, amount, balance) in [(1, 300, 1_000), (2, 300, 700)] {
            let mut repeat = 0;
            loop {
                match answer(&executor, &refund(ORDER, &payment, number, amount, balance, repeat)).await {
                    PaymentAnswer::Refunded { .. } => break,
                    PaymentAnswer::Unknown { .. } => repeat += 1,
                    other => panic!("seed {seed}: {other:?}"),
                }
                assert!(repeat < 50, "seed {seed}");
            }
        }
        assert_eq!(fixture.row(&payment).await, (1, 400, 2), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_finds_the_payment_of_the_order() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    assert_eq!(outcome_of(&answer(&executor, &look_up(ORDER, None)).await), "not_found");
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    for key in [None, Some(&payment)] {
        let answer = answer(&executor, &look_up(ORDER, key)).await;
        let PaymentAnswer::Found { payment: shown } = answer else { panic!("{answer:?}") };
        assert_eq!(shown.status, PaymentStatus::InProgress);
    }
    let answer = answer(&executor, &look_up("order-000002", Some(&payment))).await;
    assert_eq!(outcome_of(&answer), "not_found", "another order's payment is none of this one's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_unknown_and_never_a_refusal() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let payment = events::ids::PaymentKey::new("pay-1").unwrap();
    let executor = executor(&config(&away), None);
    for command in [
        confirm(ORDER, &payment, 1_000, 0),
        confirm(ORDER, &payment, 1_000, 1),
        refund(ORDER, &payment, 1, 1, 1, 0),
        refund(ORDER, &payment, 1, 1, 1, 1),
        look_up(ORDER, None),
    ] {
        assert_eq!(outcome_of(&answer(&executor, &command).await), "unknown UNREACHABLE", "{command:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_the_shops_fault_and_nothing_is_charged() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({})).await;
    let metrics = crate::toss::Metrics::register(&prometheus::Registry::new()).unwrap();
    let wrong = web::secret_key::SecretKey::new("test_sk_wrong_key").unwrap();
    let config = config(&fixture.base_url);
    let provider = crate::toss::Provider::new(&config, &wrong, &metrics).unwrap();
    let executor = crate::toss::answer::Executor::new(std::sync::Arc::new(provider), metrics, &config);
    for (command, expected) in [
        (confirm(ORDER, &payment, 1_000, 0), "declined Fault UNAUTHORIZED_KEY"),
        (confirm(ORDER, &payment, 1_000, 1), "unknown UNAUTHORIZED_KEY"),
        (refund(ORDER, &payment, 1, 1, 1, 0), "refund_refused UNAUTHORIZED_KEY"),
        (look_up(ORDER, None), "unknown UNAUTHORIZED_KEY"),
    ] {
        assert_eq!(outcome_of(&answer(&executor, &command).await), expected);
    }
    assert_eq!(fixture.row(&payment).await.0, 0);
}
