//! Single requests are lost, late or doubled on their way, and what clients make of it.

use super::*;
use crate::kafka::testing::{Action, Api, FrameProxy, Rule};

/// How long a transaction may stay open, milliseconds: what is unanswered is given up soon.
const TRANSACTION_MS: u32 = 4_000;

fn behind(cluster: &ClusterConfig) -> FrameProxy {
    FrameProxy::start(cluster, 0).unwrap()
}

fn hasty(proxy: &FrameProxy, source: &str) -> KafkaBroker {
    let (group, instance) = (unique("group"), unique("instance"));
    let config = SlotConfig { transaction_timeout_ms: TRANSACTION_MS, ..SlotConfig::new(&group, &instance, source) };
    KafkaBroker::new(proxy.cluster(), config).unwrap()
}

/// Writes a value in a transaction, up to before its end.
fn sent(broker: &mut KafkaBroker, topic: &str, value: &str) {
    broker.begin().unwrap();
    broker.send(outgoing(topic, 0, value)).unwrap();
    broker.drain().unwrap();
}

#[test]
fn a_client_behind_the_proxy_stays_behind_it() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "behind", 1));
    write(proxy.cluster(), &out, 0, &["one", "two"]);
    assert!(proxy.seen(Api::Produce) > 0, "records went past it");
    assert_eq!(committed_values(proxy.cluster(), &out), ["one", "two"]);
    assert!(proxy.seen(Api::Fetch) > 0, "records were read past it");
}

#[test]
fn a_record_that_arrives_twice_stands_once() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "doubled", 1));
    proxy.set(vec![Rule::every(Api::Produce, Action::Repeat)]);
    write(proxy.cluster(), &out, 0, &["one"]);
    write(proxy.cluster(), &out, 0, &["two"]);
    assert_eq!(committed_values(&cluster, &out), ["one", "two"]);
}

#[test]
fn a_record_whose_answer_is_lost_or_which_is_lost_itself_stands_once() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "lost", 1));
    let mut broker = hasty(&proxy, &out);
    init(&mut broker);
    for action in [Action::DropAnswer, Action::Drop] {
        proxy.set(vec![Rule::next(Api::Produce, action)]);
        sent(&mut broker, &out, "once");
        // It is committed, and told as unknown: what was under way on the connection that is lost may still arrive.
        let failure = broker.commit().unwrap_err();
        assert!(matches!(failure, BrokerError::Unknown(_)), "{failure:?}");
        init(&mut broker);
    }
    assert_eq!(committed_values(&cluster, &out), ["once", "once"]);
}

#[test]
fn a_commit_whose_answers_are_lost_has_an_unknown_outcome_and_has_happened() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "unanswered", 1));
    let mut broker = hasty(&proxy, &out);
    init(&mut broker);
    sent(&mut broker, &out, "committed");
    proxy.set(vec![Rule::every(Api::EndTxn, Action::DropAnswer)]);
    let failure = broker.commit().unwrap_err();
    assert!(matches!(failure, BrokerError::Unknown(_)), "{failure:?}");
    assert_eq!(committed_values(&cluster, &out), ["committed"]);
}

#[test]
fn a_commit_that_is_held_beyond_its_time_has_an_unknown_outcome_and_a_new_producer_ends_it() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "held", 1));
    let mut broker = hasty(&proxy, &out);
    init(&mut broker);
    sent(&mut broker, &out, "held");
    proxy.set(vec![Rule::every(Api::EndTxn, Action::Hold)]);
    let failure = broker.commit().unwrap_err();
    assert!(matches!(failure, BrokerError::Unknown(_)), "{failure:?}");
    // The new producer aborts the transaction; the commit that arrives afterwards is one of a fenced producer.
    init(&mut broker);
    sent(&mut broker, &out, "by the next producer");
    proxy.set(Vec::new());
    broker.commit().unwrap();
    assert_eq!(committed_values(&cluster, &out), ["by the next producer"]);
}

#[test]
fn a_transaction_whose_positions_are_not_taken_ends_with_its_producer_and_the_next_one_is_committed() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "positions", 1));
    write(&cluster, &out, 0, &["read"]);
    let mut broker = hasty(&proxy, &out);
    init(&mut broker);
    own(&mut broker, &[0]);
    assert_eq!(values(&records(&mut broker, 1)), ["read"]);
    sent(&mut broker, &out, "aborted");
    proxy.set(vec![Rule::every(Api::AddOffsets, Action::Hold)]);
    let failure = broker.send_offsets(&[(0, position(1, ""))]).unwrap_err();
    assert!(matches!(failure, BrokerError::Abort(_)), "{failure:?}");
    // The library may take nothing but the same call again. A new producer ends what was open either way.
    drop(broker.abort());
    proxy.set(Vec::new());
    init(&mut broker);
    sent(&mut broker, &out, "committed");
    broker.send_offsets(&[(0, position(1, ""))]).unwrap();
    broker.commit().unwrap();
    assert_eq!(committed_values(&cluster, &out), ["read", "committed"]);
}

#[test]
fn a_member_that_got_nothing_for_a_while_gets_everything_afterwards() {
    let Some(cluster) = cluster() else { return };
    let (proxy, out) = (behind(&cluster), topic(&cluster, "nothing", 1));
    let mut broker = hasty(&proxy, &out);
    init(&mut broker);
    own(&mut broker, &[0]);
    proxy.set(vec![Rule::every(Api::Fetch, Action::Hold)]);
    write(&cluster, &out, 0, &["one", "two"]);
    assert_eq!(broker.poll(10, Duration::from_secs(2)), Ok(Polled::Records(Vec::new())));
    proxy.set(Vec::new());
    assert_eq!(values(&records(&mut broker, 2)), ["one", "two"]);
}
