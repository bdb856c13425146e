//! What a story is about.

use std::fmt;

use events::ids::{CouponId, IdError, OrderId, RequestId};

/// An hour, milliseconds.
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// What a story is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An order.
    Order(OrderId),
    /// A coupon.
    Coupon(CouponId),
    /// A request, and what it led to.
    Request(RequestId),
    /// Everything of one trace: its id, 32 lower-case hexadecimal digits.
    Trace(String),
}

/// Why words name nothing that a story can be about.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SubjectError {
    /// The id has another shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// No trace id.
    #[error("a trace has 32 lower-case hexadecimal digits, as in traceparent")]
    Trace,
    /// No such kind.
    #[error("stories are told of an order, a coupon, a request or a trace, not of {0:?}")]
    Kind(String),
}

impl Subject {
    /// Reads a subject: `order`, `coupon`, `request` or `trace`, and its id.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn parse(kind: &str, id: &str) -> Result<Self, SubjectError> {
        Ok(match kind {
            "order" => Self::Order(OrderId::new(id)?),
            "coupon" => Self::Coupon(CouponId::new(id)?),
            "request" => Self::Request(RequestId::new(id)?),
            "trace" => Self::Trace(trace(id)?),
            other => return Err(SubjectError::Kind(other.to_owned())),
        })
    }

    /// From when on it is looked for if Postgres does not say, milliseconds since 1970: `hours` before now, 0 for the whole log. Unless
    /// something is said, the last hour for a trace, and the whole log for anything else.
    #[must_use]
    pub fn from_ms(&self, hours: Option<u32>, now_ms: i64) -> Option<i64> {
        let hours = hours.or_else(|| matches!(self, Self::Trace(_)).then_some(1));
        hours.filter(|hours| *hours > 0).map(|hours| now_ms.saturating_sub(i64::from(hours) * HOUR_MS))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Order(id) => id.to_string(),
            Self::Coupon(id) => id.to_string(),
            Self::Request(id) => id.to_string(),
            Self::Trace(id) => id.clone(),
        }
    }

    /// The word for its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Coupon(_) => "coupon",
            Self::Request(_) => "request",
            Self::Trace(_) => "trace",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.id())
    }
}

fn trace(id: &str) -> Result<String, SubjectError> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() == 32 && id.bytes().all(is_digit) { Ok(id.to_owned()) } else { Err(SubjectError::Trace) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use super::*;

    #[test]
    fn a_trace_is_looked_for_in_the_last_hour_and_anything_else_in_the_whole_log() {
        let (trace, order) = (Subject::Trace("0f".repeat(16)), OrderId::new("ord_4e50e3ab49396e5ed8a08d69157d1f05"));
        let order = Subject::Order(order.unwrap());
        let from = |subject: &Subject, hours| subject.from_ms(hours, 10 * HOUR_MS);
        assert_eq!((from(&trace, None), from(&order, None)), (Some(9 * HOUR_MS), None));
        assert_eq!((from(&trace, Some(0)), from(&order, Some(2))), (None, Some(8 * HOUR_MS)));
    }

    #[test]
    fn a_subject_is_a_kind_and_an_id_of_that_kind() {
        let order = "ord_4e50e3ab49396e5ed8a08d69157d1f05";
        assert_eq!(Subject::parse("order", order).unwrap().to_string(), format!("order {order}"));
        assert!(matches!(Subject::parse("coupon", order), Err(SubjectError::Id(_))));
        assert_eq!(Subject::parse("trace", "00-37"), Err(SubjectError::Trace));
        assert_eq!(Subject::parse("trace", &"F".repeat(32)), Err(SubjectError::Trace));
        assert!(Subject::parse("trace", &"0f".repeat(16)).is_ok());
        assert_eq!(Subject::parse("sale", order), Err(SubjectError::Kind("sale".to_owned())));
    }
}
