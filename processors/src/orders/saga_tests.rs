//! The four saga tests, for every step of every scenario: repeat each step; fail at each step; fail and repeat each undo; no undo
//! fails. And a fifth: crash after each step. A scenario is what a shopper does; the steps are whatever commands the order sends.

use std::collections::VecDeque;

use events::money::Money;
use events::orders::{OrderCommand, OrderState};

use super::fake_services::{FakeServices, Fault, is_settled, is_undo, next_move};
use super::fixture::{Fixture, Sent, at, coupon, key, place, request, shopper, units};
use super::order::Order;
use crate::kit::testing::crash::{self, Crash};

/// What a shopper does after the placement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scenario {
    /// Pays, and that is all.
    Pays,
    /// Pays, cancels one unit, then the rest.
    PaysAndCancels,
    /// Cancels before paying.
    Cancels,
    /// Cancels while a charge is requested.
    CancelsInBetween,
    /// Does not pay.
    DoesNotPay,
}

const SCENARIOS: [Scenario; 5] =
    [Scenario::Pays, Scenario::PaysAndCancels, Scenario::Cancels, Scenario::CancelsInBetween, Scenario::DoesNotPay];

/// What became of a run.
struct Ran {
    order: Order,
    fake_services: FakeServices,
    /// The commands to others, in the order they were sent.
    sent: Vec<Sent>,
    messages: Vec<OrderCommand>,
    facts: Vec<&'static str>,
    /// How many of the holds were taken away by others.
    strays: usize,
    /// How many messages and ticks there were.
    steps: usize,
}

/// Plays a scenario without crashes.
fn play(scenario: Scenario, fault: impl FnMut(usize, &Sent) -> Fault, echo: impl Fn(usize) -> bool) -> Ran {
    play_with(scenario, fault, echo, &Crash::Never)
}

/// Plays a scenario. `fault` says how the so-many-th command to others fails; `echo` says which of the messages come twice.
fn play_with(
    scenario: Scenario,
    mut fault: impl FnMut(usize, &Sent) -> Fault,
    echo: impl Fn(usize) -> bool,
    crash: &Crash,
) -> Ran {
    let mut fixture = Fixture::new();
    let mut fake_services = FakeServices::default();
    let mut inbox = VecDeque::from([place("place", vec![units("tea", 2), units("cup", 1)], Some(coupon()))]);
    let order = request("place").order();
    let (mut sent, mut messages, mut facts) = (vec![], vec![], vec![]);
    let (mut now, mut strays, mut acts, mut steps) = (0, 0, 0, 0);
    for _ in 0..400 {
        let effect = if let Some(message) = inbox.pop_front() {
            let effect = fixture.send(&message, now);
            if echo(messages.len()) {
                let again = fixture.send(&message, now);
                assert!(
                    again.events.is_empty() && again.sent.is_empty(),
                    "{scenario:?}: a repeat of {message:?}: {again:?}"
                );
            }
            messages.push(message);
            now += 10;
            effect
        } else {
            let kept = fixture.order(&order).expect("an order");
            if let Some(message) = act(scenario, &kept, &mut acts) {
                inbox.push_back(message);
                continue;
            }
            if is_settled(&kept) {
                break;
            }
            now = now.max(next_move(&kept).expect("an order that is not at its end moves by itself").as_millis());
            fixture.tick(now)
        };
        crash.strike(steps, &mut fixture.driver);
        steps += 1;
        facts.extend(effect.events.iter().map(|event| event.fact.kind()));
        for command in effect.sent {
            let faults = fault(sent.len(), &command);
            strays += usize::from(faults == Fault::Refuse && !matches!(command, Sent::Payment(_)));
            inbox.extend(fake_services.receive(&command, &order, faults));
            sent.push(command);
        }
    }
    // Every message comes once more at the end: none is late enough to matter.
    let order = fixture.order(&order).expect("an order");
    for message in &messages {
        let again = fixture.send(message, now);
        assert!(again.events.is_empty(), "{scenario:?}: late {message:?}: {again:?}");
    }
    Ran { order, fake_services, sent, messages, facts, strays, steps }
}

