//! Whether personal fields may be shown.

/// A look at personal fields that was asked for, with its reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmasked(());

/// Why personal fields are not shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "personal fields are shown only after the reason has been written to the audit topic, which this installation does not have"
)]
pub struct NotAudited;

/// Asks to see the personal fields of one letter. Who looks is written down before anything is shown; without a place to write it to,
/// nothing is shown.
///
/// # Errors
/// [`NotAudited`].
pub fn unmask(_reason: &str) -> Result<Unmasked, NotAudited> {
    Err(NotAudited)
}

#[cfg(test)]
impl Unmasked {
    /// As if it had been written down.
    pub(super) fn for_test() -> Self {
        Self(())
    }
}
