//! What can become of a call to an outside server, as metrics name it.

/// Outcomes that calls to every kind of server have.
pub(crate) const CALL_OUTCOMES: [&str; 9] = [
    "answered",
    "broken",
    "rate_limited",
    "refused",
    "server_error",
    "timed_out",
    "too_large",
    "unreachable",
    "unreadable",
];

#[cfg(test)]
mod tests {
    use web::client::{CallError, status_outcome};

    use super::CALL_OUTCOMES;

    #[test]
    fn every_silence_and_every_status_is_an_outcome() {
        let silences = [CallError::Unreachable, CallError::TimedOut, CallError::Broken, CallError::TooLarge];
        let statuses = (100..600).filter(|status| !(200..300).contains(status)).map(status_outcome);
        for outcome in silences.map(CallError::name).into_iter().chain(statuses) {
            assert!(CALL_OUTCOMES.contains(&outcome), "{outcome}");
        }
    }
}
