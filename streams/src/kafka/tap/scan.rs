//! Reads spans as their records come: one poll for all partitions of a topic.

use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::error::KafkaError;

use super::client::{SILENCE, Source, TapClient, unavailable};
use super::record::TapRecord;
use super::{Progress, Span, TapError};
use crate::kafka::errors;

/// In which order spans are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// All at once: records of a partition come in order, partitions as the brokers answer.
    AsTheyCome,
    /// One after the other, in the order of the spans: two reads of the same spans are the same.
    OneByOne,
}

/// What comes next.
pub enum Step<'a> {
    /// A record, and the place of its span.
    Record(TapRecord<'a>, usize),
    /// Nothing came within the time given.
    Nothing,
    /// Every span is done.
    Done,
}

/// Spans that are read. Its records live as long as the client.
pub struct Scan<'a> {
    client: &'a TapClient,
    progress: Vec<Progress>,
    /// For each topic, by partition: the place of its span.
    places: Vec<Vec<Option<usize>>>,
    order: Order,
    /// How many are not done.
    left: usize,
    /// The topic that is asked next.
    turn: usize,
    /// Since when nothing came.
    silent_since: Option<Instant>,
}

impl<'a> Scan<'a> {
    /// Begins to read. No two spans may be of one partition.
    ///
    /// # Errors
    /// [`TapError::Absent`] when a span is of no topic of the client.
    pub fn begin(client: &'a TapClient, spans: Vec<Span>, order: Order) -> Result<Self, TapError> {
        let mut places = vec![Vec::new(); client.sources.len()];
        for (place, span) in spans.iter().enumerate() {
            let (source, partition) = (client.source(&span.topic), usize::try_from(span.partition));
            let (Some(of_topic), Ok(partition)) = (source.and_then(|source| places.get_mut(source)), partition) else {
                return Err(TapError::Absent(format!("{} [{}]", span.topic, span.partition)));
            };
            of_topic.resize(of_topic.len().max(partition + 1), None);
            if let Some(slot) = of_topic.get_mut(partition) {
                *slot = Some(place);
            }
        }
        let progress: Vec<Progress> = spans.into_iter().map(Progress::of).collect();
        let left = progress.iter().filter(|progress| !progress.is_done).count();
        let mut scan = Self { client, progress, places, order, left, turn: 0, silent_since: None };
        scan.assign_first()?;
        Ok(scan)
    }

    /// How far each span has been read, in the order of the spans.
    #[must_use]
    pub fn progress(&self) -> &[Progress] {
        &self.progress
    }

    /// What comes next within this time. It blocks as long only if nothing comes.
    ///
    /// # Errors
    /// [`TapError`] when a topic is gone or forbidden, or nobody answers any more.
    pub fn next(&mut self, wait: Duration) -> Result<Step<'a>, TapError> {
        let deadline = Instant::now() + wait;
        let client = self.client;
        loop {
            if self.left == 0 {
                return Ok(Step::Done);
            }
            // With several topics each is asked in turn, and waited for a moment only.
            let is_single = client.sources.len() == 1;
            for _ in 0..client.sources.len() {
                let Some(source) = client.sources.get(self.turn) else { break };
                let timeout =
                    if is_single { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
                if let Some(event) = source.consumer.poll(timeout) {
                    self.silent_since = None;
                    match event {
                        Ok(message) => {
                            if let Some(place) = self.take(message.partition(), message.offset())? {
                                return Ok(Step::Record(TapRecord::new(message, &source.topic), place));
                            }
                        }
                        Err(error) => self.event(source, &error)?,
                    }
                    if self.left == 0 {
                        return Ok(Step::Done);
                    }
                } else {
                    self.turn = (self.turn + 1) % client.sources.len();
                }
            }
            if Instant::now() >= deadline {
                self.still_there()?;
                return Ok(Step::Nothing);
            }
            if !is_single {
                std::thread::sleep(Duration::from_millis(1).min(deadline.saturating_duration_since(Instant::now())));
            }
        }
    }

