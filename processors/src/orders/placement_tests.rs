//! From the placement to the price: all or nothing.

use super::table::check;

#[test]
fn an_order_holds_its_stock_then_its_coupon_and_awaits_the_payment() {
    check(
        "
         0  place tea*2 cup coupon  => order_placed [hold tea*2, hold cup*1]               holding@30 (2)
         1  stock held tea          =>                                                     holding@30 (1)
         2  stock held cup          => [hold coupon for 3000]                              holding@30 (1)
         3  coupon held             => order_priced -> awaiting_payment                    awaiting_payment@103
         4  place tea*2 cup coupon  => -> awaiting_payment                                 awaiting_payment@103
         5  place tea*3 cup coupon  => -> IDEMPOTENCY_CONFLICT                             awaiting_payment@103
       103  tick  => order_expired [release coupon, release cup, release tea]              expired@133 (3)
       104  stock released tea      =>                                                     expired@133 (2)
       105  coupon released         =>                                                     expired@133 (1)
       106  stock released cup      => steps_answered                                      expired
        ",
    );
}

#[test]
fn what_is_refused_ends_the_order_and_every_hold_is_released_answered_or_not() {
    check(
        "
         0  place tea cup pot coupon  => order_placed [hold tea*1, hold cup*1, hold pot*1] holding@30 (3)
         1  stock held tea            =>                                                   holding@30 (2)
         2  stock refused cup because=INSUFFICIENT_STOCK => order_rejected [release pot, release tea] -> INSUFFICIENT_STOCK rejected@32 (2)
         3  stock held pot            =>                                                   rejected@32 (2)
         4  stock released tea        =>                                                   rejected@32 (1)
         5  stock released pot        => steps_answered                                    rejected
         6  place tea cup pot coupon  => -> INSUFFICIENT_STOCK                             rejected
        ",
    );
    check(
        "
         0  place tea coupon                   => order_placed [hold tea*1]                holding@30 (1)
         1  stock held tea                     => [hold coupon for 1000]                   holding@30 (1)
         2  coupon refused because=MIN_SPEND   => order_rejected [release tea] -> MIN_SPEND rejected@32 (1)
         3  coupon held                        =>                                          rejected@32 (1)
         4  stock not_released tea             => steps_answered                           rejected
        ",
    );
}

#[test]
fn an_order_without_answers_is_rejected_and_its_undo_is_repeated_until_it_is_answered() {
    check(
        "
         0     place tea cup      => order_placed [hold tea*1, hold cup*1]                 holding@30 (2)
         1     stock held tea     =>                                                       holding@30 (1)
         29.9  tick               =>                                                       holding@30 (1)
         30    tick               => order_rejected [release cup, release tea] -> NOT_ANSWERED rejected@60 (2)
         60    tick               => [release tea, release cup]                            rejected@120 (2)
         61    stock released tea =>                                                       rejected@120 (1)
         120   tick               => [release cup]                                         rejected@240 (1)
         240   tick               => [release cup]                                         rejected@480 (1)
         480   tick               => [release cup]                                         rejected@960 (1)
         960   tick               => [release cup]                                         rejected@1560 (1)
         1560  tick               => [release cup]                                         rejected@2160 (1)
         1561  stock held cup     =>                                                       rejected@2160 (1)
         1562  stock released cup => steps_answered                                        rejected
         1563  stock released cup =>                                                       rejected
        ",
    );
}

#[test]
fn an_order_costs_what_the_shopper_was_shown_or_is_rejected() {
    check(
        "
         0  place tea*2 coupon quoted=1500  => order_placed [hold tea*2]                   holding@30 (1)
         1  stock held tea                  => [hold coupon for 2000]                      holding@30 (1)
         2  coupon held                     => order_priced -> awaiting_payment            awaiting_payment@102
        ",
    );
    check(
        "
         0  place tea*2 coupon quoted=1499  => order_placed [hold tea*2]                   holding@30 (1)
         1  stock held tea                  => [hold coupon for 2000]                      holding@30 (1)
         2  coupon held  => order_rejected [release coupon, release tea] -> PRICE_CHANGED  rejected@32 (2)
        ",
    );
}

