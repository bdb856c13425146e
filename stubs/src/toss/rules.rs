//! What the provider does to a payment, as pure functions: of the payment, what is asked, and the stub's clock.

use events::payments::{PaymentMethod, PaymentStatus};
use serde::Deserialize;

use super::bill::{Bill, Cancel, Split};
use super::statuses::status_of;

const MINUTE_MS: i64 = 60_000;
/// How long a shopper has to authenticate.
const AUTHENTICATE_MS: i64 = 30 * MINUTE_MS;
/// How long a shop has to confirm.
const CONFIRM_MS: i64 = 10 * MINUTE_MS;
/// How long a virtual account is open.
const DEPOSIT_MS: i64 = 7 * 24 * 60 * MINUTE_MS;

/// What the shopper's browser would have done: a payment comes to be.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Begin {
    pub(crate) order_id: String,
    pub(crate) amount: i64,
    #[serde(default = "card")]
    pub(crate) method: PaymentMethod,
    /// Makes its confirm fail with this code.
    #[serde(default)]
    pub(crate) decline: Option<String>,
    /// How a wallet splits it.
    #[serde(default)]
    pub(crate) wallet: Option<Split>,
    /// Whether the shopper has authenticated.
    #[serde(default = "yes")]
    pub(crate) authenticated: bool,
}

fn card() -> PaymentMethod {
    PaymentMethod::Card
}

fn yes() -> bool {
    true
}

/// The body of a cancel.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelBody {
    pub(crate) cancel_reason: Option<String>,
    pub(crate) cancel_amount: Option<i64>,
    pub(crate) refundable_amount: Option<i64>,
    pub(crate) refund_receive_account: Option<RefundReceiveAccount>,
}

/// Where money of a virtual account goes back to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundReceiveAccount {
    pub(crate) bank: String,
    pub(crate) account_number: String,
    pub(crate) holder_name: String,
}

/// A no.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
}

impl Refusal {
    pub(crate) fn new(code: &str) -> Self {
        Self { status: status_of(code), code: code.to_owned() }
    }
}

/// A yes or a no; a no can change the payment too.
pub(crate) type Ruling = (Option<Bill>, Result<(), Refusal>);

fn no(code: &str) -> Ruling {
    (None, Err(Refusal::new(code)))
}

/// A new payment. Nothing when it cannot be one.
pub(crate) fn begin(begin: Begin, payment_key: String, secret: String, now: i64) -> Option<Bill> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_order = (6..=64).contains(&begin.order_id.len()) && begin.order_id.bytes().all(legal);
    if !is_order || !(1..=1_000_000_000_000).contains(&begin.amount) {
        return None;
    }
    let split = match (begin.method, begin.wallet) {
        (PaymentMethod::Wallet, None) => {
            let discount = begin.amount / 10;
            Some(Split { provider: "토스페이".into(), card: 0, money: begin.amount - discount, discount })
        }
        (PaymentMethod::Wallet, Some(split)) => {
            let parts = [split.card, split.money, split.discount];
            let sums = parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(*part)) == Some(begin.amount);
            if !sums || parts.iter().any(|part| *part < 0) {
                return None;
            }
            Some(split)
        }
        _ => None,
    };
    let is_virtual = begin.method == PaymentMethod::VirtualAccount;
    Some(Bill {
        payment_key,
        order_id: begin.order_id,
        status: if begin.authenticated { PaymentStatus::InProgress } else { PaymentStatus::Ready },
        method: begin.method,
        total: begin.amount,
        balance: begin.amount,
        split,
        decline: begin.decline,
        secret,
        requested_at: now,
        authenticated_at: begin.authenticated.then_some(now),
        approved_at: None,
        due_at: is_virtual.then_some(now + DEPOSIT_MS),
        charges: 0,
        approval: None,
        cancels: Vec::new(),
    })
}

/// When a payment ends by itself, if it does.
pub(crate) fn ends_at(bill: &Bill) -> Option<i64> {
    match (bill.status, bill.authenticated_at) {
        (PaymentStatus::Ready, _) => Some(bill.requested_at + AUTHENTICATE_MS),
        (PaymentStatus::InProgress, Some(at)) => Some(at + CONFIRM_MS),
        _ => None,
    }
}

/// A payment whose time is over.
pub(crate) fn expired(bill: &Bill, now: i64) -> Option<Bill> {
    (ends_at(bill)? <= now).then(|| Bill { status: PaymentStatus::Expired, ..bill.clone() })
}

