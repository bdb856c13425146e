//! What claims are measured against: the smallest warp server there is, on the port given (default 8099). Drive it and ingress with
//! the same `wrk`, side by side; `scripts/bench` does.
#![allow(clippy::print_stderr, reason = "it says where it listens")]
#![expect(clippy::disallowed_methods, reason = "a bare warp server is what it has to be")]

use std::net::{Ipv4Addr, SocketAddr};

use warp::Filter;

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(8099);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    eprintln!("a bare reply on http://{address}/");
    warp::serve(warp::any().map(|| "ok")).run(address).await;
}
