//! Transfers to virtual accounts: awaited, cancelled, overdue. An account is closed before anything is released, and only the
//! provider knows whether the transfer was first.

use events::ids::RequestId;
use events::orders::{Goods, OrderFact, OrderState, RefundCause};
use events::payments::{Decline, Payment, PaymentMethod, RefundAccount};

use super::effects::Effects;
use super::order::Order;
use super::payment::{Refund, RefundKind};
use crate::kit::machine::CorruptState;
use crate::policy;

impl Order {
    /// A virtual account awaits the shopper's transfer.
    pub(crate) fn deposit_awaited(&mut self, payment: &Payment, effects: &mut Effects) -> Result<(), CorruptState> {
        let requested =
            matches!(self.state, OrderState::Confirming | OrderState::PaymentUnknown | OrderState::CancelRequested);
        let Some(attempt) = self.payment.as_mut().filter(|_| requested) else { return Ok(()) };
        if payment.payment_key != attempt.key || payment.order != self.id || !self.requests.awaits(attempt.request) {
            return Ok(());
        }
        let Some(account) = payment.virtual_account.clone() else {
            self.outcome_unknown("UNREADABLE", effects);
            return Ok(());
        };
        attempt.method = Some(PaymentMethod::VirtualAccount);
        let (number, request, key) = (attempt.number, attempt.request, attempt.key.clone());
        if self.state != OrderState::CancelRequested {
            let latest = self.hold_until.plus_millis(-policy::DEPOSIT_BEFORE_HOLD_ENDS_MS);
            self.enter(OrderState::AwaitingDeposit, Some(account.due_at.min(latest)));
        }
        let fact = OrderFact::DepositAwaited { request, attempt: number, payment_key: key, account };
        self.state(fact, effects);
        self.grant(request, effects);
        if self.state == OrderState::CancelRequested {
            self.close_account(effects);
        }
        Ok(())
    }

    /// The shopper cancels while the provider's answer, or a transfer, is awaited.
    pub(crate) fn request_cancel(&mut self, request: RequestId, account: Option<RefundAccount>, effects: &mut Effects) {
        let awaited_deposit = self.state == OrderState::AwaitingDeposit;
        if let Some(attempt) = &mut self.payment {
            attempt.account = account;
        }
        if let Some(refund) = &mut self.refund {
            refund.back = OrderState::CancelRequested;
        }
        self.state = OrderState::CancelRequested;
        if awaited_deposit && self.refund.is_none() {
            self.close_account(effects);
        }
        self.state(OrderFact::CancelRequested { request }, effects);
        self.grant(request, effects);
    }

    /// Closes the account that awaits a transfer. The provider knows whether the transfer was first.
    pub(crate) fn close_account(&mut self, effects: &mut Effects) {
        let amount = self.amounts.due;
        let kept = self.refund.take();
        self.refunds = self.refunds.saturating_add(1);
        self.refund = Some(Refund {
            kind: RefundKind::Closing,
            cause: RefundCause::Cancelled,
            goods: Goods::Returned,
            units: Vec::new(),
            amount,
            request: None,
            account: None,
            repeats: 0,
            unknown: kept.is_some_and(|refund| refund.unknown),
            refused: false,
            next: effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS),
            back: self.state,
        });
        self.call_for_refund(effects);
    }

    /// Nothing was paid into the account, and nothing will be.
    pub(crate) fn account_closed(&mut self, effects: &mut Effects) {
        let back = self.refund.take().map(|refund| refund.back);
        if back == Some(OrderState::CancelRequested) {
            self.cancelled(None, effects);
        } else {
            self.payment_failed(Decline::Restart, "DEPOSIT_OVERDUE", effects);
        }
    }
}
