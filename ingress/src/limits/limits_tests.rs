//! Whose address counts, what a full map does, what a limited caller is answered.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::net::IpAddr;

use governor::state::keyed::ShrinkableKeyedStateStore;
use prometheus::Registry;
use warp::http::{HeaderMap, HeaderName, HeaderValue};

use super::address::{Network, client, network_of};
use super::*;
use crate::auth::Role;
use crate::request::Peer;

fn call(peer: &str, forwarded: &[&str]) -> Call {
    let mut headers = HeaderMap::new();
    for value in forwarded {
        let name = HeaderName::from_static("x-forwarded-for");
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    Call::new(headers, Peer(peer.parse().unwrap()))
}

#[test]
fn the_right_most_untrusted_address_counts() {
    let trusted: Vec<Network> = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap()).to_vec();
    let table: [(&str, &[&str], &str); 12] = [
        ("9.9.9.9", &[], "9.9.9.9"),
        ("9.9.9.9", &["1.1.1.1"], "9.9.9.9"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", &["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.2.3.4"], "1.1.1.1"),
        ("10.0.0.1", &["6.6.6.6", "1.1.1.1", "10.2.3.4"], "1.1.1.1"),
        ("10.0.0.1", &["1.1.1.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", &["1.1.1.1:4711"], "1.1.1.1"),
        ("2001:db8::1", &["[2a00::7]:80"], "2a00::7"),
        ("::ffff:10.0.0.1", &["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", &["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
    ];
    for (peer, forwarded, expected) in table {
        assert_eq!(
            client(&call(peer, forwarded), &trusted),
            expected.parse::<IpAddr>().unwrap(),
            "{peer} {forwarded:?}"
        );
    }
}

#[test]
fn one_customer_of_ipv6_has_one_limit() {
    let network = |text: &str| network_of(text.parse().unwrap());
    assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    assert_ne!(network("1.2.3.4"), network("1.2.3.5"));
}

#[test]
fn networks_are_checked() {
    for bad in ["", "a", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1"] {
        assert!(bad.parse::<Network>().is_err(), "{bad}");
    }
    assert_eq!(String::from("10.0.0.0/8".parse::<Network>().unwrap()), "10.0.0.0/8");
}

fn limits(most_keys: usize) -> (Limits, Metrics) {
    let config = LimitsConfig {
        caller: Rate { per_second: 1, burst: 3 },
        operator: Rate { per_second: 1, burst: 5 },
        address: Rate { per_second: 1, burst: 2 },
        // Never met, however fast a test asks.
        global: Rate { per_second: 10_000_000, burst: 10_000_000 },
        most_keys,
        ..LimitsConfig::default()
    };
    (Limits::new(&config), Metrics::new(&Registry::new(), &[]).unwrap())
}

#[test]
fn a_caller_beyond_the_burst_is_told_when_to_come_back() {
    let (limits, metrics) = limits(1_000);
    let caller = Caller::with_roles("kim", &[Role::Shopper]);
    for remaining in [2, 1, 0] {
        let call = call("9.9.9.9", &[]);
        limits.admit_caller(&call, QuotaClass::Coupons, &caller, &metrics).unwrap();
        let header = call.quota.get().unwrap().header().unwrap();
        assert_eq!(header.to_str().unwrap(), format!("\"caller\";r={remaining};t={}", 3 - remaining));
    }
    let call = call("9.9.9.9", &[]);
    let problem = limits.admit_caller(&call, QuotaClass::Coupons, &caller, &metrics).unwrap_err();
    let written = problem.write("id");
    assert_eq!(written.status(), 429);
    let seconds: u64 = written.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    assert_eq!(limits.policy(*call.quota.get().unwrap()), "\"caller\";q=3;w=3");
    limits.admit_caller(&call, QuotaClass::Coupons, &Caller::with_roles("lee", &[Role::Shopper]), &metrics).unwrap();
    limits.admit_caller(&call, QuotaClass::Orders, &caller, &metrics).unwrap();
}

#[test]
fn an_operator_has_a_limit_of_another_size() {
    let (limits, metrics) = limits(1_000);
    let operator = Caller::with_roles("op", &[Role::Operator, Role::Shopper]);
    let admitted = |call: &Call| limits.admit_caller(call, QuotaClass::Orders, &operator, &metrics).is_ok();
    assert_eq!((0..9).filter(|_| admitted(&call("9.9.9.9", &[]))).count(), 5);
    let call = call("9.9.9.9", &[]);
    assert!(!admitted(&call));
    let quota = *call.quota.get().unwrap();
    assert_eq!(limits.policy(quota), "\"operator\";q=5;w=5");
    assert_eq!(quota.header().unwrap(), "\"operator\";r=0;t=5");
}

#[test]
fn an_address_is_limited_whoever_asks_and_loopback_is_not() {
    let (limits, metrics) = limits(1_000);
    let admitted = |peer: &str| (0..5).filter(|_| limits.admit_anyone(&call(peer, &[]), &metrics).is_ok()).count();
    assert_eq!(admitted("9.9.9.9"), 2);
    assert_eq!(admitted("9.9.9.8"), 2);
    assert_eq!(admitted("2001:db8::1"), 2);
    assert_eq!(admitted("2001:db8::2"), 0);
    assert_eq!(admitted("127.0.0.1"), 5);
}

#[test]
fn a_million_addresses_do_not_take_the_memory_and_known_ones_go_on() {
    let (limits, metrics) = limits(6_400);
    limits.admit_anyone(&call("9.9.9.9", &[]), &metrics).unwrap();
    let mut refused = 0;
    for number in 0..200_000_u32 {
        let peer = IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0b00_0000 + number));
        let call = Call::new(HeaderMap::new(), Peer(peer));
        refused += usize::from(limits.admit_anyone(&call, &metrics).is_err());
    }
    assert!(limits.keys(Policy::Address) <= 6_464, "{}", limits.keys(Policy::Address));
    assert!(refused > 190_000 - 50_000, "{refused}");
    limits.admit_anyone(&call("9.9.9.9", &[]), &metrics).unwrap();
}

#[test]
fn keys_that_are_whole_again_are_forgotten() {
    let store = BoundedStore::new(64);
    let limiter =
        Keyed::new(governor::Quota::per_second(NonZeroU32::new(1_000).unwrap()), store, DefaultClock::default());
    limiter.check_key(&7).unwrap();
    assert_eq!(limiter.len(), 1);
    std::thread::sleep(Duration::from_millis(20));
    limiter.retain_recent();
    assert_eq!(limiter.len(), 0);
    assert!(BoundedStore::new(1).is_empty());
}
