//! Checkpoints: read as written, positions of other tools, changed topologies.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::{Checkpoint, CheckpointError, Fingerprint};
use crate::broker::Position;
use crate::thread::fixture::topology;
use crate::topology::Topology;

fn checkpoint() -> Checkpoint {
    Checkpoint {
        offset: 17,
        sequence: 4,
        log_time: 1_700_000_000_000,
        writer: "counter.0.1@1700000000000".into(),
        fingerprint: Fingerprint::of(&topology()),
        partitions: Some(4),
        digests: Some("2:00000000000000ff,1:0000000000000001".parse().unwrap()),
    }
}

fn other(name: &str, stores: &[&str]) -> Topology {
    let builder = Topology::builder(name).source("in").changelog("changelog").dead_letters("dead").sink("out");
    stores.iter().fold(builder, |builder, store| builder.store(store)).build(|| topology().processor()).unwrap()
}

#[test]
fn a_checkpoint_is_read_as_written() {
    let position = checkpoint().to_position();
    assert_eq!(Checkpoint::of(&position, &topology()).unwrap(), checkpoint());
    assert!(position.metadata.len() < 400, "a stock broker takes 4,096 bytes");
    assert!(
        position.metadata.starts_with("v1 offset=17 sequence=4 time=1700000000000 writer=counter.0.1@1700000000000 ")
    );
}

#[test]
fn a_checkpoint_of_a_build_that_said_less_is_read_as_written() {
    let older = Checkpoint { partitions: None, digests: None, ..checkpoint() };
    let position = older.to_position();
    assert!(!position.metadata.contains("state") && !position.metadata.contains("partitions"));
    assert_eq!(Checkpoint::of(&position, &topology()).unwrap(), older);
    assert_eq!(checkpoint().without_proof(), older.to_string(), "what stands in the changelog");
    let broken = Position { metadata: format!("{} state=what", position.metadata), ..position };
    assert!(matches!(Checkpoint::of(&broken, &topology()), Err(CheckpointError::Foreign { .. })));
}

#[test]
fn a_position_of_other_origin_is_refused() {
    let position = checkpoint().to_position();
    let with = |offset, metadata: &str| Position { offset, metadata: metadata.to_owned() };
    let read = |position: &Position| Checkpoint::of(position, &topology()).unwrap_err();
    assert!(matches!(read(&with(17, "")), CheckpointError::Foreign { .. }));
    assert!(matches!(read(&with(17, "hello world")), CheckpointError::Foreign { .. }));
    assert!(matches!(read(&with(17, "v1 offset=17")), CheckpointError::Foreign { .. }));
    assert!(matches!(read(&with(17, "v2 something else")), CheckpointError::Newer { .. }));
    assert_eq!(read(&with(3, &position.metadata)), CheckpointError::Moved { offset: 3, stated: 17 });
}

#[test]
fn stores_may_be_appended_and_nothing_else() {
    let position = checkpoint().to_position();
    let read = |topology: &Topology| Checkpoint::of(&position, topology).map(|_| ());
    assert_eq!(read(&other("counter", &["counts", "wakes", "more"])), Ok(()));
    for (name, stores) in [
        ("counter", ["wakes", "counts"].as_slice()),
        ("counter", &["counts"]),
        ("counter", &["counts", "renamed"]),
        ("renamed", &["counts", "wakes"]),
    ] {
        assert_eq!(read(&other(name, stores)), Err(CheckpointError::Topology), "{name} {stores:?}");
    }
}
