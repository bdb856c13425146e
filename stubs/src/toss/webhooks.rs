//! Webhooks as the provider sends them: no signature, no promised order, and again until somebody has taken it or 3 days and
//! 19 hours are over.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use serde_json::json;
use tokio::sync::Semaphore;
use web::client::{Address, Cleartext, Client};
use web::kst_time;

use super::bill::Bill;
use super::wal::{Notice, NoticeKind};

/// Minutes before each re-send.
pub(crate) const AGAIN_AFTER: [u64; 7] = [1, 4, 16, 64, 256, 1024, 4096];
/// How long a shop has to take one.
const WITHIN: Duration = Duration::from_secs(10);
/// Most that are on their way at a time.
const AT_A_TIME: usize = 64;

/// Sends webhooks to one address.
pub(crate) struct Webhooks {
    client: Client,
    minute: Duration,
    turns: Semaphore,
}

impl Webhooks {
    pub(crate) fn new(url: &str, minute_ms: u64) -> io::Result<Self> {
        let minute = Duration::from_millis(minute_ms);
        let address = Address::parse(url, Cleartext::Loopback).map_err(io::Error::other)?;
        Ok(Self { client: Client::new(address, WITHIN)?, minute, turns: Semaphore::new(AT_A_TIME) })
    }

    /// Returns when the webhook was taken, or after the last time it was not.
    pub(crate) async fn deliver(&self, notice: &Notice, bill: &Bill, (times, delay): (u32, Duration)) {
        let body = Bytes::from(body(notice, bill));
        tokio::time::sleep(delay).await;
        for _ in 1..times {
            // A duplicate of what is sent anyway: nobody cares what becomes of it.
            self.send(notice, &body, 0).await;
        }
        let mut waits = AGAIN_AFTER.into_iter();
        let mut retried = 0;
        while !self.send(notice, &body, retried).await {
            let Some(minutes) = waits.next() else { return };
            retried += 1;
            tokio::time::sleep(self.minute.saturating_mul(u32::try_from(minutes).unwrap_or(u32::MAX))).await;
        }
    }

    async fn send(&self, notice: &Notice, body: &Bytes, retried: u32) -> bool {
        let Ok(_turn) = self.turns.acquire().await else { return false };
        let sent_at = kst_time::with_offset(notice.at);
        let request = |path: &str| {
            Request::post(path)
                .header(CONTENT_TYPE, "application/json")
                .header("tosspayments-webhook-transmission-id", &notice.transmission)
                .header("tosspayments-webhook-transmission-time", &sent_at)
                .header("tosspayments-webhook-transmission-retried-count", retried.to_string())
                .body(Full::new(body.clone()))
                .ok()
        };
        self.client.call(request, WITHIN).await.is_ok_and(|answer| answer.status == StatusCode::OK)
    }
}

fn body(notice: &Notice, bill: &Bill) -> String {
    let created_at = kst_time::micros(notice.at);
    let body = match notice.kind {
        NoticeKind::Status => {
            json!({"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": created_at, "data": bill.shown()})
        }
        NoticeKind::Deposit => json!({
            "createdAt": created_at, "secret": bill.secret, "status": bill.status_word(),
            "transactionKey": bill.last_transaction(), "orderId": bill.order_id,
        }),
    };
    body.to_string()
}
