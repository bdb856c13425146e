//! Records are judged, and written or copied, one after the other, by the thread that reads them.

use streams::kafka::tap::{Progress, RecordView};

use super::Sink;
use crate::tap::error::RunError;
use crate::tap::judge::{Judge, Troubles};
use crate::tap::write::{ParquetError, ParquetFile, Row, Transaction};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// One after the other.
pub(in crate::tap) struct Inline {
    pub(in crate::tap) sink: Sink,
    judge: Judge,
    buffer: Vec<u8>,
    parquet: Option<ParquetFile<Box<dyn std::io::Write + Send>>>,
}

impl Inline {
    pub(in crate::tap) fn new(sink: Sink, judge: Judge) -> Self {
        Self { sink, judge, buffer: Vec::with_capacity(BUFFER + (64 << 10)), parquet: None }
    }

    pub(in crate::tap) fn with_parquet(mut self, file: ParquetFile<Box<dyn std::io::Write + Send>>) -> Self {
        self.parquet = Some(file);
        self
    }

    /// Appends what stands before the first record.
    pub(in crate::tap) fn begin(&mut self) {
        self.sink.begin(&mut self.buffer);
        self.judge.begin(&mut self.buffer);
    }

    /// Counts a record, and says whether it is wanted.
    pub(in crate::tap) fn wants(&mut self, record: &RecordView<'_>, place: usize) -> bool {
        self.judge.wants(record, self.sink.counts(place))
    }

    /// Writes a record that is wanted.
    pub(in crate::tap) fn write(
        &mut self,
        record: &RecordView<'_>,
        place: usize,
        transaction: Option<Transaction>,
        progress: &[Progress],
    ) -> Result<(), RunError> {
        if let Some(copy) = self.sink.copy() {
            let mask = self.judge.mask(record.topic);
            copy.take(&Row { record: *record, mask, transaction });
            return Ok(());
        }
        self.sink.before(&mut self.buffer);
        match &mut self.parquet {
            Some(file) => {
                let mask = self.judge.mask(record.topic);
                match file.record(&Row { record: *record, mask, transaction }) {
                    Ok(Ok(())) => {}
                    Ok(Err(unreadable)) => self.judge.troubled(record, &unreadable.0, self.sink.counts(place)),
                    Err(error) if is_closed(&error) => self.sink.is_closed = true,
                    Err(error) => return Err(error.into()),
                }
            }
            None => self.judge.write(record, transaction, self.sink.counts(place), &mut self.buffer),
        }
        self.sink.after(progress, &mut self.buffer);
        Ok(())
    }

    /// Writes what is due by time, whether or not records come.
    pub(in crate::tap) fn tick(&mut self, progress: &[Progress]) -> Result<(), RunError> {
        if self.sink.has_frames() && self.sink.tick(progress, &mut self.buffer) {
            self.flush(progress)?;
        }
        Ok(())
    }

    pub(in crate::tap) fn is_full(&self) -> bool {
        self.buffer.len() >= BUFFER || self.sink.is_full()
    }

    pub(in crate::tap) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.sink.is_empty()
    }

    /// Hands over what is gathered.
    pub(in crate::tap) fn flush(&mut self, progress: &[Progress]) -> Result<(), RunError> {
        self.sink.write(&self.buffer)?;
        if let Some(copy) = self.sink.copy() {
            copy.commit()?;
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER * 2);
        self.sink.stands(progress)
    }

    pub(in crate::tap) fn troubles(&self) -> &Troubles {
        &self.judge.troubles
    }

    /// Hands over the rest. Of a Parquet file the end is written, with this beside it.
    pub(in crate::tap) fn finish(
        mut self,
        progress: &[Progress],
        coverage: impl FnOnce(&Sink) -> String,
    ) -> Result<Sink, RunError> {
        self.flush(progress)?;
        self.sink.troubles.take(self.judge.troubles);
        if let Some(file) = self.parquet {
            match file.finish(coverage(&self.sink)) {
                Err(error) if is_closed(&error) => self.sink.is_closed = true,
                finished => finished?,
            }
        }
        Ok(self.sink)
    }
}

/// Whether a Parquet file ended because nobody reads it.
pub(in crate::tap) fn is_closed(error: &ParquetError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    source.is_some_and(|error| matches!(error.kind(), std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::TimedOut))
}
