//! An order as `GET /v1/orders/{order}` shows it.

use audit::client_log::Seen;
use events::orders::{OrderAmounts, OrderState};
use events::time::Timestamp;
use serde::Deserialize;

use crate::wire::Response;

/// An order as it was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub(super) struct View {
    /// The number of its latest fact.
    pub version: u64,
    /// Where it is.
    pub state: OrderState,
    /// What it amounts to.
    pub amounts: OrderAmounts,
    /// When it moves by itself.
    #[serde(default)]
    pub deadline: Option<Timestamp>,
}

impl View {
    /// The order, if the answer shows one.
    pub(super) fn of(response: &Response) -> Option<Self> {
        if response.status != 200 {
            return None;
        }
        serde_json::from_slice(&response.body).ok()
    }

    /// As the client log knows it.
    pub(super) fn seen(self) -> Seen {
        Seen { version: self.version, state: self.state, amounts: self.amounts }
    }
}
