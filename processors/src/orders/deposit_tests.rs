//! Transfers to virtual accounts: awaited, in time, too late, called off.

use super::table::check;

/// An order for one tea, 1000 won, that awaits a transfer until second 50000.
fn awaiting(rows: &str) {
    check(&format!(
        "
         0  place tea                 => order_placed [hold tea*1]                         holding@30 (1)
         1  stock held tea            => order_priced -> awaiting_payment                  awaiting_payment@101
         2  pay as=p                  => payment_started [confirm 1.0 1000]                confirming@92
         3  provider deposit          => deposit_awaited -> awaiting_deposit               awaiting_deposit@50000
        {rows}"
    ));
}

#[test]
fn a_transfer_that_comes_pays_the_order() {
    awaiting(
        "
         4  provider deposit          =>                                                   awaiting_deposit@50000
         5  pay key=k2                => order_refused -> PAYMENT_IN_FLIGHT                awaiting_deposit@50000
         6  hint t1 key=k1            => hint_taken [look up k1]                           awaiting_deposit@50000
         7  provider found status=waiting_for_deposit =>                                   awaiting_deposit@50000
         9  hint t2 key=k1            => hint_taken [look up k1]                           awaiting_deposit@50000
         10 provider found transfer   => order_paid [commit tea]                           paid@1010 (1) 1000-0
         11 cancel                    => order_refused -> REFUND_ACCOUNT_MISSING           paid@1010 (1) 1000-0
         12 cancel account            => refund_started [refund 1.0 1000 of 1000 to account] refunding@102 (1) 1000-0
         13 provider refunded         => refund_completed -> cancelled                     cancelled@43 (2) 1000-1000
         14 stock committed tea       => [return tea*1]                                    cancelled@43 (1) 1000-1000
        ",
    );
}

#[test]
fn a_transfer_that_does_not_come_closes_the_account_before_anything_is_released() {
    awaiting(
        "
         50000 tick                   => [refund 1.0 1000 of 1000]                         awaiting_deposit@50090
         50001 provider refund_unknown =>                                                  awaiting_deposit@50003
         50003 tick                   => [refund 1.1 1000 of 1000]                         awaiting_deposit@50093
         50004 provider refunded balance=0 => payment_failed [release tea]                 payment_failed@50034 (1)
        ",
    );
}

#[test]
fn a_transfer_that_comes_as_the_account_is_closed_pays_the_order() {
    awaiting(
        "
         50000 tick                    => [refund 1.0 1000 of 1000]                        awaiting_deposit@50090
         50001 hint t1 key=k1          => hint_taken [look up k1]                          awaiting_deposit@50090
         50002 provider found transfer =>                                                  awaiting_deposit@50090
         50004 provider refund_refused => [look up k1]                                     awaiting_deposit@50034
         50005 provider found transfer => order_paid [commit tea]                          paid@51005 (1) 1000-0
        ",
    );
    awaiting(
        "
         50000 tick                    => [refund 1.0 1000 of 1000]                        awaiting_deposit@50090
         50004 provider refund_refused => [look up k1]                                     awaiting_deposit@50034
         50005 provider found status=waiting_for_deposit =>                                awaiting_deposit@50034
         50034 tick                    => [refund 2.0 1000 of 1000]                        awaiting_deposit@50124
        ",
    );
}

#[test]
fn a_cancellation_closes_the_account() {
    awaiting(
        "
         4  cancel tea                 => order_refused -> PAYMENT_IN_FLIGHT               awaiting_deposit@50000
         5  cancel as=c                => cancel_requested [refund 1.0 1000 of 1000] -> cancel_requested cancel_requested@95
         6  provider refunded balance=0 => order_cancelled [release tea]                   cancelled@36 (1)
        ",
    );
    // A refund needs an account: without one the cancellation is dropped, with one the money goes back.
    awaiting(
        "
         5  cancel as=c                => cancel_requested [refund 1.0 1000 of 1000] -> cancel_requested cancel_requested@95
         6  provider refund_refused    => [look up k1]                                     cancel_requested@36
         7  provider found transfer    => order_paid [commit tea]                          paid@1007 (1) 1000-0
        ",
    );
    awaiting(
        "
         5  cancel as=c account        => cancel_requested [refund 1.0 1000 of 1000] -> cancel_requested cancel_requested@95
         6  provider refund_refused    => [look up k1]                                     cancel_requested@36
         7  provider found transfer    => order_paid + refund_started [commit tea, refund 2.0 1000 of 1000 to account] refunding@97 (1) 1000-0
        ",
    );
}

#[test]
fn an_account_opened_for_a_cancelled_order_is_closed_at_once() {
    check(
        "
         0  place tea                 => order_placed [hold tea*1]                         holding@30 (1)
         1  stock held tea            => order_priced -> awaiting_payment                  awaiting_payment@101
         2  pay as=p                  => payment_started [confirm 1.0 1000]                confirming@92
         3  cancel as=c               => cancel_requested -> cancel_requested              cancel_requested@92
         4  provider deposit          => deposit_awaited [refund 1.0 1000 of 1000] -> cancel_requested cancel_requested@94
         5  provider refunded balance=0 => order_cancelled [release tea]                   cancelled@35 (1)
        ",
    );
}

#[test]
fn a_transfer_is_waited_for_no_longer_than_the_holds_last() {
    check(
        "
         0  place tea                     => order_placed [hold tea*1]                     holding@30 (1)
         1  stock held tea until=100000   => order_priced -> awaiting_payment              awaiting_payment@101
         2  pay as=p                      => payment_started [confirm 1.0 1000]            confirming@92
         3  provider deposit due=500000   => deposit_awaited -> awaiting_deposit           awaiting_deposit@13600
        ",
    );
}

#[test]
fn a_transfer_that_comes_after_the_order_was_given_up_waits_for_an_account() {
    awaiting(
        "
         50000 tick                    => [refund 1.0 1000 of 1000]                        awaiting_deposit@50090
         50004 provider refunded balance=0 => payment_failed [release tea]                 payment_failed@50034 (1)
         50005 stock released tea      => steps_answered                                   payment_failed
         50006 hint t1 key=k1          => hint_taken [look up k1]                          payment_failed
         50007 provider found transfer => late_payment_found + refund_started [refund 2.0 1000 of 1000] refunding@50097 1000-0
         50008 provider refund_refused => refund_refused                                   refunding@53608 1000-0
         50009 cancel as=c account     => refund_started [refund 3.0 1000 of 1000 to account] refunding@50099 1000-0
         50010 provider refunded       => refund_completed -> payment_failed               payment_failed 1000-1000
        ",
    );
}
