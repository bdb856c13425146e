//! A payment as the provider shows it, at one moment. Amounts are absolute, so the latest picture replaces the one before.
//!
//! Source: Toss Payments, Payment object, version 2022-11-16. Fields that are not needed here are left out, as are all that
//! name a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, PaymentKey, TransactionKey};
use crate::money::Money;
use crate::time::Timestamp;

/// A payment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// The provider's name for it.
    pub payment_key: PaymentKey,
    /// The order it is for.
    pub order: OrderId,
    /// Where it is.
    pub status: PaymentStatus,
    /// How the shopper pays.
    pub method: PaymentMethod,
    /// What was charged, or will be; it never changes, minor units.
    pub total: Money,
    /// What of it has not been refunded, minor units.
    pub balance: Money,
    /// Value-added tax within the balance, minor units.
    pub vat: Money,
    /// How a wallet's payment is made up; the parts sum to the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Wallet>,
    /// Where the shopper has to transfer the money, while it is awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_account: Option<VirtualAccount>,
    /// When it was charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
    /// The charge or the latest refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transaction: Option<TransactionKey>,
    /// Refunds, in the order they were made; they sum to total - balance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<PaymentRefund>,
}

/// Where a payment is. The names are the provider's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The shopper has not authenticated.
    Ready,
    /// The shopper has authenticated; nothing is charged until it is confirmed.
    InProgress,
    /// A virtual account awaits the shopper's transfer.
    WaitingForDeposit,
    /// Charged.
    Done,
    /// Wholly refunded, or cancelled before the transfer.
    Canceled,
    /// Partly refunded.
    PartialCanceled,
    /// The provider has refused to charge.
    Aborted,
    /// Not confirmed in time; nothing was charged and nothing ever will be.
    Expired,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::InProgress,
        Self::WaitingForDeposit,
        Self::Done,
        Self::Canceled,
        Self::PartialCanceled,
        Self::Aborted,
        Self::Expired,
    ];

    /// The status of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether money was taken, also if it was refunded since.
    #[must_use]
    pub fn is_charged(self) -> bool {
        matches!(self, Self::Done | Self::Canceled | Self::PartialCanceled)
    }

    /// Whether nothing will ever be charged.
    #[must_use]
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Aborted | Self::Expired)
    }

    /// The name in SQL and HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::InProgress => "in_progress",
            Self::WaitingForDeposit => "waiting_for_deposit",
            Self::Done => "done",
            Self::Canceled => "canceled",
            Self::PartialCanceled => "partial_canceled",
            Self::Aborted => "aborted",
            Self::Expired => "expired",
        }
    }
}

/// How a shopper pays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Card.
    Card,
    /// Transfer to an account of the shopper's own number.
    VirtualAccount,
    /// A wallet: money, points and a card stored in it.
    Wallet,
    /// Mobile phone bill.
    Mobile,
    /// Transfer from the shopper's account.
    Transfer,
    /// Gift certificate.
    GiftCertificate,
    /// A method that this version does not know.
    Other,
}

impl PaymentMethod {
    /// Every method.
    pub const ALL: [Self; 7] = [
        Self::Card,
        Self::VirtualAccount,
        Self::Wallet,
        Self::Mobile,
        Self::Transfer,
        Self::GiftCertificate,
        Self::Other,
    ];

    /// The method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// The name in SQL and HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::VirtualAccount => "virtual_account",
            Self::Wallet => "wallet",
            Self::Mobile => "mobile",
            Self::Transfer => "transfer",
            Self::GiftCertificate => "gift_certificate",
            Self::Other => "other",
        }
    }
}

/// What a wallet's payment is made up of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Wallet {
    /// Whose wallet, as the provider writes it.
    pub provider: String,
    /// From the card stored in it, minor units.
    pub card: Money,
    /// From the account or money in it, minor units.
    pub money: Money,
    /// From points, wallet coupons and instant discounts, minor units.
    pub discount: Money,
}

/// Where a shopper has to transfer the money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VirtualAccount {
    /// The bank's code, as the provider writes it.
    pub bank: String,
    /// The account's number, issued for this payment.
    pub account_number: String,
    /// When the account closes.
    pub due_at: Timestamp,
}

/// A refund of a payment or of a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRefund {
    /// The provider's name for it.
    pub transaction: TransactionKey,
    /// How much, minor units.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}
