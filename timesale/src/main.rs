//! The one binary: roles and verbs.
fn main() {}
