//! The payment: charged, declined, unknown, late, contradicted.

use super::table::check;

/// An order for one tea, 1000 won, that awaits its payment until second 101.
fn paying(rows: &str) {
    check(&format!(
        "
         0  place tea              => order_placed [hold tea*1]                            holding@30 (1)
         1  stock held tea         => order_priced -> awaiting_payment                     awaiting_payment@101
        {rows}"
    ));
}

#[test]
fn a_charge_pays_the_order_and_uses_its_holds_up() {
    paying(
        "
         2  pay as=p               => payment_started [confirm 1.0 1000]                   confirming@92
         3  pay as=p               =>                                                      confirming@92
         4  pay                    => order_refused -> PAYMENT_IN_FLIGHT                   confirming@92
         5  provider charged       => order_paid [commit tea] -> paid                      paid@1005 (1) 1000-0
         6  provider charged       =>                                                      paid@1005 (1) 1000-0
         7  provider declined      =>                                                      paid@1005 (1) 1000-0
         8  provider unknown       =>                                                      paid@1005 (1) 1000-0
         9  pay as=p               => -> paid                                              paid@1005 (1) 1000-0
        35  tick                   => [commit tea]                                         paid@1005 (1) 1000-0
        36  stock committed tea    => steps_answered                                       paid@1005 1000-0
        37  stock committed tea    =>                                                      paid@1005 1000-0
        38  pay                    => order_refused -> NOT_AWAITING_PAYMENT                paid@1005 1000-0
        ",
    );
}

#[test]
fn what_stands_against_a_payment_stands_before_the_charge() {
    paying(
        "
         2    pay amount=999         => order_refused -> AMOUNT_MISMATCH                   awaiting_payment@101
         3    pay by=bob             => order_refused -> UNKNOWN_ORDER                     awaiting_payment@101
         4    ship                   => order_refused -> NOT_PAID                          awaiting_payment@101
         5    deliver                => order_refused -> NOT_PAID                          awaiting_payment@101
         6    confirm                => order_refused -> NOT_PAID                          awaiting_payment@101
         7    refund                 => order_refused -> NOT_PAID                          awaiting_payment@101
         101  pay                    => order_expired + order_refused [release tea] -> PAYMENT_WINDOW_OVER expired@131 (1)
        ",
    );
}

#[test]
fn a_payment_that_begins_in_time_is_not_cut_off_by_the_deadline() {
    paying(
        "
         100.9  pay as=p           => payment_started [confirm 1.0 1000]                   confirming@190900ms
         102    tick               =>                                                      confirming@190900ms
         103    provider charged   => order_paid [commit tea] -> paid                      paid@1103 (1) 1000-0
        ",
    );
}

#[test]
fn a_declined_shopper_may_try_again_while_there_is_time() {
    paying(
        "
         2    pay as=p               => payment_started [confirm 1.0 1000]                 confirming@92
         3    provider declined      => payment_declined -> PAYMENT_DECLINED               awaiting_payment@101
         3    provider declined      =>                                                    awaiting_payment@101
         4    pay as=q key=k2        => payment_started [confirm 2.0 1000]                 confirming@94
         5    provider declined attempt=1 =>                                               confirming@94
         6    provider unknown attempt=1  =>                                               confirming@94
         60   provider declined      => payment_declined -> PAYMENT_DECLINED               awaiting_payment@101
         99   pay key=k3             => payment_started [confirm 3.0 1000]                 confirming@189
         101  provider declined      => payment_failed [release tea] -> PAYMENT_DECLINED   payment_failed@131 (1)
         102  stock released tea     => steps_answered                                     payment_failed
         103  pay as=p               => -> PAYMENT_DECLINED                                payment_failed
         104  pay key=k4             => order_refused -> NOT_AWAITING_PAYMENT              payment_failed
        ",
    );
}

#[test]
fn a_shopper_may_try_ten_times() {
    let tries: String = (1..10)
        .map(|attempt| {
            format!(
                "
         2  pay key=k{attempt}  => payment_started [confirm {attempt}.0 1000]              confirming@92
         2  provider declined   => payment_declined -> PAYMENT_DECLINED                    awaiting_payment@101"
            )
        })
        .collect();
    paying(&format!(
        "{tries}
         2  pay key=k10         => payment_started [confirm 10.0 1000]                     confirming@92
         2  provider declined   => payment_failed [release tea] -> PAYMENT_DECLINED        payment_failed@32 (1)
        "
    ));
}

