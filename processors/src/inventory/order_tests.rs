//! What orders do with units: holds, commits, releases, returns, and what time does.

use events::hold::ReleaseCause;
use events::inventory::StockAnswer;

use super::fixture::{Fixture, commit, hold, order, request, sku};
use super::table::check;

#[test]
fn units_are_held_and_sold_and_never_more_than_there_are() {
    check(
        "
         0  define                            => applied 1 0               0/0/0
         0  adjust 3                          => applied 2 3               3/0/0
         1  hold 2 order=order-1 until=50 as=h1  => held 2 at 1000 until 50  1/2/0
         2  hold 2 order=order-2 until=50 as=h2  => INSUFFICIENT_STOCK     1/2/0
         3  hold 1 order=order-2 until=50 as=h3  => held 1 at 1000 until 50  0/3/0
         4  hold 1 order=order-3 until=50     => INSUFFICIENT_STOCK        0/3/0
         5  commit h1                         => committed                 0/1/2
         6  release h3                        => released                  1/0/2
        # what was refused stays refused, also when there would be enough by now
         7  hold 2 order=order-2 until=50 as=h2  => again INSUFFICIENT_STOCK  1/0/2
         8  hold 1 order=order-3 until=50     => held 1 at 1000 until 50   0/1/2
        ",
    );
}

#[test]
fn where_several_rules_are_broken_the_first_is_named() {
    check(
        "
         0  hold 0 until=0                    => UNKNOWN_PRODUCT
         0  commit h9                         => UNKNOWN_PRODUCT
         0  define                            => applied 1 0           0/0/0
         1  hold 0 until=1                    => INVALID_QUANTITY      0/0/0
         1  hold 1001 until=1                 => INVALID_QUANTITY      0/0/0
         1  hold 1000 until=1                 => INSUFFICIENT_STOCK    0/0/0
         1  adjust 1000                       => applied 5 1000        1000/0/0
         1  hold 1000 until=1                 => NOT_HELD              1000/0/0
         1  hold 1000 until=2                 => held 1000 at 1000 until 2  0/1000/0
        ",
    );
}

#[test]
fn a_hold_ends_once() {
    check(
        "
         0  define                            => applied 1 0               0/0/0
         0  adjust 9                          => applied 2 9               9/0/0
         1  hold 2 until=50 as=h1             => held 2 at 1000 until 50   7/2/0
         2  commit h1                         => committed                 7/0/2
         3  commit h1                         => NOT_HELD                  7/0/2
         4  release h1                        => NOT_HELD                  7/0/2
         5  hold 2 until=50 as=h2             => held 2 at 1000 until 50   5/2/2
         6  release h2                        => released                  7/0/2
         7  release h2                        => NOT_HELD                  7/0/2
         8  commit h2                         => NOT_HELD                  7/0/2
         9  return h2 1                       => NOT_HELD                  7/0/2
        10  release h9                        => NOT_HELD                  7/0/2
        ",
    );
}

#[test]
fn a_repeat_is_answered_with_what_is_true_now_and_states_nothing() {
    check(
        "
         0  define                            => applied 1 0               0/0/0
         0  adjust 9                          => applied 2 9               9/0/0
         1  hold 2 until=50 as=h1             => held 2 at 1000 until 50   7/2/0
         1  hold 2 until=50 as=h1             => again held 2 at 1000 until 50   7/2/0
         1  hold 3 until=50 as=h1             => again IDEMPOTENCY_CONFLICT      7/2/0
         2  commit h1 as=c1                   => committed                 7/0/2
         3  commit h1 as=c1                   => again committed           7/0/2
         3  release h1 as=c1                  => again IDEMPOTENCY_CONFLICT      7/0/2
         4  hold 2 until=50 as=h1             => again NOT_HELD            7/0/2
         5  return h1 1 as=b1                 => returned 1                8/0/1
         6  return h1 1 as=b1                 => again returned 1          8/0/1
         7  return h1 2 as=b2                 => returned 2                9/0/0
         8  return h1 1 as=b1                 => again returned 2          9/0/0
         9  commit h1 as=c1                   => again committed           9/0/0
        10  release h1 as=x1                  => NOT_HELD                  9/0/0
        11  release h1 as=x1                  => again NOT_HELD            9/0/0
        12  release h9 as=x9                  => NOT_HELD                  9/0/0
        13  release h9 as=x9                  => again NOT_HELD            9/0/0
        14  hold 1 until=50 as=h2             => held 1 at 1000 until 50   8/1/0
        15  release h2 as=x2                  => released                  9/0/0
        16  release h2 as=x2                  => again released            9/0/0
        17  hold 1 until=50 as=h2             => again NOT_HELD            9/0/0
        ",
    );
}