/// The charge. `is_paid_otherwise`: another payment of the order has been charged.
pub(crate) fn confirm(
    bill: &Bill,
    order_id: &str,
    amount: i64,
    is_paid_otherwise: bool,
    transaction: String,
    now: i64,
) -> Ruling {
    match bill.status {
        PaymentStatus::InProgress => {}
        PaymentStatus::Done
        | PaymentStatus::WaitingForDeposit
        | PaymentStatus::Canceled
        | PaymentStatus::PartialCanceled => return no("ALREADY_PROCESSED_PAYMENT"),
        PaymentStatus::Ready | PaymentStatus::Aborted | PaymentStatus::Expired => {
            return no("NOT_FOUND_PAYMENT_SESSION");
        }
    }
    if bill.order_id != order_id || bill.total != amount {
        return no("INVALID_REQUEST");
    }
    if is_paid_otherwise {
        return no("DUPLICATED_ORDER_ID");
    }
    let least = if bill.method == PaymentMethod::Card { 100 } else { 200 };
    if bill.total < least && matches!(bill.method, PaymentMethod::Card | PaymentMethod::Transfer) {
        return no("BELOW_MINIMUM_AMOUNT");
    }
    if let Some(code) = &bill.decline {
        let aborted = Bill { status: PaymentStatus::Aborted, ..bill.clone() };
        return (Some(aborted), Err(Refusal::new(code)));
    }
    let approval = Some(transaction);
    let confirmed = if bill.method == PaymentMethod::VirtualAccount {
        Bill { status: PaymentStatus::WaitingForDeposit, approval, ..bill.clone() }
    } else {
        charged(bill, approval, now)
    };
    (Some(confirmed), Ok(()))
}

fn charged(bill: &Bill, approval: Option<String>, now: i64) -> Bill {
    let charges = bill.charges + 1;
    Bill { status: PaymentStatus::Done, approved_at: Some(now), charges, approval, ..bill.clone() }
}

/// The shopper has paid into the virtual account.
pub(crate) fn deposit(bill: &Bill, now: i64) -> Option<Bill> {
    let is_open = bill.status == PaymentStatus::WaitingForDeposit && bill.due_at.is_some_and(|due| now < due);
    is_open.then(|| charged(bill, bill.approval.clone(), now))
}

/// A refund.
pub(crate) fn cancel(bill: &Bill, body: &CancelBody, transaction: String, now: i64) -> Ruling {
    let Some(reason) = body.cancel_reason.clone().filter(|reason| (1..=200).contains(&reason.chars().count())) else {
        return no("INVALID_REQUEST");
    };
    match bill.status {
        PaymentStatus::Done | PaymentStatus::PartialCanceled | PaymentStatus::WaitingForDeposit => {}
        PaymentStatus::Canceled => return no("ALREADY_CANCELED_PAYMENT"),
        _ => return no("NOT_CANCELABLE_PAYMENT"),
    }
    if body.refundable_amount.is_some_and(|believed| believed != bill.balance) {
        return no("NOT_MATCHES_REFUNDABLE_AMOUNT");
    }
    let amount = body.cancel_amount.unwrap_or(bill.balance);
    if amount <= 0 {
        return no("INVALID_REQUEST");
    }
    if amount > bill.balance {
        return no("NOT_CANCELABLE_AMOUNT");
    }
    if bill.status == PaymentStatus::WaitingForDeposit {
        if amount != bill.balance {
            return no("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT");
        }
    } else if bill.method == PaymentMethod::VirtualAccount {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_account = body.refund_receive_account.as_ref().is_some_and(|account| {
            digits(&account.bank)
                && digits(&account.account_number)
                && account.account_number.len() <= 20
                && (1..=60).contains(&account.holder_name.chars().count())
        });
        if !is_account {
            return no("INVALID_REFUND_ACCOUNT_INFO");
        }
    }
    let discount_left = bill.split.as_ref().map_or(0, |split| split.discount)
        - bill.cancels.iter().map(|cancel| cancel.discount).sum::<i64>();
    let money_left = bill.balance - discount_left;
    let balance = bill.balance - amount;
    let cancel = Cancel { transaction, amount, discount: (amount - money_left).max(0), reason, at: now };
    let status = if balance == 0 { PaymentStatus::Canceled } else { PaymentStatus::PartialCanceled };
    let cancels = bill.cancels.iter().cloned().chain([cancel]).collect();
    (Some(Bill { status, balance, cancels, ..bill.clone() }), Ok(()))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
