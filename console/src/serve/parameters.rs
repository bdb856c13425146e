//! The parameters of a request: decoded without guessing, each known and, unless it can repeat, given once.

use std::collections::BTreeMap;

use super::problem::Problem;

/// What is wrong, and a sentence about this very case.
pub(super) type Refused = (Problem, Option<String>);

/// A parameter is not what it must be.
pub(super) fn invalid(name: &str, reason: &str) -> Refused {
    (Problem::ParameterInvalid, Some(format!("{name:.40}: {reason}")))
}

/// Every parameter with its value, in the order given.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, Refused> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let read = |text: &str| decoded(&text.replace('+', "%20"));
        let broken = || invalid(&name.escape_default().to_string(), "not percent-encoded UTF-8");
        Ok((read(name).ok_or_else(broken)?, read(value).ok_or_else(broken)?))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// The parameters, of which each must be known and come once.
pub(super) fn once(query: &str, known: &[&str]) -> Result<BTreeMap<String, String>, Refused> {
    let mut found = BTreeMap::new();
    for (name, value) in pairs(query)? {
        let is_new = known.contains(&name.as_str()) && found.insert(name.clone(), value).is_none();
        if !is_new {
            return Err(invalid(&name, "not known here, or given twice"));
        }
    }
    Ok(found)
}

/// A text without its percent signs; none when it is no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        rest = after;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_decoded_or_refused_but_never_guessed() {
        for (text, expected) in [
            ("timesale.coupons", Some("timesale.coupons")),
            ("a%20b%2Fc", Some("a b/c")),
            ("a+b", Some("a+b")),
            ("a+b&c=d", Some("a+b&c=d")),
            ("%ea%b0%80", Some("가")),
            ("", Some("")),
            ("%", None),
            ("%2", None),
            ("%zz", None),
            ("%+f", None),
            ("%ff%fe", None),
            ("a%00b", Some("a\0b")),
        ] {
            assert_eq!(decoded(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_parameter_that_is_unknown_or_repeated_is_named() {
        let found = once("a=1&b=x+y&&c", &["a", "b", "c"]).unwrap();
        assert_eq!((found["a"].as_str(), found["b"].as_str(), found["c"].as_str()), ("1", "x y", ""));
        for query in ["a=1&a=1", "q=1", "a%zz=1", "a=%ff"] {
            let (problem, detail) = once(query, &["a"]).unwrap_err();
            assert_eq!(problem, Problem::ParameterInvalid);
            assert!(detail.unwrap().starts_with(['a', 'q']), "{query}");
        }
    }
}
