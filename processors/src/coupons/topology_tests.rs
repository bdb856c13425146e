//! The contract of the coupon processor with its topics.

use events::coupons::CouponCommand;
use events::money::Money;
use events::topics;

use super::fixture::{at, campaign, claim, define, request, shopper, terms};
use super::topology;
use crate::kit::testing::contract::{Contract, contract_tests};
use crate::kit::testing::names::order;

contract_tests!(
    contract,
    "\
processor coupons
  reads  coupons.inbox
  keeps  campaigns in coupons.changelog
  keeps  counts in coupons.changelog
  keeps  accounts in coupons.changelog
  keeps  strangers in coupons.changelog
  writes coupons.events
  writes ingress.replies
  writes orders.inbox
  poison dead-letters
  parked processors.control
"
);

fn contract() -> Contract<CouponCommand> {
    let spread = ["a", "b", "c", "d", "e", "f"].map(|name| define(name, name, terms()));
    Contract::new(topology, &topics::COUPONS_EVENTS, 1, claim("one", "sale", "ann"), spread)
}

/// A hold on a coupon that does not exist: the order gets the refusal, in whatever partition its key lies.
#[test]
fn an_order_is_answered_in_the_partition_of_its_key_and_only_if_the_command_names_it() {
    contract().orders_are_answered_if_the_command_names_them(&CouponCommand::Hold {
        request: request("hold"),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
        order: order("order-that-sends"),
        spend: Money::new(1),
        until: at(9),
    });
}
