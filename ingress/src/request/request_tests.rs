//! Trace context: believed in shape only.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::net::{IpAddr, Ipv4Addr};

use warp::http::{HeaderMap, HeaderValue};

use super::trace::TRACEPARENT;
use super::{Call, Peer};

fn call(traceparents: &[&str]) -> Call {
    let mut headers = HeaderMap::new();
    for value in traceparents {
        headers.append(TRACEPARENT, HeaderValue::from_str(value).unwrap());
    }
    Call::new(headers, Peer(IpAddr::V4(Ipv4Addr::LOCALHOST)))
}

#[test]
fn a_good_traceparent_is_passed_on_and_a_bad_one_replaced() {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(call(&[good]).traceparent, good);
    for bad in [
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
    ] {
        let made = call(&[bad]).traceparent;
        assert_ne!(made, bad);
        assert_eq!(call(&[&made]).traceparent, made, "what is made up is good");
    }
    assert_ne!(call(&[good, good]).traceparent, good);
    assert_ne!(call(&[]).id, call(&[]).id);
}
