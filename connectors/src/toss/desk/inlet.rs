//! Where commands come from: the group's feed, or a rehearsal's log.

use std::future::Future;

use streams::feed::{FeedEvent, Start};
use streams::kafka::{Feed, FeedError};

/// A reader of the inbox.
pub trait Inlet: Send {
    /// What has happened next. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Result<FeedEvent, FeedError>>> + Send;

    /// Begins to read an assigned partition.
    fn begin(&self, partition: i32, start: Start);

    /// Everything before this offset is finished.
    fn commit(&self, partition: i32, next_offset: i64);
}

impl Inlet for Feed {
    fn next(&mut self) -> impl Future<Output = Option<Result<FeedEvent, FeedError>>> + Send {
        Feed::next(self)
    }

    fn begin(&self, partition: i32, start: Start) {
        Feed::begin(self, partition, start);
    }

    fn commit(&self, partition: i32, next_offset: i64) {
        Feed::commit(self, partition, next_offset);
    }
}
