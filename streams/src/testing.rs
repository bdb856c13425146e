//! For tests that need a service: one way to find it, and one way to skip without it.
//!
//! A test that needs a service passes [`service`] the environment variable with its address, and returns when there is none.
//! Such a test is skipped, not passed: it writes a line to stderr, which is not captured, so that a script can count them. Where
//! every service must be there, set `<PREFIX>_TEST_REQUIRE=1`: then the test fails instead.

use std::env;
use std::io::Write;

/// The value of the environment variable, such as `MY_TEST_KAFKA_BOOTSTRAP`, with the service's address.
///
/// # Panics
/// When it is not set although `MY_TEST_REQUIRE=1` is (the same prefix up to `_TEST_`).
#[must_use]
pub fn service(name: &str, variable: &str) -> Option<String> {
    match env::var(variable) {
        Ok(value) if !value.is_empty() => Some(value),
        _ => {
            skip(name, variable);
            None
        }
    }
}

/// Skips the current test, because there is no such service: prints `skipped: <test>: no <service>`.
///
/// # Panics
/// When `<PREFIX>_TEST_REQUIRE=1` is set, where `variable` begins with `<PREFIX>_`.
pub fn skip(name: &str, variable: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(!is_required(variable), "{test} needs {name}: {variable} is not set");
    // Not by `eprintln!`, which the test harness captures.
    drop(std::io::stderr().write_all(line(&test, name).as_bytes()));
}

/// In one piece, since tests write at the same time.
fn line(test: &str, name: &str) -> String {
    format!("skipped: {test}: no {name}\n")
}

fn is_required(variable: &str) -> bool {
    let prefix = variable.split_once('_').map_or(variable, |(prefix, _)| prefix);
    env::var(format!("{prefix}_TEST_REQUIRE")).is_ok_and(|value| value == "1")
}

#[cfg(test)]
mod tests {
    use super::{is_required, line, service};

    #[test]
    fn a_service_that_is_there_is_found_and_one_that_is_not_gives_one_line() {
        // Set by Cargo.
        assert!(service("cargo", "CARGO_MANIFEST_DIR").is_some());
        assert!(!is_required("LOGSTREAMS_TEST_NOTHING"));
        assert_eq!(line("module::test", "Kafka"), "skipped: module::test: no Kafka\n");
    }
}
