//! Refunds: of units and of the whole, refused, unknown, and what follows them.

use super::table::check;

/// Three teas for 1000 won each less 1000 won by a coupon: 2000 won, paid and committed.
fn paid(rows: &str) {
    check(&format!(
        "
         0  place tea*3 coupon        => order_placed [hold tea*3]                         holding@30 (1)
         1  stock held tea            => [hold coupon for 3000]                            holding@30 (1)
         2  coupon held discount=1000 => order_priced -> awaiting_payment                  awaiting_payment@102
         3  pay                       => payment_started [confirm 1.0 2000]                confirming@93
         4  provider charged          => order_paid [redeem coupon, commit tea] -> paid    paid@1004 (2) 2000-0
         5  stock committed tea       =>                                                   paid@1004 (1) 2000-0
         6  coupon redeemed           => steps_answered                                    paid@1004 2000-0
        {rows}"
    ));
}

#[test]
fn units_are_refunded_to_the_last_won() {
    paid(
        "
        10  cancel tea as=a           => refund_started [refund 1.0 666 of 2000]           refunding@100 2000-0
        11  cancel tea                => order_refused -> REFUND_IN_FLIGHT                 refunding@100 2000-0
        12  cancel tea as=a           =>                                                   refunding@100 2000-0
        13  provider refunded         => refund_completed [return tea*1] -> paid           paid@1004 (1) 2000-666
        13  provider refunded         =>                                                   paid@1004 (1) 2000-666
        14  cancel tea                => refund_started [refund 2.0 667 of 1334]           refunding@104 (1) 2000-666
        15  provider refunded         => refund_completed [return tea*2] -> paid           paid@1004 (1) 2000-1333
        16  stock returned tea all=1  =>                                                   paid@1004 (1) 2000-1333
        17  stock returned tea all=2  => steps_answered                                    paid@1004 2000-1333
        18  cancel tea*2              => order_refused -> TOO_MANY_UNITS                   paid@1004 2000-1333
        19  cancel tea tea            => order_refused -> INVALID_ORDER                    paid@1004 2000-1333
        20  cancel tea                => refund_started [refund 3.0 667 of 667]            refunding@110 2000-1333
        21  provider refunded         => refund_completed [restore coupon, return tea*3] -> cancelled cancelled@51 (2) 2000-2000
        22  stock returned tea all=3  =>                                                   cancelled@51 (1) 2000-2000
        23  coupon not_restored because=NOT_RESTORABLE => steps_answered                   cancelled 2000-2000
        24  cancel                    => order_refused -> NOT_PAID                         cancelled 2000-2000
        ",
    );
}

#[test]
fn an_operator_refunds_what_was_shipped_and_what_is_confirmed() {
    paid(
        "
        10  ship                      => order_shipped -> shipped                          shipped@2010 2000-0
        11  refund tea cause=faulty goods=gone => refund_started [refund 1.0 666 of 2000]  refunding@101 2000-0
        12  provider refunded         => refund_completed -> shipped                       shipped@2010 2000-666
        13  refund cause=not_shipped  => order_refused -> INVALID_ORDER                    shipped@2010 2000-666
        14  deliver                   => order_delivered -> delivered                      delivered@3014 2000-666
        15  confirm                   => purchase_confirmed -> purchase_confirmed          purchase_confirmed 2000-666
        16  refund                    => refund_started [refund 2.0 1334 of 1334]          refunding@106 2000-666
        17  provider refunded         => refund_completed [restore coupon, return tea*2] -> refunded refunded@47 (2) 2000-2000
        ",
    );
}

#[test]
fn the_coupon_of_a_shopper_who_broke_the_rules_stays_used() {
    paid(
        "
        10  refund tea cause=misuse   => refund_started [refund 1.0 666 of 2000]           refunding@100 2000-0
        11  provider refunded         => refund_completed [return tea*1] -> paid           paid@1004 (1) 2000-666
        12  stock returned tea        => steps_answered                                    paid@1004 2000-666
        13  refund cause=faulty       => refund_started [refund 2.0 1334 of 1334]          refunding@103 2000-666
        14  provider refunded         => refund_completed [return tea*3] -> cancelled      cancelled@44 (1) 2000-2000
        ",
    );
}

