//! No two steps share a request, and none changes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeSet;

use super::Step;
use crate::ids::{OrderId, Sku};

#[test]
fn every_step_of_every_order_has_a_request_of_its_own() {
    let (tea, cup) = (Sku::new("tea").unwrap(), Sku::new("cup").unwrap());
    let steps = [
        Step::HoldStock(&tea),
        Step::HoldStock(&cup),
        Step::CommitStock(&tea),
        Step::ReleaseStock(&tea),
        Step::ReturnStock(&tea, 1),
        Step::ReturnStock(&tea, 2),
        Step::HoldCoupon,
        Step::RedeemCoupon,
        Step::ReleaseCoupon,
        Step::RestoreCoupon,
        Step::Confirm(1),
        Step::Confirm(2),
        Step::LookUp(1),
        Step::Refund(1),
    ];
    let orders = [OrderId::new("order-1").unwrap(), OrderId::new("order-2").unwrap()];
    let requests: BTreeSet<_> = orders.iter().flat_map(|order| steps.iter().map(|step| step.request(order))).collect();
    assert_eq!(requests.len(), steps.len() * orders.len());
    // Holds in the log are named by it for ever.
    assert_eq!(Step::HoldStock(&tea).request(&orders[0]).to_string(), "req_26680304e8e51f0e7e4dd8604dad6cac");
}
