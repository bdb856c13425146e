//! Who is granted a coupon: the rules, their precedence, repeats, and what operators may change.

use super::table::check;

#[test]
fn a_claim_is_granted_inside_the_window_until_the_stock_is_gone() {
    check(
        "
         0  define stock=2         => applied            2/0/0/0/0/0
         9  claim ann              => NOT_OPEN           2/0/0/0/0/0
        10  claim ann              => granted until 100  1/1/0/0/0/0
        10  claim bob              => granted until 100  0/2/0/0/0/0
        11  claim eve              => SOLD_OUT           0/2/0/0/0/0
        60  claim joe              => CLOSED             0/2/0/0/0/0
        ",
    );
}

/// 1 shopper × many clicks takes one coupon, and none of the refused clicks takes any.
#[test]
fn clicks_before_the_opening_and_beyond_the_limit_take_nothing() {
    check(
        "
         0  define stock=5 each=2  => applied            5/0/0/0/0/0
         8  claim ann              => NOT_OPEN           5/0/0/0/0/0
         9  claim ann              => NOT_OPEN           5/0/0/0/0/0
        10  claim ann              => granted until 100  4/1/0/0/0/0
        10  claim ann              => granted until 100  3/2/0/0/0/0
        10  claim ann              => ALREADY_CLAIMED    3/2/0/0/0/0
        10  claim ann              => ALREADY_CLAIMED    3/2/0/0/0/0
        ",
    );
}

#[test]
fn a_repeat_gets_the_first_answer_and_no_second_fact() {
    check(
        "
         0  define stock=1 as=def             => applied                      1/0/0/0/0/0
         1  define stock=1 as=def             => again applied                1/0/0/0/0/0
         1  define stock=9 as=def             => again IDEMPOTENCY_CONFLICT   1/0/0/0/0/0
         9  claim ann as=early                => NOT_OPEN                     1/0/0/0/0/0
        10  claim ann as=early                => again NOT_OPEN               1/0/0/0/0/0
        10  claim ann as=first                => granted until 100            0/1/0/0/0/0
        20  claim ann as=first                => again granted until 100      0/1/0/0/0/0
        20  claim ann as=first saying=8       => again IDEMPOTENCY_CONFLICT   0/1/0/0/0/0
        20  claim ann as=early saying=8       => again IDEMPOTENCY_CONFLICT   0/1/0/0/0/0
        ",
    );
}

#[test]
fn where_several_rules_are_broken_the_first_is_named() {
    check(
        "
         0  claim ann                                 => UNKNOWN_CAMPAIGN
         0  define stock=1 for=vip                    => applied            1/0/0/0/0/0
         1  pause                                     => applied            1/0/0/0/0/0
         2  claim ann                                 => NOT_OPEN           1/0/0/0/0/0
        11  claim ann                                 => PAUSED             1/0/0/0/0/0
        12  resume                                    => applied            1/0/0/0/0/0
        13  claim ann in=gold                         => NOT_ELIGIBLE       1/0/0/0/0/0
        14  claim ann in=gold,vip                     => granted until 100  0/1/0/0/0/0
        15  claim ann                                 => ALREADY_CLAIMED    0/1/0/0/0/0
        15  claim bob                                 => NOT_ELIGIBLE       0/1/0/0/0/0
        16  claim bob in=vip                          => SOLD_OUT           0/1/0/0/0/0
        17  pause                                     => applied            0/1/0/0/0/0
        61  claim bob in=vip                          => CLOSED             0/1/0/0/0/0
        ",
    );
}

#[test]
fn the_money_budget_ends_grants_and_unused_money_returns() {
    check(
        "
         0  define stock=9 fixed=500 budget=1000      => applied            9/0/0/0/0/0
        10  claim ann                                 => granted until 100  8/1/0/0/0/0
        10  claim bob                                 => granted until 100  7/2/0/0/0/0
        10  claim eve                                 => BUDGET_EXHAUSTED   7/2/0/0/0/0
        11  hold ann spend=300 until=30 as=h1         => applied            7/1/1/0/0/0
        12  claim eve                                 => BUDGET_EXHAUSTED   7/1/1/0/0/0
        13  redeem ann hold=h1                        => applied            7/1/0/1/0/0
        # 300 spent and 500 reserved leave 200
        14  claim eve                                 => BUDGET_EXHAUSTED   7/1/0/1/0/0
        15  revoke bob                                => applied            7/0/0/1/0/1
        16  claim eve                                 => granted until 100  6/1/0/1/0/1
        17  claim joe                                 => BUDGET_EXHAUSTED   6/1/0/1/0/1
        18  define stock=9 fixed=500 budget=799       => TERMS_FROZEN       6/1/0/1/0/1
        19  define stock=9 fixed=500 budget=1300      => applied            6/1/0/1/0/1
        20  claim joe                                 => granted until 100  5/2/0/1/0/1
        21  define stock=9 fixed=500                  => applied            5/2/0/1/0/1
        ",
    );
}

