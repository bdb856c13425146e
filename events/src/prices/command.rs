//! Commands to the prices processor: the values of `prices.inbox`. Inventory says what a product costs with us, connectors and
//! operators what it costs elsewhere. All are absolute, so a repeat says the same thing again: requests are not remembered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OfferSource, RequestId, Sku};
use crate::inventory::{InventoryEvent, InventoryFact, SalePrice};
use crate::money::Money;
use crate::time::{Timestamp, Window};

/// Most sources with an offer for one product at a time.
pub const MOST_OFFERS: usize = 16;

/// The longest that an offer may be believed without being seen again, milliseconds: a day.
pub const LONGEST_FRESH_MS: u32 = 24 * 60 * 60 * 1000;

/// How far the clock that saw an offer may be ahead of the log's, milliseconds: a minute.
pub const MOST_AHEAD_MS: i64 = 60 * 1000;

/// What the prices processor can be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceCommand {
    /// What a product costs with us, from inventory with every definition of the product.
    OwnPrice {
        /// The product.
        sku: Sku,
        /// The product's version in inventory: an older one changes nothing.
        version: u64,
        /// The log time of the definition.
        at: Timestamp,
        /// What a unit costs outside the time sale, minor units.
        list_price: Money,
        /// The time sale, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sale: Option<SalePrice>,
    },
    /// What a product costs elsewhere. It replaces what the same source offered before, unless that was seen later.
    Offer {
        /// The request, if somebody waits for a reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The product.
        sku: Sku,
        /// Who offers it.
        source: OfferSource,
        /// What a unit costs there, minor units.
        price: Money,
        /// When the offer was seen there.
        seen_at: Timestamp,
        /// For how long after that it is believed, milliseconds, `1..=`[`LONGEST_FRESH_MS`].
        fresh_ms: u32,
        /// When the source itself ends the offer: it is not believed from then on, however fresh.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A source offers a product no longer. It may never have.
    WithdrawOffer {
        /// The request, if somebody waits for a reply.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The product.
        sku: Sku,
        /// Who offered it.
        source: OfferSource,
    },
}

impl PriceCommand {
    /// What prices are told with a fact of inventory, if it is one that says what a product costs. Told again it changes nothing.
    #[must_use]
    pub fn own_price(event: &InventoryEvent) -> Option<Self> {
        let InventoryFact::ProductDefined { terms, .. } = &event.fact else { return None };
        let (sku, version, at) = (event.sku.clone(), event.version, event.at);
        Some(Self::OwnPrice { sku, version, at, list_price: terms.list_price, sale: terms.sale })
    }

    /// The product the command is about: the record's key.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        match self {
            Self::OwnPrice { sku, .. } | Self::Offer { sku, .. } | Self::WithdrawOffer { sku, .. } => sku,
        }
    }

    /// The request, if somebody waits for a reply.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::OwnPrice { .. } => None,
            Self::Offer { request, .. } | Self::WithdrawOffer { request, .. } => *request,
        }
    }

    /// Whether a command to state our own price holds a price at all; inventory has checked it, but the log may hold anything.
    /// Offers are judged by the processor and refused with a reason.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let Self::OwnPrice { list_price, sale, .. } = self else { return true };
        list_price.is_plausible()
            && sale.is_none_or(|sale| {
                let Window { from, until } = sale.window;
                let is_price = sale.price.is_plausible() && sale.price <= *list_price;
                is_price && from.is_plausible() && until.is_plausible() && from < until
            })
    }

    /// The command's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OwnPrice { .. } => "own_price",
            Self::Offer { .. } => "offer",
            Self::WithdrawOffer { .. } => "withdraw_offer",
        }
    }
}
