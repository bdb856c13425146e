//! After the payment: shipped, delivered, confirmed; and what time alone does.

use super::table::check;

/// An order for one tea, 1000 won, paid in second 3, its stock committed in second 4.
fn paid(rows: &str) {
    check(&format!(
        "
         0  place tea              => order_placed [hold tea*1]                            holding@30 (1)
         1  stock held tea         => order_priced -> awaiting_payment                     awaiting_payment@101
         2  pay as=p               => payment_started [confirm 1.0 1000]                   confirming@92
         3  provider charged       => order_paid [commit tea] -> paid                      paid@1003 (1) 1000-0
         4  stock committed tea    => steps_answered                                       paid@1003 1000-0
        {rows}"
    ));
}

#[test]
fn an_order_is_shipped_delivered_and_confirmed_in_this_order() {
    paid(
        "
         5  deliver                => order_refused -> NOT_SHIPPED                         paid@1003 1000-0
         6  confirm                => order_refused -> NOT_SHIPPED                         paid@1003 1000-0
         7  ship as=s              => order_shipped -> shipped                             shipped@2007 1000-0
         8  ship as=s              => -> shipped                                           shipped@2007 1000-0
         9  ship                   => order_refused -> ALREADY_SHIPPED                     shipped@2007 1000-0
        10  cancel                 => order_refused -> ALREADY_SHIPPED                     shipped@2007 1000-0
        11  deliver                => order_delivered -> delivered                         delivered@3011 1000-0
        12  confirm by=bob         => order_refused -> UNKNOWN_ORDER                       delivered@3011 1000-0
        13  confirm                => purchase_confirmed -> purchase_confirmed             purchase_confirmed 1000-0
        14  confirm                => order_refused -> ALREADY_SHIPPED                     purchase_confirmed 1000-0
        15  cancel                 => order_refused -> ALREADY_SHIPPED                     purchase_confirmed 1000-0
        ",
    );
    paid(
        "
         7  ship                   => order_shipped -> shipped                             shipped@2007 1000-0
         8  confirm by=operator    => purchase_confirmed -> purchase_confirmed             purchase_confirmed 1000-0
        ",
    );
}

#[test]
fn a_purchase_confirms_itself() {
    paid(
        "
         7     ship                => order_shipped -> shipped                             shipped@2007 1000-0
         2007  tick                => purchase_confirmed                                   purchase_confirmed 1000-0
        ",
    );
    paid(
        "
         7     ship                => order_shipped -> shipped                             shipped@2007 1000-0
         8     deliver             => order_delivered -> delivered                         delivered@3008 1000-0
         3007  tick                =>                                                      delivered@3008 1000-0
         3008  tick                => purchase_confirmed                                   purchase_confirmed 1000-0
        ",
    );
}

#[test]
fn what_is_not_shipped_in_time_is_refunded() {
    paid(
        "
         1003  tick                => refund_started [refund 1.0 1000 of 1000]             refunding@1093 1000-0
         1004  ship                => order_refused -> REFUND_IN_FLIGHT                    refunding@1093 1000-0
         1005  provider refunded   => refund_completed [return tea*1]                      cancelled@1035 (1) 1000-1000
         1006  stock returned tea  => steps_answered                                       cancelled 1000-1000
        ",
    );
}

#[test]
fn an_order_whose_stock_was_gone_when_it_was_paid_is_refunded() {
    check(
        "
         0  place tea cup coupon   => order_placed [hold tea*1, hold cup*1]                holding@30 (2)
         1  stock held tea         =>                                                      holding@30 (1)
         2  stock held cup         => [hold coupon for 2000]                               holding@30 (1)
         3  coupon held            => order_priced -> awaiting_payment                     awaiting_payment@103
         4  pay                    => payment_started [confirm 1.0 1500]                   confirming@94
         5  provider charged       => order_paid [redeem coupon, commit tea, commit cup] -> paid paid@1005 (3) 1500-0
         6  stock not_committed tea => hold_lost                                           paid@1005 (2) 1500-0
         7  ship                   => order_refused -> REFUND_IN_FLIGHT                    paid@1005 (2) 1500-0
         8  stock committed cup    =>                                                      paid@1005 (1) 1500-0
         9  coupon redeemed        => steps_answered + refund_started [refund 1.0 1500 of 1500] refunding@99 1500-0
        10  provider refunded      => refund_completed [restore coupon, return cup*1]      cancelled@40 (2) 1500-1500
        11  coupon restored        =>                                                      cancelled@40 (1) 1500-1500
        12  stock returned cup     => steps_answered                                       cancelled 1500-1500
        ",
    );
}

#[test]
fn a_confirmed_order_whose_stock_was_gone_awaits_nothing_once_that_is_known() {
    check(
        "
         0  place tea              => order_placed [hold tea*1]                            holding@30 (1)
         1  stock held tea         => order_priced -> awaiting_payment                     awaiting_payment@101
         2  pay                    => payment_started [confirm 1.0 1000]                   confirming@92
         3  provider charged       => order_paid [commit tea] -> paid                      paid@1003 (1) 1000-0
         4  ship                   => order_shipped -> shipped                             shipped@2004 (1) 1000-0
         5  confirm                => purchase_confirmed -> purchase_confirmed             purchase_confirmed@33 (1) 1000-0
         6  stock not_committed tea => hold_lost + refund_started [refund 1.0 1000 of 1000]        refunding@96 1000-0
         7  provider refunded      => refund_completed                                     refunded 1000-1000
        ",
    );
}

#[test]
fn a_discount_once_given_is_kept() {
    check(
        "
         0  place tea coupon       => order_placed [hold tea*1]                            holding@30 (1)
         1  stock held tea         => [hold coupon for 1000]                               holding@30 (1)
         2  coupon held            => order_priced -> awaiting_payment                     awaiting_payment@102
         3  pay                    => payment_started [confirm 1.0 500]                    confirming@93
         4  provider charged       => order_paid [redeem coupon, commit tea] -> paid       paid@1004 (2) 500-0
         5  coupon not_redeemed    => hold_lost                                            paid@1004 (1) 500-0
         6  stock committed tea    => steps_answered                                       paid@1004 500-0
         7  cancel                 => refund_started [refund 1.0 500 of 500]               refunding@97 500-0
         8  provider refunded      => refund_completed [return tea*1] -> cancelled         cancelled@38 (1) 500-500
        ",
    );
}
