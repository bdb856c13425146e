//! An order: everything that is kept of it, in one row. The rules are in the modules beside; here is what all of them share: what
//! is awaited, when it moves by itself, how a fact is stated and how a request is decided.

use events::ids::{OrderId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::orders::{OrderAmounts, OrderEvent, OrderFact, OrderState, Reason, TimeLimits};
use events::time::Timestamp;

use super::coupon::Coupon;
use super::effects::{Effects, Output};
use super::line::{Line, Stock};
use super::payment::{Attempt, LookUps, Refund, RefundKind};
use super::requests::{Answer, Applied};
use crate::kit::requests::Requests;
use crate::policy;

/// An order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) shopper: ShopperId,
    pub(crate) placed_at: Timestamp,
    pub(crate) limits: TimeLimits,
    pub(crate) quoted: Option<Money>,
    pub(crate) version: u64,
    /// When its latest fact was stated.
    pub(crate) at: Timestamp,
    /// How many unanswered steps the latest fact stated.
    pub(crate) stated_awaited: u16,
    pub(crate) state: OrderState,
    /// When the state ends by itself. While money is being given back it waits.
    pub(crate) limit: Option<Timestamp>,
    /// Until when a payment may begin.
    pub(crate) pay_by: Timestamp,
    /// When the first of its holds lapses.
    pub(crate) hold_until: Timestamp,
    pub(crate) amounts: OrderAmounts,
    /// The platform's share of the coupon's discount.
    pub(crate) platform_share: BasisPoints,
    pub(crate) lines: Vec<Line>,
    pub(crate) coupon: Option<Coupon>,
    /// When unanswered steps are repeated.
    pub(crate) retry: Option<Retry>,
    pub(crate) payment: Option<Attempt>,
    pub(crate) look_ups: LookUps,
    pub(crate) refund: Option<Refund>,
    /// How many calls for a refund there have been, under numbers of their own.
    pub(crate) refunds: u16,
    /// Whether a refund was for misuse: then the coupon stays used.
    pub(crate) misused: bool,
    pub(crate) requests: Requests<Answer>,
    /// Webhooks that were taken, newest last, hashed.
    pub(crate) transmissions: Vec<u64>,
    /// The wake-up that is set.
    pub(crate) timer: Option<Timestamp>,
}

/// When unanswered steps are repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Retry {
    /// How often they were repeated.
    pub(crate) round: u32,
    pub(crate) next: Timestamp,
}

impl Order {
    /// How many steps others have yet to answer.
    pub(crate) fn awaited(&self) -> u16 {
        let lines: u16 = self.lines.iter().map(Line::awaited).sum();
        lines + self.coupon.as_ref().map_or(0, Coupon::awaited)
    }

    /// When it moves by itself if nothing else moves it; nothing at its end.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        if let Some(refund) = &self.refund {
            return Some(refund.next);
        }
        // The last answer may have come, and the repetition is not yet cancelled.
        self.limit.or(self.retry.filter(|_| self.awaited() > 0).map(|retry| retry.next))
    }

    /// When it has to be woken for anything at all, to be forgotten at last.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        let looking = self.look_ups.open.as_ref().map(|open| open.next);
        let waiting = self.look_ups.waiting.as_ref().map(|_| self.may_look_at());
        let retry = self.retry.map(|retry| retry.next);
        let forget = self.is_at_rest().then(|| self.forgotten_at());
        [self.deadline(), retry, looking, looking.is_none().then_some(waiting).flatten(), forget]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether nothing will happen to it by itself.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.state.is_terminal() && self.awaited() == 0 && self.refund.is_none() && self.look_ups.open.is_none()
    }

    /// When a finished order need not be kept any longer.
    pub(crate) fn forgotten_at(&self) -> Timestamp {
        self.at.plus_millis(policy::ORDER_RETENTION_MS)
    }

    /// Whether a charge is requested, or the provider has opened an account.
    pub(crate) fn is_paying(&self) -> bool {
        matches!(
            self.state,
            OrderState::Confirming
                | OrderState::PaymentUnknown
                | OrderState::AwaitingDeposit
                | OrderState::CancelRequested
        )
    }

    /// Whether it is paid and not undone; while money is being given back it is neither.
    pub(crate) fn is_bought(&self) -> bool {
        matches!(
            self.state,
            OrderState::Paid | OrderState::Shipped | OrderState::Delivered | OrderState::PurchaseConfirmed
        )
    }

    /// Whether the account that awaits a transfer is being closed.
    pub(crate) fn is_closing(&self) -> bool {
        self.refund.as_ref().is_some_and(|refund| refund.kind == RefundKind::Closing)
    }

    /// Whether a hold ended that the order still needs.
    pub(crate) fn has_lost_stock(&self) -> bool {
        self.lines.iter().any(|line| line.stock == Stock::Lost)
    }

    /// What was charged and not given back, minor units.
    pub(crate) fn balance(&self) -> Money {
        self.amounts.paid.minus(self.amounts.refunded).unwrap_or(Money::ZERO)
    }

    /// Moves on. `limit` says when this state ends by itself.
    pub(crate) fn enter(&mut self, state: OrderState, limit: Option<Timestamp>) {
        self.state = state;
        self.limit = limit;
    }

    /// States a fact about the order as it is now.
    pub(crate) fn state(&mut self, fact: OrderFact, effects: &mut Effects) {
        self.version += 1;
        self.at = effects.at();
        self.stated_awaited = self.awaited();
        let event = OrderEvent {
            order: self.id.clone(),
            version: self.version,
            at: effects.at(),
            shopper: Some(self.shopper.clone()),
            state: Some(self.state),
            amounts: self.amounts,
            awaited: self.stated_awaited,
            deadline: self.deadline(),
            fact,
        };
        let settlement = self.settlement(&event.fact, effects.at());
        effects.write(Output::Event(Box::new(event)));
        settlement.into_iter().for_each(|message| effects.write(Output::Settlement(Box::new(message))));
    }

    /// Decides a request: the order as it is now is the answer.
    pub(crate) fn grant(&mut self, request: RequestId, effects: &mut Effects) {
        let applied =
            Applied { version: self.version, state: self.state, amounts: self.amounts, deadline: self.deadline() };
        self.decide(request, Answer::Applied(applied), effects);
    }

    /// Decides a request: it was refused.
    pub(crate) fn refuse(&mut self, request: RequestId, reason: Reason, effects: &mut Effects) {
        self.decide(request, Answer::Refused(reason), effects);
    }

    fn decide(&mut self, request: RequestId, answer: Answer, effects: &mut Effects) {
        if let Some((to, reply)) = self.requests.decide(request, effects.at(), answer, &self.id) {
            effects.write(Output::Reply(to, Box::new(reply)));
        }
    }
}
