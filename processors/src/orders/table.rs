//! The words in which the rule tests of orders are written:
//!
//! ```text
//! <second>  <what happens>  =>  <facts> [<commands to others>] -> <answer> <state>@<second> (<awaited>) <paid>-<refunded>
//! ```
//!
//! What is nothing is left out: no facts, no commands, no reply, no deadline, nothing awaited, nothing paid. Prices are 1000 for
//! a unit unless a row says otherwise. A request has a name of its own unless `as=` gives one, and a repeat is a row with the
//! name of an earlier one.

use events::coupons::{CouponAnswer, CouponCommand, Refusal};
use events::hold::ReleaseCause;
use events::ids::{OrderId, RequestId, Sku, TransmissionId};
use events::inventory::{InventoryCommand, StockAnswer, StockRefusal};
use events::money::{BasisPoints, Money};
use events::orders::{Goods, OrderCommand, RefundCause, Step, Units};
use events::payments::{Decline, PaymentAnswer, PaymentCommand, PaymentStatus};
use events::request::Outcome;

use super::fixture::{
    Effect, Fixture, Sent, account, at, coupon, key, payment, place, request, shopper, sku, unit, units,
};
use crate::kit::testing::player::{self, Row, argument, number};

/// Plays a table, with and without crashes.
pub(crate) fn check(table: &str) {
    player::check(table, Fixture::new, |fixture| &mut fixture.driver, play);
}

fn play(fixture: &mut Fixture, row: &Row<'_>) -> String {
    let order = request("place").order();
    let effect = if row.words[0] == "tick" {
        fixture.tick(row.at_ms)
    } else {
        let message = message(fixture, &order, row);
        fixture.send(&message, row.at_ms)
    };
    in_words(fixture, &order, &effect)
}

/// What a row's right side says.
fn in_words(fixture: &Fixture, order: &OrderId, effect: &Effect) -> String {
    let mut parts = vec![];
    let facts: Vec<&str> = effect.events.iter().map(|event| event.fact.kind()).collect();
    if !facts.is_empty() {
        parts.push(facts.join(" + "));
    }
    let sent: Vec<String> = effect.sent.iter().map(sent_in_words).collect();
    if !sent.is_empty() {
        parts.push(format!("[{}]", sent.join(", ")));
    }
    for reply in &effect.replies {
        parts.push(match &reply.outcome {
            Outcome::OrderApplied { state, .. } => format!("-> {}", state.name()),
            Outcome::OrderRefused { reason, .. } => format!("-> {}", reason.code()),
            other => panic!("an order's command is not {}", other.kind()),
        });
    }
    let Some(kept) = fixture.order(order) else { return parts.join(" ") };
    let deadline = kept.deadline().map_or(String::new(), |deadline| {
        let millis = deadline.as_millis();
        if millis % 1000 == 0 { format!("@{}", millis / 1000) } else { format!("@{}ms", millis) }
    });
    parts.push(format!("{}{deadline}", kept.state.name()));
    if kept.awaited() > 0 {
        parts.push(format!("({})", kept.awaited()));
    }
    if kept.amounts.paid > Money::ZERO {
        parts.push(format!("{}-{}", kept.amounts.paid, kept.amounts.refunded));
    }
    parts.join(" ")
}

fn sent_in_words(sent: &Sent) -> String {
    match sent {
        Sent::Stock(command) => match command {
            InventoryCommand::Hold { sku, quantity, .. } => format!("hold {sku}*{quantity}"),
            InventoryCommand::Commit { sku, .. } => format!("commit {sku}"),
            InventoryCommand::Release { sku, .. } => format!("release {sku}"),
            InventoryCommand::Return { sku, returned, .. } => format!("return {sku}*{returned}"),
            other => panic!("no order sent for {}", other.kind()),
        },
        Sent::Coupon(command) => match command {
            CouponCommand::Hold { spend, .. } => format!("hold coupon for {spend}"),
            CouponCommand::Redeem { .. } => "redeem coupon".into(),
            CouponCommand::Release { .. } => "release coupon".into(),
            CouponCommand::Restore { .. } => "restore coupon".into(),
            other => panic!("no order sent for {}", other.kind()),
        },
        Sent::Payment(command) => match command {
            PaymentCommand::Confirm { attempt, amount, repeat, .. } => format!("confirm {attempt}.{repeat} {amount}"),
            PaymentCommand::LookUp { payment_key, .. } => {
                format!("look up {}", payment_key.as_ref().map_or("any", |key| key.as_str()))
            }
            PaymentCommand::Refund { refund, amount, balance, repeat, account, .. } => {
                let to = if account.is_some() { " to account" } else { "" };
                format!("refund {refund}.{repeat} {amount} of {balance}{to}")
            }
        },
    }
}

