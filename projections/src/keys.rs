//! How Redis names what it holds.
//!
//! ```text
//! ts:epoch                            the epoch that readers may trust; missing: ask Postgres
//! ts:writing                          the epoch that the sinks write; equal to the one above unless a rebuild is under way
//! ts:<epoch>:positions                hash: <topic>:<partition> -> next offset; `caught:<topic>:<partition>` once it was up to date
//! ts:<epoch>:campaign:{<campaign>}    hash: version, remaining, status, terms, ...
//! ts:<epoch>:coupons:{<shopper>}      hash: coupon id -> value of a CouponRow; leaves with the last coupon's deadline
//! ts:<epoch>:product:{<sku>}          hash: version, partition, received, available, held, sold, updated_at, terms
//! ts:<epoch>:order:{<order>}          one line, see below; leaves 7 days after the order's deadline or end
//! ts:<epoch>:price:{<sku>}            one line, see below; leaves at the instant at which it may no longer be shown
//! ts:<epoch>:request:{<request>}      value of a RequestRow; leaves 24 h after the decision
//! ```
//!
//! An order's line is `version|partition|shopper|state|gross|discount|due|paid|refunded|awaited|deadline|updated_at`; every fact says
//! all of it, so a newer line replaces an older one whole. A price's line is
//! `version|partition|price|source|own|list_price|on_sale|offers|valid_until|at`; without a source the price is ours.
//!
//! **How to read**: in one pipeline read what you want under the epoch you know, *then* `ts:epoch`. If that answers the epoch you
//! used, what you read was whole and nobody had emptied Redis before you read it. If it answers another epoch, read again under that
//! one; if it answers nothing, Redis is being rebuilt: ask Postgres.
//!
//! The braces are hash tags, should the rows ever be spread over a cluster. Today they are not: one call writes many rows, and the
//! first three keys are written together.

use std::fmt;

use compact_str::CompactString;
use events::ids::{CampaignId, OrderId, RequestId, ShopperId, Sku};

/// One building of everything in Redis. A lost Redis is rebuilt under a new epoch, so that no reader mixes the two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Epoch(CompactString);

/// The text is not an epoch.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an epoch has 1 to 32 lower-case letters and digits")]
pub struct EpochError;

impl Epoch {
    /// Reads an epoch.
    ///
    /// # Errors
    /// [`EpochError`] unless it has 1 to 32 lower-case letters and digits.
    pub fn new(text: &str) -> Result<Self, EpochError> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if text.is_empty() || text.len() > 32 || !text.bytes().all(legal) {
            return Err(EpochError);
        }
        Ok(Self(CompactString::new(text)))
    }

    /// The epoch as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Builds key names under one prefix, so that several installations can share a Redis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedisKeys {
    prefix: CompactString,
}

impl Default for RedisKeys {
    fn default() -> Self {
        Self::new(Self::PREFIX)
    }
}

impl RedisKeys {
    /// The prefix unless another one is configured.
    pub const PREFIX: &'static str = "ts";

    /// Keys under this prefix.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { prefix: CompactString::new(prefix) }
    }

    /// The prefix.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Holds the epoch that readers may trust.
    #[must_use]
    pub fn epoch(&self) -> String {
        format!("{}:epoch", self.prefix)
    }

    /// Holds the epoch that the sinks write.
    #[must_use]
    pub fn writing(&self) -> String {
        format!("{}:writing", self.prefix)
    }

    /// Holds how far each partition of each topic has been written: by [`RedisKeys::partition_field`].
    #[must_use]
    pub fn positions(&self, epoch: &Epoch) -> String {
        format!("{}:{epoch}:positions", self.prefix)
    }

    /// The field of a topic's partition among the positions.
    #[must_use]
    pub fn partition_field(topic: &str, partition: i32) -> String {
        format!("{topic}:{partition}")
    }

    /// The topic and the partition of a field among the positions; nothing for the fields that are no positions.
    #[must_use]
    pub fn share_of(field: &str) -> Option<(&str, i32)> {
        let (topic, partition) = field.split_once(':')?;
        Some((topic, partition.parse().ok()?))
    }

    /// Holds a campaign.
    #[must_use]
    pub fn campaign(&self, epoch: &Epoch, campaign: &CampaignId) -> String {
        format!("{}:{epoch}:campaign:{{{campaign}}}", self.prefix)
    }

    /// Holds a shopper's coupons.
    #[must_use]
    pub fn coupons(&self, epoch: &Epoch, shopper: &ShopperId) -> String {
        format!("{}:{epoch}:coupons:{{{shopper}}}", self.prefix)
    }

    /// Holds a product.
    #[must_use]
    pub fn product(&self, epoch: &Epoch, sku: &Sku) -> String {
        format!("{}:{epoch}:product:{{{sku}}}", self.prefix)
    }

    /// Holds where an order is.
    #[must_use]
    pub fn order(&self, epoch: &Epoch, order: &OrderId) -> String {
        format!("{}:{epoch}:order:{{{order}}}", self.prefix)
    }

    /// Holds a product's best price.
    #[must_use]
    pub fn price(&self, epoch: &Epoch, sku: &Sku) -> String {
        format!("{}:{epoch}:price:{{{sku}}}", self.prefix)
    }

    /// Holds what became of a request.
    #[must_use]
    pub fn request(&self, epoch: &Epoch, request: &RequestId) -> String {
        format!("{}:{epoch}:request:{{{request}}}", self.prefix)
    }

    /// The epoch a key belongs to; nothing for the keys that belong to none, and for other installations' keys.
    #[must_use]
    pub fn epoch_of(&self, key: &str) -> Option<Epoch> {
        let rest = key.strip_prefix(self.prefix.as_str())?.strip_prefix(':')?;
        let (epoch, _) = rest.split_once(':')?;
        Epoch::new(epoch).ok()
    }
}
