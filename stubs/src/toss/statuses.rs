//! The HTTP status of each error code, as the provider documents them. The connector has a table of its own with what each code means
//! to us; a test there compares the two.
//!
//! Source: Toss Payments, error codes of "confirm" and "cancel", version 2022-11-16.

/// The status of most errors.
const BAD_REQUEST: u16 = 400;

/// Codes with another status than [`BAD_REQUEST`].
const OTHERS: [(u16, &[&str]); 6] = [
    (401, &["UNAUTHORIZED_KEY"]),
    (
        403,
        &[
            "REJECT_ACCOUNT_PAYMENT",
            "REJECT_CARD_PAYMENT",
            "REJECT_CARD_COMPANY",
            "REJECT_TOSSPAY_INVALID_ACCOUNT",
            "EXCEED_MAX_AUTH_COUNT",
            "EXCEED_MAX_ONE_DAY_AMOUNT",
            "NOT_AVAILABLE_BANK",
            "INVALID_PASSWORD",
            "FDS_ERROR",
            "FORBIDDEN_REQUEST",
            "INCORRECT_BASIC_AUTH_FORMAT",
            "FORBIDDEN_CONSECUTIVE_REQUEST",
            "NOT_CANCELABLE_AMOUNT",
            "NOT_CANCELABLE_PAYMENT",
            "EXCEED_MAX_REFUND_DUE",
            "NOT_ALLOWED_PARTIAL_REFUND",
            "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT",
        ],
    ),
    (404, &["NOT_FOUND", "NOT_FOUND_PAYMENT", "NOT_FOUND_PAYMENT_SESSION"]),
    (409, &["IDEMPOTENT_REQUEST_PROCESSING"]),
    (429, &["TOO_MANY_REQUESTS"]),
    (
        500,
        &[
            "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
            "FAILED_INTERNAL_SYSTEM_PROCESSING",
            "UNKNOWN_PAYMENT_ERROR",
            "COMMON_ERROR",
            "UNKNOWN_ERROR",
            "FAILED_REFUND_PROCESS",
            "FAILED_METHOD_HANDLING_CANCEL",
            "FAILED_PARTIAL_REFUND",
        ],
    ),
];

/// The status of an error code.
#[must_use]
pub fn status_of(code: &str) -> u16 {
    let listed = OTHERS.iter().find(|(_, codes)| codes.contains(&code));
    listed.map_or(BAD_REQUEST, |(status, _)| *status)
}
