//! Which database errors are worth another try: one function. When in doubt the answer is "wait": a sink that stands still and
//! says why loses nothing, a record that is thrown away for a passing error is lost.
//!
//! Source: PostgreSQL 17, appendix A, "PostgreSQL Error Codes".

use std::borrow::Cow;

use crate::destination::SinkError;

/// What an error means for the batch at hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// A race was lost: the same batch again at once.
    Again,
    /// The database is away, unwell, or not as it should be: the same batch again after a pause, on a new connection.
    Wait,
    /// A record cannot become a row, ever: find it and put it aside.
    Poison,
}

/// The verdict on an SQLSTATE.
pub(super) fn of_sqlstate(code: &str) -> Verdict {
    match code {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Verdict::Again,
        // Data exceptions and integrity constraint violations.
        _ if code.starts_with("22") || code.starts_with("23") => Verdict::Poison,
        // 08 connection, 53 resources, 57 shutdown and cancelled, 58 system, 3D000 no such database, 42P01 no such table (a new
        // connection makes both), 28 and 42501 not allowed (somebody has to), and whatever else there may be.
        _ => Verdict::Wait,
    }
}

/// The verdict on an error.
pub(super) fn of(error: &sqlx::Error) -> Verdict {
    match sqlstate(error) {
        Some(code) => of_sqlstate(&code),
        None => Verdict::Wait,
    }
}

/// The error's SQLSTATE, if the server spoke.
pub(super) fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(|error| error.code())
}

/// What to do about an error outside a batch's rows, where nothing can be poison.
pub(super) fn error(error: &sqlx::Error) -> SinkError {
    let reason = format!("postgres: {error}");
    match of(error) {
        Verdict::Again => SinkError::Again(reason),
        Verdict::Wait | Verdict::Poison => SinkError::Wait(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, of, of_sqlstate};

    #[test]
    fn every_class_has_its_verdict() {
        let table = [
            ("40001", Verdict::Again),
            ("40P01", Verdict::Again),
            ("40002", Verdict::Wait),
            ("22001", Verdict::Poison),
            ("22003", Verdict::Poison),
            ("22021", Verdict::Poison),
            ("22P05", Verdict::Poison),
            ("23502", Verdict::Poison),
            ("23505", Verdict::Poison),
            ("23514", Verdict::Poison),
            ("08006", Verdict::Wait),
            ("53100", Verdict::Wait),
            ("53200", Verdict::Wait),
            ("53300", Verdict::Wait),
            ("57014", Verdict::Wait),
            ("57P01", Verdict::Wait),
            ("57P03", Verdict::Wait),
            ("58030", Verdict::Wait),
            ("3D000", Verdict::Wait),
            ("42P01", Verdict::Wait),
            ("42501", Verdict::Wait),
            ("28P01", Verdict::Wait),
            ("25P02", Verdict::Wait),
            ("55P03", Verdict::Wait),
            ("25006", Verdict::Wait),
            ("XX000", Verdict::Wait),
        ];
        for (code, verdict) in table {
            assert_eq!(of_sqlstate(code), verdict, "{code}");
        }
    }

    #[test]
    fn an_error_without_a_code_is_waited_out() {
        assert_eq!(of(&sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())), Verdict::Wait);
        assert_eq!(of(&sqlx::Error::Protocol("x".into())), Verdict::Wait);
    }
}
