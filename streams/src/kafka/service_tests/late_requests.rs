//! Requests of a transaction arrive during the next one, and nothing of either is torn: a record of an aborted transaction, the end of a
//! committed one, its positions. Each also without the rule that replaces the producer, to show that the test sees what it guards against.
//! `TIMESALE_LATE_REQUESTS` says how many of each kind; a few unless said.

use super::*;
use crate::kafka::testing::{Action, Api, FrameProxy, Rule};

/// How long a transaction may stay open, milliseconds: an unanswered request is given up after a fourth of it.
const TRANSACTION_MS: u32 = 4_000;

/// How many rounds without the rule may pass before one is torn.
const TORN_WITHIN: usize = 50;

/// How long a request may take from the proxy into the broker.
const ARRIVES: Duration = Duration::from_millis(30);

fn rounds() -> usize {
    std::env::var("TIMESALE_LATE_REQUESTS").ok().map_or(3, |rounds| rounds.parse().unwrap())
}

/// One of the rounds is torn.
fn torn(round: impl FnMut(usize) -> bool) {
    assert!((1..=TORN_WITHIN).any(round), "nothing is torn in {TORN_WITHIN} rounds: this test sees nothing");
}

/// A slot behind a proxy, and a topic that it writes to.
struct Stage {
    cluster: ClusterConfig,
    proxy: FrameProxy,
    out: String,
    broker: KafkaBroker,
    keeps_producer: bool,
}

impl Stage {
    fn new(keeps_producer: bool) -> Option<Self> {
        let cluster = cluster()?;
        let proxy = FrameProxy::start(&cluster, 0).unwrap();
        let (source, out) = (topic(&cluster, "late-source", 1), topic(&cluster, "late", 1));
        let slot = SlotConfig {
            transaction_timeout_ms: TRANSACTION_MS,
            ..SlotConfig::new(&unique("group"), &unique("instance"), &source)
        };
        let broker = KafkaBroker::new(proxy.cluster(), slot).unwrap();
        let mut stage = Self { cluster, proxy, out, broker, keeps_producer };
        stage.broker.keep_producer(keeps_producer);
        init(&mut stage.broker);
        Some(stage)
    }

