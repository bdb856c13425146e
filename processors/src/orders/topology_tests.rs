//! The contract of the orders processor with its topics; where its commands and late replies go.

use events::codec::encode;
use events::envelope::Envelope;
use events::orders::OrderCommand;
use events::topics;
use streams::driver::TestDriver;

use super::fixture::{place, request, shopper, units};
use super::topology;
use crate::kit::testing::contract::{Contract, contract_tests};
use crate::kit::testing::names::order;

contract_tests!(
    contract,
    "\
processor orders
  reads  orders.inbox
  keeps  orders in orders.changelog
  writes coupons.inbox
  writes ingress.replies
  writes inventory.inbox
  writes orders.events
  writes payments.inbox
  writes settlement.inbox
  poison dead-letters
  parked processors.control
"
);

fn contract() -> Contract<OrderCommand> {
    let cancel = |name: &str| OrderCommand::Cancel {
        request: request(name),
        order: order(name),
        shopper: shopper("ann"),
        lines: vec![],
        account: None,
    };
    // An order whose id does not derive from its request could be another's.
    let mut foreign = command();
    if let OrderCommand::Place { request: own, .. } = &mut foreign {
        *own = request("another");
    }
    let spread = ["a", "b", "c", "d", "e", "f"].map(|name| place(name, vec![units("tea", 1)], None));
    Contract::new(topology, &topics::ORDERS_EVENTS, 1, cancel("unknown-order"), spread)
        .unreplied(command())
        .impossible("another request's order", foreign)
        .expects_answers_from(&topics::COUPONS_INBOX)
        .expects_answers_from(&topics::INVENTORY_INBOX)
}

fn command() -> OrderCommand {
    place("place", vec![units("tea", 1)], None)
}

fn value(command: &OrderCommand) -> Vec<u8> {
    encode(command, &Envelope::default()).unwrap().0
}

#[test]
fn a_command_to_others_goes_where_its_key_lies() {
    let mut driver = TestDriver::with_partitions(topology().unwrap(), 4);
    let id = command().order().to_string();
    let partition = driver.pipe(id.as_bytes(), &value(&command()), &[("schema-version", b"1")], 1).unwrap();
    let command = driver.take(topics::INVENTORY_INBOX.name()).remove(0);
    let fact = driver.take(topics::ORDERS_EVENTS.name()).remove(0);
    assert_eq!((command.partition, command.key.as_deref()), (None, Some(b"tea".as_slice())));
    assert_eq!((fact.partition, fact.key.as_deref()), (Some(partition), Some(id.as_bytes())));
}

#[test]
fn a_reply_goes_where_the_request_was_last_sent_from() {
    // A request is repeated from elsewhere when the ingress that took it first has crashed.
    for (first, second, replies) in [("0", "7", vec![7]), ("8", "7", vec![7]), ("7", "8", vec![]), ("x", "1", vec![1])]
    {
        let mut driver = TestDriver::new(topology().unwrap());
        let id = command().order().to_string();
        for reply_to in [first, second] {
            let headers: [(&str, &[u8]); 2] = [("schema-version", b"1"), ("reply-to", reply_to.as_bytes())];
            driver.pipe(id.as_bytes(), &value(&command()), &headers, 1).unwrap();
        }
        assert!(driver.take(topics::INGRESS_REPLIES.name()).is_empty(), "nothing is decided yet");
        driver.advance_to(31_000).unwrap();
        let found: Vec<_> =
            driver.take(topics::INGRESS_REPLIES.name()).iter().filter_map(|reply| reply.partition).collect();
        assert_eq!(found, replies, "{first} then {second}");
    }
}
