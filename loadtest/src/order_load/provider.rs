//! What a shopper does on the payment provider's own page, as its stub offers it: authenticate, and transfer money.

use std::time::{Duration, Instant};

use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};

use super::pool::Pool;
use crate::request::{ANSWER_TIMEOUT, Pause};
use crate::wire::Response;

/// How a shopper means to pay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Means {
    /// A card that is good.
    Card,
    /// A card that the provider declines, with this code.
    BadCard(&'static str),
    /// A transfer to a virtual account.
    Account,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    order_id: &'a str,
    amount: i64,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decline: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authenticated {
    payment_key: PaymentKey,
}

/// The provider as the shopper sees it.
pub(super) struct Page(Pool);

impl Page {
    /// The page behind these connections.
    pub(super) fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// Authenticates a payment, trying again until the deadline. Nothing when the provider was away all the time.
    ///
    /// # Errors
    /// What the provider said when it refuses, which it has no reason to.
    pub(super) async fn authenticate(
        &self,
        order: &OrderId,
        amount: Money,
        means: Means,
        deadline: Instant,
    ) -> Result<Option<PaymentKey>, String> {
        let planned = Authentication {
            order_id: order.as_str(),
            amount: amount.minor(),
            method: if means == Means::Account { "virtual_account" } else { "card" },
            decline: if let Means::BadCard(code) = means { Some(code) } else { None },
        };
        let body = serde_json::to_string(&planned).map_err(|error| error.to_string())?;
        let Some(response) = self.post("/stub/payments", &body, deadline).await? else { return Ok(None) };
        serde_json::from_slice::<Authenticated>(&response.body)
            .map(|authenticated| Some(authenticated.payment_key))
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&response.body)))
    }

    /// Transfers the money of a payment that awaits it. Whether the provider took it.
    ///
    /// # Errors
    /// What the provider said when it refuses.
    pub(super) async fn deposit(&self, payment: &PaymentKey, deadline: Instant) -> Result<bool, String> {
        self.post(&format!("/stub/payments/{payment}/deposit"), "{}", deadline).await.map(|answer| answer.is_some())
    }

    async fn post(&self, path: &str, body: &str, deadline: Instant) -> Result<Option<Response>, String> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: provider\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut pause = Pause::default();
        loop {
            match timeout(ANSWER_TIMEOUT, self.0.exchange(request.as_bytes())).await {
                Ok(Ok(response)) if response.status < 300 => return Ok(Some(response)),
                Ok(Ok(response)) if (400..500).contains(&response.status) && response.status != 429 => {
                    return Err(format!("{} {}", response.status, String::from_utf8_lossy(&response.body)));
                }
                Ok(Ok(_) | Err(_)) | Err(_) => {}
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            sleep(pause.next(None).max(Duration::from_millis(100))).await;
        }
    }
}
