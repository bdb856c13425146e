//! How a shopper goes about an order: places it, pays it, and does with it what the course says.

use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

use events::ids::{PaymentKey, RequestId, ShopperId};
use events::money::Money;
use events::orders::OrderState;
use serde_json::json;
use tokio::time::sleep;

use super::super::caller::Caller;
use super::Shop;
use super::course::Course;
use super::provider::Means;
use super::tally::{End, Went};
use super::visit::{Expects, Visit};
use super::wish::Wish;
use crate::journal::{Seen, Send, Subject, Told};

/// What the provider says to a bad card, and to one that may be replaced.
const DECLINE: &str = "REJECT_CARD_PAYMENT";

/// Codes of a payment that comes too late: the provider, or a role, was away for longer than the shopper had.
const TOO_LATE: &[&str] = &["PAYMENT_WINDOW_OVER", "NOT_AWAITING_PAYMENT"];

/// A shopper who waits for a time limit waits at most so long for it.
const WORTH_WAITING_MS: i64 = 60_000;

/// Goes the whole way and says how it went.
pub(super) async fn walk<W: Write>(shop: &Shop<W>, wish: &Wish) -> Went {
    let Ok(shopper) = ShopperId::new(&format!("shopper-{}", wish.shopper)) else { return Went::default() };
    let Ok(caller) = Caller::shopper(shop.trade.door, shopper.as_str(), &shop.trade.mint) else {
        return Went::default();
    };
    let key = placement_key(shop, wish);
    let order = RequestId::of(shopper.as_str(), "POST /v1/orders", &key).order();
    let mut visit = Visit { shop, wish, shopper, caller, order, went: Went::default() };
    if let Some(placed) = visit.place(&key).await {
        visit.went.placed = true;
        shop.live.placed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        visit.follow(placed).await;
    }
    visit.went
}

/// Sales repeat on the same topics with the same shoppers, so the campaign, which nobody has had before, is part of the key.
fn placement_key<W: Write>(shop: &Shop<W>, wish: &Wish) -> String {
    format!("{}-{}", shop.trade.campaign, wish.number)
}

