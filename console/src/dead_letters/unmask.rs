//! Whether personal fields may be shown.

use events::audit::AuditRecord;
use streams::kafka::ClusterConfig;

use crate::tap::audit;

/// A look at personal fields that has been written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmasked(());

/// Why personal fields are not shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("nothing is shown, because the audit record is not written: {0}")]
pub struct NotAudited(String);

/// Asks to see the personal fields of one letter. Who looks is written to the audit topic before anything is shown; when it is not
/// acknowledged there, nothing is shown. Blocks; not for an async worker thread.
///
/// # Errors
/// [`NotAudited`].
pub fn unmask(cluster: &ClusterConfig, record: &AuditRecord) -> Result<Unmasked, NotAudited> {
    audit::write(cluster, record).map(|()| Unmasked(())).map_err(NotAudited)
}

#[cfg(test)]
impl Unmasked {
    /// As if it had been written down.
    pub(super) fn for_test() -> Self {
        Self(())
    }
}
