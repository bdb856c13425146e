//! Poisoned claims, a repaired build, and a replay that is killed again and again: each claim is decided, none twice.
//!
//! `scripts/bench/dead-letters` runs this with more letters and kills (`TIMESALE_DEAD_LETTERS`, `TIMESALE_DEAD_LETTERS_KILLS`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use console::facts::{self, Facts, FactsMetrics};
use events::codec::{self, Message};
use events::coupons::{CampaignTerms, CouponCommand, CouponEvent, CouponFact, Discount, Eligibility, Restoration};
use events::envelope::Envelope;
use events::ids::{CampaignId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use events::topics::{COUPONS_EVENTS, COUPONS_INBOX};
use prometheus::{Registry, TextEncoder};
use streams::clock::now_ms;
use streams::record::Outgoing;
use streams::service::Health;

use super::builds::{REASON, Running};
use super::installation::*;

/// Partitions of the coupon processor's inbox, so campaigns: one in each.
const CAMPAIGNS: usize = 4;

fn number(variable: &str, or: usize) -> usize {
    std::env::var(variable).map_or(or, |number| number.parse().unwrap())
}

fn command(command: &CouponCommand) -> Outgoing {
    let (value, envelope) = codec::encode(command, &Envelope::default()).unwrap();
    Outgoing {
        topic: COUPONS_INBOX.name().into(),
        partition: None,
        key: Some(command.key().into_owned().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn campaign(number: usize) -> CampaignId {
    CampaignId::new(&format!("repaired-{}", number % CAMPAIGNS)).unwrap()
}

fn definition(number: usize) -> CouponCommand {
    let hour = |hours: i64| Timestamp::from_millis(now_ms() + hours * 3_600_000);
    let window = Window { from: hour(-1), until: hour(1) };
    let terms = CampaignTerms {
        stock: 100_000,
        claim: window,
        usable: window,
        per_shopper: 1,
        eligibility: Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(1_000) },
        minimum_spend: Money::new(0),
        budget: None,
        platform_share: BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: Restoration::default(),
    };
    let request = RequestId::of("operator", "campaigns", &number.to_string());
    CouponCommand::DefineCampaign { request, campaign: campaign(number), terms }
}

fn request(number: usize) -> RequestId {
    RequestId::of(&format!("shopper-{number}"), "claims", "key")
}

fn claim(number: usize) -> CouponCommand {
    CouponCommand::Claim {
        request: request(number),
        fingerprint: Fingerprint::of(b"claim"),
        campaign: campaign(number),
        shopper: ShopperId::new(&format!("shopper-{number}")).unwrap(),
        segments: Vec::new(),
    }
}

/// What a run of the replay came to.
#[derive(Default)]
struct Kills {
    /// Runs that were killed while they ran.
    killed: usize,
    /// Those of them after which more letters were handled than before.
    after_commit: usize,
    /// Runs that had ended by themselves.
    ended: usize,
}

#[test]
fn each_claim_is_decided_once_though_the_replay_is_killed() {
    let Some(installation) = Installation::start("dead-letters-kills") else { return };
    let (letters, kills) = (number("TIMESALE_DEAD_LETTERS", 96), number("TIMESALE_DEAD_LETTERS_KILLS", 12));
    poison(&installation, letters);

    // Enough are left for every kill, though some runs end before theirs.
    let limit = (letters / (kills * 3 / 2 + 2)).max(1);
    let began = Instant::now();
    assert_eq!(replay(&installation, limit).output().unwrap().status.code(), Some(0));
    let (mut took, mut outcome) = (began.elapsed(), Kills::default());
    let mut handled = limit;
    while outcome.killed < kills && handled + limit < letters {
        let mut run = replay(&installation, limit).spawn().unwrap();
        // From before it asks the broker for anything until after it has ended; every other time towards the end, when it writes.
        let share = if outcome.killed % 2 == 0 { 1.1 * fastrand::f64() } else { 0.7 + 0.4 * fastrand::f64() };
        std::thread::sleep(took.mul_f64(share));
        run.kill().unwrap();
        let is_killed = run.wait().unwrap().code().is_none();
        let now = installation.notes().len();
        let is_committed = now > handled;
        outcome.killed += usize::from(is_killed);
        outcome.ended += usize::from(!is_killed);
        outcome.after_commit += usize::from(is_killed && is_committed);
        // How long a run takes changes with what there is to read: the kills follow, so that some come late.
        took = took.mul_f64(match (is_killed, is_committed) {
            (true, false) => 1.03,
            (true, true) => 1.0,
            (false, _) => 0.9,
        });
        handled = now;
    }
    assert!(outcome.killed > kills / 2, "only {} of {kills} runs were killed", outcome.killed);
    let before_last = Instant::now();
    let (code, said) = installation.letters(&["replay", "--topic", "coupons.inbox", "--reason", "not a", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let last = before_last.elapsed();
    assert_eq!(installation.counts(), (letters as u64, letters as u64));
    assert_once(&installation, letters);
    let (code, said) = installation.letters(&["replay", "--topic", "coupons.inbox", "--reason", "not a", "--yes"]);
    assert!(code == 0 && said.contains("no letter is meant"), "{said}");

    let repaired = Running::repaired(&installation.cluster);
    let decided = until("every claim is decided", || {
        let decided = decided(&installation);
        ((0..letters).all(|number| decided.contains_key(&request(number).to_string()))).then_some(decided)
    });
    drop(repaired);
    let twice = decided.values().filter(|times| **times > 1).count();
    assert_eq!((decided.len(), twice), (letters, 0));
    assert_once(&installation, letters);
    assert_eq!(unhandled(&installation), [0.0], "the metric knows the notes");
    let Kills { killed, after_commit, ended } = outcome;
    eprintln!(
        "{}",
        serde_json::json!({
            "letters": letters, "kills": killed, "killed_after_commit": after_commit, "ended_before_kill": ended,
            "decided": decided.len(), "twice": twice, "replayed_in_last_run": letters - handled,
            "last_run_seconds": (last.as_secs_f64() * 1_000.0).round() / 1_000.0,
        })
    );
}

#[test]
fn operators_at_once_replay_each_letter_once() {
    let Some(installation) = Installation::start("dead-letters-operators") else { return };
    poison(&installation, 200);
    let one = || {
        let output = replay(&installation, 200).output().unwrap();
        (output.status.code(), told(&output))
    };
    let ended: Vec<_> = std::thread::scope(|scope| {
        let operators: Vec<_> = (0..5).map(|_| scope.spawn(one)).collect();
        operators.into_iter().map(|operator| operator.join().unwrap()).collect()
    });
    for (code, said) in &ended {
        let is_fenced = *code == Some(1) && said.contains("another operator has taken over");
        assert!(*code == Some(0) || is_fenced || *code == Some(69), "{code:?}: {said}");
    }
    let (code, said) = installation.letters(&["replay", "--topic", "coupons.inbox", "--reason", "not a", "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert_once(&installation, 200);
}

/// Claims that the build with the defect has taken for garbage.
fn poison(installation: &Installation, letters: usize) {
    let commands = (0..CAMPAIGNS).map(definition).chain((0..letters).map(claim));
    installation.write(&commands.map(|made| command(&made)).collect::<Vec<_>>());
    let defect = Running::with_the_defect(&installation.cluster);
    let made = installation.await_letters(letters);
    drop(defect);
    assert!(made.iter().all(|letter| letter.whole_reason == REASON && letter.cut_bytes == 0));
    assert!(decided(installation).is_empty());
}

fn replay(installation: &Installation, limit: usize) -> std::process::Command {
    let limit = limit.to_string();
    let words = ["replay", "--topic", "coupons.inbox", "--reason", "not a readable value", "--yes", "--limit", &limit];
    installation.timesale(&[&["dead-letters"], words.as_slice()].concat())
}

/// Each letter has one note, and its record was appended once.
fn assert_once(installation: &Installation, letters: usize) {
    let (notes, replays) = (installation.notes(), installation.replays(COUPONS_INBOX.name()));
    assert_eq!((notes.len(), replays.len()), (letters, letters));
    let twice = |counts: &BTreeMap<String, usize>| counts.iter().filter(|(_, times)| **times > 1).count();
    assert_eq!((twice(&notes), twice(&replays)), (0, 0));
    assert!(notes.keys().eq(replays.keys()));
}

/// How often each claim was decided.
fn decided(installation: &Installation) -> BTreeMap<String, usize> {
    let mut decided = BTreeMap::new();
    for record in installation.committed(COUPONS_EVENTS.name()) {
        let envelope = Envelope::from_headers(record.header_pairs());
        let event: CouponEvent = codec::decode(record.value.as_deref(), &envelope).unwrap();
        if let CouponFact::CouponGranted { request, .. } = event.fact {
            *decided.entry(request.to_string()).or_default() += 1;
        }
    }
    decided
}

/// Every series of the metric, once the console has read everything.
fn unhandled(installation: &Installation) -> Vec<f64> {
    let (facts, registry, cluster) = (Facts::default(), Registry::new(), installation.cluster.clone());
    FactsMetrics::register(&registry, facts.clone()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.spawn(facts::follow(facts.clone(), cluster, Health::default()));
    until("the console has read everything", || facts.sale(Timestamp::from_millis(0)).is_warm.then_some(()));
    let values = || {
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("timesale_dead_letters_unhandled{"));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect::<Vec<f64>>()
    };
    let values = until("the metric is at rest", || Some(values()).filter(|values| values.iter().sum::<f64>() == 0.0));
    runtime.shutdown_timeout(Duration::from_secs(5));
    values
}
