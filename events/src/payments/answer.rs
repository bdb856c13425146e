//! What the connector found out: answered to the order that asked, and recorded in `payments.events`. A command is answered at
//! least once; an answer that is told again says the same or something newer, never something older.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Payment;
use crate::ids::{OrderId, RequestId};
use crate::time::Timestamp;

/// What became of a call to the provider: the value of `payments.events`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentEvent {
    /// The order: the record's key.
    pub order: OrderId,
    /// The step that was carried out.
    pub request: RequestId,
    /// When the connector was told, by its own clock. Decisions do not depend on it.
    pub at: Timestamp,
    /// What it was told.
    pub answer: PaymentAnswer,
}

/// What the provider's answer means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentAnswer {
    /// To a confirm: the money is charged.
    Charged {
        /// The payment.
        payment: Payment,
    },
    /// To a confirm: a virtual account was opened; the money is not there yet.
    DepositAwaited {
        /// The payment.
        payment: Payment,
    },
    /// To a confirm: nothing is charged, and nothing will be by this attempt.
    Declined {
        /// What the shopper can do about it.
        decline: Decline,
        /// The provider's code.
        code: String,
    },
    /// To any: nobody knows yet; a charge or a refund may have been carried out. Never taken for a refusal; asked again.
    Unknown {
        /// What went wrong: the provider's code, or `TIMEOUT`, `UNREACHABLE`, `CIRCUIT_OPEN`, `UNREADABLE`.
        code: String,
    },
    /// To a refund: the money is given back.
    Refunded {
        /// The payment after it.
        payment: Payment,
    },
    /// To a refund: no money was given back by it, and none will be.
    RefundRefused {
        /// The provider's code.
        code: String,
    },
    /// To a look-up: where the payment is.
    Found {
        /// The payment.
        payment: Payment,
    },
    /// To a look-up: the provider knows of no such payment.
    NotFound,
}

impl PaymentAnswer {
    /// The types of all answers, as [`PaymentAnswer::kind`] names them.
    pub const KINDS: [&'static str; 8] =
        ["charged", "deposit_awaited", "declined", "unknown", "refunded", "refund_refused", "found", "not_found"];

    /// The answer's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Charged { .. } => "charged",
            Self::DepositAwaited { .. } => "deposit_awaited",
            Self::Declined { .. } => "declined",
            Self::Unknown { .. } => "unknown",
            Self::Refunded { .. } => "refunded",
            Self::RefundRefused { .. } => "refund_refused",
            Self::Found { .. } => "found",
            Self::NotFound => "not_found",
        }
    }

    /// The payment, where the provider showed it.
    #[must_use]
    pub fn payment(&self) -> Option<&Payment> {
        match self {
            Self::Charged { payment }
            | Self::DepositAwaited { payment }
            | Self::Refunded { payment }
            | Self::Found { payment } => Some(payment),
            Self::Declined { .. } | Self::Unknown { .. } | Self::RefundRefused { .. } | Self::NotFound => None,
        }
    }
}

/// What a shopper can do about a payment that was declined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// Pay by another means.
    TryAnother,
    /// Begin the payment again: it was not confirmed in time, or is not there.
    Restart,
    /// Nothing: the shop has asked wrongly. Somebody is told.
    Fault,
}
