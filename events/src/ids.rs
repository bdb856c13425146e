//! Identifiers. Text ids are chosen by people or by the identity provider and are checked once, here; hash ids are derived
//! from what they identify, so that replaying the log derives them again.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Shorter or longer than the id's bounds.
    #[error("{kind} must have {min} to {max} characters, got {length}")]
    Length {
        /// Which id was being read.
        kind: &'static str,
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
        /// Characters found.
        length: usize,
    },
    /// A character outside `A-Z a-z 0-9 - _`.
    #[error("{kind} may hold only letters, digits, '-' and '_'")]
    Character {
        /// Which id was being read.
        kind: &'static str,
    },
    /// Not the prefix and 32 lower-case hexadecimal digits of a hash id.
    #[error("{kind} must be '{prefix}' and 32 lower-case hexadecimal digits")]
    Hash {
        /// Which id was being read.
        kind: &'static str,
        /// What the id starts with.
        prefix: &'static str,
    },
}

/// A text that is safe in a key, a path, a log line and a database without escaping.
fn check_text(text: &str, kind: &'static str, min: usize, max: usize) -> Result<(), IdError> {
    if text.len() < min || text.len() > max {
        return Err(IdError::Length { kind, min, max, length: text.chars().count() });
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Err(IdError::Character { kind });
    }
    Ok(())
}

/// Reads an id from its text where the text stands.
struct IdVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err = IdError>> Visitor<'_> for IdVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// What ids of both kinds have in common: in text, in JSON and in logs they are their text.
macro_rules! written_as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.with_text(|text| serializer.serialize_str(text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdVisitor(PhantomData))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.with_text(|text| f.write_str(text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
        #[schemars(with = "String", extend("pattern" = concat!("^[A-Za-z0-9_-]{", $min, ",", $max, "}$")))]
        pub struct $name(CompactString);

        impl $name {
            /// Fewest and most characters.
            pub const LENGTH: std::ops::RangeInclusive<usize> = $min..=$max;

            /// Reads an id.
            ///
            /// # Errors
            /// [`IdError`] when the text is too short, too long, or holds other characters than letters, digits, `-`, `_`.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check_text(text, stringify!($name), $min, $max)?;
                Ok(Self(CompactString::new(text)))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            fn with_text<T>(&self, say: impl FnOnce(&str) -> T) -> T {
                say(self.as_str())
            }
        }

        written_as_text!($name);
    };
}

text_id!(
    /// A coupon campaign: the key of the coupon topics.
    CampaignId, 1..=64
);
text_id!(
    /// A shopper, as the identity provider names them (a pseudonym, never a name or an address).
    ShopperId, 1..=64
);
text_id!(
    /// An order. The bounds are the payment provider's (Toss Payments, `orderId`).
    OrderId, 6..=64
);
text_id!(
    /// A product: the key of the inventory topics.
    Sku, 1..=64
);
text_id!(
    /// A seller.
    SellerId, 1..=64
);
text_id!(
    /// Who offers products elsewhere, as the configuration or the operator names them.
    OfferSource, 1..=64
);
text_id!(
    /// What kind of product it is, as the shop's catalogue names it.
    Category, 1..=64
);
text_id!(
    /// One payment, as the payment provider names it (Toss Payments, `paymentKey`).
    PaymentKey, 1..=200
);
text_id!(
    /// One approval or refund of a payment, as the payment provider names it (Toss Payments, `transactionKey`).
    TransactionKey, 1..=64
);
text_id!(
    /// One webhook, however often it is delivered (Toss Payments, `tosspayments-webhook-transmission-id`).
    TransmissionId, 1..=128
);
text_id!(
    /// A group of shoppers that the identity provider asserts in the token, such as `vip`.
    Segment, 1..=32
);

/// A prefix and 128 bits as 32 lower-case hexadecimal digits. Every message carries several ids, so this allocates nothing; nothing is
/// written unless the text is exactly as long as `to`.
fn write_hash<'a>(prefix: &str, bits: &[u8; 16], to: &'a mut [u8]) -> &'a str {
    let Some((head, digits)) = to.split_at_mut_checked(prefix.len()) else { return "" };
    head.copy_from_slice(prefix.as_bytes());
    if hex::encode_to_slice(bits, digits).is_err() { "" } else { std::str::from_utf8(to).unwrap_or_default() }
}