/// `tea*2 cup` is two lines.
fn written_units(words: &[&str]) -> Vec<Units> {
    let plain = words.iter().filter(|word| !word.contains('=') && **word != "coupon" && **word != "account");
    plain
        .map(|word| {
            let (name, quantity) = word.split_once('*').unwrap_or((word, "1"));
            units(name, quantity.parse().unwrap())
        })
        .collect()
}

fn message(fixture: &Fixture, order: &OrderId, row: &Row<'_>) -> OrderCommand {
    let (words, request, order) = (row.words.as_slice(), row.request(), order.clone());
    let who = || shopper(argument(words, "by").unwrap_or("ann"));
    let account = words.contains(&"account").then(account);
    match words[0] {
        "place" => placed(words),
        "pay" => OrderCommand::Pay {
            request,
            payment_key: key(argument(words, "key").unwrap_or("k1")),
            amount: Money::new(number(words, "amount").unwrap_or_else(|| fixture.order(&order).map_or(0, due))),
            order,
            shopper: who(),
        },
        "cancel" => OrderCommand::Cancel { request, order, shopper: who(), lines: written_units(&words[1..]), account },
        "ship" => OrderCommand::Ship { request, order },
        "deliver" => OrderCommand::Deliver { request, order },
        "confirm" => OrderCommand::ConfirmPurchase {
            request,
            order,
            shopper: (argument(words, "by") != Some("operator")).then(who),
        },
        "refund" => OrderCommand::Refund {
            request,
            order,
            lines: written_units(&words[1..]),
            cause: cause(argument(words, "cause").unwrap_or("changed_mind")),
            goods: if argument(words, "goods") == Some("gone") { Goods::Gone } else { Goods::Returned },
            account,
        },
        "hint" => OrderCommand::Hint {
            transmission: TransmissionId::new(words[1]).unwrap(),
            order,
            payment_key: argument(words, "key").map(key),
            status: PaymentStatus::Done,
        },
        "stock" => stock_answered(order, &words[1..]),
        "coupon" => coupon_answered(order, &words[1..]),
        "provider" => payment_answered(fixture, order, &words[1..]),
        other => panic!("no such word: {other}"),
    }
}

fn due(order: super::order::Order) -> i64 {
    order.amounts.due.minor()
}

fn placed(words: &[&str]) -> OrderCommand {
    let coupon = words.contains(&"coupon").then(coupon);
    let mut command = place(argument(words, "as").unwrap_or("place"), written_units(&words[1..]), coupon);
    if let OrderCommand::Place { quoted, shopper: who, limits, .. } = &mut command {
        *quoted = number(words, "quoted").map(Money::new);
        *who = shopper(argument(words, "by").unwrap_or("ann"));
        limits.pay_ms = number(words, "pay_ms").unwrap_or(limits.pay_ms);
    }
    command
}

fn cause(name: &str) -> RefundCause {
    let all = RefundCause::OF_OPERATORS.into_iter().chain([RefundCause::NotShipped]);
    all.into_iter().find(|cause| cause.name() == name).unwrap()
}

fn stock_answered(order: OrderId, words: &[&str]) -> OrderCommand {
    let id: Sku = sku(words[1]);
    let hold = Step::HoldStock(&id).request(&order).hold();
    let refusal = argument(words, "because").map_or(StockRefusal::NotHeld, |code| {
        StockRefusal::ALL.into_iter().find(|refusal| refusal.code() == code).unwrap()
    });
    let refused = StockAnswer::Refused { reason: refusal };
    let released = StockAnswer::Released { hold, cause: ReleaseCause::Released };
    let (step, answer) = match words[0] {
        "held" => (
            Some(Step::HoldStock(&id)),
            StockAnswer::Held {
                hold,
                quantity: 1,
                unit: unit(number(words, "price").unwrap_or(1000)),
                until: at(number(words, "until").unwrap_or(7 * 24 * 3600)),
            },
        ),
        "refused" => (Some(Step::HoldStock(&id)), refused),
        "committed" => (Some(Step::CommitStock(&id)), StockAnswer::Committed { hold }),
        "not_committed" => (Some(Step::CommitStock(&id)), refused),
        "released" => (Some(Step::ReleaseStock(&id)), released),
        "not_released" => (Some(Step::ReleaseStock(&id)), refused),
        "returned" => {
            let returned = number(words, "all").unwrap_or(1);
            (Some(Step::ReturnStock(&id, returned)), StockAnswer::Returned { hold, returned })
        }
        "not_returned" => (Some(Step::ReturnStock(&id, number(words, "all").unwrap_or(1))), refused),
        "lapsed" => (None, StockAnswer::Released { hold, cause: ReleaseCause::Lapsed }),
        other => panic!("stock does not answer {other}"),
    };
    let request: Option<RequestId> = step.map(|step| step.request(&order));
    OrderCommand::StockAnswered { order, sku: id, request, answer }
}

