#![doc = include_str!("../README.md")]

mod bind_scope;
pub mod offers;
mod server;
pub mod toss;

pub use bind_scope::BindScope;