#[test]
fn an_unknown_refund_is_repeated_under_the_same_number() {
    paid(
        "
        10   cancel as=c              => refund_started [refund 1.0 2000 of 2000]          refunding@100 2000-0
        11   provider refund_unknown  => refund_unknown                                    refunding@13 2000-0
        12   provider refund_unknown  =>                                                   refunding@13 2000-0
        13   tick                     => [refund 1.1 2000 of 2000]                         refunding@103 2000-0
        103  tick                     => [refund 1.2 2000 of 2000]                         refunding@193 2000-0
        104  provider refund_unknown  =>                                                   refunding@114 2000-0
        114  tick                     => [refund 1.3 2000 of 2000]                         refunding@204 2000-0
        115  provider refunded => refund_completed [restore coupon, return tea*3] -> cancelled cancelled@145 (2) 2000-2000
        ",
    );
    paid(
        "
        10   cancel as=c              => refund_started [refund 1.0 2000 of 2000]          refunding@100 2000-0
        100  tick                     => refund_unknown                                    refunding@102 2000-0
        102  tick                     => [refund 1.1 2000 of 2000]                         refunding@192 2000-0
        ",
    );
}

#[test]
fn a_refused_refund_that_a_request_began_ends_and_the_deadline_goes_on() {
    paid(
        "
        10    cancel as=c             => refund_started [refund 1.0 2000 of 2000]          refunding@100 2000-0
        11    provider refund_refused => refund_refused -> REFUND_REFUSED                  paid@1004 2000-0
        12    provider refunded refund=1 balance=0 =>                                      paid@1004 2000-0
        13    cancel as=c             => -> REFUND_REFUSED                                 paid@1004 2000-0
        990   cancel                  => refund_started [refund 2.0 2000 of 2000]          refunding@1080 2000-0
        1010  provider refund_refused => refund_refused -> REFUND_REFUSED                  paid@1004 2000-0
        1011  tick                    => refund_started [refund 3.0 2000 of 2000]          refunding@1101 2000-0
        1012  provider refund_refused => refund_refused                                    refunding@4612 2000-0
        4612  tick                    => refund_started [refund 4.0 2000 of 2000]          refunding@4702 2000-0
        4613  provider refunded => refund_completed [restore coupon, return tea*3]         cancelled@4643 (2) 2000-2000
        ",
    );
}

#[test]
fn a_look_up_from_before_a_refund_says_nothing_about_it() {
    paid(
        "
        10  hint t1 key=k1            => hint_taken [look up k1]                           paid@1004 2000-0
        11  cancel tea                => refund_started [refund 1.0 666 of 2000]           refunding@101 2000-0
        12  provider refunded         => refund_completed [return tea*1] -> paid           paid@1004 (1) 2000-666
        13  provider found balance=2000 =>                                                 paid@1004 (1) 2000-666
        14  hint t2 key=k1            => hint_taken [look up k1]                           paid@1004 (1) 2000-666
        15  provider found balance=2000 => payment_differs                                 paid@1004 (1) 2000-666
        ",
    );
}

#[test]
fn a_return_is_repeated_until_it_is_answered() {
    paid(
        "
        10  cancel tea                => refund_started [refund 1.0 666 of 2000]           refunding@100 2000-0
        11  provider refunded         => refund_completed [return tea*1] -> paid           paid@1004 (1) 2000-666
        41  tick                      => [return tea*1]                                    paid@1004 (1) 2000-666
        42  stock not_returned tea    => steps_answered                                    paid@1004 2000-666
        ",
    );
}

/// 34 refused commands once let a repeat refund a second time.
#[test]
fn an_accepted_refund_is_remembered_whatever_comes_between() {
    let between: String = (0..40)
        .map(|row| format!("{}  confirm => order_refused -> NOT_SHIPPED  paid@1004 2000-666\n", 14 + row))
        .collect();
    paid(&format!(
        "
        10  refund tea cause=faulty as=r   => refund_started [refund 1.0 666 of 2000]        refunding@100 2000-0
        11  provider refunded              => refund_completed [return tea*1] -> paid        paid@1004 (1) 2000-666
        12  stock returned tea             => steps_answered                                 paid@1004 2000-666
        {between}
        60  refund tea cause=faulty as=r   => -> paid                                        paid@1004 2000-666
        61  refund tea*2 cause=faulty as=r => -> IDEMPOTENCY_CONFLICT                        paid@1004 2000-666
        "
    ));
}
