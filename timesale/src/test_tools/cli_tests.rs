//! Values of the load test's options.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use clap::Parser;
use loadtest::order_load::Wanted;

use super::cli::TestTools;
use crate::cli::{Cli, Verb};

#[test]
fn orders_are_wanted_by_count_by_share_or_not_at_all() {
    let wanted = |text: &str| match Cli::try_parse_from(["timesale", "sale", "--orders", text]) {
        Ok(Cli { verb: Verb::TestTools(TestTools::Sale(sale)), .. }) => Some(sale.orders),
        _ => None,
    };
    let table = [
        ("0", Some(Wanted::None)),
        ("all", Some(Wanted::Share(1.0))),
        ("50%", Some(Wanted::Share(0.5))),
        ("1", Some(Wanted::Count(1))),
        ("101%", None),
        ("-1", None),
        ("many", None),
        ("%", None),
    ];
    for (text, expected) in table {
        assert_eq!(wanted(text), expected, "{text}");
    }
}
