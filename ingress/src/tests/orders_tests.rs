//! What a shopper who orders is told, what an operator is told, and what is in the log when they are told it.

use events::ids::{OrderId, RequestId, Sku};
use events::inventory::{StockLevel, StockRefusal};
use events::money::Money;
use events::orders::{Goods, OrderAmounts, OrderCommand, OrderRefusal, OrderState, Reason, RefundCause, TimeLimits};
use events::payments::Decline;
use events::request::{Outcome, Reply};
use events::time::Timestamp;
use projections::ProductRow;
use serde_json::{Value, json};

use super::fixture::*;
use crate::state::now;

const KEY: &str = "key-0123456789abcdef";
const LINES: &str = r#"{"lines":[{"sku":"tea","quantity":2},{"sku":"cup","quantity":1},{"sku":"tea","quantity":3}]}"#;

fn placement(key: &str, body: &str) -> Ask {
    ask("POST", "/v1/orders").shopper("kim").header("idempotency-key", key).json(body)
}

fn placing(shopper: &str, key: &str) -> RequestId {
    RequestId::of(shopper, "POST /v1/orders", key)
}

fn order() -> OrderId {
    placing("kim", KEY).order()
}

fn command(word: &str, body: &str) -> Ask {
    ask("POST", &format!("/v1/orders/{}/{word}", order())).header("idempotency-key", KEY).json(body)
}

fn amounts() -> OrderAmounts {
    let won = Money::new;
    OrderAmounts { gross: won(45_000), discount: won(6_750), due: won(38_250), paid: won(0), refunded: won(0) }
}

fn applied(state: OrderState) -> impl Fn(&OrderCommand) -> Outcome {
    move |command| Outcome::OrderApplied {
        order: command.order().clone(),
        version: 4,
        state,
        amounts: amounts(),
        deadline: Some(Timestamp::from_millis(77)),
    }
}

fn refused(reason: Reason) -> impl Fn(&OrderCommand) -> Outcome {
    move |command| Outcome::OrderRefused { order: command.order().clone(), reason: reason.clone() }
}

#[tokio::test]
async fn a_placed_order_is_201_with_what_it_costs_and_where_it_is() {
    let fixture = fixture();
    let orders = fixture.orders(1, applied(OrderState::AwaitingPayment));
    let answer = fixture.send(placement(KEY, LINES)).await;
    orders.await.unwrap();
    let (request, order) = (placing("kim", KEY), order());
    assert_eq!(answer.status, 201);
    let expected = json!({
        "request": request, "order": order, "state": "awaiting_payment", "pay_by": 77, "version": 4,
        "amounts": { "gross": 45_000, "discount": 6_750, "due": 38_250, "paid": 0, "refunded": 0 },
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("location"), Some(format!("/v1/orders/{order}").as_str()));
    assert_eq!(answer.header("vary"), Some("prefer"));
    // An order that costs nothing is paid, and has nothing to be paid by.
    let orders = fixture.orders(1, applied(OrderState::Paid));
    let free = fixture.send(placement("key-0123456789abcdef-free", LINES)).await;
    orders.await.unwrap();
    assert_eq!((free.status.as_u16(), &free.json()["state"], free.json().get("pay_by")), (201, &json!("paid"), None));
}

#[tokio::test]
async fn an_order_says_in_the_log_whose_it_is_each_product_once_and_the_shops_limits() {
    let mut config = config();
    config.orders.pay_ms = 20_000;
    let fixture = fixture_of(config);
    let body = r#"{"lines":[{"sku":"tea","quantity":2},{"sku":"cup","quantity":1},{"sku":"tea","quantity":3}],
        "coupon":{"campaign":"sale","coupon":"cpn_0123456789abcdef0123456789abcdef"},"quoted":38250}"#;
    let answer = fixture.send(placement(KEY, body).header("prefer", "respond-async")).await;
    assert_eq!(answer.status, 202);
    let request = placing("kim", KEY);
    assert_eq!(answer.json(), json!({ "request": request, "status": "pending", "order": order() }));
    assert_eq!(answer.header("location"), Some(format!("/v1/requests/{request}").as_str()));
    let [outgoing] = &fixture.emitter.emitted()[..] else { panic!("one record") };
    assert_eq!((&*outgoing.topic, outgoing.key.as_deref()), ("orders.inbox", Some(order().as_str().as_bytes())));
    assert_eq!(outgoing.partition, None);
    assert!(outgoing.headers.iter().any(|(name, value)| name == "reply-to" && value.as_ref() == b"3"));
    let [OrderCommand::Place { request: placed, order: named, shopper, lines, coupon, quoted, limits }] =
        &fixture.order_commands()[..]
    else {
        panic!("a placement")
    };
    assert_eq!((*placed, named, shopper.as_str()), (request, &order(), "kim"));
    let lines: Vec<(&str, u32)> = lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    assert_eq!(lines, [("tea", 5), ("cup", 1)], "units of one product are added up where it was listed first");
    assert!(coupon.is_some());
    assert_eq!(*quoted, Some(Money::new(38_250)));
    assert_eq!(*limits, TimeLimits { pay_ms: 20_000, ..TimeLimits::default() });
}

