//! `Accept` (RFC 9110, 12.5.1): whether a client would rather have a table than JSON. What a client asks for beyond that is JSON: it
//! is what every problem is, too.

use warp::http::header::ACCEPT;

use super::Call;

/// What a list is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// An object with the list as a member.
    Json,
    /// Comma-separated values (RFC 4180), the first line names them.
    Csv,
}

/// What the client would rather have: a table if it ranks one above JSON.
pub(crate) fn format(call: &Call) -> Format {
    let (mut json, mut csv) = (0, 0);
    let values = call.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media_range = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(1_000, thousandths);
        if media_range.eq_ignore_ascii_case("text/csv") {
            csv = quality;
        } else if ["application/json", "application/*", "*/*"]
            .iter()
            .any(|known| media_range.eq_ignore_ascii_case(known))
        {
            json = json.max(quality);
        }
    }
    if csv > json { Format::Csv } else { Format::Json }
}

/// A quality, `0` to `1` with up to three digits; what is none counts as nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let fraction = digits
        .try_fold(0_u16, |sum, digit| Some(sum * 10 + u16::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?)));
    match (whole, fraction) {
        ("1", Some(_)) => 1_000,
        ("0", Some(fraction)) => fraction,
        _ => 0,
    }
}

#[cfg(test)]
#[path = "accept_tests.rs"]
mod tests;
