//! What the provider's error codes mean for the shop. The provider publishes no such grouping; this one is ours, and when in
//! doubt the outcome is unknown and the payment is looked up.
//!
//! Source: Toss Payments, error codes of "confirm" and "cancel", version 2022-11-16. Statuses are the vendor's.

use events::payments::Decline;

/// What a refusal to confirm means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ConfirmVerdict {
    /// It may have been charged: look up.
    Unknown,
    /// Nothing was charged.
    Declined(Decline),
    /// A code we do not know: look up; if it is not charged, nothing was.
    Unlisted,
}

/// What a refusal to refund means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RefundVerdict {
    /// It may have been refunded: look up, then ask again under the same key.
    Unknown,
    /// The balance is not what we think: look up, it says whether this refund was made.
    Balance,
    /// Not now; asked again in a moment.
    Later,
    /// Nothing was refunded.
    Refused,
    /// Nothing was refunded, because we asked wrongly: it is logged as an error and counted.
    Fault,
}

use ConfirmVerdict::{Declined, Unknown};
use Decline::{Fault, Restart, TryAnother};

/// Codes of "confirm": the code, its status, its meaning.
pub(crate) const CONFIRM: [(&str, u16, ConfirmVerdict); 62] = [
    ("IDEMPOTENT_REQUEST_PROCESSING", 409, Unknown),
    ("TOO_MANY_REQUESTS", 429, Unknown),
    ("PROVIDER_ERROR", 400, Unknown),
    ("ALREADY_PROCESSED_PAYMENT", 400, Unknown),
    ("ALREADY_COMPLETED_PAYMENT", 400, Unknown),
    ("ALREADY_PROCESSING_REQUEST", 400, Unknown),
    ("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", 500, Unknown),
    ("FAILED_INTERNAL_SYSTEM_PROCESSING", 500, Unknown),
    ("UNKNOWN_PAYMENT_ERROR", 500, Unknown),
    ("COMMON_ERROR", 500, Unknown),
    ("UNKNOWN_ERROR", 500, Unknown),
    ("INVALID_REJECT_CARD", 400, Declined(TryAnother)),
    ("INVALID_CARD_EXPIRATION", 400, Declined(TryAnother)),
    ("INVALID_STOPPED_CARD", 400, Declined(TryAnother)),
    ("INVALID_CARD_NUMBER", 400, Declined(TryAnother)),
    ("INVALID_CARD_LOST_OR_STOLEN", 400, Declined(TryAnother)),
    ("CARD_PROCESSING_ERROR", 400, Declined(TryAnother)),
    ("EXCEED_MAX_DAILY_PAYMENT_COUNT", 400, Declined(TryAnother)),
    ("EXCEED_MAX_PAYMENT_AMOUNT", 400, Declined(TryAnother)),
    ("EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", 400, Declined(TryAnother)),
    ("EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", 400, Declined(TryAnother)),
    ("EXCEED_MAX_AMOUNT", 400, Declined(TryAnother)),
    ("EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", 400, Declined(TryAnother)),
    ("RESTRICTED_TRANSFER_ACCOUNT", 400, Declined(TryAnother)),
    ("INVALID_ACCOUNT_INFO_RE_REGISTER", 400, Declined(TryAnother)),
    ("NOT_AVAILABLE_PAYMENT", 400, Declined(TryAnother)),
    ("MAINTAINED_METHOD", 400, Declined(TryAnother)),
    ("INVALID_CARD_INSTALLMENT_PLAN", 400, Declined(TryAnother)),
    ("NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", 400, Declined(TryAnother)),
    ("NOT_SUPPORTED_INSTALLMENT_PLAN_MERCHANT", 400, Declined(TryAnother)),
    ("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", 400, Declined(TryAnother)),
    ("NOT_ALLOWED_POINT_USE", 400, Declined(TryAnother)),
    ("REJECT_ACCOUNT_PAYMENT", 403, Declined(TryAnother)),
    ("REJECT_CARD_PAYMENT", 403, Declined(TryAnother)),
    ("REJECT_CARD_COMPANY", 403, Declined(TryAnother)),
    ("REJECT_TOSSPAY_INVALID_ACCOUNT", 403, Declined(TryAnother)),
    ("EXCEED_MAX_AUTH_COUNT", 403, Declined(TryAnother)),
    ("EXCEED_MAX_ONE_DAY_AMOUNT", 403, Declined(TryAnother)),
    ("NOT_AVAILABLE_BANK", 403, Declined(TryAnother)),
    ("INVALID_PASSWORD", 403, Declined(TryAnother)),
    ("FDS_ERROR", 403, Declined(TryAnother)),
    ("NOT_FOUND_PAYMENT_SESSION", 404, Declined(Restart)),
    ("NOT_FOUND_PAYMENT", 404, Declined(Restart)),
    ("DUPLICATED_ORDER_ID", 400, Declined(Restart)),
    ("UNAPPROVED_ORDER_ID", 400, Declined(Restart)),
    ("EXPIRED_PAYMENT", 400, Declined(Restart)),
    ("INVALID_REQUEST", 400, Declined(Fault)),
    ("INVALID_ORDER_ID", 400, Declined(Fault)),
    ("BELOW_MINIMUM_AMOUNT", 400, Declined(Fault)),
    ("INVALID_API_KEY", 400, Declined(Fault)),
    ("INVALID_AUTHORIZE_AUTH", 400, Declined(Fault)),
    ("INVALID_IDEMPOTENCY_KEY", 400, Declined(Fault)),
    ("NOT_FOUND_TERMINAL_ID", 400, Declined(Fault)),
    ("NOT_REGISTERED_BUSINESS", 400, Declined(Fault)),
    ("INVALID_UNREGISTERED_SUBMALL", 400, Declined(Fault)),
    ("UNAUTHORIZED_KEY", 401, Declined(Fault)),
    ("FORBIDDEN_REQUEST", 403, Declined(Fault)),
    ("INCORRECT_BASIC_AUTH_FORMAT", 403, Declined(Fault)),
    ("NOT_SUPPORTED_METHOD", 400, Declined(Fault)),
    ("NOT_SUPPORTED_CARD_TYPE", 400, Declined(TryAnother)),
    ("INVALID_PARAMETER", 400, Declined(Fault)),
    ("NOT_FOUND", 404, Declined(Fault)),
];

