//! The alerts that Prometheus has: its rules with their state, passed on as they are.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;

use super::handlers::bytes;
use super::problem::Problem;
use super::service::Answer;
use super::state::State;

/// How long Prometheus may take.
const WITHIN: Duration = Duration::from_secs(3);

/// Asks Prometheus.
pub(super) async fn read(state: &State) -> Answer {
    let Some(client) = &state.prometheus else {
        return Err((Problem::AlertsUnknown, Some("[console] prometheus is not set".to_owned())));
    };
    let request =
        |prefix: &str| Request::get(format!("{prefix}/api/v1/rules?type=alert")).body(Full::<Bytes>::default()).ok();
    match client.call(request, WITHIN).await {
        Ok(answer) if answer.status.is_success() => Ok(bytes("application/json", answer.body)),
        Ok(answer) => Err((Problem::AlertsUnknown, Some(format!("Prometheus answers {}", answer.status.as_u16())))),
        Err(error) => Err((Problem::AlertsUnknown, Some(format!("Prometheus: {error}")))),
    }
}