fn coupon_answered(order: OrderId, words: &[&str]) -> OrderCommand {
    let hold = Step::HoldCoupon.request(&order).hold();
    let refusal = argument(words, "because")
        .map_or(Refusal::NotUsable, |code| Refusal::ALL.into_iter().find(|refusal| refusal.code() == code).unwrap());
    let refused = CouponAnswer::Refused { reason: refusal };
    let (step, answer) = match words[0] {
        "held" => (
            Some(Step::HoldCoupon),
            CouponAnswer::Held {
                hold,
                discount: Money::new(number(words, "discount").unwrap_or(500)),
                platform_share: BasisPoints::new(number(words, "share").unwrap_or(5_000)),
                until: at(number(words, "until").unwrap_or(7 * 24 * 3600)),
            },
        ),
        "refused" => (Some(Step::HoldCoupon), refused),
        "redeemed" => (Some(Step::RedeemCoupon), CouponAnswer::Redeemed { hold }),
        "not_redeemed" => (Some(Step::RedeemCoupon), refused),
        "released" => (Some(Step::ReleaseCoupon), CouponAnswer::Released { hold, cause: ReleaseCause::Released }),
        "not_released" => (Some(Step::ReleaseCoupon), refused),
        "restored" => (Some(Step::RestoreCoupon), CouponAnswer::Restored { restored: 1 }),
        "not_restored" => (Some(Step::RestoreCoupon), refused),
        "lapsed" => (None, CouponAnswer::Released { hold, cause: ReleaseCause::Lapsed }),
        "revoked" => (None, CouponAnswer::Revoked { hold }),
        other => panic!("coupons do not answer {other}"),
    };
    let request: Option<RequestId> = step.map(|step| step.request(&order));
    OrderCommand::CouponAnswered { order, request, answer }
}

/// The latest call of its kind is answered, unless `attempt=`, `refund=` or `look=` says which. The payment is the latest attempt's
/// for what is due, unless `key=`, `total=` or `balance=` say otherwise.
fn payment_answered(fixture: &Fixture, order: OrderId, words: &[&str]) -> OrderCommand {
    let kept = fixture.order(&order);
    let kept = kept.as_ref().expect("an order");
    let latest = kept.payment.as_ref();
    let confirm = Step::Confirm(number(words, "attempt").or(latest.map(|attempt| attempt.number)).unwrap_or(1));
    let look = Step::LookUp(number(words, "look").unwrap_or(kept.look_ups.number));
    let refund = Step::Refund(number(words, "refund").unwrap_or(kept.refunds));
    let total: i64 = number(words, "total").unwrap_or(kept.amounts.due.minor());
    let shown = |status: PaymentStatus, balance: i64| {
        let name = argument(words, "key").or(latest.map(|attempt| attempt.key.as_str())).unwrap_or("k1");
        let mut shown = payment(&order, name, status, total, number(words, "balance").unwrap_or(balance));
        if let (Some(due), Some(account)) = (number(words, "due"), shown.virtual_account.as_mut()) {
            account.due_at = at(due);
        }
        if words.contains(&"transfer") {
            shown.method = events::payments::PaymentMethod::VirtualAccount;
        }
        shown
    };
    let code = || argument(words, "code").unwrap_or("CODE").to_owned();
    let (step, answer) = match words[0] {
        "charged" => (confirm, PaymentAnswer::Charged { payment: shown(PaymentStatus::Done, total) }),
        "deposit" => {
            (confirm, PaymentAnswer::DepositAwaited { payment: shown(PaymentStatus::WaitingForDeposit, total) })
        }
        "declined" => (confirm, PaymentAnswer::Declined { decline: Decline::TryAnother, code: code() }),
        "unknown" => (confirm, PaymentAnswer::Unknown { code: code() }),
        "refunded" => {
            let balance = kept.balance().minor() - kept.refund.as_ref().map_or(0, |refund| refund.amount.minor());
            (refund, PaymentAnswer::Refunded { payment: shown(PaymentStatus::PartialCanceled, balance.max(0)) })
        }
        "refund_refused" => (refund, PaymentAnswer::RefundRefused { code: code() }),
        "refund_unknown" => (refund, PaymentAnswer::Unknown { code: code() }),
        "found" => {
            let name = argument(words, "status").unwrap_or("done");
            let status = [
                PaymentStatus::InProgress,
                PaymentStatus::WaitingForDeposit,
                PaymentStatus::Done,
                PaymentStatus::Canceled,
                PaymentStatus::Aborted,
            ];
            let status = status.into_iter().find(|status| status.name() == name).unwrap();
            (look, PaymentAnswer::Found { payment: shown(status, total) })
        }
        "not_found" => (look, PaymentAnswer::NotFound),
        "look_unknown" => (look, PaymentAnswer::Unknown { code: code() }),
        other => panic!("a provider does not answer {other}"),
    };
    OrderCommand::PaymentAnswered { request: step.request(&order), order, answer }
}
