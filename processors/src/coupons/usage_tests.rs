//! What becomes of a granted coupon: holds, redemptions, restorations, and what time does.

use super::table::check;

#[test]
fn a_coupon_is_held_redeemed_and_stays_redeemed() {
    check(
        "
         0  define stock=1                        => applied            1/0/0/0/0/0
        10  claim ann                             => granted until 100  0/1/0/0/0/0
        11  hold ann order=order-1 until=30 as=h1 => applied            0/0/1/0/0/0
        12  hold ann order=order-2 until=30 as=h2 => NOT_USABLE         0/0/1/0/0/0
        13  redeem ann hold=h2                    => NOT_USABLE         0/0/1/0/0/0
        14  redeem ann hold=h1 as=r1              => applied            0/0/0/1/0/0
        15  redeem ann hold=h1 as=r1              => again applied      0/0/0/1/0/0
        16  redeem ann hold=h1 as=r2              => applied            0/0/0/1/0/0
        17  release ann hold=h1                   => NOT_USABLE         0/0/0/1/0/0
        18  restore ann                           => NOT_RESTORABLE     0/0/0/1/0/0
        19  revoke ann                            => NOT_USABLE         0/0/0/1/0/0
       100  tick                                  => ()                 0/0/0/1/0/0
        ",
    );
}

#[test]
fn only_the_owner_can_use_a_coupon_and_only_once_the_window_is_open() {
    check(
        "
         0  define stock=1 use=20..100 minimum=5000     => applied            1/0/0/0/0/0
        10  claim ann as=c                              => granted until 100  0/1/0/0/0/0
        11  hold bob coupon=c until=30                  => NOT_OWNER          0/1/0/0/0/0
        12  hold ann until=30                           => NOT_USABLE         0/1/0/0/0/0
        20  hold ann until=20                           => NOT_USABLE         0/1/0/0/0/0
        20  hold ann until=30 spend=4999                => MIN_SPEND          0/1/0/0/0/0
        20  hold ann until=30 spend=-1                  => MIN_SPEND          0/1/0/0/0/0
        20  hold ann until=30 spend=1000000000001       => NOT_USABLE         0/1/0/0/0/0
        20  hold ann until=30 spend=5000                => applied            0/0/1/0/0/0
        20  hold ann on=other until=30                  => UNKNOWN_CAMPAIGN
        ",
    );
}

#[test]
fn a_release_names_the_exact_hold() {
    check(
        "
         0  define stock=1                     => applied            1/0/0/0/0/0
        10  claim ann                          => granted until 100  0/1/0/0/0/0
        11  hold ann until=30 as=h1            => applied            0/0/1/0/0/0
        12  release ann hold=h1 as=x           => applied            0/1/0/0/0/0
        12  release ann hold=h1 as=x           => again applied      0/1/0/0/0/0
        13  hold ann until=40 as=h2            => applied            0/0/1/0/0/0
        # a late release of the first hold
        14  release ann hold=h1                => NOT_USABLE         0/0/1/0/0/0
        # the first hold's time is over, the second one's is not
        30  tick                               => ()                 0/0/1/0/0/0
        40  tick                               => (coupon_released)  0/1/0/0/0/0
        41  redeem ann hold=h2                 => NOT_USABLE         0/1/0/0/0/0
        ",
    );
}

#[test]
fn a_hold_that_reaches_beyond_the_use_window_is_honoured_until_it_lapses() {
    check(
        "
         0  define stock=3                     => applied            3/0/0/0/0/0
        10  claim ann                          => granted until 100  2/1/0/0/0/0
        10  claim bob                          => granted until 100  1/2/0/0/0/0
        10  claim eve                          => granted until 100  0/3/0/0/0/0
        90  hold ann until=110 as=ha           => applied            0/2/1/0/0/0
        90  hold bob until=110 as=hb           => applied            0/1/2/0/0/0
        90  hold eve until=110 as=he           => applied            0/0/3/0/0/0
       100  tick                               => ()                 0/0/3/0/0/0
       105  redeem ann hold=ha                 => applied            0/0/2/1/0/0
       106  release bob hold=hb                => applied + coupon_expired                  0/0/1/1/1/0
       107  hold bob until=120                 => NOT_USABLE                                0/0/1/1/1/0
       110  tick                               => (coupon_released coupon_expired)          0/0/0/1/2/0
        ",
    );
}

