//! Who is asking: what their token makes of them, and what the payment provider's webhooks must bring along.

mod caller;
mod token;
mod webhook_token;

pub(crate) use caller::Caller;
pub(crate) use token::Role;
pub(crate) use webhook_token::WebhookToken;
pub use webhook_token::WebhookTokenError;
