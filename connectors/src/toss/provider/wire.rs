//! The provider's JSON, read leniently: fields are added without notice, so unknown ones are ignored, and of those we know only
//! what decides about money must be there.

use events::ids::{OrderId, PaymentKey, TransactionKey};
use events::money::Money;
use events::payments::{Payment, PaymentMethod, PaymentRefund, PaymentStatus, VirtualAccount, Wallet};
use events::time::Timestamp;
use serde::Deserialize;
use web::kst_time;

/// A payment, as in every answer about one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentBody {
    payment_key: PaymentKey,
    order_id: OrderId,
    status: String,
    method: Option<String>,
    total_amount: i64,
    balance_amount: i64,
    vat: Option<i64>,
    currency: Option<String>,
    last_transaction_key: Option<String>,
    approved_at: Option<String>,
    card: Option<CardBody>,
    easy_pay: Option<EasyPayBody>,
    virtual_account: Option<VirtualAccountBody>,
    cancels: Option<Vec<CancelBody>>,
}

#[derive(Deserialize)]
struct CardBody {
    amount: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EasyPayBody {
    provider: Option<String>,
    amount: Option<i64>,
    discount_amount: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VirtualAccountBody {
    account_number: String,
    bank_code: Option<String>,
    bank: Option<String>,
    due_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelBody {
    transaction_key: TransactionKey,
    cancel_amount: i64,
    canceled_at: String,
    cancel_status: Option<String>,
}

/// One row of the provider's list of transactions: an approval or a cancel.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// The provider's name for it.
    pub transaction_key: String,
    /// The payment.
    pub payment_key: String,
    /// The order.
    pub order_id: String,
    /// The payment's status when it was made.
    pub status: String,
    /// Minor units.
    pub amount: i64,
}

/// What is wrong with a call, as the provider says it: at the top, or within `error`.
#[derive(Deserialize)]
struct ErrorBody {
    code: Option<String>,
    error: Option<InnerError>,
}

#[derive(Deserialize)]
struct InnerError {
    code: Option<String>,
}

/// Reads a payment; nothing when it is not one, or not in our currency.
pub(crate) fn payment(body: &[u8]) -> Option<Payment> {
    let body: PaymentBody = serde_json::from_slice(body).ok()?;
    if body.currency.as_deref().is_some_and(|currency| currency != "KRW") {
        return None;
    }
    let amount = |minor: i64| Some(Money::new(minor)).filter(|amount| amount.is_plausible());
    let (total, balance) = (amount(body.total_amount)?, amount(body.balance_amount)?);
    let method = method(body.method.as_deref());
    let discounted = body.easy_pay.as_ref().and_then(|pay| pay.discount_amount).unwrap_or(0);
    let wallet = body.easy_pay.filter(|_| method == PaymentMethod::Wallet).map(|pay| Wallet {
        provider: pay.provider.unwrap_or_default(),
        card: Money::new(body.card.as_ref().and_then(|card| card.amount).unwrap_or(0)),
        money: Money::new(pay.amount.unwrap_or(0)),
        discount: Money::new(discounted),
    });
    let virtual_account = match body.virtual_account {
        None => None,
        Some(account) => Some(VirtualAccount {
            bank: account.bank_code.or(account.bank).unwrap_or_default(),
            account_number: account.account_number,
            due_at: instant(&account.due_date)?,
        }),
    };
    let done = |cancel: &CancelBody| cancel.cancel_status.as_deref().is_none_or(|status| status == "DONE");
    let refunds = body.cancels.unwrap_or_default().into_iter().filter(done).map(|cancel| {
        Some(PaymentRefund {
            transaction: cancel.transaction_key,
            amount: amount(cancel.cancel_amount)?,
            at: instant(&cancel.canceled_at)?,
        })
    });
    Some(Payment {
        payment_key: body.payment_key,
        order: body.order_id,
        status: status(&body.status)?,
        method,
        total,
        balance,
        vat: Money::new(body.vat.unwrap_or(0)),
        wallet,
        virtual_account,
        approved_at: body.approved_at.as_deref().and_then(instant),
        last_transaction: body.last_transaction_key.and_then(|key| TransactionKey::new(&key).ok()),
        refunds: refunds.collect::<Option<_>>()?,
    })
}

/// Reads a time of the provider's.
fn instant(text: &str) -> Option<Timestamp> {
    kst_time::parse(text).map(Timestamp::from_millis).filter(|at| at.is_plausible())
}

/// Reads a list of transactions.
pub(crate) fn transactions(body: &[u8]) -> Option<Vec<Transaction>> {
    serde_json::from_slice(body).ok()
}

/// Reads an error's code. Only what looks like one is passed on: an error page is no code.
pub(crate) fn error_code(body: &[u8]) -> Option<String> {
    let body: ErrorBody = serde_json::from_slice(body).ok()?;
    let code = body.code.or_else(|| body.error.and_then(|error| error.code))?;
    let is_code = (1..=100).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_code.then_some(code)
}

pub(crate) fn status(word: &str) -> Option<PaymentStatus> {
    Some(match word {
        "READY" => PaymentStatus::Ready,
        "IN_PROGRESS" => PaymentStatus::InProgress,
        "WAITING_FOR_DEPOSIT" => PaymentStatus::WaitingForDeposit,
        "DONE" => PaymentStatus::Done,
        "CANCELED" => PaymentStatus::Canceled,
        "PARTIAL_CANCELED" => PaymentStatus::PartialCanceled,
        "ABORTED" => PaymentStatus::Aborted,
        "EXPIRED" => PaymentStatus::Expired,
        _ => return None,
    })
}

fn method(word: Option<&str>) -> PaymentMethod {
    match word {
        Some("카드" | "CARD") => PaymentMethod::Card,
        Some("가상계좌" | "VIRTUAL_ACCOUNT") => PaymentMethod::VirtualAccount,
        Some("간편결제" | "EASY_PAY") => PaymentMethod::Wallet,
        Some("휴대폰" | "MOBILE_PHONE") => PaymentMethod::Mobile,
        Some("계좌이체" | "TRANSFER") => PaymentMethod::Transfer,
        Some("문화상품권" | "도서문화상품권" | "게임문화상품권") => PaymentMethod::GiftCertificate,
        _ => PaymentMethod::Other,
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
