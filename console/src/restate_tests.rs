//! What is published again, and that it is published until it is in the log. What it leads to is tested in `journeys`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should fail")]

use std::time::Duration;

use events::codec;
use events::envelope::Envelope;
use events::ids::{RequestId, SellerId, Sku};
use events::inventory::{InventoryEvent, InventoryFact, ProductTerms, StockLevel};
use events::money::Money;
use events::prices::PriceCommand;
use events::time::Timestamp;
use events::topics::PRICES_INBOX;
use streams::emitter::EmitError;
use streams::simulated::{Emission, MemoryEmitter};

use super::{Definitions, RestateError, publish, publish_within};

/// Longer than a failure that passes, shorter than a test may take.
const DEADLINE: Duration = Duration::from_secs(2);

fn event(sku: &str, version: u64, fact: InventoryFact) -> InventoryEvent {
    let at = Timestamp::from_millis(i64::try_from(version).unwrap());
    InventoryEvent { sku: Sku::new(sku).unwrap(), version, at, stock: StockLevel::default(), fact }
}

fn defined(sku: &str, version: u64, list_price: i64) -> InventoryEvent {
    let terms = ProductTerms {
        seller: SellerId::new("teahouse").unwrap(),
        name: "tea".into(),
        category: None,
        list_price: Money::new(list_price),
        sale: None,
        supply_price: None,
        low_stock: None,
    };
    event(sku, version, InventoryFact::ProductDefined { request: RequestId::derive(&[b"define"]), terms })
}

fn adjusted(sku: &str, version: u64) -> InventoryEvent {
    event(sku, version, InventoryFact::StockAdjusted { request: RequestId::derive(&[b"adjust"]), change: 1 })
}

fn own(sku: &str, version: u64, list_price: i64) -> PriceCommand {
    let at = Timestamp::from_millis(i64::try_from(version).unwrap());
    PriceCommand::OwnPrice { sku: Sku::new(sku).unwrap(), version, at, list_price: Money::new(list_price), sale: None }
}

fn three() -> Definitions {
    let mut definitions = Definitions::default();
    let facts = [defined("tea", 1, 900), adjusted("tea", 2), defined("rice", 1, 500), defined("tea", 3, 1_000)];
    facts.iter().chain([&adjusted("oil", 9), &defined("salt", 4, 7)]).for_each(|event| definitions.take(event));
    definitions
}

fn written(emitter: &MemoryEmitter) -> Vec<PriceCommand> {
    let read = |outgoing: streams::record::Outgoing| {
        assert_eq!((&*outgoing.topic, outgoing.partition), (PRICES_INBOX.name(), None));
        let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
        let command: PriceCommand = codec::decode(outgoing.value.as_deref(), &Envelope::from_headers(headers)).unwrap();
        assert_eq!(outgoing.key.as_deref(), Some(command.sku().as_str().as_bytes()));
        command
    };
    emitter.emitted().into_iter().map(read).collect()
}

#[tokio::test]
async fn each_product_is_published_once_with_its_newest_definition() {
    let emitter = MemoryEmitter::new(4);
    assert_eq!(publish(&three(), &emitter).await.unwrap(), 3);
    assert_eq!(written(&emitter), [own("rice", 1, 500), own("salt", 4, 7), own("tea", 3, 1_000)]);
    assert_eq!(publish(&Definitions::default(), &emitter).await.unwrap(), 0);
}

#[test]
fn the_newest_definition_counts_in_whatever_order_they_come() {
    let mut definitions = Definitions::default();
    for version in [2, 5, 1, 5, 4] {
        definitions.take(&defined("tea", version, i64::try_from(version * 100).unwrap()));
    }
    assert_eq!(definitions.commands().collect::<Vec<_>>(), [&own("tea", 5, 500)]);
}

#[tokio::test]
async fn what_may_not_be_in_the_log_is_written_again_and_what_the_log_refuses_is_not() {
    for trouble in [Emission::Full, Emission::UnknownAndLost, Emission::UnknownAndKept] {
        let emitter = MemoryEmitter::new(4);
        emitter.set(trouble.clone());
        let over = emitter.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            over.set(Emission::Acknowledged);
        });
        assert_eq!(publish_within(DEADLINE, &three(), &emitter).await.unwrap(), 3, "{trouble:?}");
        let mut published = written(&emitter);
        published.sort_by(|one, other| one.sku().cmp(other.sku()));
        published.dedup();
        assert_eq!(published.len(), 3, "{trouble:?}");

        emitter.set(trouble.clone());
        let error = publish_within(DEADLINE, &three(), &emitter).await.unwrap_err();
        assert!(matches!(error, RestateError::Emit(EmitError::Full | EmitError::Unknown(_))), "{trouble:?}: {error}");
    }
    let emitter = MemoryEmitter::new(4);
    emitter.set(Emission::Held);
    let error = publish_within(DEADLINE, &three(), &emitter).await.unwrap_err();
    assert!(matches!(error, RestateError::Emit(EmitError::Unknown(_))), "{error}");
    emitter.set(Emission::Refused("not allowed".into()));
    let error = publish_within(DEADLINE, &three(), &emitter).await.unwrap_err();
    assert!(matches!(error, RestateError::Emit(EmitError::Refused(_))), "{error}");
}
