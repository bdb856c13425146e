//! Between records and the rules: reads the product, lets the rules decide, writes it back, states the best price if it says anything
//! new, and replies. A row takes some 50 bytes, and 30 for each offer.

use events::ids::{OfferSource, Sku};
use events::prices::{BestPrice, PriceCommand, PriceRefusal, Winner};
use events::request::Outcome;
use events::topics;
use streams::processor::Verdict;

use super::offer::{NewOffer, Offer};
use super::product::{OwnPrice, Product};
use crate::kit::field::{fields, written_as};
use crate::kit::id::{Key, OrEmpty};
use crate::kit::machine::report;
use crate::kit::step::Step;
use crate::kit::table::{Row, Table};
use crate::kit::wakeup::wakeups;

/// `<sku>` -> what is known of a product's prices.
pub(crate) const PRODUCTS: Table<Sku, Product> = Table::new(0, "products");

fields!(Product { own, offers, wake, stated });
fields!(OwnPrice { version, list_price, sale });
fields!(Offer { source, price, seen_at, ends });
fields!(BestPrice { sku: Key, version, at, price, by: Source, own, list_price, on_sale, offers, valid_until });

impl Row for Product {}

written_as!(
    /// The winner's source; without one it is our own price.
    Source of Winner: OrEmpty, |winner: &Winner| winner.source().cloned(), |source: Option<OfferSource>| {
        source.map_or(Winner::Own, |source| Winner::Offer { source })
    }
);

wakeups!(
    /// What a timer is for.
    Wakeup {
        /// A best price is to be worked out again.
        Product = 1 { sku: Sku },
    }
);

/// Decides a command. `count` counts the offers that are refused.
pub(crate) fn decide(command: &PriceCommand, step: &mut Step<'_>, count: &dyn Fn(PriceRefusal)) -> Result<(), Verdict> {
    let (sku, now) = (command.sku(), step.now());
    let known = PRODUCTS.get(step.context, sku)?;
    let (source, changed) = match *command {
        PriceCommand::OwnPrice { version, list_price, sale, .. } => {
            if !command.is_plausible() {
                return Err(Verdict::Poison("a price that no product can have".into()));
            }
            return record(sku, Product::define(known, OwnPrice { version, list_price, sale }), step).map(drop);
        }
        PriceCommand::Offer { ref source, price, seen_at, fresh_ms, until, .. } => {
            let new_offer = NewOffer { source, price, seen_at, fresh_ms, until };
            let changed = known.ok_or(PriceRefusal::UnknownProduct).and_then(|product| product.offer(&new_offer, now));
            (source, changed.inspect_err(|reason| count(*reason)))
        }
        PriceCommand::WithdrawOffer { ref source, .. } => {
            (source, known.map(|product| product.withdraw(source)).ok_or(PriceRefusal::UnknownProduct))
        }
    };
    let outcome = match changed {
        Ok(product) => {
            let version = record(sku, product, step)?;
            Outcome::OfferApplied { sku: sku.clone(), source: source.clone(), version }
        }
        Err(reason) => {
            tracing::debug!(%sku, %source, reason = reason.code(), "an offer was refused");
            Outcome::OfferRefused { reason }
        }
    };
    command.request().map_or(Ok(()), |request| step.reply(request, outcome))
}

/// Works out a best price again that time alone may have changed.
pub(crate) fn wake(Wakeup::Product { sku }: Wakeup, step: &mut Step<'_>) -> Result<(), Verdict> {
    let product = step.woken(&PRODUCTS, &sku)?;
    record(&sku, product, step).map(drop)
}

/// Works out the best price, writes the product, sets its timer, and states what is new. The version of what was stated last.
fn record(sku: &Sku, mut product: Product, step: &mut Step<'_>) -> Result<u64, Verdict> {
    let now = step.now();
    let (before, best) = (product.wake, product.restate(sku, now));
    report(sku, product.check(now));
    step.move_timer(before, product.wake, &Wakeup::Product { sku: sku.clone() });
    PRODUCTS.put(step.context, sku, &product);
    best.iter().try_for_each(|best| step.state(&topics::PRICES_BEST, best))?;
    Ok(product.version())
}
