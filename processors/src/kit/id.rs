//! Ids in rows and keys: as fields, as keys, and as parts of keys.

use events::ids::{
    CampaignId, Category, CouponId, HoldId, OfferSource, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku,
};

use super::field::{Field, Form};
use super::row::{Corrupt, Reader, Writer};

/// An id that can be a key, or a part of one.
pub(crate) trait Id: Sized {
    /// The id's bytes, without its length.
    fn key_bytes(&self) -> &[u8];

    /// Reads the id from such bytes.
    ///
    /// # Errors
    /// [`Corrupt::Field`] when they are none.
    fn of_key(bytes: &[u8]) -> Result<Self, Corrupt>;
}

macro_rules! text_ids {
    ($($type:ident $what:literal),* $(,)?) => {$(
        impl Field for $type {
            fn write(&self, row: &mut Writer) {
                row.text(self.as_str());
            }
            fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
                Self::new(row.text()?).map_err(|_| Corrupt::Field($what))
            }
        }
        impl Id for $type {
            fn key_bytes(&self) -> &[u8] {
                self.as_str().as_bytes()
            }
            fn of_key(bytes: &[u8]) -> Result<Self, Corrupt> {
                std::str::from_utf8(bytes).ok().and_then(|text| Self::new(text).ok()).ok_or(Corrupt::Field($what))
            }
        }
    )*};
}
text_ids!(
    CampaignId "campaign", ShopperId "shopper", OrderId "order", Sku "sku", SellerId "seller", OfferSource "source",
    Category "category", PaymentKey "payment key",
);

macro_rules! hash_ids {
    ($($type:ident $what:literal),* $(,)?) => {$(
        impl Field for $type {
            fn write(&self, row: &mut Writer) {
                row.fixed(self.as_bytes());
            }
            fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
                row.fixed().map(Self::from_bytes)
            }
        }
        impl Id for $type {
            fn key_bytes(&self) -> &[u8] {
                self.as_bytes()
            }
            fn of_key(bytes: &[u8]) -> Result<Self, Corrupt> {
                bytes.try_into().map(Self::from_bytes).map_err(|_| Corrupt::Field($what))
            }
        }
    )*};
}
hash_ids!(RequestId "request", CouponId "coupon", HoldId "hold");

/// The key of the row: it takes no bytes of the value.
pub(crate) struct Key;

impl<T: Id> Form<T> for Key {
    fn write(_: &T, _: &mut Writer) {}
    fn read(row: &mut Reader<'_>) -> Result<T, Corrupt> {
        T::of_key(row.key())
    }
}

/// An id at the end of a key: everything that is left, without a length.
pub(crate) struct Rest;

impl<T: Id> Form<T> for Rest {
    fn write(value: &T, row: &mut Writer) {
        row.fixed(value.key_bytes());
    }
    fn read(row: &mut Reader<'_>) -> Result<T, Corrupt> {
        T::of_key(row.rest())
    }
}

/// The key of another row at the end of a key.
impl Form<Vec<u8>> for Rest {
    fn write(value: &Vec<u8>, row: &mut Writer) {
        row.fixed(value);
    }
    fn read(row: &mut Reader<'_>) -> Result<Vec<u8>, Corrupt> {
        Ok(row.rest().to_vec())
    }
}

/// An id that may be absent, as a text that may be empty: no id is shorter than one character.
pub(crate) struct OrEmpty;

impl<T: Id> Form<Option<T>> for OrEmpty {
    fn write(value: &Option<T>, row: &mut Writer) {
        let bytes = value.as_ref().map_or(&[][..], Id::key_bytes);
        row.text(std::str::from_utf8(bytes).unwrap_or_default());
    }
    fn read(row: &mut Reader<'_>) -> Result<Option<T>, Corrupt> {
        match row.text()? {
            "" => Ok(None),
            text => T::of_key(text.as_bytes()).map(Some),
        }
    }
}
