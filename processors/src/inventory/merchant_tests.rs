//! What merchants may do: define products, change terms, adjust stock; and when the stock is low.

use super::table::check;

#[test]
fn a_product_begins_without_stock_and_is_adjusted() {
    check(
        "
         0  define                 => applied 1 0    0/0/0
         1  adjust 10              => applied 2 10   10/0/0
         2  adjust -3              => applied 3 7    7/0/0
         3  adjust -8              => INVALID_CHANGE 7/0/0
         4  adjust 0               => INVALID_CHANGE 7/0/0
         5  adjust 99999993        => applied 6 100000000  100000000/0/0
         6  adjust 1               => INVALID_CHANGE 100000000/0/0
         7  adjust 9223372036854775807   => INVALID_CHANGE 100000000/0/0
         8  adjust -9223372036854775808  => INVALID_CHANGE 100000000/0/0
        ",
    );
}

#[test]
fn what_is_held_or_sold_cannot_be_taken_away() {
    check(
        "
         0  define                 => applied 1 0    0/0/0
         1  adjust 5               => applied 2 5    5/0/0
         2  hold 2 until=50 as=h1  => held 2 at 1000 until 50  3/2/0
         3  hold 1 until=50 as=h2  => held 1 at 1000 until 50  2/3/0
         4  commit h2              => committed      2/2/1
         5  adjust -3              => INVALID_CHANGE 2/2/1
         6  adjust -2              => applied 7 0    0/2/1
        ",
    );
}

#[test]
fn terms_change_but_never_the_seller_and_never_for_a_hold_that_is_there() {
    check(
        "
         0  define list=900 sale=1000@1..2        => INVALID_TERMS
         0  define seller=kim list=1000           => applied 1 0               0/0/0
         1  adjust 9                              => applied 2 9               9/0/0
         2  hold 1 until=50 as=h1                 => held 1 at 1000 until 50   8/1/0
         3  define seller=kim list=2000           => applied 4 8               8/1/0
         4  hold 1 until=50 as=h1                 => again held 1 at 1000 until 50  8/1/0
         5  hold 1 until=50 as=h2                 => held 1 at 2000 until 50   7/2/0
         6  define seller=lee list=2000           => TERMS_FROZEN              7/2/0
         7  define seller=kim list=-1             => INVALID_TERMS             7/2/0
         8  hold 1 until=50 as=h3                 => held 1 at 2000 until 50   6/3/0
        ",
    );
}

#[test]
fn the_sale_price_is_that_of_the_instant_of_the_hold() {
    check(
        "
         0  define list=1000 sale=700@10..20  => applied 1 0              0/0/0
         0  adjust 9                          => applied 2 9              9/0/0
         9  hold 1 until=50                   => held 1 at 1000 until 50  8/1/0
        10  hold 1 until=50 as=h              => held 1 at 700 until 50   7/2/0
        19  hold 1 until=50                   => held 1 at 700 until 50   6/3/0
        20  hold 1 until=50                   => held 1 at 1000 until 50  5/4/0
        # the price was frozen with the hold
        21  hold 1 until=50 as=h              => again held 1 at 700 until 50  5/4/0
        ",
    );
}

#[test]
fn a_repeat_gets_the_first_reply_and_no_second_fact() {
    check(
        "
         0  adjust 5 as=early       => UNKNOWN_PRODUCT
         1  define as=d             => applied 1 0                 0/0/0
         2  define as=d             => again applied 1 0           0/0/0
         3  define as=d list=5      => again IDEMPOTENCY_CONFLICT  0/0/0
         4  adjust 5 as=a           => applied 2 5                 5/0/0
         5  adjust 5                => applied 3 10                10/0/0
         6  adjust 5 as=a           => again applied 2 5           10/0/0
         7  adjust 6 as=a           => again IDEMPOTENCY_CONFLICT  10/0/0
         8  adjust -99 as=b         => INVALID_CHANGE              10/0/0
         9  adjust -99 as=b         => again INVALID_CHANGE        10/0/0
        # refused before there was a product: so it stays
        10  adjust 5 as=early       => again UNKNOWN_PRODUCT       10/0/0
        11  adjust 6 as=early       => again IDEMPOTENCY_CONFLICT  10/0/0
        ",
    );
}

#[test]
fn low_stock_is_stated_once_each_time_it_falls() {
    check(
        "
         0  define low=3              => applied 1 0                           0/0/0
         1  adjust 3                  => applied 2 3                           3/0/0
         2  hold 1 until=50 as=h1     => held 1 at 1000 until 50 + stock_low   2/1/0
         3  hold 1 until=50 as=h2     => held 1 at 1000 until 50               1/2/0
         4  release h1                => released                              2/1/0
         5  release h2                => released                              3/0/0
         6  adjust -1                 => applied 8 2 + stock_low               2/0/0
         7  define low=2              => applied 10 2                          2/0/0
         8  define low=5              => applied 11 2 + stock_low              2/0/0
         9  define                    => applied 13 2                          2/0/0
        10  hold 2 until=50           => held 2 at 1000 until 50               0/2/0
        ",
    );
}

/// 66 other changes once let a repeat move the stock a second time.
#[test]
fn an_accepted_change_of_stock_is_remembered_for_a_day_whatever_comes_between() {
    let change = |row: i64| {
        let (change, level) = if row % 2 == 0 { (1, 111) } else { (-1, 110) };
        format!(
            "{} adjust {change} => applied {} {level} {level}/0/0
",
            3 + row,
            4 + row
        )
    };
    let between: String = (0..66).map(change).collect();
    check(&format!(
        "
         0  define as=d             => applied 1 0                 0/0/0
         1  adjust 100              => applied 2 100               100/0/0
         2  adjust 10 as=a          => applied 3 110               110/0/0
        {between}
        70  adjust 10 as=a          => again applied 3 110         110/0/0
        71  adjust 11 as=a          => again IDEMPOTENCY_CONFLICT  110/0/0
     86401  adjust 10 as=a          => again applied 3 110         110/0/0
        # a day after it was accepted it is another request
     86402  adjust 10 as=a          => applied 70 120              120/0/0
        "
    ));
}
