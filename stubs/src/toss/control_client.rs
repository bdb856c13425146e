//! A client of the stub's own paths: what a test, or a load test, makes it do.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use web::client::{Address, Cleartext, Client};

use super::faults::Faults;

const WITHIN: Duration = Duration::from_secs(30);
/// Rows of the ledger that are asked for at a time.
const ROWS: u32 = 5_000;

/// Calls one stub.
pub struct ControlClient(Client);

/// The stub did not do what it was asked; the text says what it answered.
#[derive(Debug, thiserror::Error)]
#[error("the stub: {0}")]
pub struct ControlError(String);

/// A payment in the stub's ledger.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRow {
    /// Its key.
    pub payment_key: String,
    /// Its status, in the provider's word.
    pub status: String,
    /// What was to be paid, in minor units.
    pub total: i64,
    /// What is left of it after refunds.
    pub balance: i64,
    /// How often money was taken.
    pub charges: u32,
    /// The refunds.
    pub cancels: Vec<Value>,
}

impl ControlClient {
    /// The stub at this address.
    ///
    /// # Errors
    /// When it cannot be an address.
    pub fn at(base_url: &str) -> io::Result<Self> {
        let address = Address::parse(base_url, Cleartext::Loopback).map_err(io::Error::other)?;
        Ok(Self(Client::new(address, WITHIN)?))
    }

    /// Says what goes wrong from now on.
    ///
    /// # Errors
    /// [`ControlError`].
    pub async fn set(&self, faults: &Faults) -> Result<(), ControlError> {
        let faults = serde_json::to_value(faults).map_err(|error| ControlError(error.to_string()))?;
        self.call(Method::POST, "/stub/faults", &faults).await.map(drop)
    }

    /// Moves its clock on.
    ///
    /// # Errors
    /// [`ControlError`].
    pub async fn advance(&self, millis: i64) -> Result<(), ControlError> {
        self.call(Method::POST, "/stub/clock", &json!({"advance_ms": millis})).await.map(drop)
    }

    /// Payments by card begin: order, amount, whether the bank declines. Their keys come in the same order.
    ///
    /// # Errors
    /// [`ControlError`].
    pub async fn begin(&self, payments: &[(String, i64, bool)]) -> Result<Vec<String>, ControlError> {
        let payment = |(order, amount, is_declined): &(String, i64, bool)| {
            let decline = is_declined.then_some("REJECT_CARD_COMPANY");
            json!({"orderId": order, "amount": amount, "method": "card", "decline": decline})
        };
        let payments = Value::Array(payments.iter().map(payment).collect());
        let begun = self.call(Method::POST, "/stub/payments", &payments).await?;
        let key = |row: &Value| row.get("paymentKey").and_then(Value::as_str).map(str::to_owned);
        let keys = begun.as_array().map(|rows| rows.iter().map(key).collect::<Option<Vec<_>>>());
        keys.flatten().ok_or_else(|| ControlError("it did not name the payments".into()))
    }

    /// Every payment, by its key.
    ///
    /// # Errors
    /// [`ControlError`].
    pub async fn ledger(&self) -> Result<HashMap<String, LedgerRow>, ControlError> {
        #[derive(Deserialize)]
        struct Ledger {
            payments: Vec<LedgerRow>,
        }
        let mut all = HashMap::new();
        let mut after = String::new();
        loop {
            let path = format!("/stub/ledger?limit={ROWS}&startingAfter={after}");
            let ledger = self.call(Method::GET, &path, &Value::Null).await?;
            let ledger: Ledger = serde_json::from_value(ledger).map_err(|error| ControlError(error.to_string()))?;
            let Some(last) = ledger.payments.last() else { return Ok(all) };
            after.clone_from(&last.payment_key);
            all.extend(ledger.payments.into_iter().map(|row| (row.payment_key.clone(), row)));
        }
    }

    /// Makes any call and reads the JSON that it is answered with.
    ///
    /// # Errors
    /// [`ControlError`] when there is no answer, or one that is no success.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, ControlError> {
        let body = Bytes::from(body.to_string());
        let request = |prefix: &str| {
            Request::builder().method(method.clone()).uri(format!("{prefix}{path}")).body(Full::new(body.clone())).ok()
        };
        let answer = self.0.call(request, WITHIN).await;
        let answer = answer.map_err(|error| ControlError(format!("{path}: {error:?}")))?;
        if !answer.status.is_success() {
            return Err(ControlError(format!("{path}: {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|error| ControlError(error.to_string()))
    }
}
