//! Identifiers. Text ids are chosen by people or by the identity provider and are checked once, here; hash ids are derived
//! from what they identify, so that replaying the log derives them again.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "CompactString", into = "CompactString")]
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
        }

        impl TryFrom<CompactString> for $name {
            type Error = IdError;
            fn try_from(text: CompactString) -> Result<Self, IdError> {
                check_text(&text, stringify!($name), $min, $max)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for CompactString {
            fn from(id: $name) -> Self {
                id.0
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
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
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

/// 128 bits as 32 lower-case hexadecimal digits. Every message carries several ids, so this allocates nothing.
fn hex(bytes: &[u8; 16]) -> [u8; 32] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    digits
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    if digits.len() != 32 || digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    // `from_str_radix` accepts a sign.
    (!digits.contains(&b'+')).then_some(bytes)
}

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "CompactString", into = "CompactString")]
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
        }

        impl TryFrom<CompactString> for $name {
            type Error = IdError;
            fn try_from(text: CompactString) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for CompactString {
            fn from(id: $name) -> Self {
                compact_str::format_compact!("{id}")
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
                f.write_str($prefix)?;
                f.write_str(std::str::from_utf8(&hex(&self.0)).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
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
        let digits = hex(&bytes);
        OrderId(compact_str::format_compact!("ord_{}", std::str::from_utf8(&digits).unwrap_or_default()))
    }
}

#[cfg(test)]
#[path = "ids_tests.rs"]
mod tests;
