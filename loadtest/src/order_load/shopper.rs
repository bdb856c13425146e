//! How a shopper goes about an order: places it, pays it, and does with it what the course says.

use std::io::Write;
use std::time::{Duration, SystemTime};

use audit::client_log::{Seen, Send, Subject, Told};
use events::ids::{RequestId, ShopperId};
use events::money::Money;
use events::orders::OrderState;
use serde_json::json;
use tokio::time::sleep;

use super::planned_order::Wish;
use super::provider::Means;
use super::scenario::Course;
use super::shopper_session::{Expects, PLACE, Visit};
use super::tally::{End, Went};
use super::view::View;
use super::{Shop, Trade};
use crate::caller::Caller;

/// What the provider says to a bad card, and to one that may be replaced.
const DECLINE: &str = "REJECT_CARD_PAYMENT";

/// A shopper who waits for a time limit waits at most so long for it.
const WORTH_WAITING_MS: i64 = 60_000;

/// Goes the whole way and says how it went.
pub(super) async fn walk<W: Write>(shop: &Shop<W>, wish: &Wish) -> Went {
    let Ok(shopper) = ShopperId::new(&format!("shopper-{}", wish.shopper)) else { return Went::default() };
    let Trade { door, issuer, .. } = &shop.trade;
    let callers = (
        Caller::shopper(*door, shopper.as_str(), issuer),
        Caller::operator(*door, &format!("sale-operator-{}", wish.number), issuer),
    );
    let (Ok(caller), Ok(operator)) = callers else { return Went::default() };
    let key = placement_key(shop, wish);
    let order = RequestId::of(shopper.as_str(), "POST /v1/orders", &key).order();
    let mut visit = Visit { shop, wish, shopper, caller, operator, order, went: Went::default() };
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
        self.judge(PLACE, told, expects).await
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

    /// Does nothing until the time to pay is over, if that is soon.
    async fn wait_for_expiry(&mut self) {
        // What is shown lags a little behind what was told.
        let placed = |view: &View| view.state != OrderState::Holding;
        let Some(view) = self.look_until(self.deadline(), placed).await else { return };
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
