//! HTTP/1.1 to one server: connections are kept and used again, and each step has a deadline. Not a general client: no redirects, no
//! proxies, no cookies, no compression, bodies of bounded size.

mod address;
mod connect;
mod pool;

pub use address::{Address, AddressError, Cleartext};
pub use pool::{Answer, CallError, Client, status_outcome};
