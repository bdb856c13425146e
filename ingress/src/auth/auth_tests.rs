//! Secrets stay secret. (Which tokens pass is shown where routes refuse them: `tests/bad_input_tests.rs`.)
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::{Secret, SecretError, Secrets};

#[test]
fn a_secret_is_long_and_never_shown() {
    assert_eq!(Secret::new(vec![1; 31]), Err(SecretError::Short(31)));
    let secret = Secret::new("x".repeat(32)).unwrap();
    assert!(!format!("{secret:?} {:?}", Secrets::new(vec![secret.clone()])).contains("xx"));
    assert_eq!(Secrets::new(vec![]), Err(SecretError::Count(0)));
    assert_eq!(Secrets::new(vec![secret; 3]), Err(SecretError::Count(3)));
}
