//! Who gets a table, and who gets JSON.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::net::{IpAddr, Ipv4Addr};

use warp::http::{HeaderMap, HeaderValue};

use super::super::Peer;
use super::*;

#[test]
fn a_table_is_for_those_who_rank_it_above_json() {
    let table = [
        (&[][..], Format::Json),
        (&["*/*"], Format::Json),
        (&["text/csv"], Format::Csv),
        (&["Text/CSV; header=present"], Format::Csv),
        (&["text/csv, */*;q=0.1"], Format::Csv),
        (&["text/csv;q=0.5, application/json"], Format::Json),
        (&["text/csv", "application/json;q=0.999"], Format::Csv),
        (&["text/csv, application/json"], Format::Json),
        (&["text/csv;q=0"], Format::Json),
        (&["text/csv;q=2"], Format::Json),
        (&["text/csv;q=0.0x"], Format::Json),
        (&["text/html, text/*"], Format::Json),
        (&["text/csv;q=0.25, application/*;q=0.2"], Format::Csv),
    ];
    for (values, expected) in table {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        let call = Call::new(headers, Peer(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(format(&call), expected, "{values:?}");
    }
}
