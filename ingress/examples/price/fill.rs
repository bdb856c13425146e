//! Products and offers without a catalogue and without shops: what inventory and connectors would say, put into the inbox.

use std::collections::VecDeque;

use events::codec::encode;
use events::envelope::Envelope;
use events::ids::{OfferSource, Sku};
use events::money::Money;
use events::prices::{LONGEST_FRESH_MS, PriceCommand};
use events::time::Timestamp;
use events::topics::PRICES_INBOX;
use streams::emitter::Emitter;
use streams::kafka::{EmitterConfig, KafkaEmitter};
use streams::record::Outgoing;

use super::{Outcome, cluster, now, sku};

/// Records under way: what the emitter's queue holds with room to spare.
const UNDER_WAY: usize = 20_000;

pub(crate) async fn run(products: u32, offers: u32) -> Outcome<()> {
    let emitter = emitter()?;
    let mut under_way = VecDeque::with_capacity(UNDER_WAY);
    let at = Timestamp::from_millis(now());
    for number in 0..products {
        let sku = Sku::new(&sku(number))?;
        let list_price = Money::new(20_000 + i64::from(number % 1_000) * 10);
        let own = PriceCommand::OwnPrice { sku: sku.clone(), version: 1, at, list_price, sale: None };
        let others = (0..offers).map(|place| {
            let price = list_price.minor() - i64::from(place) * 100 - 50;
            offer(&sku, &format!("shop-{place:02}"), price)
        });
        for command in std::iter::once(Ok(own)).chain(others) {
            if under_way.len() == UNDER_WAY
                && let Some(delivery) = under_way.pop_front()
            {
                let delivery: streams::emitter::Delivery = delivery;
                delivery.await?;
            }
            under_way.push_back(emitter.emit(record(&command?)?)?);
        }
    }
    for delivery in under_way {
        delivery.await?;
    }
    println!("{products} products with {offers} offers each are in the log");
    Ok(())
}

pub(crate) fn emitter() -> Outcome<KafkaEmitter> {
    Ok(KafkaEmitter::without_metrics(&cluster()?, EmitterConfig::default())?)
}

/// An offer that is seen now and believed for a day.
pub(crate) fn offer(sku: &Sku, source: &str, price: i64) -> Outcome<PriceCommand> {
    Ok(PriceCommand::Offer {
        request: None,
        sku: sku.clone(),
        source: OfferSource::new(source)?,
        price: Money::new(price),
        seen_at: Timestamp::from_millis(now()),
        fresh_ms: LONGEST_FRESH_MS,
        until: None,
    })
}

pub(crate) fn record(command: &PriceCommand) -> Outcome<Outgoing> {
    let (value, envelope) = encode(command, &Envelope::default())?;
    Ok(Outgoing {
        topic: PRICES_INBOX.name().into(),
        partition: None,
        key: Some(command.sku().to_string().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    })
}
