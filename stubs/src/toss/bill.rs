//! A payment as the stub keeps it, and as it shows it: the provider's fields, those that its API always has included.

use events::payments::{PaymentMethod, PaymentStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use web::kst_time;

/// A payment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Bill {
    pub(crate) payment_key: String,
    pub(crate) order_id: String,
    pub(crate) status: PaymentStatus,
    pub(crate) method: PaymentMethod,
    pub(crate) total: i64,
    pub(crate) balance: i64,
    /// How a wallet splits it.
    pub(crate) split: Option<Split>,
    /// The code with which its confirm fails.
    pub(crate) decline: Option<String>,
    /// What webhooks of a virtual account prove themselves with.
    pub(crate) secret: String,
    /// Milliseconds of the stub's clock, as all times here.
    pub(crate) requested_at: i64,
    /// When the shopper has authenticated.
    pub(crate) authenticated_at: Option<i64>,
    pub(crate) approved_at: Option<i64>,
    /// When a virtual account closes.
    pub(crate) due_at: Option<i64>,
    /// How often money was taken. Never more than once.
    pub(crate) charges: u32,
    /// The approval's transaction.
    pub(crate) approval: Option<String>,
    pub(crate) cancels: Vec<Cancel>,
}

/// How a wallet's payment is made up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Split {
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) card: i64,
    #[serde(default)]
    pub(crate) money: i64,
    #[serde(default)]
    pub(crate) discount: i64,
}

/// A refund.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Cancel {
    pub(crate) transaction: String,
    pub(crate) amount: i64,
    /// How much of it was points or a discount: money goes back first.
    pub(crate) discount: i64,
    pub(crate) reason: String,
    pub(crate) at: i64,
}

impl Bill {
    /// The latest transaction.
    pub(crate) fn last_transaction(&self) -> Option<&str> {
        self.cancels.last().map(|cancel| cancel.transaction.as_str()).or(self.approval.as_deref())
    }

    /// The provider's word for where it is.
    pub(crate) fn status_word(&self) -> String {
        self.status.name().to_ascii_uppercase()
    }

    /// The payment as the provider's API shows it.
    pub(crate) fn shown(&self) -> Value {
        let vat = vat(self.balance);
        let at = |millis: Option<i64>| millis.map(kst_time::with_offset);
        let card = match (self.method, &self.split) {
            (PaymentMethod::Card, _) => json!({"amount": self.total, "issuerCode": "61", "number": "12345678****789*",
                "installmentPlanMonths": 0, "acquireStatus": "READY"}),
            (_, Some(split)) if split.card > 0 => {
                json!({"amount": split.card, "cardType": "unknown", "ownerType": "unknown"})
            }
            _ => Value::Null,
        };
        let easy_pay = self
            .split
            .as_ref()
            .map(|split| json!({"provider": split.provider, "amount": split.money, "discountAmount": split.discount}));
        let virtual_account = self.due_at.filter(|_| self.approval.is_some()).map(|due| {
            json!({"accountType": "일반", "accountNumber": "X6505636518308", "bankCode": "20", "customerName": "박토스",
                "dueDate": at(Some(due)), "refundStatus": if self.cancels.is_empty() { "NONE" } else { "PENDING" },
                "expired": false, "settlementStatus": "INCOMPLETED"})
        });
        let mut refundable = self.total;
        let cancels: Vec<Value> = self.cancels.iter().map(|cancel| {
            refundable -= cancel.amount;
            json!({"transactionKey": cancel.transaction, "cancelAmount": cancel.amount, "cancelReason": cancel.reason,
                "refundableAmount": refundable, "taxFreeAmount": 0, "easyPayDiscountAmount": cancel.discount,
                "canceledAt": at(Some(cancel.at)), "cancelStatus": "DONE"})
        }).collect();
        let failure = self.decline.as_ref().filter(|_| self.status == PaymentStatus::Aborted);
        json!({
            "version": "2022-11-16", "mId": "timesale-stub", "type": "NORMAL", "currency": "KRW", "country": "KR",
            "paymentKey": self.payment_key, "orderId": self.order_id, "orderName": "timesale",
            "lastTransactionKey": self.last_transaction(), "status": self.status_word(), "method": method_word(self.method),
            "totalAmount": self.total, "balanceAmount": self.balance, "suppliedAmount": self.balance - vat, "vat": vat,
            "taxFreeAmount": 0, "taxExemptionAmount": 0, "isPartialCancelable": true, "useEscrow": false,
            "requestedAt": at(Some(self.requested_at)), "approvedAt": at(self.approved_at), "secret": self.secret,
            "card": card, "easyPay": easy_pay, "virtualAccount": virtual_account,
            "cancels": if cancels.is_empty() { Value::Null } else { Value::Array(cancels) },
            "failure": failure.map(|code| json!({"code": code, "message": code})),
            "receipt": {"url": "http://localhost/receipt"}, "metadata": null,
        })
    }
}

/// Value-added tax within an amount: an eleventh, to the nearest won.
pub(crate) fn vat(amount: i64) -> i64 {
    (2 * amount + 11).div_euclid(22)
}

fn method_word(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Card => "카드",
        PaymentMethod::VirtualAccount => "가상계좌",
        PaymentMethod::Wallet => "간편결제",
        PaymentMethod::Mobile => "휴대폰",
        PaymentMethod::Transfer => "계좌이체",
        PaymentMethod::GiftCertificate => "문화상품권",
        PaymentMethod::Other => "기타",
    }
}

#[cfg(test)]
mod tests {
    use super::vat;

    #[test]
    fn tax_is_the_vendors_examples() {
        for (amount, tax) in [(30_000, 2_727), (15_000, 1_364), (7_000, 636), (0, 0), (5, 0), (6, 1)] {
            assert_eq!(vat(amount), tax, "{amount}");
        }
    }
}
