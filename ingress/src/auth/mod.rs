//! Who is asking: bearer tokens, what they must say, and the secrets that sign them.

mod secrets;
mod token;
mod verifier;

pub use secrets::{Secret, SecretError, Secrets};
pub(crate) use token::Role;
pub(crate) use verifier::{Caller, Verifier};

#[cfg(test)]
mod auth_tests;