#[test]
fn unused_coupons_expire_with_the_use_window_one_fact_each() {
    check(
        "
         0  define stock=3                     => applied            3/0/0/0/0/0
        10  claim ann                          => granted until 100  2/1/0/0/0/0
        10  claim bob                          => granted until 100  1/2/0/0/0/0
        99  tick                               => ()                 1/2/0/0/0/0
       100  tick                               => (coupon_expired coupon_expired)  1/0/0/0/2/0
       101  hold ann until=120                 => NOT_USABLE         1/0/0/0/2/0
       102  revoke ann                         => NOT_USABLE         1/0/0/0/2/0
       500  tick                               => ()                 1/0/0/0/2/0
        ",
    );
}

#[test]
fn a_coupon_is_restored_as_often_as_the_terms_say_and_gives_no_stock_back() {
    check(
        "
         0  define stock=1 restore=1                => applied            1/0/0/0/0/0
        10  claim ann                               => granted until 100  0/1/0/0/0/0
        11  restore ann order=order-1               => NOT_USABLE         0/1/0/0/0/0
        12  hold ann order=order-1 until=30 as=h1   => applied            0/0/1/0/0/0
        13  redeem ann hold=h1                      => applied            0/0/0/1/0/0
        14  restore ann order=order-9               => NOT_USABLE         0/0/0/1/0/0
        15  restore ann order=order-1 as=back       => applied            0/1/0/0/0/0
        15  restore ann order=order-1 as=back       => again applied      0/1/0/0/0/0
        16  claim bob                               => SOLD_OUT           0/1/0/0/0/0
        17  redeem ann hold=h1                      => NOT_USABLE         0/1/0/0/0/0
        18  hold ann order=order-2 until=30 as=h2   => applied            0/0/1/0/0/0
        19  redeem ann hold=h2                      => applied            0/0/0/1/0/0
        20  restore ann order=order-2               => NOT_RESTORABLE     0/0/0/1/0/0
        ",
    );
}

#[test]
fn nothing_is_restored_after_the_use_window_or_beyond_the_budget() {
    check(
        "
         0  define stock=9 restore=9 fixed=500 budget=900 => applied      9/0/0/0/0/0
        10  claim ann                               => granted until 100  8/1/0/0/0/0
        11  hold ann spend=400 until=30 as=h1       => applied            8/0/1/0/0/0
        12  redeem ann hold=h1                      => applied            8/0/0/1/0/0
        13  claim bob                               => granted until 100  7/1/0/1/0/0
        # 400 would return, 500 would be needed, and bob's 500 are reserved
        14  restore ann                             => NOT_RESTORABLE     7/1/0/1/0/0
        15  revoke bob                              => applied            7/0/0/1/0/1
        16  restore ann                             => applied            7/1/0/0/0/1
        17  hold ann until=130 as=h2                => applied            7/0/1/0/0/1
       100  redeem ann hold=h2                      => applied            7/0/0/1/0/1
       101  restore ann                             => NOT_RESTORABLE     7/0/0/1/0/1
        ",
    );
}

#[test]
fn an_operator_revokes_what_is_not_used_up() {
    check(
        "
         0  define stock=2                     => applied            2/0/0/0/0/0
        10  claim ann                          => granted until 100  1/1/0/0/0/0
        10  claim bob                          => granted until 100  0/2/0/0/0/0
        11  hold ann until=30 as=h1            => applied            0/1/1/0/0/0
        12  revoke ann                         => applied            0/1/0/0/0/1
        13  revoke bob                         => applied            0/0/0/0/0/2
        14  redeem ann hold=h1                 => NOT_USABLE         0/0/0/0/0/2
        30  tick                               => ()                 0/0/0/0/0/2
        # a revoked coupon still counts against the limit, and its unit does not return
        31  claim ann                          => ALREADY_CLAIMED    0/0/0/0/0/2
        32  claim eve                          => SOLD_OUT           0/0/0/0/0/2
        ",
    );
}

#[test]
fn a_percentage_is_cut_at_its_cap() {
    check(
        "
         0  define stock=2 percent=1000 cap=700 budget=1400   => applied            2/0/0/0/0/0
        10  claim ann                                         => granted until 100  1/1/0/0/0/0
        11  hold ann spend=1000000 until=30 as=h1             => applied            1/0/1/0/0/0
        12  redeem ann hold=h1                                => applied            1/0/0/1/0/0
        13  define stock=2 percent=1000 cap=700 budget=699    => TERMS_FROZEN       1/0/0/1/0/0
        14  define stock=2 percent=1000 cap=700 budget=700    => applied            1/0/0/1/0/0
        15  claim bob                                         => BUDGET_EXHAUSTED   1/0/0/1/0/0
        ",
    );
}