impl<W: Write> Visit<'_, W> {
    /// Places the order, as often as the wish says; what it was right after, unless it was refused.
    async fn place(&mut self, key: &str) -> Option<Seen> {
        let ask = self.caller.ask("POST", "/v1/orders", key, &self.placement());
        let due = self.shop.began + self.wish.at;
        let subject = || Subject::Placement(self.order.clone());
        let first = self.pursue(&ask, subject(), Send::First, Some(due));
        let told = if self.wish.sends > 1 {
            let again = self.pursue(&ask, subject(), Send::Duplicate, Some(due));
            let (first, again) = tokio::join!(first, again);
            // Whoever knows something knows it for both.
            if matches!(first, Told::Unknown { .. }) { again } else { first }
        } else {
            first.await
        };
        if !matches!(told, Told::Unknown { .. } | Told::Door { .. }) {
            self.shop.tally.borrow_mut().place_decided(due.elapsed());
        }
        if matches!(told, Told::OrderRefused { .. }) {
            self.went.end = Some(End::Rejected);
        }
        let scarce = self.wish.lines.iter().any(|(article, _)| *article == super::catalogue::SCARCE);
        let expects = match (self.wish.course, scarce) {
            (Course::Misquoted, false) => Expects::Refused(&["PRICE_CHANGED"]),
            (Course::Misquoted, true) => Expects::Refused(&["PRICE_CHANGED", "INSUFFICIENT_STOCK"]),
            (_, true) => Expects::Either(&["INSUFFICIENT_STOCK"]),
            (_, false) => Expects::Done,
        };
        self.judge("place", told, expects).await
    }

    fn placement(&self) -> String {
        let trade = &self.shop.trade;
        let lines: Vec<_> = self
            .wish
            .lines
            .iter()
            .filter_map(|(article, quantity)| {
                trade.catalogue.get(*article).map(|product| json!({ "sku": product.sku, "quantity": quantity }))
            })
            .collect();
        let mut due = self.wish.due(&trade.catalogue, trade.discount).minor();
        if self.wish.course == Course::Misquoted {
            due += 1;
        }
        let mut body = json!({ "lines": lines, "quoted": due });
        if let (Some(coupon), Some(members)) = (self.wish.coupon, body.as_object_mut()) {
            members.insert("coupon".into(), json!({ "campaign": trade.campaign, "coupon": coupon }));
        }
        body.to_string()
    }

    /// What the course says, from the placed order on.
    async fn follow(&mut self, placed: Seen) {
        if placed.amounts.due == Money::ZERO {
            self.paid();
            return self.after_payment().await;
        }
        match self.wish.course {
            Course::WalkAway => self.wait_for_expiry().await,
            Course::CancelUnpaid => self.cancel("cancel unpaid", "{}", 1, Expects::Done).await,
            Course::CancelWhilePaying => self.pay_and_cancel(placed).await,
            Course::PayTwice => self.pay_twice(placed).await,
            Course::PayInTwoWindows => self.pay_in_two_windows(placed).await,
            course => {
                if course == Course::PayWrongAmount {
                    self.pay(placed, Means::Card, 1, Money::new(1)).await;
                }
                if matches!(course, Course::Declined | Course::DeclinedOnce) {
                    self.pay(placed, Means::BadCard(DECLINE), 1, Money::ZERO).await;
                }
                let means = if course == Course::Transfer { Means::Account } else { Means::Card };
                if course == Course::Declined {
                    self.wait_for_expiry().await;
                } else if self.pay(placed, means, 2, Money::ZERO).await {
                    self.after_payment().await;
                }
            }
        }
    }

    /// The shopper has authenticated at the provider; nothing when that was impossible.
    async fn authenticate(&mut self, amount: Money, means: Means) -> Option<PaymentKey> {
        let shop = self.shop;
        match shop.page.authenticate(&self.order, amount, means, self.deadline()).await {
            Ok(Some(key)) => {
                sleep(self.wish.thinks).await;
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

    fn payment(&self, key: &PaymentKey, amount: Money, number: u32) -> super::super::errand::Ask {
        let body = json!({ "payment_key": key, "amount": amount }).to_string();
        self.command(&self.caller, "payment", number, &body)
    }

    /// Pays; whether the order is paid. `excess` is what the shopper would pay too much.
    async fn pay(&mut self, placed: Seen, means: Means, number: u32, excess: Money) -> bool {
        let Some(amount) = placed.amounts.due.plus(excess) else { return false };
        let Some(key) = self.authenticate(amount, means).await else { return false };
        let expects = match means {
            _ if excess != Money::ZERO => Expects::Refused(&["AMOUNT_MISMATCH"]),
            Means::BadCard(_) => Expects::Refused(&["PAYMENT_DECLINED"]),
            Means::Card | Means::Account => Expects::Done,
        };
        let ask = self.payment(&key, amount, number);
        let told = self.timed(&ask).await;
        let after = self.judge("pay", told, expects).await;
        match after.map(|seen| seen.state) {
            Some(OrderState::AwaitingDeposit) if means == Means::Account => self.transfer(&key).await,
            Some(_) => {
                self.paid();
                true
            }
            None => false,
        }
    }

    async fn timed(&mut self, ask: &super::super::errand::Ask) -> Told {
        let sent = Instant::now();
        let told = self.pursue(ask, Subject::Command(self.order.clone()), Send::First, None).await;
        self.took_note(&told, sent);
        told
    }

    /// What any answer to a payment means, whatever was expected.
    fn took_note(&mut self, told: &Told, sent: Instant) {
        match told {
            Told::Applied { .. } => self.shop.tally.borrow_mut().payment_decided(sent.elapsed()),
            Told::OrderRefused { code } if code == "PAYMENT_DECLINED" => {
                self.went.declined = true;
                self.shop.tally.borrow_mut().payment_decided(sent.elapsed());
            }
            Told::OrderRefused { code } if TOO_LATE.contains(&code.as_str()) => self.went.end = Some(End::Expired),
            _ => {}
        }
    }

    fn paid(&mut self) {
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
            Err(said) => self.note(format!("deposit: {said}")),
        }
        let paid = self.look_until(self.deadline(), |view| view.state == OrderState::Paid).await.is_some();
        if paid {
            self.paid();
        } else {
            self.note("transfer: never seen paid".to_owned());
        }
        paid
    }

    async fn pay_twice(&mut self, placed: Seen) {
        let Some(key) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let ask = self.payment(&key, placed.amounts.due, 1);
        let sent = Instant::now();
        let subject = || Subject::Command(self.order.clone());
        let (first, again) = self.send_both((&ask, subject(), Send::First), (&ask, subject(), Send::Duplicate)).await;
        self.took_note(&first, sent);
        for told in [first, again] {
            if self.judge("pay twice", told, Expects::Done).await.is_some() {
                self.paid();
            }
        }
    }

    async fn pay_in_two_windows(&mut self, placed: Seen) {
        let Some(one) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let Some(other) = self.authenticate(placed.amounts.due, Means::Card).await else { return };
        let one = self.payment(&one, placed.amounts.due, 1);
        let other = self.payment(&other, placed.amounts.due, 2);
        let subject = || Subject::Command(self.order.clone());
        let sent = Instant::now();
        let (one, other) = self.send_both((&one, subject(), Send::First), (&other, subject(), Send::First)).await;
        let mut carried_out = 0;
        for told in [one, other] {
            self.took_note(&told, sent);
            let expects = Expects::Either(&["PAYMENT_IN_FLIGHT", "NOT_AWAITING_PAYMENT"]);
            carried_out += u32::from(self.judge("pay in two windows", told, expects).await.is_some());
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

    async fn pay_and_cancel(&mut self, placed: Seen) {
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

    /// What happens to a paid order.
    async fn after_payment(&mut self) {
        match self.wish.course {
            Course::Cancel => self.cancel("cancel", "{}", 1, Expects::Done).await,
            Course::CancelPart => {
                let body = json!({ "lines": self.one_unit() }).to_string();
                self.cancel("cancel part", &body, 1, Expects::Done).await;
            }
            Course::CancelTooLate => {
                self.operate("ship", 1, "{}").await;
                self.cancel("cancel too late", "{}", 1, Expects::Refused(&["ALREADY_SHIPPED"])).await;
            }
            Course::Ship => self.operate("ship", 1, "{}").await,
            Course::Confirm => {
                self.deliver().await;
                let ask = self.command(&self.caller, "confirm", 1, "{}");
                self.send("confirm", &ask, Expects::Done).await;
            }
            Course::SendPartBack => {
                self.deliver().await;
                self.refund(1, &json!({ "lines": self.one_unit(), "cause": "changed_mind", "goods": "returned" }))
                    .await;
            }
            Course::SendAllBack => {
                self.deliver().await;
                self.refund(1, &json!({ "lines": self.one_unit(), "cause": "changed_mind", "goods": "returned" }))
                    .await;
                self.refund(2, &json!({ "cause": "faulty", "goods": "gone" })).await;
            }
            _ => {}
        }
    }

    /// One unit of the first line.
    fn one_unit(&self) -> serde_json::Value {
        let article = self.wish.lines.first().and_then(|(article, _)| self.shop.trade.catalogue.get(*article));
        json!([{ "sku": article.map(|product| &product.sku), "quantity": 1 }])
    }

    async fn deliver(&mut self) {
        self.operate("ship", 1, "{}").await;
        self.operate("deliver", 1, "{}").await;
    }

    async fn refund(&mut self, number: u32, body: &serde_json::Value) {
        self.operate("refund", number, &body.to_string()).await;
    }

    /// The operator does something with the order.
    async fn operate(&mut self, verb: &'static str, number: u32, body: &str) {
        let ask = self.command(&self.shop.operator, verb, number, body);
        let told = self.pursue(&ask, Subject::Command(self.order.clone()), Send::First, None).await;
        let after = self.judge(verb, told, Expects::Done).await;
        self.undone(after);
    }

    async fn cancel(&mut self, what: &'static str, body: &str, number: u32, expects: Expects) {
        let ask = self.command(&self.caller, "cancel", number, body);
        let after = self.send(what, &ask, expects).await;
        self.undone(after);
    }

    /// What of the order is undone now.
    fn undone(&mut self, after: Option<Seen>) {
        let Some(seen) = after else { return };
        self.went.end = match seen.state {
            OrderState::Cancelled => Some(End::Cancelled),
            OrderState::Refunded => Some(End::Refunded),
            _ if seen.amounts.refunded > Money::ZERO => Some(End::RefundedPartly),
            _ => self.went.end,
        };
    }

    /// Does nothing until the time to pay is over, if that is soon.
    async fn wait_for_expiry(&mut self) {
        let Some(view) = self.look_until(self.deadline(), |_| true).await else { return };
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let left = view.deadline.map_or(i64::MAX, |deadline| deadline.as_millis().saturating_sub(now));
        if left > WORTH_WAITING_MS {
            return;
        }
        sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
        match self.until_undone().await {
            Some(OrderState::Expired) => self.went.end = Some(End::Expired),
            Some(state) => self.note(format!("waited for its expiry, and it is {}", state.name())),
            None => self.went.unknown = true,
        }
    }
}
