//! Between records and the rules: reads the command, brings the product from the store, lets the rules decide, writes it back,
//! forwards the best price if it says anything new, and the reply to whoever asked for one.

use events::envelope::Envelope;
use events::ids::{OfferSource, Sku};
use events::prices::{PriceCommand, PriceRefusal};
use events::request::{Outcome, Reply};
use events::time::Timestamp;
use streams::processor::{Context, Processor, StoreId, Timer, Verdict};
use streams::record::Record;

use super::invariants;
use super::offer::Wanted;
use super::product::{OwnPrice, Product};
use super::{Refused, rows, timers};
use crate::kit::invariant;
use crate::kit::messaging::{self, Outputs, stored};

/// `<sku>` -> what is known of a product's prices.
pub(crate) const PRODUCTS: StoreId = StoreId(0);

/// Decides the records of one partition of the prices' inbox.
pub(crate) struct PricesProcessor {
    outputs: Outputs,
    refused: Refused,
}

impl PricesProcessor {
    pub(crate) fn new(outputs: Outputs, refused: Refused) -> Self {
        Self { outputs, refused }
    }
}

impl Processor for PricesProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (command, envelope) = messaging::read::<PriceCommand>(record)?;
        if record.key.as_deref() != Some(command.sku().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the command's sku".into()));
        }
        let now = Timestamp::from_millis(context.log_time());
        let mut handler = RecordHandler { outputs: &self.outputs, context, envelope: &envelope, now };
        match &command {
            PriceCommand::OwnPrice { sku, version, list_price, sale, .. } => {
                if !command.is_plausible() {
                    return Err(Verdict::Poison("a price that no product can have".into()));
                }
                handler.define(sku, OwnPrice { version: *version, list_price: *list_price, sale: *sale })
            }
            PriceCommand::Offer { sku, source, price, seen_at, fresh_ms, until, .. } => {
                let (price, seen_at, fresh_ms, until) = (*price, *seen_at, *fresh_ms, *until);
                let wanted = Wanted { source, price, seen_at, fresh_ms, until };
                let taken = handler.change(sku, |product, now| product.offer(&wanted, now))?;
                if let Err(reason) = taken {
                    (self.refused)(reason);
                }
                handler.answer(&command, source, taken)
            }
            PriceCommand::WithdrawOffer { sku, source, .. } => {
                let taken = handler.change(sku, |product, _| {
                    product.withdraw(source);
                    Ok(())
                })?;
                handler.answer(&command, source, taken)
            }
        }
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let now = Timestamp::from_millis(context.log_time());
        let sku = timers::read(timer).map_err(stored)?;
        let envelope = Envelope::default();
        let mut handler = RecordHandler { outputs: &self.outputs, context, envelope: &envelope, now };
        match handler.product(&sku)? {
            Some(product) => handler.record(&sku, product).map(drop),
            // A product is never forgotten, so a timer without one would be another build's doing.
            None => Err(Verdict::Fatal(format!("a timer is set for product {sku}, which does not exist"))),
        }
    }
}

/// One record's or timer's work.
struct RecordHandler<'a> {
    outputs: &'a Outputs,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
    now: Timestamp,
}

impl RecordHandler<'_> {
    fn product(&self, sku: &Sku) -> Result<Option<Product>, Verdict> {
        let row = self.context.get(PRODUCTS, sku.as_str().as_bytes());
        row.map(|row| rows::read_product(sku, row)).transpose().map_err(stored)
    }

    /// Inventory says what a product costs with us.
    fn define(&mut self, sku: &Sku, own: OwnPrice) -> Result<(), Verdict> {
        let mut product = self.product(sku)?.unwrap_or_else(|| Product::new(own));
        product.define(own);
        self.record(sku, product).map(drop)
    }

    /// Changes the offers of a product. The version of its best price after that, unless it was refused.
    fn change(
        &mut self,
        sku: &Sku,
        change: impl FnOnce(&mut Product, Timestamp) -> Result<(), PriceRefusal>,
    ) -> Result<Result<u64, PriceRefusal>, Verdict> {
        let Some(mut product) = self.product(sku)? else { return Ok(Err(PriceRefusal::UnknownProduct)) };
        match change(&mut product, self.now) {
            Ok(()) => self.record(sku, product).map(Ok),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Tells whoever asked what became of an offer. What nobody asked for is refused in silence, and only counted: a source that is wrong
    /// about prices is wrong many times.
    fn answer(
        &mut self,
        command: &PriceCommand,
        source: &OfferSource,
        taken: Result<u64, PriceRefusal>,
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
        self.outputs.reply(self.context, &Reply { request, at: self.now, outcome }, self.envelope)
    }

    /// Works out the best price, writes the product, sets its timer, and states what is new. The version of what was stated last.
    fn record(&mut self, sku: &Sku, mut product: Product) -> Result<u64, Verdict> {
        let (before, best) = (product.wake, product.restate(sku, self.now));
        invariant::report(sku, invariants::of_prices(&product, self.now));
        if before != product.wake {
            if let Some(deadline) = before {
                self.context.cancel(&timers::timer(sku, deadline));
            }
            if let Some(deadline) = product.wake {
                self.context.schedule(timers::timer(sku, deadline));
            }
        }
        self.context.put(PRODUCTS, sku.as_str().as_bytes(), &rows::write_product(&product));
        if let Some(best) = &best {
            self.outputs.fact(self.context, best, self.envelope)?;
        }
        Ok(product.version())
    }
}