    /// What follows an end that is not clear: a new producer.
    fn ended(&mut self, end: Result<(), BrokerError>) {
        match end {
            Ok(()) => {}
            Err(BrokerError::Unknown(_) | BrokerError::Unavailable(_)) => init(&mut self.broker),
            // Without the rule the library may be in any state.
            Err(_) if self.keeps_producer => init(&mut self.broker),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn hold_next(&self, api: Api) {
        self.proxy.set(vec![Rule::next(api, Action::Hold)]);
    }

    /// What is held goes on to the broker.
    fn release(&self) {
        self.proxy.set(Vec::new());
        std::thread::sleep(ARRIVES);
    }

    fn seen(&self, api: Api) {
        until("a request has come", || (self.proxy.seen(api) > 0).then_some(()));
    }

    /// A record of an aborted transaction arrives in the next one.
    fn late_record(&mut self, round: usize) {
        self.hold_next(Api::Produce);
        self.broker.begin().unwrap();
        self.broker.send(outgoing(&self.out, 0, &format!("late {round}"))).unwrap();
        self.seen(Api::Produce);
        let aborted = self.broker.abort();
        assert!(self.keeps_producer || aborted.is_err(), "the producer goes on with a record under way");
        self.ended(aborted);
        // It stays held, as the first from now on.
        self.hold_next(Api::Produce);
        self.broker.begin().unwrap();
        self.broker.send(outgoing(&self.out, 0, &format!("{round}"))).unwrap();
        self.seen(Api::AddPartitions);
        std::thread::sleep(ARRIVES);
        self.release();
        let committed = self.broker.commit();
        self.ended(committed);
    }

    /// The end of a committed transaction, tried twice, arrives in the next one, which is aborted.
    fn late_end(&mut self, round: usize) {
        self.broker.begin().unwrap();
        self.broker.send(outgoing(&self.out, 0, &format!("{round}"))).unwrap();
        self.broker.drain().unwrap();
        self.hold_next(Api::EndTxn);
        let committed = self.broker.commit();
        assert!(self.keeps_producer || committed.is_err(), "the producer goes on with an end under way");
        self.ended(committed);
        self.broker.begin().unwrap();
        self.broker.send(outgoing(&self.out, 0, &format!("late {round}"))).unwrap();
        self.broker.drain().unwrap();
        self.release();
        drop(self.broker.send(outgoing(&self.out, 0, &format!("later {round}"))));
        let aborted = self.broker.abort();
        self.ended(aborted);
    }

    /// The positions of a committed transaction, sent twice, arrive in the next one, behind its own. Returns whether the next one's stand.
    fn late_positions(&mut self, round: i64) -> bool {
        // A member that does not poll for minutes is none any more.
        assert_eq!(self.broker.poll(1, Duration::ZERO), Ok(Polled::Records(Vec::new())));
        self.hold_next(Api::TxnOffsetCommit);
        self.broker.begin().unwrap();
        let sent = self.broker.send_offsets(&[(0, position(2 * round, "first"))]);
        let committed = sent.and_then(|()| self.broker.commit());
        assert!(self.keeps_producer || committed.is_err(), "the producer goes on with positions under way");
        self.ended(committed);
        self.broker.begin().unwrap();
        self.broker.send_offsets(&[(0, position(2 * round + 1, "second"))]).unwrap();
        self.release();
        let committed = self.broker.commit();
        self.ended(committed);
        let found = until("positions", || self.broker.committed(&[0]).ok());
        found[0].as_ref().is_some_and(|found| found.offset == 2 * round + 1)
    }

    fn is_torn(&self) -> bool {
        committed_values(&self.cluster, &self.out).iter().any(|value| value.starts_with("late"))
    }

    /// What was committed is there once, and nothing else.
    fn check(&self, rounds: usize) {
        let wanted: Vec<String> = (0..rounds).map(|round| round.to_string()).collect();
        assert_eq!(committed_values(&self.cluster, &self.out), wanted);
    }
}

#[test]
fn a_record_that_arrives_after_its_transaction_was_aborted_is_seen_by_nobody() {
    let Some(mut stage) = Stage::new(false) else { return };
    (0..rounds()).for_each(|round| stage.late_record(round));
    stage.check(rounds());
}

#[test]
fn a_producer_that_goes_on_with_records_under_way_commits_what_it_has_aborted() {
    let Some(mut stage) = Stage::new(true) else { return };
    torn(|round| {
        stage.late_record(round);
        stage.is_torn()
    });
}

#[test]
fn an_end_that_arrives_in_the_next_transaction_ends_nothing_there() {
    let Some(mut stage) = Stage::new(false) else { return };
    (0..rounds()).for_each(|round| stage.late_end(round));
    stage.check(rounds());
}

#[test]
fn a_producer_that_goes_on_after_an_end_was_tried_twice_commits_a_part_of_the_next() {
    let Some(mut stage) = Stage::new(true) else { return };
    torn(|round| {
        stage.late_end(round);
        stage.is_torn()
    });
}

#[test]
fn positions_that_arrive_in_the_next_transaction_do_not_replace_its_own() {
    let Some(mut stage) = Stage::new(false) else { return };
    own(&mut stage.broker, &[0]);
    let rounds = i64::try_from(rounds()).unwrap();
    assert!((1..=rounds).all(|round| stage.late_positions(round)));
}

#[test]
fn a_producer_that_goes_on_after_positions_were_sent_twice_goes_back_to_the_old_ones() {
    let Some(mut stage) = Stage::new(true) else { return };
    own(&mut stage.broker, &[0]);
    torn(|round| !stage.late_positions(i64::try_from(round).unwrap()));
}
