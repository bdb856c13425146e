//! Values of the load test's options as they are typed: read, or refused with what they may be.

use std::time::Duration;

use loadtest::order_load::{Scenario, Wanted};

/// A count of orders, a share, or all.
pub(crate) fn orders(text: &str) -> Result<Wanted, String> {
    let share = |percent: &str| percent.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
    match (text, text.strip_suffix('%').map(share), text.parse::<u32>()) {
        ("0", ..) => Ok(Wanted::None),
        ("all", ..) => Ok(Wanted::Share(1.0)),
        (_, Some(Some(percent)), _) => Ok(Wanted::Share(percent / 100.0)),
        (_, None, Ok(count @ 0..=5_000_000)) => Ok(Wanted::Count(count)),
        _ => Err("a count up to 5000000, a share such as 50%, or all".into()),
    }
}

/// The name of a scenario.
pub(crate) fn scenario(text: &str) -> Result<Scenario, String> {
    Scenario::from_name(text).ok_or_else(|| format!("one of {}", Scenario::all().map(Scenario::name).join(", ")))
}

/// Seconds, with or without their unit.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.strip_suffix('s').unwrap_or(text).parse::<u64>() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("a number of seconds, 1 to 86400".into()),
    }
}
