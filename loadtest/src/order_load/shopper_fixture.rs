//! A stage for the load's tests: ingress and the payment provider's stub as an HTTP contract, without a log behind it. It can
//! lose answers after it has decided, and answer late, as the real ones do when something dies.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use events::ids::RequestId;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};
use streams::clock::now_ms;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Signs and reads the shoppers' tokens.
pub(super) const SECRET: &str = "a secret of the stage that is long enough";

/// How the stage behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Answers everything at once.
    Well,
    /// Loses every seventh answer after deciding, and answers every fifth decision late.
    Badly,
}

#[derive(Clone, Debug)]
pub(super) struct StageOrder {
    pub(super) state: &'static str,
    pub(super) version: u64,
    pub(super) due: i64,
    pub(super) paid: i64,
    pub(super) refunded: i64,
    units: Vec<(String, i64, i64)>,
    pay_by: i64,
}

/// What the stage knows.
#[derive(Debug)]
pub(super) struct ShopperFixture {
    manner: Manner,
    prices: HashMap<String, i64>,
    stock: HashMap<String, i64>,
    pay_ms: i64,
    pub(super) orders: HashMap<String, StageOrder>,
    /// Answers to decided requests.
    pub(super) decided: HashMap<RequestId, (u16, Value)>,
    payments: HashMap<String, Value>,
    answered: u64,
}

fn refusal(status: u16, code: &str) -> (u16, Value) {
    (status, json!({ "status": status, "code": code, "admitted": true }))
}

impl ShopperFixture {
    /// Opens the stage with these articles: price and stock by sku.
    pub(super) fn open(
        articles: Vec<(String, i64, i64)>,
        pay_ms: i64,
        manner: Manner,
    ) -> (SocketAddr, Arc<Mutex<Self>>) {
        let stage = Arc::new(Mutex::new(Self {
            manner,
            prices: articles.iter().map(|(sku, price, _)| (sku.clone(), *price)).collect(),
            stock: articles.into_iter().map(|(sku, _, stock)| (sku, stock)).collect(),
            pay_ms,
            orders: HashMap::new(),
            decided: HashMap::new(),
            payments: HashMap::new(),
            answered: 0,
        }));
        let (tell, answered) = std::sync::mpsc::channel();
        let shared = Arc::clone(&stage);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    tokio::spawn(serve(stream, Arc::clone(&shared)));
                }
            });
        });
        (answered.recv().unwrap(), stage)
    }

    /// Units of an article that nobody has.
    pub(super) fn left(&self, sku: &str) -> i64 {
        self.stock[sku]
    }

    fn answer(&mut self, head: &str, body: &Value) -> (u16, Value) {
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["stub", "payments"]) => {
                let key = format!("pay-{}", self.payments.len());
                self.payments.insert(key.clone(), body.clone());
                (200, json!({ "paymentKey": key }))
            }
            ("POST", ["stub", "payments", key, "deposit"]) => {
                let order = self.payments[*key]["orderId"].as_str().unwrap().to_owned();
                let order = self.orders.get_mut(&order).unwrap();
                (order.state, order.paid, order.version) = ("paid", order.due, order.version + 1);
                (200, json!({}))
            }
            ("GET", ["v1", "requests", request]) => match self.decided.get(&RequestId::new(request).unwrap()) {
                Some((200 | 201, answer)) => (200, json!({ "status": "applied", "order": answer["order"] })),
                Some((_, answer)) => (200, json!({ "status": "refused", "reason": answer["code"] })),
                None => (404, json!({ "code": "NOT_FOUND" })),
            },
            ("GET", ["v1", "orders", order]) => match self.orders.contains_key(*order) {
                true => (200, self.show(order)),
                false => (404, json!({ "code": "UNKNOWN_ORDER" })),
            },
            ("POST", ["v1", "orders", ..]) => {
                let request = request_of(head, method, path);
                let known = self.decided.get(&request).cloned();
                let answer = known.unwrap_or_else(|| self.decide(request, &parts, body));
                self.decided.insert(request, answer.clone());
                answer
            }
            _ => (404, json!({ "code": "NOT_FOUND" })),
        }
    }

    fn decide(&mut self, request: RequestId, parts: &[&str], body: &Value) -> (u16, Value) {
        let [_, _, order, verb] = parts else { return self.place(request, body) };
        let shown = self.show(order);
        let state = shown["state"].as_str().unwrap().to_owned();
        let order = self.orders.get_mut(*order).unwrap();
        let next = match (*verb, state.as_str()) {
            ("payment", "awaiting_payment") => {
                let payment = &self.payments[body["payment_key"].as_str().unwrap()];
                if body["amount"].as_i64() != Some(order.due) {
                    return refusal(422, "AMOUNT_MISMATCH");
                }
                if payment["decline"].is_string() {
                    return refusal(402, "PAYMENT_DECLINED");
                }
                if payment["method"] == "virtual_account" {
                    "awaiting_deposit"
                } else {
                    order.paid = order.due;
                    "paid"
                }
            }
            ("payment", "expired") => return refusal(409, "PAYMENT_WINDOW_OVER"),
            ("payment", _) => return refusal(409, "NOT_AWAITING_PAYMENT"),
            ("cancel", "shipped") => return refusal(409, "ALREADY_SHIPPED"),
            ("cancel", "awaiting_payment") => "cancelled",
            ("cancel" | "refund", "paid" | "delivered") => {
                let all: i64 = order.units.iter().map(|(_, all, _)| all).sum();
                for line in &mut order.units {
                    let asked = body["lines"].as_array().map(|lines| {
                        lines.iter().filter(|of| of["sku"] == line.0).map(|of| of["quantity"].as_i64().unwrap()).sum()
                    });
                    let back: i64 = asked.unwrap_or(line.1 - line.2);
                    line.2 += back;
                    *self.stock.get_mut(&line.0).unwrap() += back;
                }
                let back: i64 = order.units.iter().map(|(_, _, back)| back).sum();
                order.refunded = order.paid * back / all;
                match (back == all, *verb) {
                    (true, "cancel") => "cancelled",
                    (true, _) => "refunded",
                    (false, _) => order.state,
                }
            }
            ("ship", "paid") => "shipped",
            ("deliver", "shipped") => "delivered",
            ("confirm", "delivered") => "purchase_confirmed",
            (verb, state) => return refusal(409, &format!("{verb} of {state}").to_uppercase()),
        };
        (order.state, order.version) = (next, order.version + 1);
        let name = parts[2].to_owned();
        (200, self.show(&name))
    }

    fn place(&mut self, request: RequestId, body: &Value) -> (u16, Value) {
        let line = |line: &Value| (line["sku"].as_str().unwrap().to_owned(), line["quantity"].as_i64().unwrap());
        let lines: Vec<(String, i64)> = body["lines"].as_array().unwrap().iter().map(line).collect();
        if lines.iter().any(|(sku, quantity)| self.stock[sku] < *quantity) {
            return refusal(409, "INSUFFICIENT_STOCK");
        }
        let gross: i64 = lines.iter().map(|(sku, quantity)| self.prices[sku] * quantity).sum();
        let due = if body["coupon"].is_object() { (gross - 5_000).max(0) } else { gross };
        if body["quoted"].as_i64().is_some_and(|quoted| quoted != due) {
            return refusal(409, "PRICE_CHANGED");
        }
        for (sku, quantity) in &lines {
            *self.stock.get_mut(sku).unwrap() -= quantity;
        }
        let order = StageOrder {
            state: if due == 0 { "paid" } else { "awaiting_payment" },
            version: 2,
            due,
            paid: 0,
            refunded: 0,
            units: lines.into_iter().map(|(sku, quantity)| (sku, quantity, 0)).collect(),
            pay_by: now_ms() + self.pay_ms,
        };
        let name = request.order().to_string();
        self.orders.insert(name.clone(), order);
        (201, self.show(&name))
    }

    /// The order as it is now: one whose time to pay is over has expired.
    fn show(&mut self, name: &str) -> Value {
        let order = self.orders.get_mut(name).unwrap();
        if order.state == "awaiting_payment" && now_ms() >= order.pay_by {
            (order.state, order.version) = ("expired", order.version + 1);
            for (sku, quantity, _) in &order.units {
                *self.stock.get_mut(sku).unwrap() += quantity;
            }
        }
        let discount = 0;
        json!({
            "order": name, "version": order.version, "state": order.state, "deadline": order.pay_by,
            "amounts": {
                "gross": order.due, "discount": discount, "due": order.due, "paid": order.paid, "refunded": order.refunded,
            },
        })
    }
}