/// 32 lower-case hexadecimal digits as 128 bits.
fn unhex(digits: &str) -> Option<[u8; 16]> {
    let mut bits = [0; 16];
    let is_lower_case = !digits.bytes().any(|digit| digit.is_ascii_uppercase());
    (is_lower_case && hex::decode_to_slice(digits, &mut bits).is_ok()).then_some(bits)
}

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
        #[schemars(with = "String", extend("pattern" = concat!("^", $prefix, "[0-9a-f]{32}$")))]
        pub struct $name([u8; 16]);

        impl $name {
            /// What the id's text starts with.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these 128 bits.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 128 bits.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads the id's text.
            ///
            /// # Errors
            /// [`IdError::Hash`] when the text is not the prefix and 32 lower-case hexadecimal digits.
            pub fn new(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix)
                    .and_then(unhex)
                    .map(Self)
                    .ok_or(IdError::Hash { kind: stringify!($name), prefix: $prefix })
            }

            /// Derives an id from parts; each part's length is hashed too, so no two lists of parts meet.
            #[must_use]
            pub fn derive(parts: &[&[u8]]) -> Self {
                let mut hasher = blake3::Hasher::new_derive_key(concat!("timesale ", stringify!($name), " 1"));
                for part in parts {
                    hasher.update(&(part.len() as u64).to_le_bytes());
                    hasher.update(part);
                }
                let mut bytes = [0; 16];
                hasher.finalize_xof().fill(&mut bytes);
                Self(bytes)
            }

            fn with_text<T>(&self, say: impl FnOnce(&str) -> T) -> T {
                let mut text = [0; Self::PREFIX.len() + 32];
                say(write_hash(Self::PREFIX, &self.0, &mut text))
            }
        }

        written_as_text!($name);
    };
}

hash_id!(
    /// One accepted POST: derived from caller, route and `Idempotency-Key`, so that a repeat is the same request.
    RequestId, "req_"
);
hash_id!(
    /// One coupon of one shopper: derived from the request that was granted.
    CouponId, "cpn_"
);
hash_id!(
    /// One hold on a coupon or on stock: derived from the request that asked for it. A release names it exactly.
    HoldId, "hld_"
);

impl RequestId {
    /// The id of a caller's POST to a route under an `Idempotency-Key`. Scoped by caller: nobody can probe another's keys.
    #[must_use]
    pub fn of(caller: &str, route: &str, idempotency_key: &str) -> Self {
        Self::derive(&[caller.as_bytes(), route.as_bytes(), idempotency_key.as_bytes()])
    }

    /// The coupon that this request is granted, if it is.
    #[must_use]
    pub fn coupon(&self) -> CouponId {
        CouponId::derive(&[&self.0])
    }

    /// The hold that this request obtains, if it does.
    #[must_use]
    pub fn hold(&self) -> HoldId {
        HoldId::derive(&[&self.0])
    }

    /// The order that this request places: `ord_` and 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn order(&self) -> OrderId {
        let mut hasher = blake3::Hasher::new_derive_key("timesale OrderId 1");
        hasher.update(&self.0);
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        OrderId::of_bits(bytes)
    }
}

impl OrderId {
    /// What the text of an order that derives from a request starts with.
    const DERIVED: &str = "ord_";

    /// The order with these 128 bits: one that derives from a request.
    #[must_use]
    pub fn of_bits(bits: [u8; 16]) -> Self {
        let mut text = [0; Self::DERIVED.len() + 32];
        Self(write_hash(Self::DERIVED, &bits, &mut text).into())
    }

    /// The 128 bits of an order that derives from a request; nothing for one that was named by others.
    #[must_use]
    pub fn bits(&self) -> Option<[u8; 16]> {
        unhex(self.as_str().strip_prefix(Self::DERIVED)?)
    }
}

#[cfg(test)]
#[path = "ids_tests.rs"]
mod tests;
