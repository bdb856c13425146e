//! Rows are read as they were written, also by the next build; what is no row is an error, and a newer row is recognised; a committed hold
//! is small.

use events::hold::ReleaseCause;
use events::ids::{Category, HoldId};
use events::inventory::{ProductTerms, SalePrice, StockLevel, StockRefusal};
use events::money::Money;
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use proptest::prelude::*;

use super::effects::Wakeup;
use super::fixture::{at, order, request, sku, terms};
use super::hold::{Hold, HoldState, StepAnswer};
use super::product::Level;
use super::requests::Decided;
use super::stores::{HOLDS, LEVELS, PRODUCTS};
use crate::kit::requests::{Remembered, Requests};
use crate::kit::testing::rows;

const LEVEL: StockLevel = StockLevel { received: u64::MAX, available: 1, held: 2, sold: u64::MAX };

fn all_terms() -> [ProductTerms; 2] {
    let full = ProductTerms {
        name: "차".repeat(200),
        category: Some(Category::new("food").unwrap()),
        sale: Some(SalePrice { price: Money::ZERO, window: Window { from: at(1), until: at(2) } }),
        supply_price: Some(Money::LARGEST),
        low_stock: Some(u32::MAX),
        ..terms()
    };
    [terms(), full]
}

fn hold(state: HoldState) -> Hold {
    Hold {
        id: request("h").hold(),
        sku: sku("tea"),
        order: request("place").order(),
        quantity: 3,
        fingerprint: Fingerprint::from_u64(u64::MAX),
        state,
        requests: Requests::default(),
    }
}

fn holds() -> Vec<Hold> {
    let refusals = StockRefusal::ALL.map(Some).into_iter().chain([None]);
    let step = |refused| StepAnswer(refused).to(request("s"), Fingerprint::from_u64(9));
    let requests = Requests(refusals.map(step).collect());
    let states = [
        HoldState::Held { unit: all_terms()[1].unit(at(1)), until: at(9) },
        HoldState::Committed { returned: u32::MAX },
        HoldState::Released { cause: ReleaseCause::Released },
        HoldState::Released { cause: ReleaseCause::Lapsed },
    ];
    let orders = [
        request("place").order(),
        order("order-1"),
        order("ord_AB23456789abcdef0123456789abcdef"),
        order("ord_12"),
        order(&"x".repeat(64)),
    ];
    let with = |order| move |state| Hold { order, ..hold(state) };
    let states = states.map(|state| Hold { requests: requests.clone(), ..hold(state) }).into_iter();
    states.chain(orders.map(|order| with(order)(HoldState::Committed { returned: 0 }))).collect()
}

#[test]
fn rows_are_read_as_they_were_written_and_no_other_way() {
    for terms in all_terms() {
        rows::check(&PRODUCTS, &sku("tea"), &terms);
    }
    rows::check(&LEVELS, &sku("tea"), &Level { version: u64::MAX, stock: LEVEL });
    for hold in holds() {
        rows::check(&HOLDS, &hold.id.clone(), &hold);
    }
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let order = request("place").order();
    let order = order.as_str().strip_prefix("ord_").unwrap();
    // version, sku, order, quantity, fingerprint, committed, none returned, no requests
    let expected = format!("01 03746561 00{order} 03 ffffffffffffffff 01 00 00").replace(' ', "");
    let committed = hold(HoldState::Committed { returned: 0 });
    assert_eq!(rows::hex(&rows::write(&HOLDS, &committed.id, &committed)), expected);
    let level = Level { version: 5, stock: StockLevel { received: 300, ..StockLevel::default() } };
    assert_eq!(rows::hex(&rows::write(&LEVELS, &sku("tea"), &level)), "0105ac02000000");
}

#[test]
fn a_committed_hold_takes_at_most_eighty_bytes() {
    let mut committed = hold(HoldState::Committed { returned: 0 });
    committed.requests.0.push(StepAnswer(None).to(request("c"), Fingerprint::from_u64(u64::MAX)));
    let row = rows::write(&HOLDS, &committed.id, &committed);
    assert!(row.len() <= 80, "{} bytes", row.len());
}

#[test]
fn every_answer_is_read_as_it_was_written() {
    let applied = Decided::Applied { version: 300, stock: StockLevel { received: 9, available: 7, held: 2, sold: 0 } };
    let answers: Vec<_> = StockRefusal::ALL.map(Decided::Refused).into_iter().chain([applied]).collect();
    rows::check_fields(&answers);
    let request = request("q");
    let fingerprint = Fingerprint::from_u64(u64::MAX);
    let known = Remembered {
        request,
        fingerprint,
        at: Timestamp::from_millis(7),
        answer: Decided::Refused(StockRefusal::UnknownProduct),
    };
    rows::check_field(&known, &format!("{} ffffffffffffffff 0e 02", rows::hex(request.as_bytes())));
    rows::check_field(&applied, "00 ac02 09 07 02 00");
}

#[test]
fn timers_of_version_1_are_these_bytes() {
    let hold = request("h").hold();
    let id = rows::hex(hold.as_bytes());
    rows::check_wakeup(&Wakeup::Lapse { hold, sku: sku("tea") }, 1, &format!("01 {id} 746561"));
    rows::check_wakeup(&Wakeup::Forget { hold }, 2, &format!("01 {id}"));
    rows::check_wakeup(&Wakeup::ForgetRequests, 3, "01");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        rows::read_anything(&HOLDS, &HoldId::from_bytes([0; 16]), &bytes);
        rows::read_anything(&PRODUCTS, &sku("tea"), &bytes);
        rows::read_anything(&LEVELS, &sku("tea"), &bytes);
    }
}
