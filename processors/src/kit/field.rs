//! How values are written in rows: each type says it once, for writing and for reading. [`fields!`] lists the fields of a struct,
//! [`numbered!`] the numbers of an enum's variants. Order and numbers are part of the state in the log: never reorder, never
//! renumber, only append.

use events::inventory::SalePrice;
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use events::time::{Timestamp, Window};

use super::row::{Corrupt, Reader, Writer};

/// A value that is a field of a row.
pub(crate) trait Field: Sized {
    /// Writes the value.
    fn write(&self, row: &mut Writer);

    /// Reads a value.
    ///
    /// # Errors
    /// [`Corrupt`] when the bytes are none that a version wrote.
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt>;
}

/// Another way to write a value than the one of its type.
pub(crate) trait Form<T> {
    /// Writes the value.
    fn write(value: &T, row: &mut Writer);

    /// Reads a value.
    ///
    /// # Errors
    /// As for [`Field::read`].
    fn read(row: &mut Reader<'_>) -> Result<T, Corrupt>;
}

/// Lists the fields of a struct in the order they are written. `name: Form` writes a field in another form.
macro_rules! fields {
    ($type:ty { $($field:ident $(: $form:ty)?),* $(,)? }) => {
        impl $crate::kit::field::Field for $type {
            fn write(&self, row: &mut $crate::kit::row::Writer) {
                $($crate::kit::field::fields!(@write self.$field, row $(, $form)?);)*
            }
            fn read(row: &mut $crate::kit::row::Reader<'_>) -> Result<Self, $crate::kit::row::Corrupt> {
                $(let $field = $crate::kit::field::fields!(@read row $(, $form)?);)*
                Ok(Self { $($field),* })
            }
        }
    };
    (@write $value:expr, $row:ident) => { $crate::kit::field::Field::write(&$value, $row) };
    (@write $value:expr, $row:ident, $form:ty) => { <$form as $crate::kit::field::Form<_>>::write(&$value, $row) };
    (@read $row:ident) => { $crate::kit::field::Field::read($row)? };
    (@read $row:ident, $form:ty) => { <$form as $crate::kit::field::Form<_>>::read($row)? };
}
pub(crate) use fields;

/// Names a form that writes these fields of a struct, where its type's own way is another one.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident of $type:ident { $($field:ident $(: $form:ty)?),* $(,)? }) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl $crate::kit::field::Form<$type> for $name {
            fn write(value: &$type, row: &mut $crate::kit::row::Writer) {
                $($crate::kit::field::fields!(@write value.$field, row $(, $form)?);)*
            }
            fn read(row: &mut $crate::kit::row::Reader<'_>) -> Result<$type, $crate::kit::row::Corrupt> {
                $(let $field = $crate::kit::field::fields!(@read row $(, $form)?);)*
                Ok($type { $($field),* })
            }
        }
    };
}
pub(crate) use form;

/// Names a form that writes a value as another type's form does: `to` makes that other value of it, `from` makes it again.
macro_rules! written_as {
    ($(#[$doc:meta])* $name:ident of $type:ty: $form:ty, $to:expr, $from:expr) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl $crate::kit::field::Form<$type> for $name {
            fn write(value: &$type, row: &mut $crate::kit::row::Writer) {
                <$form as $crate::kit::field::Form<_>>::write(&$to(value), row);
            }
            fn read(row: &mut $crate::kit::row::Reader<'_>) -> Result<$type, $crate::kit::row::Corrupt> {
                <$form as $crate::kit::field::Form<_>>::read(row).map($from)
            }
        }
    };
}
pub(crate) use written_as;