/// The request that a POST is: by its caller, its route and its key.
fn request_of(head: &str, method: &str, path: &str) -> RequestId {
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let mut rules = Validation::default();
    rules.set_audience(&["timesale"]);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let claims = jsonwebtoken::decode::<Value>(header("authorization: Bearer "), &key, &rules).unwrap().claims;
    RequestId::of(claims["sub"].as_str().unwrap(), &format!("{method} {path}"), header("idempotency-key: "))
}

async fn serve(mut stream: TcpStream, stage: Arc<Mutex<ShopperFixture>>) {
    let mut arrived = Vec::new();
    loop {
        let Some(end) = arrived.windows(4).position(|window| window == b"\r\n\r\n") else {
            if stream.read_buf(&mut arrived).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        };
        let head = String::from_utf8(arrived[..end].to_vec()).unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        while arrived.len() < end + 4 + length {
            if stream.read_buf(&mut arrived).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = serde_json::from_slice(&arrived[end + 4..end + 4 + length]).unwrap_or(Value::Null);
        arrived.drain(..end + 4 + length);
        let (answer, fate) = {
            let mut stage = stage.lock().unwrap();
            let answer = stage.answer(&head, &body);
            stage.answered += 1;
            let bad = stage.manner == Manner::Badly && head.starts_with("POST /v1");
            (answer, if bad { stage.answered % 35 } else { 1 })
        };
        let (status, answer) = match fate {
            fate if fate % 7 == 0 => return,
            fate if fate % 5 == 0 => (202, json!({ "status": "pending" })),
            _ => answer,
        };
        let text = answer.to_string();
        let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n\r\n{text}", text.len());
        // A little time passes, so that requests of one moment meet.
        tokio::time::sleep(Duration::from_millis(1)).await;
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
