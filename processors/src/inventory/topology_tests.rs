//! The contract of the inventory processor with its topics.

use events::inventory::InventoryCommand;
use events::topics;

use super::fixture::{define, hold, terms};
use super::topology;
use crate::kit::testing::contract::{Contract, contract_tests};

contract_tests!(
    contract,
    "\
processor inventory
  reads  inventory.inbox
  keeps  products in inventory.changelog
  keeps  levels in inventory.changelog
  keeps  requests in inventory.changelog
  keeps  holds in inventory.changelog
  keeps  strangers in inventory.changelog
  writes ingress.replies
  writes inventory.events
  writes orders.inbox
  writes prices.inbox
  poison dead-letters
  parked processors.control
"
);

fn contract() -> Contract<InventoryCommand> {
    let spread = ["a", "b", "c", "d", "e", "f"].map(|name| define(name, name, terms()));
    Contract::new(topology, &topics::INVENTORY_EVENTS, 1, define("d", "tea", terms()), spread)
        .unreplied(hold("one", "tea", 1, 9))
}

#[test]
fn an_order_is_answered_in_the_partition_of_its_key_and_only_if_the_command_names_it() {
    contract().orders_are_answered_if_the_command_names_them(&hold("one", "tea", 1, 9));
}
