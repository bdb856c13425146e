//! What timers of the shop are for: each kind has a number and the fields of its key, written as the fields of rows are.

/// The version of timer keys.
pub(crate) const VERSION: u8 = 1;

/// Declares what a processor's timers are for. Numbers, and the order and forms of fields, are part of the state in the log: never
/// renumber, never reorder.
///
/// ```text
/// wakeups!(Wakeup {
///     Lapse = 1 { hold: HoldId, sku: Sku as Rest },
///     Forget = 2 { hold: HoldId },
/// });
/// ```
macro_rules! wakeups {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$about:meta])* $kind:ident = $number:tt $({ $($field:ident: $type:ty $(as $form:ty)?),* $(,)? })?),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub(crate) enum $name {
            $($(#[$about])* $kind $({ $($field: $type),* })?),*
        }

        impl streams::wakeup::Wakeup for $name {
            fn kind(&self) -> u8 {
                match self { $(Self::$kind { .. } => $number),* }
            }

            fn write(&self) -> Vec<u8> {
                let mut key = $crate::kit::row::Writer::new($crate::kit::wakeup::VERSION, 48);
                let row = &mut key;
                match self {
                    $(Self::$kind { $($($field),*)? } => {
                        $($($crate::kit::field::fields!(@write *$field, row $(, $form)?);)*)?
                    })*
                }
                key.finish()
            }

            fn read(kind: u8, key: &[u8]) -> Result<Self, $crate::kit::row::Corrupt> {
                let mut key = $crate::kit::row::Reader::new(key, $crate::kit::wakeup::VERSION)?;
                let row = &mut key;
                let wakeup = match kind {
                    $($number => Self::$kind {
                        $($($field: $crate::kit::field::fields!(@read row $(, $form)?)),*)?
                    },)*
                    _ => return Err($crate::kit::row::Corrupt::Field("kind of timer")),
                };
                key.finish()?;
                Ok(wakeup)
            }
        }
    };
}
pub(crate) use wakeups;
