//! What an order knows of its payment: the attempt that counts, look-ups under way, and the refund under way; and the pauses between
//! calls to the provider.

use events::ids::{PaymentKey, RequestId};
use events::money::Money;
use events::orders::{Goods, OrderState, RefundCause};
use events::payments::{PaymentMethod, RefundAccount};
use events::time::Timestamp;

use crate::policy;

/// The latest attempt to pay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Attempt {
    /// Counts from 1.
    pub(crate) number: u16,
    pub(crate) key: PaymentKey,
    /// The request to pay.
    pub(crate) request: RequestId,
    pub(crate) begun_at: Timestamp,
    /// How often the call was repeated.
    pub(crate) repeats: u32,
    /// Whether money was taken.
    pub(crate) charged: bool,
    /// Known once the provider has shown the payment.
    pub(crate) method: Option<PaymentMethod>,
    /// Where to refund to, brought by a cancellation that waits for the outcome.
    pub(crate) account: Option<RefundAccount>,
    /// The balance that was last stated to differ, minor units: it is stated once.
    pub(crate) differs: Option<Money>,
}

/// Look-ups of the payment: one under way at most, and one that waits for its turn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LookUps {
    /// How many there have been.
    pub(crate) number: u32,
    /// When the latest one began.
    pub(crate) latest: Timestamp,
    pub(crate) open: Option<LookUp>,
    pub(crate) waiting: Option<Option<PaymentKey>>,
}

/// A look-up that is unanswered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LookUp {
    /// Nothing: whatever payment the provider has for the order.
    pub(crate) key: Option<PaymentKey>,
    /// How many refunds had been begun: with others since, its balance says nothing.
    pub(crate) refunds: u16,
    /// How often it was repeated.
    pub(crate) repeats: u32,
    /// When it is repeated.
    pub(crate) next: Timestamp,
}

/// Money that is being given back, or an account that is being closed before anything was paid into it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refund {
    pub(crate) kind: RefundKind,
    pub(crate) cause: RefundCause,
    pub(crate) goods: Goods,
    /// How many units of which line, by its place.
    pub(crate) units: Vec<(u16, u32)>,
    /// How much, minor units.
    pub(crate) amount: Money,
    /// The request that awaits it.
    pub(crate) request: Option<RequestId>,
    /// Where to, if the money came by transfer.
    pub(crate) account: Option<RefundAccount>,
    /// How often the call was repeated under the same number.
    pub(crate) repeats: u32,
    /// Whether it was stated that the outcome is not known.
    pub(crate) unknown: bool,
    /// Whether the provider refused: it is tried under the next number.
    pub(crate) refused: bool,
    /// When the call is repeated.
    pub(crate) next: Timestamp,
    /// Where the order was.
    pub(crate) back: OrderState,
}

/// What a refund is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RefundKind {
    /// A request began it: a refusal ends it.
    Requested,
    /// It must be made: a refusal only delays it.
    Due,
    /// Nothing was paid; the account is closed.
    Closing,
}

/// The pause before a call to the provider is repeated for the so-many-th time.
pub(crate) fn pause(repeats: u32) -> i64 {
    let [.., last] = policy::PAYMENT_RETRIES_MS;
    let place = usize::try_from(repeats).unwrap_or(usize::MAX);
    policy::PAYMENT_RETRIES_MS.get(place).copied().unwrap_or(last)
}

/// A provider's code as it is kept: what is longer than any known one is cut.
pub(crate) fn short(code: &str) -> String {
    code.chars().take(64).filter(|character| !character.is_control()).collect()
}
