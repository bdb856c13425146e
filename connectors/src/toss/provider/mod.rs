//! The provider's HTTP API, one method a call, each through the breaker, each with a deadline. What a call means is not decided
//! here (see `answer`).

mod failure;
mod wire;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use events::payments::{Payment, RefundAccount};
use events::time::Timestamp;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use serde_json::json;
use tokio::time::Instant;

pub(crate) use failure::Failure;
pub use wire::Transaction;

use web::client::{Address, Answer, Cleartext, Client};
use web::kst_time;
use web::secret_key::SecretKey;

use super::config::Config;
use super::metrics::Metrics;
use crate::breaker::Breaker;
use crate::gate::Gate;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TEST_CODE: HeaderName = HeaderName::from_static("tosspayments-test-code");

// The calls, as metrics name them.
const CANCEL: &str = "cancel";
const CONFIRM: &str = "confirm";
const LOOK_UP: &str = "look_up";
const LOOK_UP_ORDER: &str = "look_up_order";
const TRANSACTIONS: &str = "transactions";
/// Every call.
pub(crate) const CALLS: [&str; 5] = [CANCEL, CONFIRM, LOOK_UP, LOOK_UP_ORDER, TRANSACTIONS];

/// The provider wants a client to wait this long for a list.
const LIST_WITHIN: Duration = Duration::from_secs(60);

/// The provider.
pub struct Provider {
    pool: Client,
    authorization: HeaderValue,
    test_code: Option<HeaderValue>,
    read_within: Duration,
    gate: Gate,
    metrics: Metrics,
}

/// What a refund asks for.
pub(crate) struct RefundCall<'a> {
    pub(crate) payment_key: &'a PaymentKey,
    pub(crate) amount: Money,
    pub(crate) balance: Money,
    pub(crate) reason: &'a str,
    pub(crate) account: Option<&'a RefundAccount>,
    pub(crate) idempotency_key: &'a str,
}

impl Provider {
    /// A provider at the configured address; nothing is opened yet.
    ///
    /// # Errors
    /// [`io::Error`] when the address cannot be one.
    pub fn new(config: &Config, key: &SecretKey, metrics: &Metrics) -> io::Result<Self> {
        let address = Address::parse(&config.base_url, Cleartext::Loopback).map_err(io::Error::other)?;
        let breaker = Breaker::new(config.breaker_failures, config.breaker_open_ms);
        Ok(Self {
            pool: Client::new(address, Duration::from_millis(config.connect_ms))?,
            authorization: key.authorization(),
            test_code: None,
            read_within: Duration::from_millis(config.read_ms),
            gate: Gate::new("the payment provider", breaker, metrics.breaker()),
            metrics: metrics.clone(),
        })
    }

    /// The same provider, asked to answer every call with this error, which it does under a test key.
    #[must_use]
    pub fn with_test_code(mut self, code: &str) -> Self {
        self.test_code = HeaderValue::from_str(code).ok();
        self
    }

    /// Whether calls go through, rather than wait for the provider to answer again.
    pub(crate) fn is_available(&self) -> bool {
        self.gate.is_closed()
    }

    /// Charges an authenticated payment.
    pub(crate) async fn confirm(
        &self,
        payment_key: &PaymentKey,
        order: &OrderId,
        amount: Money,
        idempotency_key: &str,
        deadline: Instant,
    ) -> Result<Payment, Failure> {
        let body = json!({ "paymentKey": payment_key, "orderId": order, "amount": amount });
        let call = Call::post(CONFIRM, "/v1/payments/confirm".into(), &body, idempotency_key);
        self.payment(call, deadline, self.read_within).await
    }

    /// Gives money back. The balance is sent along, so that the provider refuses when it knows another.
    pub(crate) async fn refund(&self, refund: &RefundCall<'_>, deadline: Instant) -> Result<Payment, Failure> {
        let mut body = json!({
            "cancelReason": refund.reason,
            "cancelAmount": refund.amount,
            "refundableAmount": refund.balance,
        });
        if let (Some(account), Some(body)) = (refund.account, body.as_object_mut()) {
            let account = json!({
                "bank": account.bank, "accountNumber": account.account_number, "holderName": account.holder,
            });
            body.insert("refundReceiveAccount".into(), account);
        }
        let path = format!("/v1/payments/{}/cancel", refund.payment_key);
        self.payment(Call::post(CANCEL, path, &body, refund.idempotency_key), deadline, self.read_within).await
    }

