//! The smallest warp server there is: every reply the same, as large as ingress'.
#![expect(clippy::disallowed_methods, reason = "a bare warp server is what it has to be")]

use std::net::{Ipv4Addr, SocketAddr};

use warp::Filter;

use super::Outcome;

/// The head that hyper writes of itself for a text of three digits' length: status, type, length, date.
const HEAD: usize = 118;

pub(crate) async fn run(port: u16, bytes: usize) -> Outcome<()> {
    let body: &'static str = "x".repeat(bytes.saturating_sub(HEAD)).leak();
    warp::serve(warp::any().map(move || body)).run(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    Ok(())
}
