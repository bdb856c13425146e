//! A rule on a header: `NAME=VALUE`, or `NAME~PATTERN`. Of a name that repeats, any header will do.

use regex_lite::Regex;
use streams::kafka::tap::HeadersView;

/// A rule on a header.
pub(super) struct HeaderRule {
    name: String,
    wanted: Wanted,
}

enum Wanted {
    Value(Vec<u8>),
    Pattern(Regex),
}

impl HeaderRule {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(['=', '~']).filter(|at| *at > 0);
        let (name, rest) = at
            .and_then(|at| text.split_at_checked(at))
            .ok_or_else(|| format!("--header {text:?}: NAME=VALUE, or NAME~PATTERN"))?;
        let wanted = match rest.strip_prefix('=') {
            Some(value) => Wanted::Value(value.as_bytes().to_vec()),
            None => {
                let pattern = rest.strip_prefix('~').unwrap_or(rest);
                Wanted::Pattern(Regex::new(pattern).map_err(|error| format!("--header {text:?}: {error}"))?)
            }
        };
        Ok(Self { name: name.to_owned(), wanted })
    }

    pub(super) fn holds(&self, headers: &HeadersView<'_>) -> bool {
        headers.iter().filter(|(name, _)| *name == self.name).any(|(_, value)| {
            let value = value.unwrap_or_default();
            match &self.wanted {
                Wanted::Value(wanted) => wanted == value,
                Wanted::Pattern(pattern) => std::str::from_utf8(value).is_ok_and(|text| pattern.is_match(text)),
            }
        })
    }
}
