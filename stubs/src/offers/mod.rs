//! A local stand-in for an external price server: it offers what it is told to offer, and does wrong on purpose what such servers do
//! wrong. It listens on this machine only unless told otherwise, and forgets everything when it ends.

mod body;
mod config;
mod faults;
mod goods;
mod serve;
mod stub;

pub use config::{Config, Error};
pub use faults::{Fault, Faults};
pub use serve::{Bound, bind};
