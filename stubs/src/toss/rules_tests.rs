//! The provider's rules, as tables.

use events::payments::{PaymentMethod, PaymentStatus};

use super::*;

const NOW: i64 = 1_700_000_000_000;

fn fresh(method: PaymentMethod, amount: i64) -> Bill {
    let asked = Begin { order_id: "order-1".into(), amount, method, decline: None, wallet: None, authenticated: true };
    begin(asked, "pay-1".into(), "ps".into(), NOW).unwrap()
}

fn with(status: PaymentStatus) -> Bill {
    Bill { status, ..fresh(PaymentMethod::Card, 1_000) }
}

fn paid(method: PaymentMethod, amount: i64) -> Bill {
    let bill = confirm(&fresh(method, amount), "order-1", amount, false, "t".into(), NOW).0.unwrap();
    if method == PaymentMethod::VirtualAccount { deposit(&bill, NOW).unwrap() } else { bill }
}

fn ask(amount: Option<i64>, believed: Option<i64>) -> CancelBody {
    CancelBody {
        cancel_reason: Some("why".into()),
        cancel_amount: amount,
        refundable_amount: believed,
        refund_receive_account: None,
    }
}

fn code(ruling: &Ruling) -> &str {
    ruling.1.as_ref().map_or_else(|refusal| refusal.code.as_str(), |()| "yes")
}

#[test]
fn a_confirm_is_answered_by_where_the_payment_is() {
    use PaymentStatus::{Aborted, Canceled, Done, Expired, InProgress, PartialCanceled, Ready, WaitingForDeposit};
    for (status, expected) in [
        (InProgress, "yes"),
        (Ready, "NOT_FOUND_PAYMENT_SESSION"),
        (Aborted, "NOT_FOUND_PAYMENT_SESSION"),
        (Expired, "NOT_FOUND_PAYMENT_SESSION"),
        (Done, "ALREADY_PROCESSED_PAYMENT"),
        (WaitingForDeposit, "ALREADY_PROCESSED_PAYMENT"),
        (Canceled, "ALREADY_PROCESSED_PAYMENT"),
        (PartialCanceled, "ALREADY_PROCESSED_PAYMENT"),
    ] {
        let ruling = confirm(&with(status), "order-1", 1_000, false, "t".into(), NOW);
        assert_eq!(code(&ruling), expected, "{status:?}");
        assert_eq!(ruling.0.map_or(0, |bill| bill.charges), u32::from(expected == "yes"), "{status:?}");
    }
}

#[test]
fn a_confirm_that_does_not_fit_charges_nothing() {
    let bill = fresh(PaymentMethod::Card, 1_000);
    for (order, amount, otherwise, expected) in [
        ("order-2", 1_000, false, "INVALID_REQUEST"),
        ("order-1", 999, false, "INVALID_REQUEST"),
        ("order-1", 1_000, true, "DUPLICATED_ORDER_ID"),
    ] {
        let ruling = confirm(&bill, order, amount, otherwise, "t".into(), NOW);
        assert_eq!((code(&ruling), ruling.0.is_none()), (expected, true));
    }
    let small = fresh(PaymentMethod::Card, 99);
    assert_eq!(code(&confirm(&small, "order-1", 99, false, "t".into(), NOW)), "BELOW_MINIMUM_AMOUNT");
    let declined = Bill { decline: Some("REJECT_CARD_COMPANY".into()), ..bill };
    let ruling = confirm(&declined, "order-1", 1_000, false, "t".into(), NOW);
    assert_eq!(code(&ruling), "REJECT_CARD_COMPANY");
    assert_eq!(ruling.0.map(|bill| (bill.status, bill.charges)), Some((PaymentStatus::Aborted, 0)));
}

#[test]
fn time_ends_what_is_not_confirmed() {
    let minutes = |minutes: i64| NOW + minutes * 60_000;
    let confirmable = fresh(PaymentMethod::Card, 1_000);
    let unseen = Bill { status: PaymentStatus::Ready, authenticated_at: None, ..confirmable.clone() };
    for (bill, now, is_over) in [
        (&confirmable, minutes(10) - 1, false),
        (&confirmable, minutes(10), true),
        (&unseen, minutes(30) - 1, false),
        (&unseen, minutes(30), true),
        (&paid(PaymentMethod::Card, 1_000), minutes(1_000), false),
    ] {
        assert_eq!(expired(bill, now).is_some(), is_over);
    }
}

