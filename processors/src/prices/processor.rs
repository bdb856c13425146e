//! Between records and the rules: brings the product from its table, lets the rules decide, writes it back, states the best price if it
//! says anything new, and replies to whoever asked.

use events::ids::{OfferSource, Sku};
use events::prices::{PriceCommand, PriceRefusal};
use events::request::Outcome;
use events::time::Timestamp;
use events::topics;
use streams::processor::Verdict;

use super::invariants;
use super::offer::Wanted;
use super::product::{OwnPrice, Product};
use super::timers::LookAgain;
use crate::kit::invariant;
use crate::kit::step::Step;
use crate::kit::table::Table;

/// `<sku>` -> what is known of a product's prices.
pub(crate) const PRODUCTS: Table<Sku, Product> = Table::new(0, "products");

/// Decides a command. `refused` counts the offers that are refused.
pub(crate) fn decide(
    command: &PriceCommand,
    step: &mut Step<'_>,
    refused: &dyn Fn(PriceRefusal),
) -> Result<(), Verdict> {
    match command {
        PriceCommand::OwnPrice { sku, version, list_price, sale, .. } => {
            if !command.is_plausible() {
                return Err(Verdict::Poison("a price that no product can have".into()));
            }
            define(sku, OwnPrice { version: *version, list_price: *list_price, sale: *sale }, step)
        }
        PriceCommand::Offer { sku, source, price, seen_at, fresh_ms, until, .. } => {
            let (price, seen_at, fresh_ms, until) = (*price, *seen_at, *fresh_ms, *until);
            let wanted = Wanted { source, price, seen_at, fresh_ms, until };
            let taken = change(sku, step, |product, now| product.offer(&wanted, now))?;
            if let Err(reason) = taken {
                refused(reason);
            }
            answer(command, source, taken, step)
        }
        PriceCommand::WithdrawOffer { sku, source, .. } => {
            let taken = change(sku, step, |product, _| {
                product.withdraw(source);
                Ok(())
            })?;
            answer(command, source, taken, step)
        }
    }
}

/// Works out a best price again that time alone may have changed.
pub(crate) fn wake(LookAgain(sku): LookAgain, step: &mut Step<'_>) -> Result<(), Verdict> {
    match PRODUCTS.get(step.context, &sku)? {
        Some(product) => record(&sku, product, step).map(drop),
        // A product is never forgotten, so a timer without one would be another build's doing.
        None => Err(Verdict::Fatal(format!("a timer is set for product {sku}, which does not exist"))),
    }
}

/// Inventory says what a product costs with us.
fn define(sku: &Sku, own: OwnPrice, step: &mut Step<'_>) -> Result<(), Verdict> {
    let mut product = PRODUCTS.get(step.context, sku)?.unwrap_or_else(|| Product::new(own));
    product.define(own);
    record(sku, product, step).map(drop)
}

/// Changes the offers of a product. The version of its best price after that, unless it was refused.
fn change(
    sku: &Sku,
    step: &mut Step<'_>,
    change: impl FnOnce(&mut Product, Timestamp) -> Result<(), PriceRefusal>,
) -> Result<Result<u64, PriceRefusal>, Verdict> {
    let Some(mut product) = PRODUCTS.get(step.context, sku)? else { return Ok(Err(PriceRefusal::UnknownProduct)) };
    match change(&mut product, step.now()) {
        Ok(()) => record(sku, product, step).map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Replies to whoever asked what became of an offer. What nobody asked for is refused without a reply, and only counted: a source that
/// is wrong about prices is wrong many times.
fn answer(
    command: &PriceCommand,
    source: &OfferSource,
    taken: Result<u64, PriceRefusal>,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    let sku = command.sku();
    let Some(request) = command.request() else {
        if let Err(reason) = taken {
            tracing::debug!(%sku, %source, reason = reason.code(), "an offer was refused");
        }
        return Ok(());
    };
    let outcome = match taken {
        Ok(version) => Outcome::OfferApplied { sku: sku.clone(), source: source.clone(), version },
        Err(reason) => Outcome::OfferRefused { reason },
    };
    step.reply(request, outcome)
}

/// Works out the best price, writes the product, sets its timer, and states what is new. The version of what was stated last.
fn record(sku: &Sku, mut product: Product, step: &mut Step<'_>) -> Result<u64, Verdict> {
    let now = step.now();
    let (before, best) = (product.wake, product.restate(sku, now));
    invariant::report(sku, invariants::of_prices(&product, now));
    step.move_timer(before, product.wake, &LookAgain(sku.clone()));
    PRODUCTS.put(step.context, sku, &product);
    if let Some(best) = &best {
        step.state(&topics::PRICES_BEST, best)?;
    }
    Ok(product.version())
}
