//! As what a tap is answered, by the `Accept` header (RFC 9110, 12.5.1).

use hyper::HeaderMap;
use hyper::header::ACCEPT;

use crate::tap::words::Format;

/// As what a tap is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// One JSON object a line.
    Ndjson,
    /// Server-sent events.
    Events,
    /// One JSON object for all.
    Json,
    /// Comma-separated, with a header line.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Shape {
    /// Every shape; of several that are equally welcome the first is taken.
    pub(super) const ALL: [Self; 5] = [Self::Ndjson, Self::Events, Self::Json, Self::Csv, Self::Parquet];

    /// Its media type, without parameters.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Events => "text/event-stream",
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// How its records are written.
    pub(super) const fn format(self) -> Format {
        match self {
            Self::Ndjson | Self::Events | Self::Json => Format::Ndjson,
            Self::Csv => Format::Csv,
            Self::Parquet => Format::Parquet,
        }
    }

    /// Whether it can be read while it goes on without an end, with a place for signs of life.
    pub(super) const fn can_follow(self) -> bool {
        matches!(self, Self::Ndjson | Self::Events)
    }

    /// The most welcome one; none when none is welcome.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(ACCEPT).iter().peekable();
        if lines.peek().is_none() {
            return Some(Self::Ndjson);
        }
        let texts: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
        let ranges: Vec<(String, u16)> = texts.iter().flat_map(|text| text.split(',')).filter_map(range).collect();
        let rated = Self::ALL.into_iter().map(|shape| (shape, shape.rate(&ranges)));
        let best =
            rated.filter(|(_, rate)| *rate > 0).fold(None, |best: Option<(Self, u16)>, (shape, rate)| match best {
                Some((_, before)) if before >= rate => best,
                _ => Some((shape, rate)),
            });
        best.map(|(shape, _)| shape)
    }

    /// How welcome it is, in thousandths: what the most exact range says.
    fn rate(self, ranges: &[(String, u16)]) -> u16 {
        let media_type = self.media_type();
        let kind = media_type.split('/').next().unwrap_or_default();
        let wanted = [media_type.to_owned(), format!("{kind}/*"), "*/*".to_owned()];
        let rate = |wanted: &String| ranges.iter().find(|(range, _)| range == wanted).map(|(_, rate)| *rate);
        wanted.iter().find_map(rate).unwrap_or(0)
    }
}

/// A range of media types and how welcome it is; none when it is no range.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| range.contains('/'))?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let rate = match quality {
        None => 1_000,
        Some(quality) => thousandths(quality)?,
    };
    Some((range, rate))
}

/// `0`, `0.7`, `1.000`, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_short = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    match (whole, is_short) {
        ("0", true) => format!("{part:0<3}").parse().ok(),
        ("1", true) if part.bytes().all(|byte| byte == b'0') => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn of(accept: &str) -> Option<Shape> {
        Shape::of(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_str(accept).unwrap())]))
    }

    #[test]
    fn the_most_welcome_shape_is_taken() {
        assert_eq!(Shape::of(&HeaderMap::new()), Some(Shape::Ndjson));
        for (accept, expected) in [
            ("*/*", Some(Shape::Ndjson)),
            ("text/event-stream", Some(Shape::Events)),
            ("application/json", Some(Shape::Json)),
            ("Application/JSON; charset=utf-8", Some(Shape::Json)),
            ("text/csv", Some(Shape::Csv)),
            ("application/vnd.apache.parquet", Some(Shape::Parquet)),
            ("text/*", Some(Shape::Events)),
            ("text/html, application/json;q=0.2, text/csv;q=0.9", Some(Shape::Csv)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Shape::Ndjson)),
            ("*/*, application/x-ndjson;q=0", Some(Shape::Events)),
            ("text/csv;q=0.5, application/json;q=0.500", Some(Shape::Json)),
            ("text/html", None),
            ("text/csv;q=0", None),
            ("text/csv;q=2", None),
            ("text/csv;q=0.0001", None),
            ("", None),
            (";;,,q=1", None),
        ] {
            assert_eq!(of(accept), expected, "{accept}");
        }
    }
}
