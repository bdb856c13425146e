//! Who is asking: bearer tokens, what they must say, and the secrets that sign them.

mod secrets;
mod token;
mod verifier;
mod webhook_token;

pub use secrets::{Secret, SecretError, Secrets};
pub(crate) use token::Role;
pub(crate) use verifier::{Caller, Verifier};
pub(crate) use webhook_token::WebhookToken;
pub use webhook_token::WebhookTokenError;

#[cfg(test)]
mod auth_tests;
