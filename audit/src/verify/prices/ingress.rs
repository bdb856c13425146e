//! What ingress answers to `GET /v1/products/{sku}/price` against `prices.best`: a price that was stated, not older than what had been
//! stated before it was asked, and never one whose time was over.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use events::prices::BestPrice;
use events::time::Timestamp;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use streams::kafka::ClusterConfig;
use tokio::time::sleep;
use web::client::{Address, CallError, Cleartext, Client};

use super::stated::{CLOCKS_DIFFER_MS, CompareError, POLL, read};
use super::{AT_INGRESS, IN_TIME, PriceCheck, Stated};
use crate::verify::now;
use crate::verify::verdict::Verdict;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The ingress's clock may be behind the reader's by so much.
const BEHIND_MS: i64 = 1_000;

/// An answer, and when it was asked for: no price that it shows may have ended before.
struct Answer {
    asked: Timestamp,
    status: StatusCode,
    body: Bytes,
}

/// Asks until ingress is no longer late, or the deadline. Answers how many prices it compared.
///
/// # Errors
/// [`CompareError`] when the log cannot be read. A ingress that does not answer is late.
pub(in crate::verify) async fn compare(
    cluster: &ClusterConfig,
    url: &str,
    deadline: Instant,
    verdict: &mut Verdict,
) -> Result<u64, CompareError> {
    let address = Address::parse(url, Cleartext::Anywhere).map_err(|_| CompareError::Address)?;
    let client = Client::new(address, ANSWER_WITHIN).map_err(|_| CompareError::Address)?;
    loop {
        let before = read(cluster).await?;
        let late = match ask(&client, &before).await {
            Ok(answers) => {
                let (after, now) = (read(cluster).await?, now());
                judge(&before, &answers, &after, now, verdict)
            }
            Err(error) => Some(format!("ingress does not answer: {error}")),
        };
        if late.is_none() || Instant::now() >= deadline {
            verdict.state(AT_INGRESS, late);
            verdict.state(IN_TIME, None);
            return Ok(before.len() as u64);
        }
        sleep(POLL).await;
    }
}

/// Asks for every product's price, one after the other.
async fn ask(client: &Client, stated: &Stated) -> Result<Vec<Answer>, CallError> {
    let mut answers = Vec::with_capacity(stated.len());
    for best in stated.newest() {
        let asked = AtomicI64::new(0);
        let request = |prefix: &str| {
            asked.store(now().as_millis(), Ordering::Relaxed);
            Request::get(format!("{prefix}/v1/products/{}/price", best.sku)).body(Full::new(Bytes::new())).ok()
        };
        let web::client::Answer { status, body, .. } = client.call(request, ANSWER_WITHIN).await?;
        answers.push(Answer { asked: Timestamp::from_millis(asked.into_inner()), status, body });
    }
    Ok(answers)
}

/// What is late, in words. What is wrong is stated at once.
fn judge(before: &Stated, answers: &[Answer], after: &Stated, now: Timestamp, verdict: &mut Verdict) -> Option<String> {
    let mut late = None;
    for (since, answer) in before.newest().zip(answers) {
        let shown = match answer.status {
            StatusCode::OK => match serde_json::from_slice::<BestPrice>(&answer.body) {
                Ok(best) => Some(best),
                Err(error) => {
                    verdict.state(AT_INGRESS, Some(format!("{}: {error}", since.sku)));
                    continue;
                }
            },
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS => None,
            status => {
                verdict.state(AT_INGRESS, Some(format!("{}: ingress answers {status}", since.sku)));
                continue;
            }
        };
        if let Some(best) = &shown {
            let asked = answer.asked.plus_millis(-BEHIND_MS);
            let over = (!best.is_valid_at(asked)).then(|| format!("shown at {}: {best:?}", answer.asked));
            verdict.state(IN_TIME, over);
        }
        match after.judge(since, shown.as_ref(), now, CLOCKS_DIFFER_MS) {
            PriceCheck::Agrees => {}
            PriceCheck::Late(says) => late = late.or_else(|| Some(format!("answer {}: {says}", answer.status))),
            PriceCheck::Differs(says) => verdict.state(AT_INGRESS, Some(says)),
        }
    }
    late
}