/// The shopper's next command, if this is the moment.
fn act(scenario: Scenario, kept: &Order, acts: &mut u32) -> Option<OrderCommand> {
    let (order, who) = (kept.id.clone(), shopper("ann"));
    let pay = || OrderCommand::Pay {
        request: request("pay"),
        order: order.clone(),
        shopper: who.clone(),
        payment_key: key("k1"),
        amount: kept.amounts.due,
    };
    let cancel = |name: &str, lines| OrderCommand::Cancel {
        request: request(name),
        order: order.clone(),
        shopper: who.clone(),
        lines,
        account: None,
    };
    let settled = is_settled(kept);
    let message = match (scenario, *acts, kept.state) {
        (Scenario::Pays | Scenario::PaysAndCancels | Scenario::CancelsInBetween, 0, OrderState::AwaitingPayment) => {
            pay()
        }
        (Scenario::Cancels, 0, OrderState::AwaitingPayment) => cancel("cancel", vec![]),
        (Scenario::PaysAndCancels, 1, OrderState::Paid) if settled => cancel("one", vec![units("tea", 1)]),
        (Scenario::PaysAndCancels, 2, OrderState::Paid) if settled => cancel("rest", vec![]),
        (Scenario::CancelsInBetween, 1, OrderState::PaymentUnknown) => cancel("cancel", vec![]),
        _ => return None,
    };
    *acts += 1;
    Some(message)
}

/// The undisturbed run. A cancellation in between needs an outcome that is not known at once.
fn usual(scenario: Scenario) -> impl Fn(usize, &Sent) -> Fault {
    move |_, sent| match sent {
        Sent::Payment(events::payments::PaymentCommand::Confirm { repeat: 0, .. })
            if scenario == Scenario::CancelsInBetween =>
        {
            Fault::Lose
        }
        _ => Fault::Do,
    }
}

fn agreed(scenario: Scenario, what: &str, ran: &Ran) {
    if let Err(difference) = ran.fake_services.agree(&ran.order, ran.strays) {
        panic!("{scenario:?}, {what}: {difference}\n{:#?}\n{:?}", ran.sent, ran.facts);
    }
    assert!(ran.fake_services.charges <= 1, "{scenario:?}, {what}: charged twice");
}

#[test]
fn the_scenarios_end_as_they_should() {
    let ends = SCENARIOS.map(|scenario| {
        let ran = play(scenario, usual(scenario), |_| false);
        agreed(scenario, "undisturbed", &ran);
        (ran.order.state.name(), ran.order.amounts.paid.minor(), ran.order.amounts.refunded.minor(), ran.sent.len())
    });
    let expected = [
        ("paid", 2500, 0, 7),
        ("cancelled", 2500, 2500, 13),
        ("cancelled", 0, 0, 6),
        ("cancelled", 2500, 2500, 12),
        ("expired", 0, 0, 6),
    ];
    assert_eq!(ends, expected);
}

#[test]
fn repeat_each_step() {
    for scenario in SCENARIOS {
        let once = play(scenario, usual(scenario), |_| false);
        for place in 0..once.messages.len() {
            let twice = play(scenario, usual(scenario), |message| message == place);
            assert_eq!(twice.facts, once.facts, "{scenario:?}: message {place} twice");
            assert_eq!(twice.sent, once.sent, "{scenario:?}: message {place} twice");
            agreed(scenario, "repeated", &twice);
        }
        for place in 0..once.sent.len() {
            let usual = usual(scenario);
            let fault = |number, sent: &Sent| {
                if number == place && usual(number, sent) == Fault::Do { Fault::Twice } else { usual(number, sent) }
            };
            let twice = play(scenario, fault, |_| false);
            assert_eq!(twice.facts, once.facts, "{scenario:?}: command {place} answered twice");
        }
    }
}