#[test]
fn an_unknown_outcome_is_repeated_and_never_guessed() {
    paying(
        "
         2    pay as=p           => payment_started [confirm 1.0 1000]                     confirming@92
         3    provider unknown   => payment_unknown                                        payment_unknown@5
         4    provider unknown   =>                                                        payment_unknown@5
         5    tick               => [confirm 1.1 1000]                                     payment_unknown@95
         6    provider unknown   =>                                                        payment_unknown@11
         11   tick               => [confirm 1.2 1000]                                     payment_unknown@101
         12   provider unknown   =>                                                        payment_unknown@22
         22   tick               => [confirm 1.3 1000]                                     payment_unknown@112
         112  tick               => [confirm 1.4 1000]                                     payment_unknown@202
         113  provider unknown   =>                                                        payment_unknown@143
         143  tick               => [confirm 1.5 1000]                                     payment_unknown@233
         144  pay key=k2         => order_refused -> PAYMENT_IN_FLIGHT                     payment_unknown@233
         145  cancel tea         => order_refused -> PAYMENT_IN_FLIGHT                     payment_unknown@233
         146  ship               => order_refused -> PAYMENT_IN_FLIGHT                     payment_unknown@233
         150  provider charged   => order_paid [commit tea] -> paid                        paid@1150 (1) 1000-0
        ",
    );
}

#[test]
fn a_call_that_is_not_answered_has_an_unknown_outcome() {
    paying(
        "
         2    pay as=p           => payment_started [confirm 1.0 1000]                     confirming@92
         92   tick               => payment_unknown                                        payment_unknown@94
         94   tick               => [confirm 1.1 1000]                                     payment_unknown@184
         95   provider declined  => payment_declined -> PAYMENT_DECLINED                   awaiting_payment@101
        ",
    );
}

#[test]
fn a_payment_that_is_not_found_is_none_after_a_day() {
    paying(
        "
         2      pay as=p             => payment_started [confirm 1.0 1000]                 confirming@92
         3      provider unknown     => payment_unknown                                    payment_unknown@5
         4      hint t1 key=k1       => hint_taken [look up k1]                            payment_unknown@5
         4      provider not_found   =>                                                    payment_unknown@5
         86402  tick                 => [look up k1]                                       payment_unknown@87002
         86403  provider not_found   => payment_failed [release tea] -> PAYMENT_DECLINED   payment_failed@86433 (1)
        ",
    );
}

#[test]
fn a_cancellation_waits_for_the_outcome_of_a_charge() {
    paying(
        "
         2  pay as=p           => payment_started [confirm 1.0 1000]                       confirming@92
         3  cancel as=c        => cancel_requested -> cancel_requested                     cancel_requested@92
         4  cancel             => order_refused -> PAYMENT_IN_FLIGHT                       cancel_requested@92
         5  pay key=k2         => order_refused -> PAYMENT_IN_FLIGHT                       cancel_requested@92
         6  provider charged   => order_paid + refund_started [commit tea, refund 1.0 1000 of 1000] -> paid refunding@96 (1) 1000-0
         7  provider refunded  => refund_completed                                         cancelled@37 (2) 1000-1000
         7  stock returned tea =>                                                          cancelled@37 (2) 1000-1000
         8  stock committed tea => [return tea*1]                                          cancelled@37 (1) 1000-1000
         9  stock returned tea => steps_answered                                           cancelled 1000-1000
        ",
    );
    paying(
        "
         2  pay as=p           => payment_started [confirm 1.0 1000]                       confirming@92
         3  cancel as=c        => cancel_requested -> cancel_requested                     cancel_requested@92
         4  provider unknown   =>                                                          cancel_requested@6
         6  tick               => [confirm 1.1 1000]                                       cancel_requested@96
         7  provider declined  => payment_declined + order_cancelled [release tea] -> PAYMENT_DECLINED cancelled@37 (1)
        ",
    );
}

#[test]
fn a_payment_that_turns_up_late_is_refunded_and_takes_no_stock() {
    paying(
        "
         2    pay as=p             => payment_started [confirm 1.0 1000]                   confirming@92
         90   provider declined    => payment_declined -> PAYMENT_DECLINED                 awaiting_payment@101
         101  tick                 => order_expired [release tea]                          expired@131 (1)
         102  stock released tea   => steps_answered                                       expired
         103  provider charged     => late_payment_found + refund_started [refund 1.0 1000 of 1000] refunding@193 1000-0
         103  provider charged     =>                                                      refunding@193 1000-0
         104  cancel               => order_refused -> REFUND_IN_FLIGHT                    refunding@193 1000-0
         105  provider refund_refused => refund_refused                                    refunding@3705 1000-0
         106  provider refunded    =>                                                      refunding@3705 1000-0
         3705 tick                 => refund_started [refund 2.0 1000 of 1000]             refunding@3795 1000-0
         3706 provider refunded    => refund_completed                                     expired 1000-1000
         3707 provider charged     =>                                                      expired 1000-1000
        ",
    );
}

