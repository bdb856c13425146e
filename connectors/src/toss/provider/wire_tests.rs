//! The provider's own example, and what must not stop us or mislead us.

use events::payments::{PaymentMethod, PaymentStatus};

use super::{error_code, payment, transactions};

const SAMPLE: &str = r#"{
  "mId": "tosspayments", "lastTransactionKey": "9C62B18EEF0DE3EB7F4422EB6D14BC6E", "paymentKey": "5EnNZRJGvaBX7zk2yd8ydw26XvwXkLrx9POLqKQjmAw4b0e1",
  "orderId": "MC4wODU4ODQwMzg4NDk0", "orderName": "토스 티셔츠 외 2건", "taxExemptionAmount": 0, "status": "PARTIAL_CANCELED",
  "requestedAt": "2022-01-01T11:31:29+09:00", "approvedAt": "2022-01-01T11:31:35+09:00", "useEscrow": false, "cultureExpense": false,
  "card": {"issuerCode": "4V", "amount": 0, "acquireStatus": "READY", "installmentPlanMonths": 0},
  "virtualAccount": null, "transfer": null, "mobilePhone": null, "giftCertificate": null, "cashReceipt": null,
  "cancels": [
    {"cancelAmount": 300, "cancelReason": "단순변심", "canceledAt": "2022-01-01T12:00:00+09:00", "transactionKey": "AAAA", "cancelStatus": "DONE"},
    {"cancelAmount": 200, "cancelReason": "x", "canceledAt": "2022-01-01T12:00:00+09:00", "transactionKey": "BBBB", "cancelStatus": "ABORTED"}],
  "secret": "ps_1", "type": "NORMAL", "easyPay": {"provider": "토스페이", "amount": 800, "discountAmount": 200},
  "country": "KR", "isPartialCancelable": true, "receipt": {"url": "https://x"}, "currency": "KRW", "totalAmount": 1000,
  "balanceAmount": 700, "suppliedAmount": 636, "vat": 64, "taxFreeAmount": 0, "method": "간편결제", "version": "2022-11-16",
  "added": {"without": ["notice"]}}"#;

fn with(from: &str, to: &str) -> Option<events::payments::Payment> {
    assert!(SAMPLE.contains(from), "{from}");
    payment(SAMPLE.replace(from, to).as_bytes())
}

#[test]
fn a_payment_is_read_and_what_we_do_not_know_is_ignored() {
    let payment = payment(SAMPLE.as_bytes()).unwrap();
    assert_eq!((payment.total.minor(), payment.balance.minor(), payment.vat.minor()), (1000, 700, 64));
    assert_eq!((payment.status, payment.method), (PaymentStatus::PartialCanceled, PaymentMethod::Wallet));
    let wallet = payment.wallet.unwrap();
    assert_eq!((wallet.card.minor(), wallet.money.minor(), wallet.discount.minor()), (0, 800, 200));
    assert_eq!(payment.refunds.len(), 1, "a cancel that was aborted is none");
    assert_eq!(payment.refunds[0].amount.minor(), 300);
    assert_eq!(payment.approved_at.unwrap().as_millis(), 1_641_004_295_000);
}

#[test]
fn what_would_mislead_is_not_a_payment() {
    assert!(with("\"KRW\"", "\"USD\"").is_none(), "another currency");
    assert!(with("\"PARTIAL_CANCELED\"", "\"HALF_DONE\"").is_none(), "a status that we do not know");
    assert!(with("\"totalAmount\": 1000", "\"totalAmount\": -1").is_none());
    assert!(with("\"totalAmount\": 1000", "\"totalAmount\": 10.5").is_none());
    assert!(with("\"totalAmount\": 1000,", "").is_none());
    assert!(with("\"balanceAmount\": 700,", "").is_none());
    assert!(with("\"MC4wODU4ODQwMzg4NDk0\"", "\"a b\"").is_none(), "no order of ours");
    assert!(payment(b"<html>").is_none() && payment(b"").is_none() && payment(b"[]").is_none());
}

#[test]
fn what_does_not_decide_may_be_missing_or_strange() {
    assert!(with("\"9C62B18EEF0DE3EB7F4422EB6D14BC6E\"", "null").unwrap().last_transaction.is_none());
    assert_eq!(with("\"간편결제\"", "\"비트코인\"").unwrap().method, PaymentMethod::Other);
    assert_eq!(with("\"간편결제\"", "null").unwrap().method, PaymentMethod::Other);
    assert_eq!(with("\"currency\": \"KRW\",", "").unwrap().total.minor(), 1000);
    assert_eq!(with("\"vat\": 64,", "").unwrap().vat.minor(), 0);
}

#[test]
fn a_virtual_account_is_read() {
    let account = r#""virtualAccount": {"accountType": "일반", "accountNumber": "X6505636518308", "bankCode": "20", "customerName": "박토스", "dueDate": "2022-02-10T17:00:00+09:00", "refundStatus": "NONE", "expired": false, "settlementStatus": "INCOMPLETED"}"#;
    let found = with("\"virtualAccount\": null", account).unwrap().virtual_account.unwrap();
    assert_eq!((found.bank.as_str(), found.account_number.as_str()), ("20", "X6505636518308"));
}

#[test]
fn an_error_is_read_wherever_it_stands_and_an_error_page_is_none() {
    for (body, code) in [
        (r#"{"code":"NOT_FOUND_PAYMENT","message":"존재하지 않는 결제 입니다."}"#, Some("NOT_FOUND_PAYMENT")),
        (r#"{"version":"2022-11-16","traceId":"x","error":{"code":"FDS_ERROR","message":"x"}}"#, Some("FDS_ERROR")),
        (r#"{"message":"x"}"#, None),
        (r#"{"code":"not a code"}"#, None),
        ("<html>502 Bad Gateway</html>", None),
    ] {
        assert_eq!(error_code(body.as_bytes()).as_deref(), code, "{body}");
    }
}

#[test]
fn transactions_are_read() {
    let body = br#"[{"mId":"m","transactionKey":"t","paymentKey":"p","orderId":"order-1","method":"x","status":"DONE","transactionAt":"2022-01-01T00:00:00+09:00","currency":"KRW","amount":100}]"#;
    assert_eq!(transactions(body).unwrap()[0].amount, 100);
    assert!(transactions(b"{}").is_none());
}
