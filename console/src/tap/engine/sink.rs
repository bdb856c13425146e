//! Where bytes go, what was counted, and where an export stands.

use std::time::{Duration, Instant};

use streams::kafka::tap::Progress;

use crate::tap::copy::ShadowWriter;
use crate::tap::cover::Counts;
use crate::tap::error::RunError;
use crate::tap::frames::{Frames, Standing};
use crate::tap::judge::Troubles;
use crate::tap::output::{Output, Written};
use crate::tap::resume::StateFile;

/// How often the state of an export is written: more often at first, for one that is killed again and again is to go on all the same; and
/// always of a copy, for what was copied since is read again, at the tap's pace, by whoever goes on.
const STATE_EVERY_AT_FIRST: Duration = Duration::from_millis(100);
const STATE_EVERY: Duration = Duration::from_secs(1);

/// Where bytes go, what was counted, and where an export stands.
pub(in crate::tap) struct Sink {
    output: Output,
    state: Option<StateFile>,
    began: Instant,
    state_written: Instant,
    /// What was counted of each span, of everything that is written.
    pub(in crate::tap) counts: Vec<Counts>,
    pub(in crate::tap) troubles: Troubles,
    pub(in crate::tap) is_closed: bool,
    /// What stands around records, if anything does.
    frames: Option<Box<dyn Frames>>,
    /// What would be counted of a span that there is not.
    nowhere: Counts,
}

impl Sink {
    pub(in crate::tap) fn new(
        output: Output,
        state: Option<StateFile>,
        counts: Vec<Counts>,
        frames: Option<Box<dyn Frames>>,
    ) -> Self {
        let troubles = Troubles::default();
        let (is_closed, nowhere, began) = (false, Counts::default(), Instant::now());
        Self { output, state, began, state_written: began, counts, troubles, is_closed, frames, nowhere }
    }

    /// Whether anything stands around records.
    pub(in crate::tap) fn has_frames(&self) -> bool {
        self.frames.is_some()
    }

    /// Appends what stands before everything.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>) {
        if let Some(frames) = &mut self.frames {
            frames.begin(out);
        }
    }

    /// Appends what stands before a record.
    pub(super) fn before(&mut self, out: &mut Vec<u8>) {
        if let Some(frames) = &mut self.frames {
            frames.before(out);
        }
    }

    /// Appends what stands behind a record.
    pub(super) fn after(&mut self, progress: &[Progress], out: &mut Vec<u8>) {
        if let Some(frames) = &mut self.frames {
            frames.after(Standing { progress, counts: &self.counts }, out);
        }
    }

    /// Appends what is due by time. Returns whether what is gathered is to leave now.
    pub(super) fn tick(&mut self, progress: &[Progress], out: &mut Vec<u8>) -> bool {
        self.frames.as_mut().is_some_and(|frames| frames.tick(Standing { progress, counts: &self.counts }, out))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        if !bytes.is_empty() && !self.is_closed {
            self.is_closed = self.output.write(bytes)? == Written::Closed;
        }
        Ok(())
    }

    /// The shadow topic that records go to, if they do.
    pub(super) fn copy(&mut self) -> Option<&mut ShadowWriter> {
        if let Output::Topic(copy) = &mut self.output { Some(copy) } else { None }
    }

    /// Whether records go to a shadow topic.
    pub(in crate::tap) fn is_copy(&self) -> bool {
        matches!(self.output, Output::Topic(_))
    }

    /// Whether as many records wait for the shadow topic as go into a transaction.
    pub(super) fn is_full(&self) -> bool {
        matches!(&self.output, Output::Topic(copy) if copy.is_full())
    }

    /// Whether no record waits for the shadow topic.
    pub(super) fn is_empty(&self) -> bool {
        !matches!(&self.output, Output::Topic(copy) if !copy.is_empty())
    }

    /// Everything up to here is written: keeps where the export stands, from time to time.
    pub(super) fn stands(&mut self, progress: &[Progress]) -> Result<(), RunError> {
        let most = if self.is_copy() { STATE_EVERY_AT_FIRST } else { STATE_EVERY };
        let every = self.began.elapsed().clamp(STATE_EVERY_AT_FIRST, most);
        if self.state.is_some() && self.state_written.elapsed() >= every {
            self.keep(progress, false)?;
        }
        Ok(())
    }

    /// Keeps where the export stands.
    pub(in crate::tap) fn keep(&mut self, progress: &[Progress], is_whole: bool) -> Result<(), RunError> {
        let Some(state) = &self.state else { return Ok(()) };
        match &self.output {
            Output::Stream(_) => return Ok(()),
            Output::File(file) => {
                file.sync()?;
                state.write(file.length(), is_whole, progress, &self.counts)?;
            }
            Output::Topic(copy) => state.began(copy.began()).write(0, is_whole, progress, &self.counts)?,
        }
        self.state_written = Instant::now();
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
