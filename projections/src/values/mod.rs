//! How Redis writes a row. Campaigns and products are hashes, readable by hand; coupons, orders, prices and requests are one line
//! each, because there are millions of them, or they are looked up often:
//!
//! ```text
//! coupon   version|partition|campaign|state|request|expires_at|order|hold|hold_until|discount|restored|updated_at
//! order    version|partition|shopper|state|gross|discount|due|paid|refunded|awaited|deadline|updated_at
//! price    version|partition|price|source|own|list_price|on_sale|offers|valid_until|at
//! request  version|partition|subject|kind|status|shopper|reason|coupon|decided_at
//! ```
//!
//! The version comes first: the latest fact's number in its order, or its offset, digits without leading zeros, so that the longer of
//! two is the greater and among equally long ones the order of bytes decides (Lua's numbers are doubles and lie beyond 2^53). An empty
//! part is nothing; [`KEPT`] means "as it was", and never survives the write. No part can hold a `|`: ids cannot.

mod orders;
mod prices;
mod products;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use super::{CampaignRow, CouponRow, CouponState, RequestKind, RequestRow, RequestStatus, Source, Subject};
use events::coupons::{CampaignStatus, StockCount};
use events::ids::{CampaignId, CouponId, RequestId, ShopperId};
use events::money::Money;
use events::time::Timestamp;

#[cfg(test)]
mod values_tests;

/// The part of a new value that stands for the old value's part.
pub const KEPT: &str = "=";

/// What Redis holds is not what this version writes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("redis value of a {row}: {part} is missing or unreadable")]
pub struct ValueError {
    /// Which row.
    pub row: &'static str,
    /// Which part of it.
    pub part: &'static str,
}

impl CampaignRow {
    /// The hash's fields to set. Status and terms are there only if the row knows them; unset fields stay as they are.
    #[must_use]
    pub fn to_redis(&self) -> Vec<(&'static str, String)> {
        let stock = &self.stock;
        let mut fields = vec![
            ("version", self.version.to_string()),
            ("partition", self.partition.to_string()),
            ("stock", stock.stock.to_string()),
            ("remaining", stock.remaining.to_string()),
            ("granted", stock.granted.to_string()),
            ("held", stock.held.to_string()),
            ("redeemed", stock.redeemed.to_string()),
            ("expired", stock.expired.to_string()),
            ("revoked", stock.revoked.to_string()),
            ("updated_at", self.updated_at.as_millis().to_string()),
        ];
        if let Some(status) = self.status {
            fields.push(("status", status.name().to_owned()));
        }
        if let Some(terms) = &self.terms {
            fields.push(("claim_from", terms.claim.from.as_millis().to_string()));
            fields.push(("claim_until", terms.claim.until.as_millis().to_string()));
            // Terms have text keys only, so writing them cannot fail.
            fields.push(("terms", serde_json::to_string(terms).unwrap_or_default()));
        }
        fields
    }

    /// Reads the hash.
    ///
    /// # Errors
    /// [`ValueError`] names the field that is missing or unreadable.
    pub fn from_redis(campaign: CampaignId, fields: &BTreeMap<String, String>) -> Result<Self, ValueError> {
        let fields = Fields { row: "campaign", fields };
        let status = fields.get("status").map(status_named).transpose()?;
        Ok(Self {
            campaign,
            partition: fields.one("partition")?,
            version: fields.one("version")?,
            status,
            terms: fields.json("terms")?,
            stock: StockCount {
                stock: fields.one("stock")?,
                remaining: fields.one("remaining")?,
                granted: fields.one("granted")?,
                held: fields.one("held")?,
                redeemed: fields.one("redeemed")?,
                expired: fields.one("expired")?,
                revoked: fields.one("revoked")?,
            },
            updated_at: Timestamp::from_millis(fields.one("updated_at")?),
        })
    }
}

fn status_named(name: &str) -> Result<CampaignStatus, ValueError> {
    [CampaignStatus::Running, CampaignStatus::Paused, CampaignStatus::Ended]
        .into_iter()
        .find(|status| status.name() == name)
        .ok_or(ValueError { row: "campaign", part: "status" })
}

impl CouponRow {
    /// The value of the coupon's field in its owner's hash.
    #[must_use]
    pub fn to_redis(&self) -> String {
        let version = self.source.offset;
        let request = or_kept(self.request.as_ref());
        let expires_at = or_kept(self.expires_at.map(Timestamp::as_millis).as_ref());
        let order = or_empty(self.order.as_ref());
        let hold = or_empty(self.hold.as_ref());
        let hold_until = or_empty(self.hold_until.map(Timestamp::as_millis).as_ref());
        let discount = or_empty(self.discount.map(Money::minor).as_ref());
        // It never shrinks, so "not restored as far as I know" keeps what is there.
        let restored = or_kept((self.restored > 0).then_some(&self.restored));
        format!(
            "{version}|{}|{}|{}|{request}|{expires_at}|{order}|{hold}|{hold_until}|{discount}|{restored}|{}",
            self.source.partition,
            self.campaign,
            self.state.name(),
            self.updated_at.as_millis(),
        )
    }

