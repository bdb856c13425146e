//! Commands to the connector of the payment provider: the values of `payments.inbox`. Written by the orders processor only, in
//! the transaction that decides them, so an intent is durable before the provider hears of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, PaymentKey, RequestId};
use crate::money::Money;

/// What the connector can be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentCommand {
    /// Charge a payment that the shopper has authenticated.
    Confirm {
        /// The step: the same for every repeat.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// Counts the order's attempts to pay, from 1.
        attempt: u16,
        /// The payment.
        payment_key: PaymentKey,
        /// How much, minor units.
        amount: Money,
        /// How often this attempt has been asked for before: above 0 its outcome was unknown, so look up before charging.
        repeat: u32,
    },
    /// Find out where a payment is.
    LookUp {
        /// The step.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// The payment; nothing: whatever payment the provider has for the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment_key: Option<PaymentKey>,
    },
    /// Give money back, or close a virtual account into which nothing was paid.
    Refund {
        /// The step: the same for every repeat.
        request: RequestId,
        /// The order.
        order: OrderId,
        /// Counts the order's calls for a refund, from 1.
        refund: u16,
        /// The payment.
        payment_key: PaymentKey,
        /// How much, minor units.
        amount: Money,
        /// What can be refunded before this refund, minor units: the provider refuses if it knows otherwise.
        balance: Money,
        /// What the shopper reads, at most 200 characters.
        reason: String,
        /// Where to, if the money came by transfer to a virtual account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<RefundAccount>,
        /// How often this refund has been asked for before: above 0 its outcome was unknown, so look up before asking again.
        repeat: u32,
    },
}

/// Where to send a refund of money that came by transfer. Personal: it is in commands and in the order's state until the refund
/// is done, never in a fact or in a log line.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundAccount {
    /// The bank's code.
    pub bank: String,
    /// The account's number, at most 20 digits.
    pub account_number: String,
    /// Whose account it is, at most 60 characters.
    pub holder: String,
}

impl RefundAccount {
    /// Whether the provider would read it.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let holder = self.holder.chars().count();
        digits(&self.bank, 3)
            && digits(&self.account_number, 20)
            && (1..=60).contains(&holder)
            && !self.holder.chars().any(char::is_control)
    }
}

impl fmt::Debug for RefundAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefundAccount(..)")
    }
}

impl PaymentCommand {
    /// The order the command is about: the record's key.
    #[must_use]
    pub fn order(&self) -> &OrderId {
        match self {
            Self::Confirm { order, .. } | Self::LookUp { order, .. } | Self::Refund { order, .. } => order,
        }
    }

    /// The step the command carries out.
    #[must_use]
    pub fn request(&self) -> RequestId {
        match self {
            Self::Confirm { request, .. } | Self::LookUp { request, .. } | Self::Refund { request, .. } => *request,
        }
    }

    /// What the provider recognises a repeat by: one for each logical charge and each logical refund, the same for all their
    /// repeats; nothing for what changes nothing. The provider compares the key and not the body, so the key holds all that
    /// tells two of them apart. At most 80 characters (the provider takes 300), remembered there for 15 days.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<String> {
        match self {
            Self::Confirm { order, attempt, .. } => Some(format!("{order}:{attempt}:confirm")),
            Self::Refund { order, refund, .. } => Some(format!("{order}:{refund}:cancel")),
            Self::LookUp { .. } => None,
        }
    }

    /// The command's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Confirm { .. } => "confirm",
            Self::LookUp { .. } => "look_up",
            Self::Refund { .. } => "refund",
        }
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
