//! Payments: one message of every kind, with every field filled.

use super::{UNTIL, order, payment_key, request};
use crate::ids::TransactionKey;
use crate::money::Money;
use crate::payments::{
    Decline, Payment, PaymentAnswer, PaymentCommand, PaymentEvent, PaymentMethod, PaymentRefund, PaymentStatus,
    RefundAccount, VirtualAccount, Wallet,
};

/// An account to refund to.
pub fn account() -> RefundAccount {
    RefundAccount { bank: "20".into(), account_number: "1002123456789".into(), holder: "Kim".into() }
}

/// A virtual account.
pub fn virtual_account() -> VirtualAccount {
    VirtualAccount { bank: "20".into(), account_number: "X6505636518308".into(), due_at: UNTIL }
}

/// A payment with every field filled.
pub fn payment() -> Payment {
    let transaction = TransactionKey::new("9C62B18EEF0DE3EB7F4422EB6D14BC6E").unwrap();
    Payment {
        payment_key: payment_key(),
        order: order(),
        status: PaymentStatus::PartialCanceled,
        method: PaymentMethod::Wallet,
        total: Money::new(38_250),
        balance: Money::new(25_500),
        vat: Money::new(2_318),
        wallet: Some(Wallet {
            provider: "토스페이".into(),
            card: Money::ZERO,
            money: Money::new(38_000),
            discount: Money::new(250),
        }),
        virtual_account: Some(virtual_account()),
        approved_at: Some(UNTIL),
        last_transaction: Some(transaction.clone()),
        refunds: vec![PaymentRefund { transaction, amount: Money::new(12_750), at: UNTIL }],
    }
}

/// Every command.
pub fn commands() -> Vec<PaymentCommand> {
    let request = request();
    vec![
        PaymentCommand::Confirm {
            request,
            order: order(),
            attempt: 1,
            payment_key: payment_key(),
            amount: Money::new(38_250),
            repeat: 2,
        },
        PaymentCommand::LookUp { request, order: order(), payment_key: Some(payment_key()) },
        PaymentCommand::Refund {
            request,
            order: order(),
            refund: 1,
            payment_key: payment_key(),
            amount: Money::new(12_750),
            balance: Money::new(38_250),
            reason: "cancelled".into(),
            account: Some(account()),
            repeat: 0,
        },
    ]
}

/// An answer of every kind.
pub fn answers() -> Vec<PaymentAnswer> {
    let (payment, code) = (payment(), String::from("REJECT_CARD_COMPANY"));
    vec![
        PaymentAnswer::Charged { payment: payment.clone() },
        PaymentAnswer::DepositAwaited { payment: payment.clone() },
        PaymentAnswer::Declined { decline: Decline::TryAnother, code: code.clone() },
        PaymentAnswer::Unknown { code: "TIMEOUT".into() },
        PaymentAnswer::Refunded { payment: payment.clone() },
        PaymentAnswer::RefundRefused { code },
        PaymentAnswer::Found { payment },
        PaymentAnswer::NotFound,
    ]
}

/// An event for every answer.
pub fn events() -> Vec<PaymentEvent> {
    let event = |answer| PaymentEvent { order: order(), request: request(), at: UNTIL, answer };
    answers().into_iter().map(event).collect()
}