    /// The payment of this key.
    pub(crate) async fn find(&self, payment_key: &PaymentKey, deadline: Instant) -> Result<Payment, Failure> {
        let call = Call::get(LOOK_UP, format!("/v1/payments/{payment_key}"));
        self.payment(call, deadline, self.look_within(deadline)).await
    }

    /// The payment of this order.
    pub(crate) async fn find_of_order(&self, order: &OrderId, deadline: Instant) -> Result<Payment, Failure> {
        let call = Call::get(LOOK_UP_ORDER, format!("/v1/payments/orders/{order}"));
        self.payment(call, deadline, self.look_within(deadline)).await
    }

    /// A page of approvals and cancels between two instants, oldest first, after the named one.
    ///
    /// # Errors
    /// The failure's code.
    pub async fn transactions(
        &self,
        from: Timestamp,
        until: Timestamp,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Transaction>, String> {
        let (from, until) = (kst_time::local(from.as_millis()), kst_time::local(until.as_millis()));
        let mut path = format!("/v1/transactions?startDate={from}&endDate={until}&limit={limit}");
        if let Some(after) = after {
            path.push_str("&startingAfter=");
            path.push_str(after);
        }
        let deadline = Instant::now() + LIST_WITHIN;
        let answer = self.through(&Call::get(TRANSACTIONS, path), deadline, LIST_WITHIN, wire::transactions).await;
        answer.map_err(|failure| failure.code().to_owned())
    }

    /// A question may be given up early: it changes nothing.
    fn look_within(&self, deadline: Instant) -> Duration {
        let left = deadline.saturating_duration_since(Instant::now());
        self.read_within.min(left.max(self.read_within / 6))
    }

    async fn payment(&self, call: Call, deadline: Instant, within: Duration) -> Result<Payment, Failure> {
        self.through(&call, deadline, within, wire::payment).await
    }

    /// Makes a call as soon as the breaker lets it through.
    async fn through<T>(
        &self,
        call: &Call,
        deadline: Instant,
        within: Duration,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Failure> {
        let Some(permit) = self.gate.enter(deadline).await else {
            self.metrics.call(call.name, Failure::CircuitOpen.outcome(), None);
            return Err(Failure::CircuitOpen);
        };
        let began = Instant::now();
        let answer = self.pool.call(|prefix| self.request(prefix, call), within).await;
        let result = match answer {
            Err(silence) => Err(Failure::Silent(silence)),
            Ok(Answer { status, body, .. }) if status.is_success() => read(&body).ok_or(Failure::Unreadable),
            Ok(Answer { status, body, .. }) => {
                let code = wire::error_code(&body).unwrap_or_else(|| Failure::Unreadable.code().to_owned());
                Err(Failure::Refused { status: status.as_u16(), code })
            }
        };
        let outcome = match &result {
            Err(failure) => failure.outcome(),
            Ok(_) => "answered",
        };
        self.metrics.call(call.name, outcome, Some(began.elapsed()));
        match &result {
            Err(failure) if failure.is_trouble() => permit.failed(),
            _ => permit.answered(),
        }
        result
    }

    fn request(&self, prefix: &str, call: &Call) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{prefix}{}", call.path))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json");
        if let Some(key) = &call.idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key).header(CONTENT_TYPE, "application/json");
        }
        if let Some(code) = &self.test_code {
            request = request.header(TEST_CODE, code.clone());
        }
        request.body(Full::new(call.body.clone())).ok()
    }
}

/// One call.
struct Call {
    /// In metrics.
    name: &'static str,
    method: Method,
    path: String,
    body: Bytes,
    idempotency_key: Option<String>,
}

impl Call {
    fn get(name: &'static str, path: String) -> Self {
        Self { name, method: Method::GET, path, body: Bytes::new(), idempotency_key: None }
    }

    fn post(name: &'static str, path: String, body: &serde_json::Value, idempotency_key: &str) -> Self {
        let (body, idempotency_key) = (Bytes::from(body.to_string()), Some(idempotency_key.to_owned()));
        Self { name, method: Method::POST, path, body, idempotency_key }
    }
}