#[test]
fn operators_pause_resume_and_end_a_campaign() {
    check(
        "
         0  pause                  => UNKNOWN_CAMPAIGN
         1  define                 => applied            2/0/0/0/0/0
        10  pause                  => applied            2/0/0/0/0/0
        11  pause                  => applied            2/0/0/0/0/0
        12  claim ann              => PAUSED             2/0/0/0/0/0
        13  resume                 => applied            2/0/0/0/0/0
        14  claim ann              => granted until 100  1/1/0/0/0/0
        15  end                    => applied            1/1/0/0/0/0
        16  claim bob              => CLOSED             1/1/0/0/0/0
        17  resume                 => CLOSED             1/1/0/0/0/0
        18  define stock=9         => CLOSED             1/1/0/0/0/0
        # a coupon that was promised stays usable
        19  hold ann until=30 as=h => applied            1/0/1/0/0/0
        ",
    );
}

#[test]
fn before_the_first_grant_terms_are_free() {
    check(
        "
         0  define stock=0                               => INVALID_TERMS
         1  define claim=60..10                          => INVALID_TERMS
         2  define fixed=500 each=1                      => applied            2/0/0/0/0/0
         3  define stock=1 fixed=900 each=3 use=5..70    => applied            1/0/0/0/0/0
        10  claim ann                                    => granted until 70   0/1/0/0/0/0
        # only the new end of use counts
        70  tick                                         => (coupon_expired)   0/0/0/0/1/0
       100  tick                                         => ()                 0/0/0/0/1/0
        ",
    );
}

#[test]
fn after_the_first_grant_promises_are_kept() {
    check(
        "
         0  define stock=3 each=1              => applied            3/0/0/0/0/0
        10  claim ann                          => granted until 100  2/1/0/0/0/0
        10  claim bob                          => granted until 100  1/2/0/0/0/0
        11  define stock=1                     => TERMS_FROZEN       1/2/0/0/0/0
        12  define stock=3 fixed=400           => TERMS_FROZEN       1/2/0/0/0/0
        13  define stock=3 each=2              => TERMS_FROZEN       1/2/0/0/0/0
        14  define stock=3 minimum=1           => TERMS_FROZEN       1/2/0/0/0/0
        15  define stock=3 restore=1           => TERMS_FROZEN       1/2/0/0/0/0
        16  define stock=3 use=10..99          => TERMS_FROZEN       1/2/0/0/0/0
        17  define stock=3 use=9..100          => TERMS_FROZEN       1/2/0/0/0/0
        18  define stock=2                     => applied            0/2/0/0/0/0
        19  claim eve                          => SOLD_OUT           0/2/0/0/0/0
        20  define stock=4                     => applied            2/2/0/0/0/0
        21  claim eve                          => granted until 100  1/3/0/0/0/0
        22  define stock=4 claim=10..22        => applied            1/3/0/0/0/0
        23  claim joe                          => CLOSED             1/3/0/0/0/0
        24  define stock=4 claim=10..99 use=10..200 => applied       1/3/0/0/0/0
        25  claim joe                          => granted until 200  0/4/0/0/0/0
        # each coupon expires as it was promised
       100  tick                               => (coupon_expired coupon_expired coupon_expired)  0/1/0/0/3/0
       200  tick                               => (coupon_expired)   0/0/0/0/4/0
        ",
    );
}

#[test]
fn a_request_for_no_campaign_keeps_its_answer_when_the_campaign_comes() {
    check(
        "
         1  claim ann as=early             => UNKNOWN_CAMPAIGN
         2  claim ann as=early             => again UNKNOWN_CAMPAIGN
         3  define stock=1                 => applied                      1/0/0/0/0/0
        11  claim ann as=early             => again UNKNOWN_CAMPAIGN       1/0/0/0/0/0
        11  claim ann as=early saying=8    => again IDEMPOTENCY_CONFLICT   1/0/0/0/0/0
        12  claim ann                      => granted until 100            0/1/0/0/0/0
        ",
    );
}

#[test]
fn campaigns_do_not_share_stock_or_shoppers() {
    check(
        "
         0  define on=a stock=1        => applied            1/0/0/0/0/0
         0  define on=b stock=1        => applied            1/0/0/0/0/0
        10  claim ann on=a             => granted until 100  0/1/0/0/0/0
        10  claim ann on=b             => granted until 100  0/1/0/0/0/0
        11  claim bob on=a             => SOLD_OUT           0/1/0/0/0/0
        ",
    );
}
