//! Which price is the lowest, and until when: the rules as tables.

use events::prices::MOST_OFFERS;

use super::fixture::Fixture;
use super::table::{check, offer, own, with_tea};
use crate::kit::testing::names::sku;

#[test]
fn the_lowest_price_wins_and_a_tie_is_ours() {
    check(
        "
        1  own 1000 version=1   => 1000 by us of 0 until ever
        2  offer a 1100         => applied 2  1000 by us of 1 until ever
        3  offer b 1000         => applied 3  1000 by us of 2 until ever
        4  offer c 900          => applied 4  900 by c of 3 until 34
        5  offer d 900          => applied 5  900 by c of 4 until 34
        6  offer b 899          => applied 6  899 by b of 4 until 36
        7  withdraw b           => applied 7  900 by c of 3 until 34
        8  withdraw c           => applied 8  900 by d of 2 until 35
        9  withdraw unknown     => applied 8
        10 own 900 version=2    => 900 by us of 2 until ever
        ",
    );
}

#[test]
fn the_sale_begins_and_ends_by_itself_at_its_very_instants() {
    check(
        "
        1  own 1000 version=1 sale=700@10..20 => 1000 by us of 0 until 10
        9  tick => 
        10 tick => sale 700 by us of 0 until 20
        19 tick => 
        20 tick => 1000 by us of 0 until ever
        99 tick => 
        ",
    );
}

#[test]
fn an_offer_is_believed_until_it_is_stale_and_not_a_second_longer() {
    check(
        "
        1  own 1000 version=1 => 1000 by us of 0 until ever
        10 offer a 900 fresh=5 => applied 2  900 by a of 1 until 15
        12 offer a 900 fresh=5 => applied 3  900 by a of 1 until 17
        15 tick =>
        17 tick => 1000 by us of 0 until ever
        # Freshness counts from when it was seen, and a source may end its offer earlier.
        20 offer a 900 fresh=5 seen=18 => applied 5  900 by a of 1 until 23
        20 offer b 800 fresh=5 until=22 => applied 6  800 by b of 2 until 22
        22 tick => 900 by a of 1 until 23
        23 tick => 1000 by us of 0 until ever
        ",
    );
}

#[test]
fn what_cannot_win_is_counted_while_it_is_fresh_and_moves_no_deadline() {
    check(
        "
        1  own 1000 version=1 => 1000 by us of 0 until ever
        2  offer a 900 fresh=20 => applied 2  900 by a of 1 until 22
        3  offer b 950 fresh=5  => applied 3  900 by a of 2 until 22
        4  offer b 960 fresh=9  => applied 3
        8  tick =>
        13 tick => 900 by a of 1 until 22
        ",
    );
}

#[test]
fn an_offer_against_the_sale_wins_when_the_sale_is_over() {
    check(
        "
        1  own 1000 version=1 sale=700@10..20 => 1000 by us of 0 until 10
        5  offer a 900 => applied 2  900 by a of 1 until 10
        10 tick => sale 700 by us of 1 until 20
        20 tick => 900 by a of 1 until 35
        35 tick => 1000 by us of 0 until ever
        ",
    );
}

#[test]
fn a_clock_that_is_ahead_gains_no_time() {
    check(
        "
        1  own 1000 version=1 => 1000 by us of 0 until ever
        10 offer a 900 seen=70 fresh=5 => applied 2  900 by a of 1 until 15
        11 offer a 910 fresh=5 => applied 3  910 by a of 1 until 16
        ",
    );
}

#[test]
fn an_older_definition_changes_nothing_and_a_new_list_price_drops_what_is_absurd_beside_it() {
    check(
        "
        1  own 1000 version=5 => 1000 by us of 0 until ever
        2  own 500 version=4  =>
        3  own 500 version=5  =>
        4  offer a 20         => applied 2  20 by a of 1 until 34
        5  own 2001 version=6 => 2001 by us of 0 until ever
        6  own 1000 version=7 => 1000 by us of 0 until ever
        ",
    );
}

#[test]
fn what_happens_between_two_records_is_stated_as_it_is_at_the_second() {
    check(
        "
        1  own 1000 version=1 sale=700@10..20 => 1000 by us of 0 until 10
        2  offer a 600 fresh=5 => applied 2  600 by a of 1 until 7
        # The first look after both of the sale's edges and the offer's end.
        90 tick => 1000 by us of 0 until ever
        # A command that comes late is judged after what was due before it.
        100 own 1000 version=2 sale=700@110..120 => 1000 by us of 0 until 110
        115 offer a 600 => applied 6  sale 700 by us of 0 until 120 sale 600 by a of 1 until 120
        ",
    );
}

#[test]
fn a_product_waits_for_one_timer_at_most() {
    let mut fixture = with_tea(1_000);
    assert_eq!(fixture.driver.timers(0), 0);
    for number in 0..10 {
        for (name, fresh) in [("a", 7), ("b", 5), ("c", 9)] {
            fixture.send(&offer(name, 900 + number, number, fresh), number * 1000).unwrap();
            assert_eq!(fixture.driver.timers(0), 1);
        }
    }
    fixture.send(&own(2, 1_000, Some((1, 100, 200))), 10_000).unwrap();
    fixture.tick(300_000);
    assert_eq!(fixture.driver.timers(0), 0, "nothing ends any more");
}

#[test]
fn a_product_has_so_many_sources_and_a_stale_one_makes_room() {
    let mut fixture = with_tea(1_000);
    for number in 0..MOST_OFFERS {
        let fresh = if number == 3 { 5 } else { 60 };
        fixture.send(&offer(&format!("s{number}"), 900, 0, fresh), 0).unwrap();
    }
    let outcome = |fixture: &mut Fixture, name: &str, second: i64| {
        fixture.send(&offer(name, 900, second, 30), second * 1000).unwrap().reply.unwrap().outcome.kind()
    };
    assert_eq!(outcome(&mut fixture, "one-more", 4), "offer_refused");
    assert_eq!(outcome(&mut fixture, "s7", 4), "offer_applied", "a source may always replace its own");
    assert_eq!(outcome(&mut fixture, "one-more", 5), "offer_applied");
    assert_eq!(fixture.ledger.due(&sku("tea")).unwrap().offers, 16);
}
