//! Whoever takes over from a dead member ends what it has left open, and leaves a member that lives alone.

use super::*;
use crate::kafka::open_transactions;

/// A slot of the group, whose transactions stay open for long.
fn slot(cluster: &ClusterConfig, group: &str, number: u32, source: &str) -> KafkaBroker {
    let mut config = SlotConfig::new(group, &format!("{group}.{number}"), source);
    config.transaction_timeout_ms = 300_000;
    KafkaBroker::new(cluster, config).unwrap()
}

#[test]
fn what_a_dead_member_has_left_open_is_ended_by_whoever_takes_over_and_a_living_ones_is_not() {
    let Some(cluster) = cluster() else { return };
    let (group, source, log) = (unique("group"), topic(&cluster, "owners", 1), topic(&cluster, "log", 1));
    let mut first = slot(&cluster, &group, 1, &source);
    first.init_transactions().unwrap();
    own(&mut first, &[0]);
    // It commits a position, so that whoever comes next knows its name.
    let position = Position { offset: 0, metadata: "left by 1".to_owned() };
    first.begin().unwrap();
    first.send_offsets(&[(0, position.clone())]).unwrap();
    first.commit().unwrap();
    first.begin().unwrap();
    first.send(outgoing(&log, 0, "open")).unwrap();
    first.send_offsets(&[(0, Position { offset: 0, metadata: "never".to_owned() })]).unwrap();
    first.drain().unwrap();

    let mut next = slot(&cluster, &group, 2, &source);
    next.init_transactions().unwrap();
    assert_eq!(next.last_committed(&[0]).unwrap(), [Some(position.clone())], "though a transaction is pending on it");
    assert!(next.committed(&[0]).is_err());
    assert!(!next.end_transactions_of("2", "1").unwrap(), "it is a member");
    assert!(!open_transactions(&cluster, &[&log]).unwrap().is_empty());
    drop(first);
    // Its position cannot be looked up before.
    until("the partition is assigned", || {
        let polled = next.poll(10, Duration::from_millis(100)).unwrap();
        (polled == Polled::Assigned(vec![0])).then_some(())
    });
    assert!(next.end_transactions_of("2", "1").unwrap());
    until("nothing is open", || open_transactions(&cluster, &[&log]).unwrap().is_empty().then_some(()));
    assert_eq!(until("the position", || next.committed(&[0]).ok()), [Some(position)]);
}
