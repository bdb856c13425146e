//! `docs/metrics.md` is what `ops/metrics.yaml` says. After a change: run with `TIMESALE_BLESS=1` and look at the diff.

use std::fmt::Write as _;
use std::fs;

use super::{Contract, Family, Values, contract, root};

/// The chapters: how the names begin, and what they are about. A family belongs to the first that fits.
const CHAPTERS: [(&str, &str); 14] = [
    ("http_", "Requests"),
    ("timesale_ingress_", "Ingress"),
    ("streams_", "Processors: the runtime"),
    ("timesale_prices_", "Prices"),
    ("timesale_sink_", "Sinks"),
    ("timesale_toss_", "Payment provider"),
    ("timesale_offers_", "Price servers"),
    ("timesale_breaker_", "Breakers"),
    ("timesale_emitter_", "Emitters"),
    ("kafka_", "Lag: the names that others use, too"),
    ("timesale_lag_", "Lag"),
    ("timesale_runtime_", "Async runtime"),
    ("process_", "Process"),
    ("timesale_", "The sale, and every role"),
];

fn page(contract: &Contract) -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         Every family that `/metrics` shows. This page is generated from [ops/metrics.yaml](../ops/metrics.yaml): change that, and run\n\
         `TIMESALE_BLESS=1 cargo test -p journeys metrics`. Counters and states are there from the start, at 0. A state has a series for\n\
         each of its values: 1 for the one that holds. Timestamps are seconds since 1970.\n",
    );
    for (place, (prefix, title)) in CHAPTERS.iter().enumerate() {
        let earlier = |name: &str| CHAPTERS.iter().take(place).any(|(prefix, _)| name.starts_with(prefix));
        let families: Vec<(&String, &Family)> =
            contract.families.iter().filter(|(name, _)| name.starts_with(prefix) && !earlier(name)).collect();
        writeln!(page, "\n## {title}").expect("text");
        for (name, family) in families {
            writeln!(
                page,
                "\n**`{name}`** ({}, {}, `{}`): {}",
                family.kind.name(),
                family.unit,
                family.room,
                family.help
            )
            .expect("text");
            for (label, values) in &family.labels {
                let values = match values {
                    Values::Closed(values) => {
                        let word =
                            |value: &String| if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") };
                        values.iter().map(word).collect::<Vec<_>>().join(", ")
                    }
                    Values::Described(text) => text.clone(),
                };
                writeln!(page, "- `{label}`: {values}").expect("text");
            }
            if let Some(setting) = &family.when {
                writeln!(page, "- only with `{setting}`").expect("text");
            }
            if let Some(reason) = &family.absent {
                writeln!(page, "- {reason}").expect("text");
            }
        }
    }
    page
}

#[test]
fn the_reference_is_what_the_contract_says() {
    let path = root().join("docs/metrics.md");
    let page = page(&contract());
    if std::env::var_os("TIMESALE_BLESS").is_some() {
        fs::write(&path, &page).expect("written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/metrics.md is not what ops/metrics.yaml says: run with TIMESALE_BLESS=1");
}