/// Gives each variant of an enum without fields its number, and names what an unknown number is.
macro_rules! numbered {
    ($type:ident, $what:literal { $($number:literal $variant:ident),* $(,)? }) => {
        impl $crate::kit::field::Numbered for $type {
            fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)* }
            }
            fn of_number(number: u8) -> Result<Self, $crate::kit::row::Corrupt> {
                match number { $($number => Ok(Self::$variant),)* _ => Err($crate::kit::row::Corrupt::Field($what)) }
            }
        }
        impl $crate::kit::field::Field for $type {
            fn write(&self, row: &mut $crate::kit::row::Writer) {
                row.byte($crate::kit::field::Numbered::number(*self));
            }
            fn read(row: &mut $crate::kit::row::Reader<'_>) -> Result<Self, $crate::kit::row::Corrupt> {
                $crate::kit::field::Numbered::of_number(row.byte()?)
            }
        }
    };
}
pub(crate) use numbered;

/// An enum whose variants have numbers.
pub(crate) trait Numbered: Copy {
    /// The variant's number.
    fn number(self) -> u8;

    /// The variant of a number.
    ///
    /// # Errors
    /// [`Corrupt::Field`] when no version wrote the number.
    fn of_number(number: u8) -> Result<Self, Corrupt>;
}

impl Field for u8 {
    fn write(&self, row: &mut Writer) {
        row.byte(*self);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        row.byte()
    }
}

impl Field for bool {
    fn write(&self, row: &mut Writer) {
        row.byte(u8::from(*self));
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        match row.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Corrupt::Field("flag")),
        }
    }
}

macro_rules! counts {
    ($($type:ty),*) => {$(
        impl Field for $type {
            fn write(&self, row: &mut Writer) {
                row.number(u64::from(*self));
            }
            fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
                row.small("count")
            }
        }
    )*};
}
counts!(u16, u32, u64);

impl Field for i64 {
    fn write(&self, row: &mut Writer) {
        row.signed(*self);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        row.signed()
    }
}

impl Field for i32 {
    fn write(&self, row: &mut Writer) {
        row.signed(i64::from(*self));
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Self::try_from(row.signed()?).map_err(|_| Corrupt::Field("number"))
    }
}

/// At most 255 bytes; [`LongText`] has no bound.
impl Field for String {
    fn write(&self, row: &mut Writer) {
        row.text(self);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        row.text().map(str::to_owned)
    }
}

impl Field for Timestamp {
    fn write(&self, row: &mut Writer) {
        row.time(*self);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        row.time()
    }
}

impl Field for Money {
    fn write(&self, row: &mut Writer) {
        row.signed(self.minor());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        row.signed().map(Self::new)
    }
}

impl Field for BasisPoints {
    fn write(&self, row: &mut Writer) {
        row.number(self.points().into());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        row.small("share").map(Self::new)
    }
}

impl Field for Fingerprint {
    fn write(&self, row: &mut Writer) {
        row.fixed(&self.as_u64().to_le_bytes());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(Self::from_u64(u64::from_le_bytes(row.fixed()?)))
    }
}

impl<T: Field> Field for Option<T> {
    fn write(&self, row: &mut Writer) {
        self.is_some().write(row);
        if let Some(value) = self {
            value.write(row);
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(if bool::read(row)? { Some(T::read(row)?) } else { None })
    }
}

impl<T: Field> Field for Vec<T> {
    fn write(&self, row: &mut Writer) {
        row.number(self.len() as u64);
        self.iter().for_each(|value| value.write(row));
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let mut list = Self::new();
        for _ in 0..row.number()? {
            list.push(T::read(row)?);
        }
        Ok(list)
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn write(&self, row: &mut Writer) {
        self.0.write(row);
        self.1.write(row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok((A::read(row)?, B::read(row)?))
    }
}

fields!(Window { from, until });
fields!(SalePrice { price, window });

/// A text of any length; what people write may be longer than an id.
pub(crate) struct LongText;

impl Form<String> for LongText {
    fn write(value: &String, row: &mut Writer) {
        row.long_text(value);
    }
    fn read(row: &mut Reader<'_>) -> Result<String, Corrupt> {
        row.long_text().map(str::to_owned)
    }
}
