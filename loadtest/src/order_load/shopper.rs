//! How a shopper goes about an order: places it, pays it, and does with it what the scenario says.

use std::io::Write;
use std::time::Duration;

use audit::client_log::{Answered, Seen, Send, Subject};
use events::ids::{RequestId, ShopperId};
use events::money::Money;
use events::orders::OrderState;
use serde_json::json;
use streams::clock::now_ms;
use tokio::time::sleep;

use super::planned_order::PlannedOrder;
use super::provider::Means;
use super::scenario::Scenario;
use super::shopper_session::{Expects, PLACE, ShopperSession};
use super::tally::{End, Went};
use super::view::View;
use super::{OrderLoad, Shop};
use crate::caller::Caller;

/// What the provider says to a bad card, and to one that may be replaced.
const DECLINE: &str = "REJECT_CARD_PAYMENT";

/// A shopper who waits for a time limit waits at most so long for it.
const WORTH_WAITING_MS: i64 = 60_000;

/// Goes the whole way and says how it went.
pub(super) async fn walk<W: Write>(shop: &Shop<W>, planned: &PlannedOrder) -> Went {
    let Ok(shopper) = ShopperId::new(&format!("shopper-{}", planned.shopper)) else { return Went::default() };
    let OrderLoad { ingress, issuer, .. } = &shop.load;
    let callers = (
        Caller::shopper(*ingress, shopper.as_str(), issuer),
        Caller::operator(*ingress, &format!("sale-operator-{}", planned.number), issuer),
    );
    let (Ok(caller), Ok(operator)) = callers else { return Went::default() };
    let key = placement_key(shop, planned);
    let order = RequestId::of(shopper.as_str(), "POST /v1/orders", &key).order();
    let mut session = ShopperSession { shop, planned, shopper, caller, operator, order, went: Went::default() };
    if let Some(placed) = session.place(&key).await {
        session.went.placed = true;
        shop.live.placed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        session.follow(placed).await;
    }
    session.went
}

/// Sales repeat on the same topics with the same shoppers, so the campaign, which nobody has had before, is part of the key.
fn placement_key<W: Write>(shop: &Shop<W>, planned: &PlannedOrder) -> String {
    format!("{}-{}", shop.load.campaign, planned.number)
}

impl<W: Write> ShopperSession<'_, W> {
    /// Places the order, as often as the planned says; what it was right after, unless it was refused.
    async fn place(&mut self, key: &str) -> Option<Seen> {
        let ask = self.caller.ask("POST", "/v1/orders", key, &self.placement());
        let due = self.shop.began + self.planned.at;
        let subject = || Subject::Placement(self.order.clone());
        let first = self.send_until_decided(&ask, subject(), Send::First, Some(due));
        let answered = if self.planned.sends > 1 {
            let again = self.send_until_decided(&ask, subject(), Send::Duplicate, Some(due));
            let (first, again) = tokio::join!(first, again);
            // Whoever knows something knows it for both.
            if matches!(first, Answered::Unknown { .. }) { again } else { first }
        } else {
            first.await
        };
        if !matches!(answered, Answered::Unknown { .. } | Answered::NotAccepted { .. }) {
            self.shop.tally.borrow_mut().place_decided(due.elapsed());
        }
        if matches!(answered, Answered::OrderRefused { .. }) {
            self.went.end = Some(End::Rejected);
        }
        let scarce = self.planned.lines.iter().any(|(article, _)| *article == super::catalogue::SCARCE);
        let expects = match (self.planned.scenario, scarce) {
            (Scenario::Misquoted, false) => Expects::Refused(&["PRICE_CHANGED"]),
            (Scenario::Misquoted, true) => Expects::Refused(&["PRICE_CHANGED", "INSUFFICIENT_STOCK"]),
            (_, true) => Expects::Either(&["INSUFFICIENT_STOCK"]),
            (_, false) => Expects::Done,
        };
        self.judge(PLACE, answered, expects).await
    }

    fn placement(&self) -> String {
        let load = &self.shop.load;
        let lines: Vec<_> = self
            .planned
            .lines
            .iter()
            .filter_map(|(article, quantity)| {
                load.catalogue.get(*article).map(|product| json!({ "sku": product.sku, "quantity": quantity }))
            })
            .collect();
        let mut due = self.planned.due(&load.catalogue, load.discount).minor();
        if self.planned.scenario == Scenario::Misquoted {
            due += 1;
        }
        let mut body = json!({ "lines": lines, "quoted": due });
        if let (Some(coupon), Some(members)) = (self.planned.coupon, body.as_object_mut()) {
            members.insert("coupon".into(), json!({ "campaign": load.campaign, "coupon": coupon }));
        }
        body.to_string()
    }

    /// What the scenario says, from the placed order on.
    async fn follow(&mut self, placed: Seen) {
        if placed.amounts.due == Money::ZERO {
            self.paid();
            return self.after_payment().await;
        }
        match self.planned.scenario {
            Scenario::WalkAway => self.wait_for_expiry().await,
            Scenario::CancelUnpaid => self.cancel("cancel unpaid", "{}", 1, Expects::Done).await,
            Scenario::CancelWhilePaying => self.pay_and_cancel(placed).await,
            Scenario::PayTwice => self.pay_twice(placed).await,
            Scenario::PayInTwoWindows => self.pay_in_two_windows(placed).await,
            scenario => {
                if scenario == Scenario::PayWrongAmount {
                    self.pay(placed, Means::Card, 1, Money::new(1)).await;
                }
                if matches!(scenario, Scenario::Declined | Scenario::DeclinedOnce) {
                    self.pay(placed, Means::BadCard(DECLINE), 1, Money::ZERO).await;
                }
                let means = if scenario == Scenario::Transfer { Means::Account } else { Means::Card };
                if scenario == Scenario::Declined {
                    self.wait_for_expiry().await;
                } else if self.pay(placed, means, 2, Money::ZERO).await {
                    self.after_payment().await;
                }
            }
        }
    }

    /// Does nothing until the time to pay is over, if that is soon.
    async fn wait_for_expiry(&mut self) {
        // What is shown lags a little behind what was answered.
        let placed = |view: &View| view.state != OrderState::Holding;
        let Some(view) = self.look_until(self.deadline(), placed).await else { return };
        let left = view.deadline.map_or(i64::MAX, |deadline| deadline.as_millis().saturating_sub(now_ms()));
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
