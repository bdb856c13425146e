//! One shopper's dealings with one order: each request sent, pursued and written down; each answer held against what the shopper
//! had reason to expect.

use std::io::Write;
use std::time::{Duration, Instant};

use audit::client_log::{Answered, Entry, Seen, Send, Subject};
use events::ids::{OrderId, ShopperId};
use events::orders::OrderState;
use tokio::time::{sleep, timeout};

use super::Shop;
use super::planned_order::PlannedOrder;
use super::tally::Went;
use super::view::View;
use crate::answer::{to_order, to_order_lookup};
use crate::caller::Caller;
use crate::request::{ANSWER_TIMEOUT, PreparedRequest, RequestKind, send_until_decided};

/// A payment may take as long as the provider does: whoever waits for one asks less and less often.
const ORDERS: RequestKind = RequestKind {
    answer: to_order,
    lookup: to_order_lookup,
    lookups_apart: (Duration::from_millis(100), Duration::from_millis(1_000)),
};

/// How often a shopper looks at an order, at first and at least.
const LOOKS_APART: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(1_000));

/// What a placement is called where answers are judged.
pub(super) const PLACE: &str = "place";

/// What the shopper has reason to expect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expects {
    /// It is done.
    Done,
    /// It is refused with one of these codes.
    Refused(&'static [&'static str]),
    /// It is done, or refused with one of these codes.
    Either(&'static [&'static str]),
}

/// A shopper and an order.
pub(super) struct ShopperSession<'a, W: Write> {
    pub(super) shop: &'a Shop<W>,
    pub(super) planned: &'a PlannedOrder,
    pub(super) shopper: ShopperId,
    pub(super) caller: Caller,
    pub(super) operator: Caller,
    pub(super) order: OrderId,
    pub(super) went: Went,
}

impl<W: Write> ShopperSession<'_, W> {
    /// Until when the shopper tries what begins now.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.shop.load.give_up_after
    }

    /// A command to the order. The key is the command's name and number: a repeat of both is the same request.
    pub(super) fn command(&self, caller: &Caller, verb: &str, number: u32, body: &str) -> PreparedRequest {
        let path = format!("/v1/orders/{}/{verb}", self.order);
        caller.ask("POST", &path, &format!("{verb}-of-the-order-{number}"), body)
    }

    /// Sends a command, pursues it and says what the order was right after it; nothing unless it was carried out.
    pub(super) async fn send(&mut self, what: &'static str, ask: &PreparedRequest, expects: Expects) -> Option<Seen> {
        let answered = self.send_until_decided(ask, Subject::Command(self.order.clone()), Send::First, None).await;
        self.judge(what, answered, expects).await
    }

    /// Sends two requests at the same moment.
    pub(super) async fn send_both(
        &self,
        one: (&PreparedRequest, Subject, Send),
        other: (&PreparedRequest, Subject, Send),
    ) -> (Answered, Answered) {
        tokio::join!(
            self.send_until_decided(one.0, one.1, one.2, None),
            self.send_until_decided(other.0, other.1, other.2, None)
        )
    }

    /// Stays with a request and writes down what was answered.
    pub(super) async fn send_until_decided(
        &self,
        ask: &PreparedRequest,
        subject: Subject,
        send: Send,
        due: Option<Instant>,
    ) -> Answered {
        let sent = Instant::now();
        let due = due.unwrap_or(sent);
        let (answered, attempts) = send_until_decided(ask, &ORDERS, &mut &self.shop.ingress, self.deadline()).await;
        let since = |instant: Instant| {
            u64::try_from(instant.saturating_duration_since(self.shop.sale_began).as_micros()).unwrap_or(u64::MAX)
        };
        let entry = Entry {
            request: ask.request,
            subject,
            shopper: self.shopper.clone(),
            scenario: Some(self.planned.scenario.name().into()),
            send,
            attempts,
            scheduled_us: since(due),
            sent_us: since(sent),
            answered_us: since(Instant::now()),
            answered,
        };
        self.shop.record(&entry);
        let mut tally = self.shop.tally.borrow_mut();
        tally.orders.retries += u64::from(attempts.saturating_sub(1));
        tally.orders.duplicates_sent += u64::from(send == Send::Duplicate);
        if let Answered::OrderRefused { code } = &entry.answered {
            *tally.orders.refusals.entry(code.clone()).or_default() += 1;
        }
        entry.answered
    }

    /// Holds what was answered against what was expected; what the order was right after it, if it was carried out.
    pub(super) async fn judge(&mut self, what: &'static str, answered: Answered, expects: Expects) -> Option<Seen> {
        let as_expected = match (&answered, expects) {
            (Answered::Applied { .. }, Expects::Done | Expects::Either(_)) => true,
            (Answered::OrderRefused { code }, Expects::Refused(codes) | Expects::Either(codes)) => {
                codes.contains(&code.as_str())
            }
            (Answered::Unknown { .. }, _) => {
                self.went.unknown = true;
                return None;
            }
            _ => false,
        };
        if !as_expected {
            self.surprise(what, &answered);
        }
        match answered {
            Answered::Applied { seen: Some(seen), .. } => Some(seen),
            // Answered later that it was done, not what the order was then: a look shows it, once it shows more than before.
            Answered::Applied { seen: None, .. } => {
                let view = self.look_until(self.deadline(), |view| !precedes(view.state, what)).await;
                view.map(View::seen)
            }
            _ => None,
        }
    }

    /// Counts an answer that nobody had reason to expect.
    pub(super) fn surprise(&self, what: &'static str, answered: &Answered) {
        let said = match answered {
            Answered::Applied { seen, .. } => {
                format!("done, {}", seen.map_or("not seen", |seen| seen.state.name()))
            }
            Answered::OrderRefused { code } => code.clone(),
            Answered::NotAccepted { status, code } => format!("{status} {code}"),
            answered => format!("{answered:?}"),
        };
        self.note(format!("{} {what}: {said}", self.planned.scenario.name()));
    }

    /// Counts something that nobody had reason to expect.
    pub(super) fn note(&self, surprise: String) {
        tracing::debug!(order = %self.order, surprise, "a surprise");
        *self.shop.tally.borrow_mut().orders.surprises.entry(surprise).or_default() += 1;
    }

    /// Looks at the order until it is as wanted, or the deadline has passed.
    pub(super) async fn look_until(&self, deadline: Instant, wanted: impl Fn(&View) -> bool) -> Option<View> {
        let get = self.caller.get(&format!("/v1/orders/{}", self.order));
        let (mut apart, most) = LOOKS_APART;
        loop {
            if let Ok(Ok(response)) = timeout(ANSWER_TIMEOUT, self.shop.ingress.exchange(&get)).await
                && let Some(view) = View::of(&response)
                && wanted(&view)
            {
                return Some(view);
            }
            if Instant::now() >= deadline {
                return None;
            }
            sleep(apart).await;
            apart = (apart * 2).min(most);
        }
    }

    /// Looks at the order until it is undone: how it ended, if it did.
    pub(super) async fn until_undone(&self) -> Option<OrderState> {
        self.look_until(self.deadline(), |view| view.state.is_undone()).await.map(|view| view.state)
    }
}

/// Whether an order in this state has not yet seen what was done to it: what is shown lags a little behind what was answered.
fn precedes(state: OrderState, what: &str) -> bool {
    match state {
        OrderState::Holding | OrderState::Confirming | OrderState::PaymentUnknown => true,
        OrderState::AwaitingPayment => what != PLACE,
        _ => false,
    }
}