    /// Reads the field `coupon` of a shopper's hash.
    ///
    /// # Errors
    /// [`ValueError`] names the part that is missing or unreadable.
    pub fn from_redis(shopper: ShopperId, coupon: &str, value: &str) -> Result<Self, ValueError> {
        let coupon = CouponId::new(coupon).map_err(|_| ValueError { row: "coupon", part: "coupon" })?;
        let mut parts = Parts::of("coupon", value);
        let offset = parts.one("version")?;
        let partition = parts.one("partition")?;
        let campaign = parts.one("campaign")?;
        let state = parts.named("state", CouponState::from_name)?;
        let row = Self {
            coupon,
            campaign,
            shopper,
            state,
            request: parts.maybe("request")?,
            expires_at: parts.maybe("expires_at")?.map(Timestamp::from_millis),
            order: parts.maybe("order")?,
            hold: parts.maybe("hold")?,
            hold_until: parts.maybe("hold_until")?.map(Timestamp::from_millis),
            discount: parts.maybe("discount")?.map(Money::new),
            restored: parts.maybe("restored")?.unwrap_or(0),
            updated_at: Timestamp::from_millis(parts.one("updated_at")?),
            source: Source { partition, offset },
        };
        parts.end()?;
        Ok(row)
    }
}

impl RequestRow {
    /// The value of the request's key.
    #[must_use]
    pub fn to_redis(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}",
            self.source.offset,
            self.source.partition,
            self.subject,
            self.kind.name(),
            self.status.name(),
            or_empty(self.shopper.as_ref()),
            or_empty(self.reason.as_ref()),
            or_empty(self.coupon.as_ref()),
            self.decided_at.as_millis(),
        )
    }

    /// Reads the value of a request's key.
    ///
    /// # Errors
    /// [`ValueError`] names the part that is missing or unreadable.
    pub fn from_redis(request: RequestId, value: &str) -> Result<Self, ValueError> {
        let mut parts = Parts::of("request", value);
        let offset = parts.one("version")?;
        let partition = parts.one("partition")?;
        let subject = parts.take("subject")?;
        let kind = parts.named("kind", RequestKind::from_name)?;
        let row = Self {
            request,
            subject: Subject::of(kind, subject).map_err(|_| ValueError { row: "request", part: "subject" })?,
            kind,
            status: parts.named("status", RequestStatus::from_name)?,
            shopper: parts.maybe("shopper")?,
            reason: parts.maybe("reason")?,
            coupon: parts.maybe("coupon")?,
            decided_at: Timestamp::from_millis(parts.one("decided_at")?),
            source: Source { partition, offset },
        };
        parts.end()?;
        Ok(row)
    }
}

fn or_empty<T: Display>(part: Option<&T>) -> String {
    part.map_or_else(String::new, ToString::to_string)
}

fn or_kept<T: Display>(part: Option<&T>) -> String {
    part.map_or_else(|| KEPT.to_owned(), ToString::to_string)
}

/// A hash, field by field.
struct Fields<'a> {
    row: &'static str,
    fields: &'a BTreeMap<String, String>,
}

impl Fields<'_> {
    fn get(&self, part: &str) -> Option<&str> {
        self.fields.get(part).map(String::as_str)
    }

    fn one<T: FromStr>(&self, part: &'static str) -> Result<T, ValueError> {
        let unreadable = ValueError { row: self.row, part };
        self.get(part).and_then(|text| text.parse().ok()).ok_or(unreadable)
    }

    fn json<T: DeserializeOwned>(&self, part: &'static str) -> Result<Option<T>, ValueError> {
        let value = self.get(part).map(serde_json::from_str).transpose();
        value.map_err(|_| ValueError { row: self.row, part })
    }
}

/// A line, part by part.
struct Parts<'a> {
    row: &'static str,
    rest: std::str::Split<'a, char>,
}

impl<'a> Parts<'a> {
    fn of(row: &'static str, value: &'a str) -> Self {
        Self { row, rest: value.split('|') }
    }

    fn take(&mut self, part: &'static str) -> Result<&'a str, ValueError> {
        self.rest.next().ok_or(ValueError { row: self.row, part })
    }

    fn one<T: FromStr>(&mut self, part: &'static str) -> Result<T, ValueError> {
        self.take(part)?.parse().map_err(|_| ValueError { row: self.row, part })
    }

    fn named<T>(&mut self, part: &'static str, from_name: fn(&str) -> Option<T>) -> Result<T, ValueError> {
        from_name(self.take(part)?).ok_or(ValueError { row: self.row, part })
    }

    fn maybe<T: FromStr>(&mut self, part: &'static str) -> Result<Option<T>, ValueError> {
        match self.take(part)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| ValueError { row: self.row, part }),
        }
    }

    fn end(mut self) -> Result<(), ValueError> {
        self.rest.next().map_or(Ok(()), |_| Err(ValueError { row: self.row, part: "the end" }))
    }
}