#[tokio::test]
async fn every_command_reaches_the_log_as_what_it_says() {
    let account = r#"{"bank":"20","account_number":"1234567890","holder":"김"}"#;
    let table: [(&str, String, bool); 7] = [
        ("payment", r#"{"payment_key":"tviva1","amount":38250}"#.into(), false),
        ("cancel", "{}".into(), false),
        (
            "cancel",
            format!(r#"{{"lines":[{{"sku":"tea","quantity":1}},{{"sku":"tea","quantity":1}}],"account":{account}}}"#),
            false,
        ),
        ("ship", "{}".into(), true),
        ("deliver", "{}".into(), true),
        ("confirm", "{}".into(), false),
        ("refund", r#"{"lines":[{"sku":"cup","quantity":1}],"cause":"faulty","goods":"gone"}"#.into(), true),
    ];
    for (word, body, is_operators) in table {
        let fixture = fixture();
        let asked = command(word, &body);
        let asked = if is_operators { asked.operator() } else { asked.shopper("kim") };
        let orders = fixture.orders(1, applied(OrderState::Paid));
        let answer = fixture.send(asked).await;
        orders.await.unwrap();
        let caller = if is_operators { "op" } else { "kim" };
        let request = RequestId::of(caller, &format!("POST /v1/orders/{}/{word}", order()), KEY);
        assert_eq!(answer.status, 200, "{word}");
        assert_eq!(answer.json()["request"], request.to_string());
        assert_eq!((&answer.json()["state"], &answer.json()["version"]), (&json!("paid"), &json!(4)), "{word}");
        let [command] = &fixture.order_commands()[..] else { panic!("{word}: one record") };
        assert_eq!((command.request(), command.order()), (Some(request), &order()), "{word}");
        assert_eq!(command.shopper().map(events::ids::ShopperId::as_str), (!is_operators).then_some("kim"), "{word}");
        match command {
            OrderCommand::Pay { payment_key, amount, .. } => {
                assert_eq!((payment_key.as_str(), amount.minor()), ("tviva1", 38_250));
            }
            OrderCommand::Cancel { lines, account, .. } => {
                assert_eq!(lines.iter().map(|line| line.quantity).sum::<u32>(), if account.is_some() { 2 } else { 0 });
                assert!(lines.len() <= 1);
            }
            OrderCommand::Refund { lines, cause, goods, .. } => {
                assert_eq!((lines.len(), *cause, *goods), (1, RefundCause::Faulty, Goods::Gone));
            }
            OrderCommand::Ship { .. } | OrderCommand::Deliver { .. } | OrderCommand::ConfirmPurchase { .. } => {}
            other => panic!("{word}: {other:?}"),
        }
    }
    // An operator confirms for nobody in particular; a body need not be there.
    let fixture = fixture();
    let asked = ask("POST", &format!("/v1/orders/{}/confirm", order())).header("idempotency-key", KEY).operator();
    assert_eq!(fixture.send(asked.header("prefer", "respond-async")).await.status, 202);
    assert!(matches!(&fixture.order_commands()[..], [OrderCommand::ConfirmPurchase { shopper: None, .. }]));
}

/// Every reason, with its status.
fn reasons() -> Vec<(Reason, u16)> {
    let mut reasons: Vec<(Reason, u16)> = OrderRefusal::ALL
        .into_iter()
        .map(|refusal| {
            let status = match refusal.code() {
                "UNKNOWN_ORDER" => 404,
                "IDEMPOTENCY_CONFLICT"
                | "INVALID_ORDER"
                | "UNKNOWN_LINE"
                | "TOO_MANY_UNITS"
                | "REFUND_ACCOUNT_MISSING" => 422,
                _ => 409,
            };
            (refusal.into(), status)
        })
        .collect();
    let sku = Sku::new("tea").unwrap();
    for refusal in [StockRefusal::UnknownProduct, StockRefusal::InsufficientStock] {
        reasons.push((Reason::Stock { sku: sku.clone(), refusal }, 409));
    }
    reasons.push((Reason::Coupon { refusal: events::coupons::Refusal::MinSpend }, 409));
    reasons.push((Reason::Payment { decline: Decline::TryAnother, code: "REJECT_CARD_COMPANY".into() }, 402));
    reasons.push((Reason::Refund { code: "NOT_CANCELABLE_AMOUNT".into() }, 502));
    reasons
}

#[tokio::test]
async fn every_reason_has_its_code_and_status_and_says_what_others_said() {
    for (reason, status) in reasons() {
        let fixture = fixture();
        let orders = fixture.orders(1, refused(reason.clone()));
        let answer = fixture.send(command("cancel", "{}").shopper("kim")).await;
        orders.await.unwrap();
        let body = answer.json();
        assert_eq!((answer.status.as_u16(), &body["code"]), (status, &json!(reason.code())), "{reason:?}");
        assert_eq!(
            (&body["admitted"], &body["retryable"]),
            (&json!(true), &json!(reason.is_transient())),
            "{reason:?}"
        );
        assert!(body["request"].as_str().unwrap().starts_with("req_"));
        let others = [&body["sku"], &body["provider_code"], &body["decline"]];
        let expected = match reason {
            Reason::Stock { .. } => [json!("tea"), Value::Null, Value::Null],
            Reason::Payment { .. } => [Value::Null, json!("REJECT_CARD_COMPANY"), json!("try_another")],
            Reason::Refund { .. } => [Value::Null, json!("NOT_CANCELABLE_AMOUNT"), Value::Null],
            Reason::Order { .. } | Reason::Coupon { .. } => [Value::Null, Value::Null, Value::Null],
        };
        assert_eq!(others, [&expected[0], &expected[1], &expected[2]], "{reason:?}");
    }
}

#[tokio::test]
async fn a_double_submit_is_one_request_with_one_answer() {
    let fixture = fixture();
    let orders = fixture.orders(1, applied(OrderState::AwaitingPayment));
    let first = fixture.send(placement(KEY, LINES)).await;
    orders.await.unwrap();
    // The same lines, added up by the client: the same order.
    let again =
        fixture.send(placement(KEY, r#"{"lines":[{"sku":"tea","quantity":5},{"sku":"cup","quantity":1}]}"#)).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, first.json()));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(fixture.order_commands().len(), 1);
    // Somebody else's same key is another request.
    let other = ask("POST", "/v1/orders").shopper("lee").header("idempotency-key", KEY).json(LINES);
    assert_eq!(fixture.send(other.header("prefer", "respond-async")).await.status, 202);
    assert_ne!(fixture.order_commands()[1].order(), &order());
}

#[tokio::test]
async fn the_same_key_with_another_body_is_a_conflict_and_leaves_no_record() {
    let fixture = fixture();
    assert_eq!(fixture.send(placement(KEY, LINES).header("prefer", "wait=0")).await.status, 202);
    for body in [
        r#"{"lines":[{"sku":"tea","quantity":5}]}"#,
        r#"{"lines":[{"sku":"tea","quantity":5},{"sku":"cup","quantity":1}],"quoted":1}"#,
    ] {
        let answer = fixture.send(placement(KEY, body)).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "IDEMPOTENCY_CONFLICT"), "{body}");
        assert_eq!(answer.json()["admitted"], false);
    }
    let pay = |amount| command("payment", &format!(r#"{{"payment_key":"tviva1","amount":{amount}}}"#)).shopper("kim");
    assert_eq!(fixture.send(pay(100).header("prefer", "wait=0")).await.status, 202);
    assert_eq!(fixture.send(pay(101)).await.code(), "IDEMPOTENCY_CONFLICT");
    assert_eq!(fixture.order_commands().len(), 2);
}

#[tokio::test]
async fn a_conflict_that_only_the_processor_sees_is_not_what_became_of_the_request() {
    let fixture = fixture();
    let orders = fixture.orders(1, refused(OrderRefusal::IdempotencyConflict.into()));
    let answer = fixture.send(placement(KEY, LINES)).await;
    orders.await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.json()["admitted"]), (422, &json!(true)));
    assert_eq!(fixture.state.pending.undecided(), 1, "the request itself is not decided by it");
}

#[tokio::test]
async fn what_became_of_an_order_is_told_later_and_only_to_its_shopper() {
    let fixture = fixture();
    assert_eq!(fixture.send(placement(KEY, LINES).header("prefer", "wait=0")).await.status, 202);
    let request = placing("kim", KEY);
    let path = format!("/v1/requests/{request}");
    let expected = json!({ "request": request, "status": "pending", "order": order() });
    assert_eq!(fixture.send(ask("GET", &path).shopper("kim")).await.json(), expected);
    let reason = Reason::Stock { sku: Sku::new("tea").unwrap(), refusal: StockRefusal::InsufficientStock };
    let outcome = Outcome::OrderRefused { order: order(), reason };
    fixture.state.pending.resolve(Reply { request, at: now(), outcome });
    let shown = fixture.send(ask("GET", &path).shopper("kim")).await.json();
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("refused"), &json!("INSUFFICIENT_STOCK")));
    assert_eq!(fixture.send(ask("GET", &path).shopper("lee")).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn products_are_defined_and_stocked() {
    let stock = StockLevel { received: 100, available: 100, held: 0, sold: 0 };
    let fixture = fixture();
    let processor =
        fixture.inventory(2, move |command| Outcome::ProductApplied { sku: command.sku().clone(), version: 7, stock });
    let terms = serde_json::to_string(&product_terms()).unwrap();
    let defined = fixture.send(ask("PUT", "/v1/products/tea").operator().json(terms)).await;
    assert_eq!((defined.status.as_u16(), defined.json()), (200, json!({ "sku": "tea", "version": 7 })));
    let change = |number: i64| {
        let asked = ask("POST", "/v1/products/tea/stock").operator().header("idempotency-key", KEY);
        asked.json(format!("{{\"change\":{number}}}"))
    };
    let stocked = fixture.send(change(100)).await;
    processor.await.unwrap();
    assert_eq!((stocked.status.as_u16(), &stocked.json()["stock"]["available"]), (200, &json!(100)));
    assert_eq!(fixture.send(change(100)).await.header("idempotent-replayed"), Some("true"));
    assert_eq!(fixture.send(change(101)).await.code(), "IDEMPOTENCY_CONFLICT");
    let topics: Vec<_> = fixture.emitter.emitted().iter().map(|outgoing| outgoing.topic.to_string()).collect();
    assert_eq!(topics, ["inventory.inbox", "inventory.inbox"]);
}

#[tokio::test]
async fn refusals_of_commands_to_products_have_their_statuses() {
    for refusal in StockRefusal::ALL {
        let status = match refusal.code() {
            "UNKNOWN_PRODUCT" => 404,
            "IDEMPOTENCY_CONFLICT" | "INVALID_QUANTITY" | "INVALID_TERMS" | "INVALID_CHANGE" => 422,
            _ => 409,
        };
        let fixture = fixture();
        let processor = fixture.inventory(1, move |_| Outcome::ProductRefused { reason: refusal });
        let asked = ask("POST", "/v1/products/tea/stock").operator().header("idempotency-key", KEY);
        let answer = fixture.send(asked.json(r#"{"change":-1}"#)).await;
        processor.await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, refusal.code()));
    }
}

#[tokio::test]
async fn ordering_does_not_use_up_what_is_there_for_claiming() {
    let mut config = config();
    config.limits.caller = crate::config::Rate { per_second: 1, burst: 1 };
    let fixture = fixture_of(config);
    let placed = |key| fixture.send(placement(key, LINES).header("prefer", "wait=0"));
    assert_eq!(placed(KEY).await.status, 202);
    assert_eq!(placed("key-0123456789abcdef-2").await.status, 429);
    assert_ne!(fixture.send(claim("kim", "sale", KEY)).await.status, 429);
}

#[tokio::test]
async fn a_product_shows_its_price_and_to_operators_all_of_it() {
    let fixture = fixture();
    let stock = StockLevel { received: 10, available: 6, held: 3, sold: 1 };
    let row = |terms| ProductRow {
        sku: Sku::new("tea").unwrap(),
        partition: 1,
        version: 9,
        terms,
        stock,
        updated_at: Timestamp::from_millis(5),
    };
    fixture.shop.put_product(row(Some(product_terms())));
    let shown = fixture.send(ask("GET", "/v1/products/tea").shopper("kim")).await;
    let expected = json!({
        "sku": "tea", "version": 9, "seller": "seller-1", "name": "녹차 100 g", "list_price": 20_000, "price": 20_000,
        "stock": { "available": 6 }, "updated_at": 5,
    });
    assert_eq!((shown.status.as_u16(), shown.json()), (200, expected));
    let whole = fixture.send(ask("GET", "/v1/products/tea").operator()).await.json();
    assert_eq!((&whole["stock"]["held"], &whole["terms"]["supply_price"]), (&json!(3), &json!(9_000)));
    fixture.shop.put_product(row(None));
    let bare = fixture.send(ask("GET", "/v1/products/tea").shopper("kim")).await.json();
    assert_eq!((&bare["stock"], bare.get("price")), (&json!({ "available": 6 }), None));
    assert_eq!(fixture.send(ask("GET", "/v1/products/cup").shopper("kim")).await.code(), "NOT_FOUND");
}
