//! Folding in batches, with repeats, is folding at once, for the facts of every topic; and a fact of a sample shows in its table.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use proptest::prelude::*;

use super::{Fact, Projection, project, put};
use crate::{RequestKind, RequestStatus, Source, Subject};
use events::coupons::CouponEvent;
use events::ids::{CampaignId, OrderId, PaymentKey, Sku};
use events::inventory::{InventoryEvent, StockRefusal};
use events::orders::OrderEvent;
use events::payments::{PaymentAnswer, PaymentEvent};
use events::samples;

#[derive(Clone)]
enum Any {
    Coupon(CouponEvent),
    Inventory(InventoryEvent),
    Order(OrderEvent),
    Payment(PaymentEvent),
}

impl Fact for Any {
    fn project(&self, source: Source, rows: &mut Projection) {
        match self {
            Self::Coupon(event) => event.project(source, rows),
            Self::Inventory(event) => event.project(source, rows),
            Self::Order(event) => event.project(source, rows),
            Self::Payment(event) => event.project(source, rows),
        }
    }
}

/// One of the samples of one of the topics, about one of a few things.
fn any(topic: usize, thing: u8, chosen: usize, version: u64) -> Any {
    let pick = |length: usize| chosen % length;
    match topic {
        0 => {
            let mut event = samples::coupons::events().swap_remove(pick(14));
            event.campaign = CampaignId::new(&format!("sale-{thing}")).unwrap();
            Any::Coupon(CouponEvent { version, ..event })
        }
        1 => {
            let mut event = samples::inventory::events().swap_remove(pick(9));
            event.sku = Sku::new(&format!("tea-{thing}")).unwrap();
            Any::Inventory(InventoryEvent { version, ..event })
        }
        2 => {
            let mut event = samples::orders::events().swap_remove(pick(25));
            event.order = OrderId::new(&format!("order-{thing}")).unwrap();
            Any::Order(OrderEvent { version, awaited: u16::from(thing), ..event })
        }
        _ => Any::Payment(payment(thing, samples::payments::events().swap_remove(pick(8)))),
    }
}

fn payment(thing: u8, mut event: PaymentEvent) -> PaymentEvent {
    let (PaymentAnswer::Charged { payment }
    | PaymentAnswer::DepositAwaited { payment }
    | PaymentAnswer::Refunded { payment }
    | PaymentAnswer::Found { payment }) = &mut event.answer
    else {
        return event;
    };
    payment.payment_key = PaymentKey::new(&format!("pay-{thing}")).unwrap();
    event
}

impl Projection {
    /// What a sink does with a batch: row by row, over what is there.
    fn merge(&mut self, batch: Self) {
        batch.campaigns.into_iter().for_each(|(key, row)| put(&mut self.campaigns, key, row));
        batch.coupons.into_iter().for_each(|(key, row)| put(&mut self.coupons, key, row));
        batch.products.into_iter().for_each(|(key, row)| put(&mut self.products, key, row));
        batch.orders.into_iter().for_each(|(key, row)| put(&mut self.orders, key, row));
        batch.lines.into_iter().for_each(|(key, row)| put(&mut self.lines, key, row));
        batch.timeline.into_iter().for_each(|(key, row)| put(&mut self.timeline, key, row));
        batch.payments.into_iter().for_each(|(key, row)| put(&mut self.payments, key, row));
        batch.requests.into_iter().for_each(|(key, row)| put(&mut self.requests, key, row));
    }
}

proptest! {
    /// What sinks rely on: any cut into batches, with any rewinds in between, gives the rows of one pass.
    #[test]
    fn folding_with_rewinds_is_folding_once(
        log in prop::collection::vec((0_usize..4, 0_u8..3, 0_usize..100), 1..60),
        rewinds in prop::collection::vec((0_usize..60, 1_usize..20), 0..8),
    ) {
        let log: Vec<_> = log.into_iter().zip(1_u64..).map(|((topic, thing, chosen), version)| {
            (any(topic, thing, chosen, version), Source { partition: 2, offset: version.cast_signed() })
        }).collect();
        let mut once = Projection::default();
        for (event, source) in &log {
            once.apply(event, *source);
        }
        let mut again = Projection::default();
        let mut position = 0;
        let mut rewinds = rewinds.into_iter();
        while position < log.len() {
            let (back, length) = rewinds.next().unwrap_or((0, 60));
            let end = (position + length).min(log.len());
            let mut batch = Projection::default();
            for (event, source) in &log[position..end] {
                batch.apply(event, *source);
            }
            again.merge(batch);
            position = end.saturating_sub(back);
            if back == 0 { position = end; }
        }
        prop_assert_eq!(once, again);
    }
}

const AT: Source = Source { partition: 2, offset: 5 };

#[test]
fn what_operators_ask_of_a_product_are_requests_and_what_orders_ask_are_not() {
    use RequestStatus::{Applied, Refused};
    let table = [
        ("product_defined", Some(Applied)),
        ("stock_adjusted", Some(Applied)),
        ("product_refused", Some(Refused)),
        ("stock_held", None),
        ("stock_refused", None),
        ("stock_released", None),
        ("stock_committed", None),
        ("stock_returned", None),
        ("stock_low", None),
    ];
    for (event, (kind, status)) in samples::inventory::events().into_iter().zip(table) {
        assert_eq!(event.fact.kind(), kind);
        let rows = project(&event, AT);
        let product = &rows.products[&event.sku];
        assert_eq!((product.version, product.partition, product.stock), (17, 2, event.stock), "{kind}");
        assert_eq!(product.terms.is_some(), kind == "product_defined", "{kind}");
        let request = rows.requests.into_values().next();
        assert_eq!(request.as_ref().map(|row| row.status), status, "{kind}");
        let Some(request) = request else { continue };
        assert_eq!((request.kind, request.shopper), (RequestKind::Product, None), "{kind}");
        assert_eq!(request.subject, Subject::Product(event.sku.clone()), "{kind}");
        let code = (status == Some(Refused)).then(|| StockRefusal::TermsFrozen.code());
        assert_eq!(request.reason.as_deref(), code, "{kind}");
        // A product that does not exist has no row, the request that asked about it has.
        let rows = project(&InventoryEvent { version: 0, ..event }, AT);
        assert_eq!((rows.products.len(), rows.requests.len()), (0, 1), "{kind}");
    }
}

#[test]
fn only_an_answer_that_shows_the_payment_makes_a_row() {
    for event in samples::payments::events() {
        let rows = project(&event, AT);
        assert_eq!(rows.payments.values().map(|row| &row.payment).next(), event.answer.payment());
        assert!(rows.payments.values().all(|row| (row.told_at, row.source) == (event.at, AT)));
        assert_eq!(rows.len(), rows.payments.len());
    }
}

#[test]
fn a_product_keeps_its_terms() {
    let mut rows = Projection::default();
    for (event, version) in samples::inventory::events().into_iter().zip(1..) {
        rows.apply(&InventoryEvent { version, ..event }, AT);
    }
    let row = rows.products.values().next().unwrap();
    assert_eq!((row.version, row.terms.as_ref()), (9, Some(&samples::inventory::terms())));
}
