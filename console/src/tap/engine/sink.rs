//! Where bytes go, what was counted, and where an export stands.

use std::time::{Duration, Instant};

use streams::kafka::tap::Progress;

use crate::tap::cover::Counts;
use crate::tap::judge::Troubles;
use crate::tap::output::{Output, Written};
use crate::tap::resume::StateFile;
use crate::tap::run::RunError;

/// How often the state of an export is written.
const STATE_EVERY: Duration = Duration::from_secs(1);

/// Where bytes go, what was counted, and where an export stands.
pub(in crate::tap) struct Sink {
    output: Output,
    state: Option<StateFile>,
    state_written: Instant,
    /// What was counted of each span, of everything that is written.
    pub(in crate::tap) counts: Vec<Counts>,
    pub(in crate::tap) troubles: Troubles,
    pub(in crate::tap) is_closed: bool,
    /// What would be counted of a span that there is not.
    nowhere: Counts,
}

impl Sink {
    pub(in crate::tap) fn new(output: Output, state: Option<StateFile>, counts: Vec<Counts>) -> Self {
        let troubles = Troubles::default();
        let (is_closed, nowhere) = (false, Counts::default());
        Self { output, state, state_written: Instant::now(), counts, troubles, is_closed, nowhere }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        if !bytes.is_empty() && !self.is_closed {
            self.is_closed = self.output.write(bytes)? == Written::Closed;
        }
        Ok(())
    }

    /// Everything up to here is written: keeps where the export stands, from time to time.
    pub(super) fn stands(&mut self, progress: &[Progress]) -> Result<(), RunError> {
        if self.state.is_some() && self.state_written.elapsed() >= STATE_EVERY {
            self.keep(progress, false)?;
        }
        Ok(())
    }

    /// Keeps where the export stands.
    pub(in crate::tap) fn keep(&mut self, progress: &[Progress], is_whole: bool) -> Result<(), RunError> {
        if let (Some(state), Output::File(file)) = (&self.state, &self.output) {
            file.sync()?;
            state.write(file.length(), is_whole, progress, &self.counts)?;
            self.state_written = Instant::now();
        }
        Ok(())
    }

    /// Where bytes go.
    pub(in crate::tap) fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    /// Whether it is kept where the export stands.
    pub(in crate::tap) fn has_state(&self) -> bool {
        self.state.is_some()
    }

    pub(in crate::tap) fn into_parts(self) -> (Output, Option<StateFile>) {
        (self.output, self.state)
    }

    pub(in crate::tap) fn matched(&self) -> u64 {
        self.counts.iter().map(|counts| counts.matched).sum()
    }

    pub(super) fn counts(&mut self, place: usize) -> &mut Counts {
        self.counts.get_mut(place).unwrap_or(&mut self.nowhere)
    }
}