#[test]
fn an_order_with_nothing_to_pay_calls_no_provider() {
    check(
        "
         0  place tea coupon          => order_placed [hold tea*1]                         holding@30 (1)
         1  stock held tea            => [hold coupon for 1000]                            holding@30 (1)
         2  coupon held discount=1000 => order_priced + order_paid [redeem coupon, commit tea] -> paid paid@1002 (2)
         3  pay amount=0              => order_refused -> NOT_AWAITING_PAYMENT             paid@1002 (2)
         4  stock committed tea       =>                                                   paid@1002 (1)
         5  coupon redeemed           => steps_answered                                    paid@1002
         6  cancel as=c => refund_started + refund_completed [restore coupon, return tea*1] -> cancelled cancelled@36 (2)
         7  stock returned tea        =>                                                   cancelled@36 (1)
         8  coupon restored           => steps_answered                                    cancelled
        ",
    );
    check(
        "
         0  place tea                 => order_placed [hold tea*1]                         holding@30 (1)
         1  stock held tea price=0    => order_priced + order_paid [commit tea] -> paid    paid@1001 (1)
        ",
    );
}

#[test]
fn a_hold_that_ends_by_itself_ends_an_order_that_is_not_being_paid() {
    check(
        "
         0  place tea cup coupon   => order_placed [hold tea*1, hold cup*1]                holding@30 (2)
         1  stock held tea         =>                                                      holding@30 (1)
         2  stock lapsed tea       => order_rejected [release cup] -> NOT_HELD             rejected@32 (1)
        ",
    );
    check(
        "
         0  place tea coupon       => order_placed [hold tea*1]                            holding@30 (1)
         1  stock held tea         => [hold coupon for 1000]                               holding@30 (1)
         2  coupon held            => order_priced -> awaiting_payment                     awaiting_payment@102
         3  coupon revoked         => hold_lost + order_expired [release tea]              expired@33 (1)
         4  pay amount=500         => order_refused -> PAYMENT_WINDOW_OVER                 expired@33 (1)
        ",
    );
    check(
        "
         0  place tea coupon       => order_placed [hold tea*1]                            holding@30 (1)
         1  stock held tea         => [hold coupon for 1000]                               holding@30 (1)
         2  coupon held            => order_priced -> awaiting_payment                     awaiting_payment@102
         3  stock lapsed tea       => hold_lost + order_expired [release coupon]           expired@33 (1)
        ",
    );
}

#[test]
fn a_shopper_may_cancel_before_paying_but_only_the_whole() {
    check(
        "
         0  place tea*2            => order_placed [hold tea*2]                            holding@30 (1)
         1  cancel                 => order_refused -> NOT_PAID                            holding@30 (1)
         2  stock held tea         => order_priced -> awaiting_payment                     awaiting_payment@102
         3  cancel tea             => order_refused -> NOT_PAID                            awaiting_payment@102
         4  cancel pot             => order_refused -> UNKNOWN_LINE                        awaiting_payment@102
         5  cancel by=bob          => order_refused -> UNKNOWN_ORDER                       awaiting_payment@102
         6  cancel as=c            => order_cancelled [release tea] -> cancelled           cancelled@36 (1)
         7  cancel as=c            => -> cancelled                                         cancelled@36 (1)
         8  cancel tea as=c        => -> IDEMPOTENCY_CONFLICT                              cancelled@36 (1)
         9  cancel                 => order_refused -> NOT_PAID                            cancelled@36 (1)
        10  stock released tea     => steps_answered                                       cancelled
        ",
    );
}

#[test]
fn what_is_no_order_is_refused_and_leaves_nothing() {
    check(
        "
         0  pay amount=1           => order_refused -> UNKNOWN_ORDER
         0  ship                   => order_refused -> UNKNOWN_ORDER
         0  hint t1                =>
         0  place                  => order_refused -> INVALID_ORDER
         0  place tea tea          => order_refused -> INVALID_ORDER
         0  place tea*0            => order_refused -> INVALID_ORDER
         0  place tea*1001         => order_refused -> INVALID_ORDER
         0  place tea quoted=-1    => order_refused -> INVALID_ORDER
         0  place tea pay_ms=1     => order_refused -> INVALID_ORDER
         0  place tea*1000         => order_placed [hold tea*1000]                         holding@30 (1)
         1  stock held tea price=1000000000001  => order_rejected [release tea] -> INVALID_ORDER rejected@31 (1)
        ",
    );
}

#[test]
fn a_finished_order_is_forgotten_after_its_retention() {
    check(
        "
         0        place tea            => order_placed [hold tea*1]                        holding@30 (1)
         1        stock refused tea    => order_rejected -> NOT_HELD                       rejected
         2592000  tick                 =>                                                  rejected
         2592001  tick                 =>
         2592002  cancel               => order_refused -> UNKNOWN_ORDER
        ",
    );
}