/// Codes of "cancel": the code, its status, its meaning.
pub(crate) const REFUND: [(&str, u16, RefundVerdict); 34] = [
    ("IDEMPOTENT_REQUEST_PROCESSING", 409, RefundVerdict::Unknown),
    ("TOO_MANY_REQUESTS", 429, RefundVerdict::Unknown),
    ("FAILED_REFUND_PROCESS", 500, RefundVerdict::Unknown),
    ("FAILED_METHOD_HANDLING_CANCEL", 500, RefundVerdict::Unknown),
    ("FAILED_PARTIAL_REFUND", 500, RefundVerdict::Unknown),
    ("FAILED_INTERNAL_SYSTEM_PROCESSING", 500, RefundVerdict::Unknown),
    ("COMMON_ERROR", 500, RefundVerdict::Unknown),
    ("ALREADY_CANCELED_PAYMENT", 400, RefundVerdict::Balance),
    ("ALREADY_REFUND_PAYMENT", 400, RefundVerdict::Balance),
    ("NOT_MATCHES_REFUNDABLE_AMOUNT", 400, RefundVerdict::Balance),
    ("PROVIDER_ERROR", 400, RefundVerdict::Later),
    ("FORBIDDEN_CONSECUTIVE_REQUEST", 403, RefundVerdict::Later),
    ("EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", 400, RefundVerdict::Refused),
    ("INVALID_REFUND_ACCOUNT_INFO", 400, RefundVerdict::Refused),
    ("INVALID_REFUND_ACCOUNT_NUMBER", 400, RefundVerdict::Refused),
    ("INVALID_BANK", 400, RefundVerdict::Refused),
    ("REFUND_REJECTED", 400, RefundVerdict::Refused),
    ("FORBIDDEN_BANK_REFUND_REQUEST", 400, RefundVerdict::Refused),
    ("NOT_CANCELABLE_AMOUNT", 403, RefundVerdict::Refused),
    ("NOT_CANCELABLE_PAYMENT", 403, RefundVerdict::Refused),
    ("EXCEED_MAX_REFUND_DUE", 403, RefundVerdict::Refused),
    ("NOT_ALLOWED_PARTIAL_REFUND", 403, RefundVerdict::Refused),
    ("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", 403, RefundVerdict::Refused),
    ("NOT_AVAILABLE_BANK", 403, RefundVerdict::Refused),
    ("NOT_FOUND_PAYMENT", 404, RefundVerdict::Refused),
    ("NOT_FOUND_PAYMENT_SESSION", 404, RefundVerdict::Refused),
    ("INVALID_REQUEST", 400, RefundVerdict::Fault),
    ("INVALID_API_KEY", 400, RefundVerdict::Fault),
    ("INVALID_AUTHORIZE_AUTH", 400, RefundVerdict::Fault),
    ("INVALID_IDEMPOTENCY_KEY", 400, RefundVerdict::Fault),
    ("INVALID_PARAMETER", 400, RefundVerdict::Fault),
    ("UNAUTHORIZED_KEY", 401, RefundVerdict::Fault),
    ("FORBIDDEN_REQUEST", 403, RefundVerdict::Fault),
    ("INCORRECT_BASIC_AUTH_FORMAT", 403, RefundVerdict::Fault),
];

/// Statuses after which it is unknown whether something was done.
pub(crate) fn is_inconclusive(status: u16) -> bool {
    !(400..500).contains(&status) || matches!(status, 408 | 409 | 425 | 429)
}

/// What a refused confirm means.
pub(crate) fn of_confirm(status: u16, code: &str) -> ConfirmVerdict {
    if is_inconclusive(status) {
        return Unknown;
    }
    let listed = CONFIRM.iter().find(|(known, ..)| *known == code).map(|(_, _, verdict)| *verdict);
    listed.unwrap_or(if status == 401 { Declined(Fault) } else { ConfirmVerdict::Unlisted })
}

/// What a refused refund means.
pub(crate) fn of_refund(status: u16, code: &str) -> RefundVerdict {
    if is_inconclusive(status) {
        return RefundVerdict::Unknown;
    }
    let listed = REFUND.iter().find(|(known, ..)| *known == code).map(|(_, _, verdict)| *verdict);
    listed.unwrap_or(if status == 401 { RefundVerdict::Fault } else { RefundVerdict::Balance })
}

#[cfg(test)]
#[path = "codes_tests.rs"]
mod tests;
