//! Why a tap did not run to its end.

use streams::kafka::tap::TapError;

use super::copy::CopyError;
use super::filter::FilterError;
use super::range::NoPartition;
use super::resume::ResumeError;
use super::write::ParquetError;

/// Why a tap did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its words do not go together, or mean nothing.
    #[error("{0}")]
    Usage(String),
    /// The cluster or a topic is not there.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The output cannot be written.
    #[error("the output: {0}")]
    Output(#[from] std::io::Error),
    /// Parquet could not be made.
    #[error("parquet: {0}")]
    Parquet(#[from] ParquetError),
    /// The export does not go on.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// Records cannot be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// It could not be written down who is shown personal fields.
    #[error("nothing is shown, because the audit record is not written: {0}")]
    Audit(String),
    /// It was to stop before it had begun.
    #[error("it was stopped before it had begun")]
    Stopped,
    /// A thread is gone.
    #[error("a thread that makes the output is gone")]
    Worker,
}

impl From<FilterError> for RunError {
    fn from(error: FilterError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<NoPartition> for RunError {
    fn from(error: NoPartition) -> Self {
        Self::Usage(error.to_string())
    }
}