#[test]
fn a_cancel_keeps_the_balance() {
    let bill = paid(PaymentMethod::Card, 1_000);
    let (first, _) = cancel(&bill, &ask(Some(300), Some(1_000)), "c1".into(), NOW);
    let first = first.unwrap();
    assert_eq!((first.balance, first.status), (700, PaymentStatus::PartialCanceled));
    for (amount, believed, expected) in [
        (Some(300), Some(1_000), "NOT_MATCHES_REFUNDABLE_AMOUNT"),
        (Some(701), None, "NOT_CANCELABLE_AMOUNT"),
        (Some(0), None, "INVALID_REQUEST"),
        (Some(-1), None, "INVALID_REQUEST"),
        (Some(700), Some(700), "yes"),
        (None, None, "yes"),
    ] {
        assert_eq!(code(&cancel(&first, &ask(amount, believed), "c2".into(), NOW)), expected, "{amount:?}");
    }
    let last = cancel(&first, &ask(None, None), "c2".into(), NOW).0.unwrap();
    assert_eq!((last.balance, last.status, last.cancels.len()), (0, PaymentStatus::Canceled, 2));
    assert_eq!(code(&cancel(&last, &ask(None, None), "c3".into(), NOW)), "ALREADY_CANCELED_PAYMENT");
    for status in [PaymentStatus::Ready, PaymentStatus::InProgress, PaymentStatus::Aborted, PaymentStatus::Expired] {
        assert_eq!(code(&cancel(&with(status), &ask(None, None), "c".into(), NOW)), "NOT_CANCELABLE_PAYMENT");
    }
    let long = CancelBody { cancel_reason: Some("x".repeat(201)), ..ask(None, None) };
    assert_eq!(code(&cancel(&bill, &long, "c".into(), NOW)), "INVALID_REQUEST");
}

#[test]
fn money_of_a_wallet_goes_back_before_points() {
    let bill = paid(PaymentMethod::Wallet, 1_000);
    let split = bill.split.clone().unwrap();
    assert_eq!(split.card + split.money + split.discount, 1_000);
    let first = cancel(&bill, &ask(Some(850), None), "c1".into(), NOW).0.unwrap();
    assert_eq!(first.cancels[0].discount, 0);
    let second = cancel(&first, &ask(None, None), "c2".into(), NOW).0.unwrap();
    assert_eq!(second.cancels[1].discount, 100);
    let uneven = Split { provider: "x".into(), card: 1, money: 1, discount: 1 };
    let asked = Begin {
        order_id: "order-1".into(),
        amount: 4,
        method: PaymentMethod::Wallet,
        decline: None,
        wallet: Some(uneven),
        authenticated: true,
    };
    assert_eq!(begin(asked, "p".into(), "s".into(), NOW), None);
}

#[test]
fn a_virtual_account_is_charged_by_its_deposit() {
    let waiting = confirm(&fresh(PaymentMethod::VirtualAccount, 1_000), "order-1", 1_000, false, "t".into(), NOW);
    let waiting = waiting.0.unwrap();
    assert_eq!((waiting.status, waiting.charges), (PaymentStatus::WaitingForDeposit, 0));
    let partly = cancel(&waiting, &ask(Some(1), None), "c".into(), NOW);
    assert_eq!(code(&partly), "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT");
    let closed = cancel(&waiting, &ask(Some(1_000), Some(1_000)), "c".into(), NOW).0.unwrap();
    assert_eq!((closed.status, closed.charges, closed.balance), (PaymentStatus::Canceled, 0, 0));
    assert_eq!(deposit(&closed, NOW), None);
    assert_eq!(deposit(&waiting, NOW + DEPOSIT_MS), None, "the account is closed");
    let done = deposit(&waiting, NOW).unwrap();
    assert_eq!((done.status, done.charges), (PaymentStatus::Done, 1));
    assert_eq!(deposit(&done, NOW), None);
    assert_eq!(code(&cancel(&done, &ask(None, None), "c".into(), NOW)), "INVALID_REFUND_ACCOUNT_INFO");
    let account = RefundReceiveAccount { bank: "20".into(), account_number: "1000".into(), holder_name: "Kim".into() };
    let known = CancelBody { refund_receive_account: Some(account), ..ask(None, None) };
    assert_eq!(code(&cancel(&done, &known, "c".into(), NOW)), "yes");
}