#[test]
fn units_come_back_as_often_as_they_are_counted_and_never_more_than_left() {
    check(
        "
         0  define                            => applied 1 0               0/0/0
         0  adjust 5                          => applied 2 5               5/0/0
         1  hold 5 until=50 as=h1             => held 5 at 1000 until 50   0/5/0
         2  return h1 1                       => NOT_HELD                  0/5/0
         3  commit h1                         => committed                 0/0/5
         4  return h1 0                       => INVALID_QUANTITY          0/0/5
         5  return h1 6                       => INVALID_QUANTITY          0/0/5
         6  return h1 2                       => returned 2                2/0/3
        # another request that says the same, or less: nothing moves
         7  return h1 2                       => returned 2                2/0/3
         8  return h1 1                       => returned 2                2/0/3
         9  return h1 5                       => returned 5                5/0/0
        # what came back is sold again
        10  hold 5 until=50                   => held 5 at 1000 until 50   0/5/0
        ",
    );
}

#[test]
fn a_hold_lapses_at_its_time_and_the_order_gets_an_answer() {
    check(
        "
         0  define                            => applied 1 0               0/0/0
         0  adjust 5                          => applied 2 5               5/0/0
         1  hold 2 until=30 as=h1             => held 2 at 1000 until 30   3/2/0
         1  hold 1 until=30 as=h2             => held 1 at 1000 until 30   2/3/0
         2  commit h2                         => committed                 2/2/1
        29  tick                              => () answered ()                2/2/1
        30  tick                              => (stock_released) answered (lapsed)  4/0/1
        31  tick                              => () answered ()                4/0/1
        32  release h1                        => NOT_HELD                  4/0/1
        33  commit h1                         => NOT_HELD                  4/0/1
        34  hold 2 until=30 as=h1             => again NOT_HELD            4/0/1
        ",
    );
}

/// The log may bring a commit at the very instant, before the timer has fired.
#[test]
fn a_commit_at_the_end_of_a_hold_comes_too_late() {
    let mut fixture = Fixture::with_tea(5);
    fixture.send(&hold("h1", "tea", 2, 30), 1_000).unwrap();
    let late = fixture.send(&commit("c1", "tea", "h1"), 30_000).unwrap();
    assert_eq!(late.answer, Some(StockAnswer::Refused { reason: events::inventory::StockRefusal::NotHeld }));
    assert_eq!(fixture.ledger.level(&sku("tea")).unwrap().sold, 0);
    fixture.tick(31_000);
    assert_eq!(fixture.ledger.level(&sku("tea")).unwrap().available, 5);
}

#[test]
fn the_answer_to_a_lapse_goes_to_the_order_that_the_hold_was_for() {
    let mut fixture = Fixture::with_tea(5);
    fixture.send(&hold("h1", "tea", 2, 30), 1_000).unwrap();
    fixture.tick(30_000);
    let lapsed = StockAnswer::Released { hold: request("h1").hold(), cause: ReleaseCause::Lapsed };
    assert_eq!(fixture.answers(), [(order("order-1"), sku("tea"), None, lapsed)]);
}

#[test]
fn a_hold_is_cut_to_the_longest() {
    check(
        "
         0  define                            => applied 1 0                   0/0/0
         0  adjust 5                          => applied 2 5                   5/0/0
         1  hold 1 until=9999999              => held 1 at 1000 until 604801   4/1/0
    604800  tick                              => () answered ()                    4/1/0
    604801  tick                              => (stock_released) answered (lapsed)  5/0/0
        ",
    );
}

#[test]
fn a_hold_is_of_one_product() {
    check(
        "
         0  define                            => applied 1 0               0/0/0
         0  define on=rice                    => applied 1 0               0/0/0
         0  adjust 5                          => applied 2 5               5/0/0
         0  adjust 5 on=rice                  => applied 2 5               5/0/0
         1  hold 2 until=50 as=h1             => held 2 at 1000 until 50   3/2/0
         2  commit h1 on=rice                 => NOT_HELD                  5/0/0
         3  release h1 on=rice as=x           => NOT_HELD                  5/0/0
         4  release h1 on=rice as=x           => again NOT_HELD            5/0/0
         5  commit h1                         => committed                 3/0/2
        ",
    );
}
