//! Consumer lag that is true: in records and in seconds, for transactional topics, idle consumers, deleted and compacted logs.
//!
//! For a group and a partition, with *position* = the last committed position, *stable* = the last stable offset and *first* = the log's
//! first offset:
//!
//! - **records**: the offsets from `max(position, first)` to `stable`; 0 when no committed record lies between. Transaction markers
//!   between records are counted with them. Never negative.
//! - **seconds**: now minus the time of the first committed record at or after the position; 0 when there is none. On topics with
//!   `LogAppendTime` that is the broker's time, else the writer's. A time in the future gives 0.
//! - **pending**: the log's end minus `stable`. Open transactions are no lag of a reader of committed records; they are shown beside it.
//!
//! [`Collector`] asks Kafka once a second and joins no group. [`Tracker`], which is pure, makes a [`Snapshot`] of what was seen. Metrics,
//! the console and `timesale lag` show snapshots; none of them asks Kafka.

mod collector;
mod config;
mod ends_history;
mod explain;
mod families;
#[cfg(test)]
mod fixture;
mod limit;
mod look;
mod metrics;
mod position_history;
mod reads;
mod retention;
mod round;
mod snapshot;
mod table;
mod tracker;
mod trend;
mod wait;

#[cfg(test)]
pub(crate) use fixture::snapshot as tests_snapshot;

pub use collector::{Collector, Latest, LookError, Question, View};
pub use config::{Config, ConfigError, Watched, exactly};
pub use explain::explain;
pub use limit::{Judgement, Limit, is_named};
pub use metrics::{LagMetrics, look_duration};
pub use retention::Retention;
pub use round::{GroupRound, Moment, Partition, Round};
pub use snapshot::{GroupLag, Owner, PartitionLag, Pending, Snapshot, Source, State, Status, TopicLag};
pub use table::{Sort, Table};
pub use tracker::{Counted, Tracker};
pub use wait::Wanted;
