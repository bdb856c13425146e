//! What happens to a paid order: cancelled, shipped, delivered, confirmed, sent back.

use std::io::Write;

use audit::client_log::{Seen, Send, Subject};
use events::money::Money;
use events::orders::OrderState;
use serde_json::json;

use super::scenario::Scenario;
use super::shopper_session::{Expects, ShopperSession};
use super::tally::End;

impl<W: Write> ShopperSession<'_, W> {
    /// What happens to a paid order.
    pub(super) async fn after_payment(&mut self) {
        match self.planned.scenario {
            Scenario::Cancel => self.cancel("cancel", "{}", 1, Expects::Done).await,
            Scenario::CancelPart => {
                let body = json!({ "lines": self.one_unit() }).to_string();
                self.cancel("cancel part", &body, 1, Expects::Done).await;
            }
            Scenario::CancelTooLate => {
                self.operate("ship", 1, "{}").await;
                self.cancel("cancel too late", "{}", 1, Expects::Refused(&["ALREADY_SHIPPED"])).await;
            }
            Scenario::Ship => self.operate("ship", 1, "{}").await,
            Scenario::Confirm => {
                self.deliver().await;
                let ask = self.command(&self.caller, "confirm", 1, "{}");
                self.send("confirm", &ask, Expects::Done).await;
            }
            Scenario::SendPartBack => {
                self.deliver().await;
                self.refund(1, &json!({ "lines": self.one_unit(), "cause": "changed_mind", "goods": "returned" }))
                    .await;
            }
            Scenario::SendAllBack => {
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
        let article = self.planned.lines.first().and_then(|(article, _)| self.shop.load.catalogue.get(*article));
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
        let ask = self.command(&self.operator, verb, number, body);
        let answered = self.send_until_decided(&ask, Subject::Command(self.order.clone()), Send::First, None).await;
        let after = self.judge(verb, answered, Expects::Done).await;
        self.undone(after);
    }

    pub(super) async fn cancel(&mut self, what: &'static str, body: &str, number: u32, expects: Expects) {
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
}
