//! What verbs share that can show personal fields: who asks, what hashes are keyed with, and the record of whoever sees the fields.

use std::os::unix::fs::MetadataExt;

use console::tap::{MaskKey, audit, words};
use events::audit::AuditRecord;

use crate::config::Config;

/// Who runs this: the name in the environment, else the number of the user.
pub(crate) fn user() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    let number = || std::fs::metadata("/proc/self").map(|process| format!("uid-{}", process.uid()));
    named.or_else(|| number().ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// What hashes of personal fields are keyed with: the secret that signs tokens now; nothing without one.
pub(crate) fn mask_key(config: &Config) -> Option<MaskKey> {
    config.jwt_secrets.first().map(|secret| MaskKey::of_secret(secret.expose()))
}

/// Whether `--unmask` is said.
///
/// # Errors
/// Says what is wrong with its reason.
pub(crate) fn is_unmasked(reason: Option<&str>) -> Result<bool, String> {
    let reason = reason.map(words::reason).transpose().map_err(|error| error.to_string())?;
    Ok(reason.is_some())
}

/// The record of somebody who sees personal fields now.
pub(crate) fn audit_record(words: Vec<String>, reason: &str) -> AuditRecord {
    audit::begun(user(), words, reason.to_owned(), false)
}

/// Whether the end of what was shown is written down. What was shown stays shown: a failure is told and changes nothing.
pub(crate) fn tell_end(written: Result<(), String>) {
    if let Err(error) = written {
        crate::complain(&format!("the end is not written to the audit topic: {error}"));
    }
}
