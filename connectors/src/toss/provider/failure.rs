//! Why a call to the provider has brought no payment. None of these says that nothing was done, except a refusal that
//! [`codes`](crate::toss::codes) lists.

use web::client::{CallError, status_outcome};

use crate::toss::codes;

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The provider answered with an error.
    Refused {
        /// Its HTTP status.
        status: u16,
        /// Its code; `UNREADABLE` when there was none.
        code: String,
    },
    /// It gave no answer that can be used.
    Silent(CallError),
    /// It answered with success, but what it showed cannot be read.
    Unreadable,
    /// It was left alone.
    CircuitOpen,
}

impl Failure {
    /// The code in answers and metrics.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Silent(CallError::Unreachable) => "UNREACHABLE",
            Self::Silent(CallError::TimedOut) => "TIMEOUT",
            Self::Silent(CallError::Broken) => "BROKEN",
            Self::Silent(CallError::TooLarge) => "TOO_LARGE",
            Self::Unreadable => "UNREADABLE",
            Self::CircuitOpen => "CIRCUIT_OPEN",
        }
    }

    /// Whether it speaks against the provider's health rather than against this call.
    pub(crate) fn is_trouble(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::Silent(_) | Self::Unreadable => true,
            Self::CircuitOpen => false,
        }
    }

    /// Whether the provider answered that it knows no such payment.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, code } if code == "NOT_FOUND_PAYMENT" || code == "NOT_FOUND_PAYMENT_SESSION")
    }

    /// Whether the provider has refused a question for good: the same question would be refused again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if !codes::is_inconclusive(*status))
    }

    /// How the call ended, for metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { status, .. } => status_outcome(*status),
            Self::Silent(silence) => silence.name(),
            Self::Unreadable => "unreadable",
            Self::CircuitOpen => "circuit_open",
        }
    }
}
