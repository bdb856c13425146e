//! Several threads judge records and make their bytes; the thread that reads writes them, in the order in which it read.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use streams::kafka::tap::{Progress, TapRecord};

use super::Sink;
use crate::tap::cover::Counts;
use crate::tap::error::RunError;
use crate::tap::judge::{Judge, Troubles};

/// Records, and bytes of them, that a thread gets at once.
const BATCH_RECORDS: usize = 512;
const BATCH_BYTES: u64 = 256 << 10;

/// Several threads make bytes.
pub(in crate::tap) struct Piped<'scope, 'a> {
    pub(in crate::tap) sink: Sink,
    workers: Vec<Worker<'scope, 'a>>,
    batch: Batch<'a>,
    /// The next to get a batch.
    turn: usize,
    /// Which worker has which batch, the oldest first, with how far had been read when it was full.
    under_way: VecDeque<(usize, Vec<Progress>)>,
}

struct Worker<'scope, 'a> {
    batches: SyncSender<Batch<'a>>,
    made: Receiver<Made>,
    _thread: ScopedJoinHandle<'scope, ()>,
}

#[derive(Default)]
struct Batch<'a> {
    records: Vec<(TapRecord<'a>, usize)>,
    bytes: u64,
}

/// What a thread has made of a batch.
struct Made {
    bytes: Vec<u8>,
    counts: Vec<Counts>,
    troubles: Troubles,
}

impl<'scope, 'a: 'scope> Piped<'scope, 'a> {
    /// Starts a thread for each judge.
    pub(in crate::tap) fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        mut sink: Sink,
        judges: Vec<Judge>,
        is_new: bool,
    ) -> Result<Self, RunError> {
        let mut judges = judges;
        if let (Some(first), true) = (judges.first_mut(), is_new) {
            let mut header = Vec::new();
            first.begin(&mut header);
            sink.write(&header)?;
        }
        let worker = |mut judge: Judge| {
            let (batches, taken) = sync_channel::<Batch<'a>>(2);
            let (give, made) = sync_channel(2);
            let thread = scope.spawn(move || {
                while let Ok(batch) = taken.recv() {
                    if give.send(make(&mut judge, batch)).is_err() {
                        break;
                    }
                }
            });
            Worker { batches, made, _thread: thread }
        };
        let workers = judges.into_iter().map(worker).collect();
        Ok(Self { sink, workers, batch: Batch::default(), turn: 0, under_way: VecDeque::new() })
    }

    pub(in crate::tap) fn push(&mut self, record: TapRecord<'a>, place: usize) {
        self.batch.bytes += record.view().bytes();
        self.batch.records.push((record, place));
    }

    pub(in crate::tap) fn is_full(&self) -> bool {
        self.batch.records.len() >= BATCH_RECORDS || self.batch.bytes >= BATCH_BYTES
    }

    pub(in crate::tap) fn is_empty(&self) -> bool {
        self.batch.records.is_empty() && self.under_way.is_empty()
    }

    /// Gives the batch to a thread, and writes what the oldest has made if all have enough to do.
    pub(in crate::tap) fn pass_on(&mut self, progress: &[Progress]) -> Result<(), RunError> {
        if self.batch.records.is_empty() {
            return Ok(());
        }
        if self.under_way.len() > self.workers.len() {
            self.write_oldest()?;
        }
        let batch = std::mem::take(&mut self.batch);
        let Some(worker) = self.workers.get(self.turn) else { return Ok(()) };
        worker.batches.send(batch).map_err(|_| RunError::Worker)?;
        let progress = if self.sink.has_state() { progress.to_vec() } else { Vec::new() };
        self.under_way.push_back((self.turn, progress));
        self.turn = (self.turn + 1) % self.workers.len();
        Ok(())
    }

    /// Writes everything that was read.
    pub(in crate::tap) fn flush(&mut self, progress: &[Progress]) -> Result<(), RunError> {
        self.pass_on(progress)?;
        while !self.under_way.is_empty() {
            self.write_oldest()?;
        }
        Ok(())
    }

    fn write_oldest(&mut self) -> Result<(), RunError> {
        let Some((turn, progress)) = self.under_way.pop_front() else { return Ok(()) };
        let Some(worker) = self.workers.get(turn) else { return Ok(()) };
        let made = worker.made.recv().map_err(|_| RunError::Worker)?;
        for (place, counts) in made.counts.iter().enumerate() {
            self.sink.counts(place).add(counts);
        }
        self.sink.troubles.take(made.troubles);
        self.sink.write(&made.bytes)?;
        self.sink.stands(&progress)
    }

    /// Ends the threads.
    pub(in crate::tap) fn finish(mut self, progress: &[Progress]) -> Result<Sink, RunError> {
        self.flush(progress)?;
        Ok(self.sink)
    }
}

fn make(judge: &mut Judge, batch: Batch<'_>) -> Made {
    let mut made = Made {
        bytes: Vec::with_capacity(usize::try_from(batch.bytes).unwrap_or(0) + batch.records.len() * 256),
        counts: Vec::new(),
        troubles: Troubles::default(),
    };
    for (record, place) in &batch.records {
        let view = record.view();
        if made.counts.len() <= *place {
            made.counts.resize(place + 1, Counts::default());
        }
        let Some(counts) = made.counts.get_mut(*place) else { continue };
        if judge.wants(&view, counts) {
            judge.write(&view, None, counts, &mut made.bytes);
        }
    }
    made.troubles = std::mem::take(&mut judge.troubles);
    made
}
