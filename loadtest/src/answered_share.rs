//! How much of a sale was answered. A proof of requests whose outcome nobody was told is hollow: it holds, whatever the roles did.

use std::fmt;

use serde::Serialize;

/// Shares of first requests whose outcome was answered, 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct AnsweredShare {
    /// Of the claims.
    pub claims: f64,
    /// Of the orders; 1 if there were none.
    pub orders: f64,
    /// What each must be at least.
    pub least: f64,
}

impl AnsweredShare {
    /// Of so many claims and orders, with those whose outcome was not answered.
    pub(super) fn of(claims: (u64, u64), orders: (u64, u64), least: f64) -> Self {
        Self { claims: share(claims), orders: share(orders), least }
    }

    /// Why the proof would be hollow, if it would be.
    pub(super) fn hollow(self) -> Option<String> {
        (self.claims.min(self.orders) < self.least).then(|| self.to_string())
    }
}

impl fmt::Display for AnsweredShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { claims, orders, least } = self;
        let percent = |share: f64| 100.0 * share;
        write!(f, "{:.1} % of the claims and {:.1} % of the orders, ", percent(*claims), percent(*orders))?;
        write!(f, "{:.0} % at least wanted (--least-answered)", percent(*least))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn share((sent, unanswered): (u64, u64)) -> f64 {
    if sent == 0 { 1.0 } else { sent.saturating_sub(unanswered) as f64 / sent as f64 }
}

#[cfg(test)]
mod tests {
    use super::AnsweredShare;

    #[test]
    fn a_sale_of_which_nobody_was_told_enough_is_hollow() {
        let of = |claims, orders| AnsweredShare::of(claims, orders, 0.5).hollow();
        assert_eq!(of((100, 0), (0, 0)), None);
        assert_eq!(of((100, 50), (100, 50)), None, "as many as wanted");
        let hollow = "100.0 % of the claims and 0.0 % of the orders, 50 % at least wanted (--least-answered)";
        assert_eq!(of((100, 0), (650, 650)).as_deref(), Some(hollow));
        assert!(of((100, 51), (0, 0)).is_some());
        assert_eq!(AnsweredShare::of((10, 10), (10, 10), 0.0).hollow(), None, "who asks for nothing gets it");
    }
}
