//! Rows are read as they were written, also by the next build; what is no row is an error, and a newer row is recognised; an order is small.
//! Rows of every kind are written and read by the other tests: here are the ones that a story does not reach.

use events::coupons::Refusal;
use events::ids::OrderId;
use events::inventory::StockRefusal;
use events::money::Money;
use events::orders::{Goods, OrderRefusal, OrderState, Reason, RefundCause};
use events::payments::{Decline, PaymentMethod};
use events::request::Fingerprint;
use proptest::prelude::*;

use super::effects::{Effects, Wakeup};
use super::fixture::{account, at, coupon, key, place, request, sku, unit, units};
use super::line::Stock;
use super::order::{Order, Retry};
use super::payment::{Attempt, LookUp, LookUps, Refund, RefundKind};
use super::placing::{Placement, place as placed};
use super::processor::ORDERS;
use super::requests::{Answer, Applied};
use crate::kit::requests::Remembered;
use crate::kit::testing::rows;

fn fresh() -> Order {
    let command = place("place", vec![units("tea", 2), units("cup", 1)], Some(coupon()));
    placed(&Placement::of(&command, command.fingerprint(), Some(3)).unwrap(), &mut Effects::new(at(1_790_000_000)))
}

/// Every field filled.
fn full() -> Order {
    let mut order = fresh();
    order.quoted = Some(Money::LARGEST);
    order.retry = Some(Retry { round: 9, next: at(1_790_000_060) });
    order.transmissions = vec![0, u64::MAX];
    order.timer = Some(at(1_790_000_030));
    order.misused = true;
    order.lines[0].unit = Some(unit(1000));
    order.lines[1].stock = Stock::Lost;
    order.lines[1].returning = true;
    order.payment = Some(Attempt {
        number: 10,
        key: key("k1"),
        request: request("pay"),
        begun_at: at(1_790_000_010),
        repeats: u32::MAX,
        charged: true,
        method: Some(PaymentMethod::VirtualAccount),
        account: Some(account()),
        differs: Some(Money::new(-1)),
    });
    let open = LookUp { key: Some(key("k1")), refunds: 2, repeats: 3, next: at(1_790_000_099) };
    order.look_ups = LookUps { number: 7, latest: at(1_790_000_050), open: Some(open), waiting: Some(None) };
    order.refund = Some(Refund {
        kind: RefundKind::Due,
        cause: RefundCause::PaidLate,
        goods: Goods::Gone,
        units: vec![(0, 2), (1, 1)],
        amount: Money::new(2500),
        request: Some(request("cancel")),
        account: Some(account()),
        repeats: 1,
        unknown: true,
        refused: true,
        next: at(1_790_000_100),
        back: OrderState::Expired,
    });
    let stock = StockRefusal::ALL.map(|refusal| Reason::Stock { sku: sku("tea"), refusal });
    let reasons = OrderRefusal::ALL.map(Reason::from).into_iter().chain(stock);
    let reasons = reasons.chain(Refusal::ALL.map(|refusal| Reason::Coupon { refusal })).chain([
        Reason::Payment { decline: Decline::Fault, code: "C".repeat(64) },
        Reason::Refund { code: String::new() },
    ]);
    let applied = Applied {
        version: u64::MAX,
        state: OrderState::Refunded,
        amounts: order.amounts,
        deadline: Some(at(1_790_000_001)),
    };
    let answers = reasons.map(Answer::Refused).chain([Answer::Applied(applied), Answer::Pending(None)]);
    order.requests.0.extend(answers.map(|answer| Remembered {
        request: request("any"),
        fingerprint: Fingerprint::from_u64(u64::MAX),
        at: at(1_790_000_002),
        answer,
    }));
    order
}

#[test]
fn rows_are_read_as_they_were_written_and_no_other_way() {
    let states = OrderState::ALL.map(|state| Order { state, ..fresh() });
    for order in [fresh(), full()].into_iter().chain(states) {
        rows::check(&ORDERS, &order.id.clone(), &order);
    }
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been, hashed.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let hash = |order: &Order| Fingerprint::of(&rows::write(&ORDERS, &order.id, order)).as_u64();
    // A refusal that came later has no part in bytes that have always been.
    let newer = |answer: &Answer| matches!(answer, Answer::Refused(reason) if reason.code() == "TOO_MANY_REQUESTS");
    let mut full = full();
    full.requests.0.retain(|known| !newer(&known.answer));
    assert_eq!((hash(&fresh()), hash(&full)), (1_975_870_732_870_909, 4_392_452_053_813_599));
}

#[test]
fn an_order_is_small() {
    let order = fresh();
    let length = rows::write(&ORDERS, &order.id, &order).len();
    assert!(length <= 256, "{length} bytes");
}

#[test]
fn timers_of_version_1_are_these_bytes() {
    rows::check_wakeup(&Wakeup::Order { order: OrderId::new("ord_12").unwrap() }, 1, "01 6f72645f3132");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..200, with: u8) {
        let id = OrderId::new("order-1").unwrap();
        rows::read_anything(&ORDERS, &id, &bytes);
        // Bytes that are nearly a row get further.
        let mut row = rows::write(&ORDERS, &id, &full());
        let place = cut % row.len();
        row[place] = with;
        drop(rows::read(&ORDERS, &id, &row));
    }
}