#[test]
fn crash_after_each_step() {
    for scenario in SCENARIOS {
        let steps = play(scenario, usual(scenario), |_| false).steps;
        crash::matrix(steps, |crash| {
            let ran = play_with(scenario, usual(scenario), |_| false, crash);
            agreed(scenario, "crashed", &ran);
            (ran.facts, ran.sent, ran.order)
        });
    }
}

#[test]
fn fail_at_each_step() {
    for scenario in SCENARIOS {
        let steps = play(scenario, usual(scenario), |_| false).sent.len();
        for place in 0..steps {
            for failure in [Fault::Refuse, Fault::Lose, Fault::Drop] {
                let usual = usual(scenario);
                let fault = |number, sent: &Sent| if number == place { failure } else { usual(number, sent) };
                let ran = play(scenario, fault, |_| false);
                agreed(scenario, &format!("command {place}: {failure:?}"), &ran);
            }
        }
    }
}

/// Every scenario in which something is undone, and every way to have it undone.
fn undoing() -> Vec<(Scenario, Option<usize>)> {
    let mut runs = vec![];
    for scenario in SCENARIOS {
        let sent = play(scenario, usual(scenario), |_| false).sent;
        if sent.iter().any(is_undo) {
            runs.push((scenario, None));
        }
        // A step that is refused has those before it undone.
        for (place, command) in sent.iter().enumerate() {
            if !is_undo(command) {
                runs.push((scenario, Some(place)));
            }
        }
    }
    runs
}

fn failing(scenario: Scenario, failed: Option<usize>) -> impl Fn(usize, &Sent) -> Fault {
    move |number, sent| if failed == Some(number) { Fault::Refuse } else { usual(scenario)(number, sent) }
}

#[test]
fn fail_and_repeat_each_undo() {
    let mut undone = 0;
    for (scenario, failed) in undoing() {
        let sent = play(scenario, failing(scenario, failed), |_| false).sent;
        for (place, _) in sent.iter().enumerate().filter(|(_, command)| is_undo(command)) {
            for failure in [Fault::Drop, Fault::Lose, Fault::Twice] {
                // The same undo fails three times in a row, and is then carried out.
                let base = failing(scenario, failed);
                let mut left = 3;
                let mut which = None;
                let ran = play(
                    scenario,
                    |number, sent| {
                        if number == place {
                            which = Some(sent.request());
                        }
                        if which == Some(sent.request()) && left > 0 {
                            left -= 1;
                            return failure;
                        }
                        base(number, sent)
                    },
                    |_| false,
                );
                agreed(scenario, &format!("failed {failed:?}, undo {place}: {failure:?}"), &ran);
                undone += 1;
            }
        }
    }
    assert!(undone > 200, "{undone} undos were disturbed");
}

#[test]
fn no_undo_fails() {
    for (scenario, failed) in undoing() {
        let base = failing(scenario, failed);
        // Stock and coupons say of every undo that there is nothing to undo; the provider refuses the first refund.
        let mut refunds = 0;
        let ran = play(
            scenario,
            |number, sent| match sent {
                Sent::Payment(_) if is_undo(sent) => {
                    refunds += 1;
                    if refunds == 1 { Fault::Refuse } else { Fault::Do }
                }
                _ if is_undo(sent) => Fault::Refuse,
                _ => base(number, sent),
            },
            |_| false,
        );
        let order = &ran.order;
        assert!(is_settled(order), "{scenario:?} {failed:?}: {order:?}");
        assert_eq!(order.balance(), Money::new(ran.fake_services.balance()), "{scenario:?} {failed:?}");
        if order.state.is_undone() {
            assert_eq!(order.amounts.paid, order.amounts.refunded, "{scenario:?} {failed:?}");
        }
        assert!(at(0) <= order.at);
    }
}