#[test]
fn a_charge_found_while_the_stock_is_still_held_pays_the_order() {
    paying(
        "
         2  pay as=p           => payment_started [confirm 1.0 1000]                       confirming@92
         3  provider declined  => payment_declined -> PAYMENT_DECLINED                     awaiting_payment@101
         4  hint t1 key=k1     => hint_taken [look up k1]                                  awaiting_payment@101
         5  provider found     => order_paid [commit tea]                                  paid@1005 (1) 1000-0
        ",
    );
}

#[test]
fn a_webhook_leads_to_a_look_up_and_proves_nothing() {
    paying(
        "
         2    hint t0                     => hint_taken [look up any]                      awaiting_payment@101
         2    provider found key=k9       =>                                               awaiting_payment@101
         3    pay as=p                    => payment_started [confirm 1.0 1000]            confirming@93
         4    hint t1 key=k1              =>                                               confirming@93
         5    provider unknown            => payment_unknown                               payment_unknown@7
         6    hint t1 key=k1              =>                                               payment_unknown@7
         6    hint t2 key=k1              => hint_taken [look up k1]                       payment_unknown@7
         6    hint t3 key=k1              => hint_taken                                    payment_unknown@7
         6    hint t4 key=k1              =>                                               payment_unknown@7
         6.5  provider found status=in_progress =>                                         payment_unknown@7
         7    tick                        => [confirm 1.1 1000, look up k1]                payment_unknown@97
         8    provider found look=2       =>                                               payment_unknown@97
         9    provider found key=k9       =>                                               payment_unknown@97
         10   hint t5 key=k1              => hint_taken [look up k1]                       payment_unknown@97
         11   provider look_unknown       =>                                               payment_unknown@97
         13   tick                        => [look up k1]                                  payment_unknown@97
         14   provider found              => order_paid [commit tea] -> paid               paid@1014 (1) 1000-0
         15   provider found              =>                                               paid@1014 (1) 1000-0
        ",
    );
}

#[test]
fn a_look_up_at_an_earlier_payment_does_not_stand_for_one_at_the_latest() {
    paying(
        "
         2    pay as=p                    => payment_started [confirm 1.0 1000]            confirming@92
         3    provider declined           => payment_declined -> PAYMENT_DECLINED          awaiting_payment@101
         4    pay as=q key=k2             => payment_started [confirm 2.0 1000]            confirming@94
         5    provider unknown            => payment_unknown                               payment_unknown@7
         6    hint t1 key=k1              => hint_taken [look up k1]                       payment_unknown@7
         6    hint t2 key=k1              => hint_taken                                    payment_unknown@7
         6    hint t3 key=k9              =>                                               payment_unknown@7
         6    hint t4 key=k2              => hint_taken                                    payment_unknown@7
         6    hint t5 key=k1              =>                                               payment_unknown@7
         6    hint t6                     =>                                               payment_unknown@7
         6.5  provider found key=k1 status=aborted =>                                          payment_unknown@7
         7    tick                        => [confirm 2.1 1000, look up k2]                payment_unknown@97
         8    provider found key=k2       => order_paid [commit tea] -> paid               paid@1008 (1) 1000-0
        ",
    );
    paying(
        "
         2    pay as=p                    => payment_started [confirm 1.0 1000]            confirming@92
         3    provider unknown            => payment_unknown                               payment_unknown@5
         4    hint t1                     => hint_taken [look up k1]                       payment_unknown@5
        ",
    );
}

#[test]
fn figures_that_differ_are_stated_once() {
    paying(
        "
         2  pay as=p                   => payment_started [confirm 1.0 1000]               confirming@92
         3  provider charged total=999 => payment_differs + payment_unknown                payment_unknown@5
         4  provider charged           => order_paid [commit tea] -> paid                  paid@1004 (1) 1000-0
         5  stock committed tea        => steps_answered                                   paid@1004 1000-0
         6  hint t1 key=k1             => hint_taken [look up k1]                          paid@1004 1000-0
         7  provider found balance=400 => payment_differs                                  paid@1004 1000-0
         8  hint t2 key=k1             => hint_taken [look up k1]                          paid@1004 1000-0
         9  provider found balance=400 =>                                                  paid@1004 1000-0
        ",
    );
}

#[test]
fn an_order_whose_hold_ends_during_a_call_waits_for_the_answer() {
    paying(
        "
         2  pay as=p           => payment_started [confirm 1.0 1000]                       confirming@92
         3  stock lapsed tea   => hold_lost                                                confirming@92
         4  provider charged   => order_paid + refund_started [refund 1.0 1000 of 1000] -> paid refunding@94 1000-0
         5  provider refunded  => refund_completed                                         cancelled 1000-1000
        ",
    );
    paying(
        "
         2  pay as=p           => payment_started [confirm 1.0 1000]                       confirming@92
         3  stock lapsed tea   => hold_lost                                                confirming@92
         4  provider declined  => payment_failed -> PAYMENT_DECLINED                       payment_failed
        ",
    );
}
