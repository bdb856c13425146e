//! How a shopper pays: on the provider's page first, then in the shop; once, twice, in two windows, or while cancelling.

use std::io::Write;
use std::time::Instant;

use audit::client_log::{Answered, Seen, Send, Subject};
use events::ids::PaymentKey;
use events::money::Money;
use events::orders::OrderState;
use serde_json::json;
use tokio::time::sleep;

use super::provider::Means;
use super::shopper_session::{Expects, ShopperSession};
use super::tally::End;
use crate::request::PreparedRequest;

/// Codes of a payment that comes too late: the provider, or a role, was away for longer than the shopper had.
const TOO_LATE: &[&str] = &["PAYMENT_WINDOW_OVER", "NOT_AWAITING_PAYMENT"];

impl<W: Write> ShopperSession<'_, W> {
    /// The shopper has authenticated at the provider; nothing when that was impossible.
    pub(super) async fn authenticate(&mut self, amount: Money, means: Means) -> Option<PaymentKey> {
        let shop = self.shop;
        match shop.page.authenticate(&self.order, amount, means, self.deadline()).await {
            Ok(Some(key)) => {
                sleep(self.planned.thinks).await;
                Some(key)
            }
            Ok(None) => {
                self.went.turned_away = true;
                None
            }
            Err(said) => {
                self.note(format!("authenticate: {said}"));
                None
            }
        }
    }

    fn payment(&self, key: &PaymentKey, amount: Money, number: u32) -> PreparedRequest {
        let body = json!({ "payment_key": key, "amount": amount }).to_string();
        self.command(&self.caller, "payment", number, &body)
    }

    /// Pays; whether the order is paid. `excess` is what the shopper would pay too much.
    pub(super) async fn pay(&mut self, placed: Seen, means: Means, number: u32, excess: Money) -> bool {
        let Some(amount) = placed.amounts.due.plus(excess) else { return false };
        let Some(key) = self.authenticate(amount, means).await else { return false };
        let expects = match means {
            _ if excess != Money::ZERO => Expects::Refused(&["AMOUNT_MISMATCH"]),
            Means::BadCard(_) => Expects::Refused(&["PAYMENT_DECLINED"]),
            Means::Card | Means::Account => Expects::Done,
        };
        let ask = self.payment(&key, amount, number);
        let answered = self.timed(&ask).await;
        let after = self.judge("pay", answered, expects).await;
        match after.map(|seen| seen.state) {
            Some(OrderState::AwaitingDeposit) if means == Means::Account => self.transfer(&key).await,
            Some(_) => {
                self.paid();
                true
            }
            None => false,
        }
    }

    async fn timed(&mut self, ask: &PreparedRequest) -> Answered {
        let sent = Instant::now();
        let answered = self.send_until_decided(ask, Subject::Command(self.order.clone()), Send::First, None).await;
        self.took_note(&answered, sent);
        answered
    }

    /// What any answer to a payment means, whatever was expected.
    fn took_note(&mut self, answered: &Answered, sent: Instant) {
        match answered {
            Answered::Applied { .. } => self.shop.tally.borrow_mut().payment_decided(sent.elapsed()),
            Answered::OrderRefused { code } if code == "PAYMENT_DECLINED" => {
                self.went.declined = true;
                self.shop.tally.borrow_mut().payment_decided(sent.elapsed());
            }
            Answered::OrderRefused { code } if TOO_LATE.contains(&code.as_str()) => self.went.end = Some(End::Expired),
            _ => {}
        }
    }

    pub(super) fn paid(&mut self) {
        if !self.went.paid {
            self.went.paid = true;
            self.shop.live.paid.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// Transfers the money, and waits until the shop has heard of it.
    async fn transfer(&mut self, key: &PaymentKey) -> bool {
        match self.shop.page.deposit(key, self.deadline()).await {
            Ok(true) => {}
            Ok(false) => self.went.turned_away = true,
            // After a lost answer the provider says that there is nothing to transfer any more: the order shows whether it came.
            Err(said) => tracing::debug!(order = %self.order, said, "a transfer was refused"),
        }
        let paid = self.look_until(self.deadline(), |view| view.state == OrderState::Paid).await.is_some();
        if paid {
            self.paid();
        } else {
            self.note("transfer: never seen paid".to_owned());
        }
        paid
    }

    pub(super) async fn pay_twice(&mut self, placed: Seen) {
        let Some(key) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let ask = self.payment(&key, placed.amounts.due, 1);
        let sent = Instant::now();
        let subject = || Subject::Command(self.order.clone());
        let (first, again) = self.send_both((&ask, subject(), Send::First), (&ask, subject(), Send::Duplicate)).await;
        self.took_note(&first, sent);
        for answered in [first, again] {
            if self.judge("pay twice", answered, Expects::Done).await.is_some() {
                self.paid();
            }
        }
    }

    pub(super) async fn pay_in_two_windows(&mut self, placed: Seen) {
        let Some(one) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let Some(other) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let one = self.payment(&one, placed.amounts.due, 1);
        let other = self.payment(&other, placed.amounts.due, 2);
        let subject = || Subject::Command(self.order.clone());
        let sent = Instant::now();
        let (one, other) = self.send_both((&one, subject(), Send::First), (&other, subject(), Send::First)).await;
        let mut carried_out = 0;
        for answered in [one, other] {
            self.took_note(&answered, sent);
            let expects = Expects::Either(&["PAYMENT_IN_FLIGHT", "NOT_AWAITING_PAYMENT"]);
            carried_out += u32::from(self.judge("pay in two windows", answered, expects).await.is_some());
        }
        // The window that came second was refused, which is no expiry.
        if carried_out > 0 {
            self.went.end = None;
            self.paid();
        }
        if carried_out > 1 {
            self.note("two payments for one order".to_owned());
        }
    }

    pub(super) async fn pay_and_cancel(&mut self, placed: Seen) {
        let Some(key) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let pay = self.payment(&key, placed.amounts.due, 1);
        let cancel = self.command(&self.caller, "cancel", 1, "{}");
        let subject = || Subject::Command(self.order.clone());
        let (pay, cancel) = self.send_both((&pay, subject(), Send::First), (&cancel, subject(), Send::First)).await;
        let expects = Expects::Either(&["NOT_AWAITING_PAYMENT", "PAYMENT_WINDOW_OVER"]);
        if self.judge("pay while cancelling", pay, expects).await.is_some() {
            self.paid();
        }
        if self.judge("cancel while paying", cancel, Expects::Done).await.is_some() {
            match self.until_undone().await {
                Some(OrderState::Cancelled) => self.went.end = Some(End::Cancelled),
                Some(state) => self.note(format!("cancelled while paying, then {}", state.name())),
                None => self.went.unknown = true,
            }
        }
    }
}
