//! Payments against the deadline to pay: whatever comes first, no order is charged and released without a refund.

use std::collections::{BTreeMap, BinaryHeap};

use events::ids::TransmissionId;
use events::orders::{OrderCommand, OrderState};
use events::payments::{PaymentCommand, PaymentStatus};

use super::fake_services::{FakeServices, Fault, is_settled, next_move};
use super::fixture::{Fixture, Sent, coupon, key, place, request, shopper, units};
use super::order::Order;

/// Orders that are paid about when they lapse. A few seconds on one core.
const SEEDS: u64 = 10_000;

/// Small, fast, and the same everywhere: what a seed draws is its history (SplitMix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    /// Mostly short, now and then longer than any deadline.
    fn delay(&mut self) -> i64 {
        let most = if self.one_in(8) { 120_000 } else { 2_000 };
        i64::try_from(self.below(most)).unwrap()
    }

    fn fault(&mut self, sent: &Sent) -> Fault {
        let payment = matches!(sent, Sent::Payment(_));
        let confirm = matches!(sent, Sent::Payment(PaymentCommand::Confirm { .. }));
        match self.below(20) {
            0 => Fault::Drop,
            1 | 2 => Fault::Lose,
            3 | 4 => Fault::Twice,
            5 if payment => Fault::Refuse,
            6 | 7 if confirm => Fault::Lie,
            _ => Fault::Do,
        }
    }
}

/// Messages under way, soonest first; ties in the order they were sent.
#[derive(Default)]
struct Mailbox {
    sent: u64,
    due: BinaryHeap<std::cmp::Reverse<(i64, u64)>>,
    messages: BTreeMap<u64, OrderCommand>,
}

impl Mailbox {
    fn send(&mut self, at: i64, message: OrderCommand) {
        self.sent += 1;
        self.due.push(std::cmp::Reverse((at, self.sent)));
        self.messages.insert(self.sent, message);
    }

    fn next_at(&self) -> Option<i64> {
        self.due.peek().map(|first| first.0.0)
    }

    fn next(&mut self) -> Option<OrderCommand> {
        let std::cmp::Reverse((_, number)) = self.due.pop()?;
        self.messages.remove(&number)
    }
}

/// One order, paid about a hundred seconds after it was priced, when its time to pay ends.
fn race(seed: u64) -> Result<(Order, FakeServices), String> {
    let mut draw = Draw(seed);
    let mut fixture = Fixture::new();
    let mut fake_services = FakeServices::default();
    let mut mailbox = Mailbox::default();
    let with_coupon = draw.one_in(2).then(coupon);
    let order = request("place").order();
    mailbox.send(0, place("place", vec![units("tea", 2), units("cup", 1)], with_coupon));
    let (mut now, mut paid, mut lied) = (0, false, false);
    for _ in 0..600 {
        let kept = fixture.order(&order);
        let mut next = mailbox.next_at();
        if let Some(kept) = &kept {
            if next.is_none() && is_settled(kept) {
                break;
            }
            if kept.state == OrderState::AwaitingPayment && !paid {
                // Within two seconds of the deadline, before it or after it.
                paid = true;
                let about = kept.pay_by.as_millis() - 2_000 + i64::try_from(draw.below(4_000)).unwrap();
                let pay = OrderCommand::Pay {
                    request: request("pay"),
                    order: order.clone(),
                    shopper: shopper("ann"),
                    payment_key: key("k1"),
                    amount: kept.amounts.due,
                };
                mailbox.send(about, pay);
                if draw.one_in(6) {
                    let cancel = OrderCommand::Cancel {
                        request: request("cancel"),
                        order: order.clone(),
                        shopper: shopper("ann"),
                        lines: vec![],
                        account: None,
                    };
                    mailbox.send(about + draw.delay() - 1_000, cancel);
                }
                next = mailbox.next_at();
            }
        }
        let wake = kept.as_ref().and_then(next_move).map(|at| at.as_millis());
        // A tick comes when it comes: up to a second late, and then messages may be first.
        let late = i64::try_from(draw.below(1_000)).unwrap();
        let effect = match (next, wake) {
            (Some(message), Some(wake)) if wake + late < message => {
                now = now.max(wake + late);
                fixture.tick(now)
            }
            (Some(message), _) => {
                now = now.max(message);
                fixture.send(&mailbox.next().expect("a message"), now)
            }
            (None, Some(wake)) => {
                now = now.max(wake + late);
                fixture.tick(now)
            }
            (None, None) => return Err("an order with nothing to wait for".into()),
        };
        for command in effect.sent {
            // A provider that lied was sincere before and after.
            let fault = draw.fault(&command);
            // The race is about the payment: the holds are there in time.
            let holding = kept.as_ref().is_none_or(|kept| kept.state == OrderState::Holding);
            if holding {
                for answer in fake_services.receive(&command, &order, Fault::Do) {
                    mailbox.send(now + i64::try_from(draw.below(1_000)).unwrap(), answer);
                }
                continue;
            }
            let fault = if lied && fault == Fault::Lie { Fault::Do } else { fault };
            lied |= fault == Fault::Lie;
            for answer in fake_services.receive(&command, &order, fault) {
                mailbox.send(now + draw.delay(), answer);
            }
            if matches!(command, Sent::Payment(PaymentCommand::Confirm { .. })) {
                // Webhooks: early, late, twice; of a lie at least one comes late.
                let batch = mailbox.sent;
                for number in 0..draw.below(3) + u64::from(lied) {
                    let late = if lied { 300_000 } else { 0 };
                    let hint = OrderCommand::Hint {
                        transmission: TransmissionId::new(&format!("t{batch}-{}", number / 2)).unwrap(),
                        order: order.clone(),
                        payment_key: Some(key("k1")),
                        status: if draw.one_in(2) { PaymentStatus::Done } else { PaymentStatus::Aborted },
                    };
                    mailbox.send(now + late + draw.delay(), hint);
                }
            }
        }
    }
    let kept = fixture.order(&order).ok_or("no order")?;
    if !is_settled(&kept) {
        return Err(format!("not settled: {kept:?}"));
    }
    fake_services.agree(&kept, 0)?;
    Ok((kept, fake_services))
}

#[test]
fn no_order_is_charged_and_released_without_a_refund() {
    let mut ends: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in 0..SEEDS {
        match race(seed) {
            Ok((order, fake_services)) => {
                assert!(fake_services.charges <= 1, "seed {seed}: charged twice");
                let late = order.state.is_undone() && order.amounts.paid.minor() > 0;
                let end = if late { "given back" } else { order.state.name() };
                *ends.entry(end).or_default() += 1;
            }
            Err(reason) => panic!("seed {seed}: {reason}"),
        }
    }
    // Every way to end has been seen often enough to have been tested.
    for (end, least) in [
        ("paid", SEEDS / 10),
        ("expired", SEEDS / 10),
        ("given back", SEEDS / 100),
        ("payment_failed", SEEDS / 100),
        ("cancelled", SEEDS / 100),
    ] {
        assert!(ends.get(end).copied().unwrap_or_default() >= least, "{end}: {ends:?}");
    }
}
