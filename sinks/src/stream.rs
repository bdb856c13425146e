//! The topics that sinks read, and the facts that stand in them.

use events::codec::{DecodeError, Message, decode};
use events::coupons::CouponEvent;
use events::envelope::Envelope;
use events::inventory::InventoryEvent;
use events::orders::OrderEvent;
use events::payments::PaymentEvent;
use events::prices::BestPrice;
use events::settlement::{SettlementEvent, SettlementFact};
use events::time::Timestamp;
use events::topics::{
    COUPONS_EVENTS, INVENTORY_EVENTS, ORDERS_EVENTS, PAYMENTS_EVENTS, PRICES_BEST, SETTLEMENT_EVENTS,
};
use projections::{Projection, Source};
use streams::record::Record;

/// A topic of facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stream {
    /// What the coupon processor has decided.
    Coupons,
    /// What the inventory processor has decided.
    Inventory,
    /// What the orders processor has decided.
    Orders,
    /// What became of calls to the payment provider.
    Payments,
    /// The lowest price of every product.
    Prices,
    /// What the settlement processor has decided.
    Settlement,
}

impl Stream {
    /// Those that Postgres holds: a best price is never history.
    pub(crate) const IN_POSTGRES: [Self; 5] =
        [Self::Coupons, Self::Inventory, Self::Orders, Self::Payments, Self::Settlement];
    /// Those that Redis holds: nobody looks up a payment or a statement in a hurry.
    pub(crate) const IN_REDIS: [Self; 4] = [Self::Coupons, Self::Inventory, Self::Orders, Self::Prices];

    /// The topic's name on the broker.
    pub(crate) const fn topic(self) -> &'static str {
        match self {
            Self::Coupons => COUPONS_EVENTS.name(),
            Self::Inventory => INVENTORY_EVENTS.name(),
            Self::Orders => ORDERS_EVENTS.name(),
            Self::Payments => PAYMENTS_EVENTS.name(),
            Self::Prices => PRICES_BEST.name(),
            Self::Settlement => SETTLEMENT_EVENTS.name(),
        }
    }

    /// The name of its workers, in groups, health and logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Coupons => "coupons",
            Self::Inventory => "inventory",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Prices => "prices",
            Self::Settlement => "settlement",
        }
    }

    /// Reads a record.
    pub(crate) fn read(self, record: &Record) -> Result<Fact, DecodeError> {
        Ok(match self {
            Self::Coupons => Fact::Coupon(Box::new(message(record)?)),
            Self::Inventory => Fact::Inventory(Box::new(message(record)?)),
            Self::Orders => Fact::Order(Box::new(message(record)?)),
            Self::Payments => Fact::Payment(Box::new(message(record)?)),
            Self::Prices => Fact::Price(Box::new(message(record)?)),
            Self::Settlement => Fact::Settlement(Box::new(message(record)?)),
        })
    }
}

fn message<M: Message>(record: &Record) -> Result<M, DecodeError> {
    decode(record.value.as_deref(), &Envelope::from_headers(record.header_pairs()))
}

/// A fact of one of the topics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fact {
    Coupon(Box<CouponEvent>),
    Inventory(Box<InventoryEvent>),
    Order(Box<OrderEvent>),
    Payment(Box<PaymentEvent>),
    Price(Box<BestPrice>),
    Settlement(Box<SettlementEvent>),
}

impl Fact {
    /// When it happened: log time, but for payments the connector's clock.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Self::Coupon(event) => event.at,
            Self::Inventory(event) => event.at,
            Self::Order(event) => event.at,
            Self::Payment(event) => event.at,
            Self::Price(best) => best.at,
            Self::Settlement(event) => event.at,
        }
    }

    /// Takes the fact's rows into a projection.
    pub(crate) fn project(&self, source: Source, rows: &mut Projection) {
        match self {
            Self::Coupon(event) => rows.apply(event.as_ref(), source),
            Self::Inventory(event) => rows.apply(event.as_ref(), source),
            Self::Order(event) => rows.apply(event.as_ref(), source),
            Self::Payment(event) => rows.apply(event.as_ref(), source),
            Self::Price(best) => rows.apply(best.as_ref(), source),
            Self::Settlement(event) => rows.apply(event.as_ref(), source),
        }
    }

    /// Why the fact cannot be, if it cannot.
    ///
    /// This is told record by record and for every destination alike. A database could only tell after the batch was folded, where a
    /// later fact may have covered an impossible one: what is put aside would depend on the batch.
    pub(crate) fn impossible(&self) -> Option<String> {
        let version = match self {
            Self::Coupon(event) => event.version,
            Self::Inventory(event) => event.version,
            Self::Order(event) => event.version,
            Self::Payment(_) => 0,
            Self::Price(best) => best.version,
            Self::Settlement(event) => event.version,
        };
        if i64::try_from(version).is_err() {
            return Some(format!("version {version} is beyond what a version can be"));
        }
        match self {
            Self::Coupon(event) if !event.stock.is_balanced() => {
                Some("the campaign's stock is not the sum of its parts".into())
            }
            Self::Inventory(event) if !event.stock.is_balanced() => {
                Some("the product's stock is not the sum of its parts".into())
            }
            Self::Inventory(event) if i64::try_from(event.stock.received).is_err() => {
                Some("the product's stock is beyond what can be stored".into())
            }
            Self::Order(event) if event.version > 0 && (event.shopper.is_none() || event.state.is_none()) => {
                Some("an order is nobody's, or nowhere".into())
            }
            Self::Price(best) if best.price > best.own || !best.price.is_plausible() => {
                Some("the lowest price is above our own, or none".into())
            }
            Self::Settlement(event) => unsettled(event).map(Into::into),
            _ => None,
        }
    }
}

/// Why a fact about what a seller is owed cannot be.
fn unsettled(event: &SettlementEvent) -> Option<&'static str> {
    let balanced = match &event.fact {
        SettlementFact::LinesPosted { lines, .. } => lines.iter().all(|line| line.amounts.is_balanced()),
        SettlementFact::DayUpdated { totals, .. } => totals.amounts.is_balanced(),
        SettlementFact::DayClosed { statement, .. } => {
            let given = statement.carried_in.plus(statement.totals.amounts.net);
            if given.is_none() || given != statement.payable.plus(statement.carried_out) {
                return Some("the statement pays out another sum than is owed");
            }
            statement.totals.amounts.is_balanced()
        }
        _ => true,
    };
    (!balanced).then_some("gross is not what was paid and the two shares of the discount")
}
