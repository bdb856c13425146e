//! The stub's own calls, from outside.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RehearsalError;
use crate::http::{Address, Connector, Pool};
use crate::toss_stub::Faults;

const WITHIN: Duration = Duration::from_secs(30);
/// Rows of the ledger that are asked for at a time.
const ROWS: u32 = 5_000;

/// A stub that runs somewhere.
pub struct StubControl(Pool);

/// A payment in the stub's ledger.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LedgerRow {
    pub(crate) payment_key: String,
    pub(crate) status: String,
    pub(crate) total: i64,
    pub(crate) balance: i64,
    pub(crate) charges: u32,
    pub(crate) cancels: Vec<Value>,
}

impl StubControl {
    /// The stub at this address.
    ///
    /// # Errors
    /// When it cannot be an address.
    pub fn at(base_url: &str) -> io::Result<Self> {
        let address = Address::parse(base_url).map_err(io::Error::other)?;
        Ok(Self(Pool::new(Connector::new(address)?, WITHIN)))
    }

    /// Says what goes wrong from now on.
    ///
    /// # Errors
    /// [`RehearsalError::Stub`].
    pub async fn set(&self, faults: &Faults) -> Result<(), RehearsalError> {
        let faults = serde_json::to_value(faults).map_err(|error| RehearsalError::Stub(error.to_string()))?;
        self.call(Method::POST, "/stub/faults", &faults).await.map(drop)
    }

    /// Moves its clock on.
    ///
    /// # Errors
    /// [`RehearsalError::Stub`].
    pub async fn advance(&self, millis: i64) -> Result<(), RehearsalError> {
        self.call(Method::POST, "/stub/clock", &json!({"advance_ms": millis})).await.map(drop)
    }

    /// Payments by card begin: order, amount, whether the bank declines. Their keys come in the same order.
    ///
    /// # Errors
    /// [`RehearsalError::Stub`].
    pub async fn begin(&self, wishes: &[(String, i64, bool)]) -> Result<Vec<String>, RehearsalError> {
        let wish = |(order, amount, is_declined): &(String, i64, bool)| {
            let decline = is_declined.then_some("REJECT_CARD_COMPANY");
            json!({"orderId": order, "amount": amount, "method": "card", "decline": decline})
        };
        let wishes = Value::Array(wishes.iter().map(wish).collect());
        let begun = self.call(Method::POST, "/stub/payments", &wishes).await?;
        let key = |row: &Value| row.get("paymentKey").and_then(Value::as_str).map(str::to_owned);
        let keys = begun.as_array().map(|rows| rows.iter().map(key).collect::<Option<Vec<_>>>());
        keys.flatten().ok_or_else(|| RehearsalError::Stub("it did not name the payments".into()))
    }

    /// Every payment, by its key.
    pub(crate) async fn ledger(&self) -> Result<HashMap<String, LedgerRow>, RehearsalError> {
        #[derive(Deserialize)]
        struct Ledger {
            payments: Vec<LedgerRow>,
        }
        let mut all = HashMap::new();
        let mut after = String::new();
        loop {
            let path = format!("/stub/ledger?limit={ROWS}&startingAfter={after}");
            let ledger = self.call(Method::GET, &path, &Value::Null).await?;
            let ledger: Ledger =
                serde_json::from_value(ledger).map_err(|error| RehearsalError::Stub(error.to_string()))?;
            let Some(last) = ledger.payments.last() else { return Ok(all) };
            after.clone_from(&last.payment_key);
            all.extend(ledger.payments.into_iter().map(|row| (row.payment_key.clone(), row)));
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, RehearsalError> {
        let body = Bytes::from(body.to_string());
        let request = |prefix: &str| {
            Request::builder().method(method.clone()).uri(format!("{prefix}{path}")).body(Full::new(body.clone())).ok()
        };
        let answer = self.0.call(request, WITHIN).await;
        let answer = answer.map_err(|silence| RehearsalError::Stub(format!("{path}: {silence:?}")))?;
        if !answer.status.is_success() {
            return Err(RehearsalError::Stub(format!("{path}: {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|error| RehearsalError::Stub(error.to_string()))
    }
}