    /// Stops fetching a span's partition for a while, or goes on with it.
    ///
    /// # Errors
    /// [`TapError::Unavailable`] when the client refuses.
    pub fn hold(&mut self, place: usize, is_held: bool) -> Result<(), TapError> {
        match self.progress.get(place) {
            Some(progress) if !progress.is_done => match self.source_of(place) {
                Some(source) => source.hold(progress.span.partition, is_held),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Stops fetching, so that another scan can begin with the same client.
    ///
    /// # Errors
    /// [`TapError::Unavailable`] when the client refuses.
    pub fn end(self) -> Result<(), TapError> {
        self.client.sources.iter().try_for_each(Source::unassign_all)
    }

    fn source_of(&self, place: usize) -> Option<&'a Source> {
        let client = self.client;
        let source = client.source(&self.progress.get(place)?.span.topic)?;
        client.sources.get(source)
    }

    /// The place of the span that a record belongs to, if it belongs to one.
    fn take(&mut self, partition: i32, offset: i64) -> Result<Option<usize>, TapError> {
        let Some(place) = self.place(self.turn, partition) else { return Ok(None) };
        let Some(progress) = self.progress.get_mut(place) else { return Ok(None) };
        if progress.is_done {
            return Ok(None);
        }
        let is_part = progress.take(offset);
        if progress.is_done {
            self.done(place)?;
        }
        Ok(is_part.then_some(place))
    }

    fn place(&self, source: usize, partition: i32) -> Option<usize> {
        *self.places.get(source)?.get(usize::try_from(partition).ok()?)?
    }

    /// What is not a record: an end, or an error.
    fn event(&mut self, source: &'a Source, error: &KafkaError) -> Result<(), TapError> {
        if let KafkaError::PartitionEOF(partition) = error {
            if let Some(place) = self.place(self.turn, *partition)
                && let Some(progress) = self.progress.get_mut(place)
                && !progress.is_done
            {
                progress.end();
                if progress.is_done {
                    self.done(place)?;
                }
            }
            return Ok(());
        }
        match error.rdkafka_error_code() {
            Some(code) if errors::is_outside_log(code) => self.overtaken(source),
            Some(code) if errors::is_absent(code) => Err(TapError::Absent(source.topic.to_string())),
            Some(code) if errors::is_forbidden(code) || errors::is_corrupt(code) => {
                Err(unavailable(&source.topic, &error.to_string()))
            }
            // The client tries again by itself.
            _ => {
                tracing::debug!(topic = %source.topic, %error, "tapping");
                Ok(())
            }
        }
    }

    /// A span is done: what else its partition holds is not fetched.
    fn done(&mut self, place: usize) -> Result<(), TapError> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Ok(());
        }
        if let (Some(source), Some(progress)) = (self.source_of(place), self.progress.get(place)) {
            source.unassign(progress.span.partition)?;
        }
        if self.order == Order::OneByOne { self.assign_first() } else { Ok(()) }
    }

    /// Fetches every span that is not done; one by one, the first of them.
    fn assign_first(&mut self) -> Result<(), TapError> {
        let most = if self.order == Order::OneByOne { 1 } else { usize::MAX };
        let open: Vec<usize> = (0..self.progress.len())
            .filter(|place| self.progress.get(*place).is_some_and(|progress| !progress.is_done))
            .take(most)
            .collect();
        for source in &self.client.sources {
            let of_source = open.iter().filter_map(|place| self.progress.get(*place));
            let of_source = of_source.filter(|progress| progress.span.topic == source.topic);
            let assigned: Vec<(i32, i64)> =
                of_source.map(|progress| (progress.span.partition, progress.position)).collect();
            source.assign(&assigned)?;
        }
        if let (Order::OneByOne, Some(first)) = (self.order, open.first().and_then(|place| self.progress.get(*place))) {
            self.turn = self.client.source(&first.span.topic).unwrap_or(0);
        }
        Ok(())
    }

    /// Some partition of a topic was asked for an offset that it does not have: retention was faster. It goes on where the log begins.
    fn overtaken(&mut self, source: &'a Source) -> Result<(), TapError> {
        let of_source = |progress: &&Progress| progress.span.topic == source.topic && !progress.is_done;
        let open = self.progress.iter().filter(of_source);
        let names: Vec<_> = open.map(|progress| (progress.span.topic.clone(), progress.span.partition)).collect();
        let ends = self.client.ends(&names)?;
        let mut was_found = false;
        for name in &names {
            let (Some(ends), Some(place)) = (ends.get(name), self.place(self.turn, name.1)) else { continue };
            let Some(progress) = self.progress.get_mut(place) else { continue };
            if progress.position > ends.end {
                let reason =
                    format!("partition {} ends at {} and was read up to {}", name.1, ends.end, progress.position);
                return Err(unavailable(&source.topic, &reason));
            }
            if progress.position >= ends.first {
                continue;
            }
            was_found = true;
            progress.overtaken(ends.first);
            let (is_done, next) = (progress.is_done, progress.position);
            if is_done {
                self.done(place)?;
            } else {
                source.unassign(name.1)?;
                source.assign(&[(name.1, next)])?;
            }
        }
        if !was_found {
            tracing::debug!(topic = %source.topic, "a position outside of the log that is in it again");
        }
        Ok(())
    }

    /// After a long silence: asks whether anybody is there. A silence alone means nothing; aborted records are not shown.
    fn still_there(&mut self) -> Result<(), TapError> {
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        if since.elapsed() < SILENCE {
            return Ok(());
        }
        self.silent_since = None;
        let open = self.progress.iter().filter(|progress| !progress.is_done);
        let names: Vec<_> = open.map(|progress| (progress.span.topic.clone(), progress.span.partition)).collect();
        self.client.ends(&names).map(drop)
    }
}
