//! What is true of each recipe's files: they say what Postgres says, or what the log says when it is read in another way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use events::topics;
use parquet::record::Field;
use sqlx::Row;

use super::files::{json, ndjson, number, parquet, table, text};
use super::shop::{Shop, trace_of};

/// Orders, and what they amount to, as Postgres has them.
fn totals(shop: &Shop) -> Vec<i64> {
    shop.numbers("select count(*), sum(due)::bigint, sum(paid)::bigint, sum(refunded)::bigint from orders")
}

pub(super) fn orders_are_those_of_postgres(shop: &Shop, folder: &Path) {
    let rows = parquet(folder, "orders.parquet");
    assert_eq!(rows.len(), shop.log(topics::ORDERS_EVENTS.name()).len(), "every fact is a row");
    let long = |row: &BTreeMap<String, Field>, name: &str| match row[name] {
        Field::Long(number) => number,
        ref other => panic!("{name} is {other:?}"),
    };
    // Refusals about orders that there are not have the version 0.
    let mut newest = BTreeMap::<String, &BTreeMap<String, Field>>::new();
    for row in rows.iter().filter(|row| long(row, "version") > 0) {
        let order = row["order"].to_string();
        if newest.get(&order).is_none_or(|before| long(before, "version") < long(row, "version")) {
            newest.insert(order, row);
        }
    }
    let sum = |name: &str| newest.values().map(|row| long(row, name)).sum::<i64>();
    let count = i64::try_from(newest.len()).expect("few");
    assert_eq!(vec![count, sum("due"), sum("paid"), sum("refunded")], totals(shop));
    assert!(count > 100 && sum("refunded") > 0, "the sale has orders and refunds");
}

pub(super) fn duckdb_says_what_postgres_does(shop: &Shop, folder: &Path) {
    let rows = table(folder, "totals.csv");
    assert_eq!(rows[0], ["orders", "due", "paid", "refunded"]);
    assert_eq!(rows[1].iter().map(|cell| number(cell)).collect::<Vec<_>>(), totals(shop));
}

pub(super) fn lines_are_those_of_postgres(shop: &Shop, folder: &Path) {
    let seller = shop.id("SELLER");
    let found = shop.rows(&format!(
        "select day, number, kind, order_id, sku, quantity, net from statement_lines where seller = '{seller}'"
    ));
    let line = |row: &sqlx::postgres::PgRow| -> Vec<String> {
        let (text, long) = (|place| row.get::<String, usize>(place), |place| row.get::<i64, usize>(place).to_string());
        vec![text(0), long(1), text(2), text(3), text(4), row.get::<i32, usize>(5).to_string(), long(6)]
    };
    let wanted: BTreeSet<Vec<String>> = found.iter().map(line).collect();
    let lines = table(folder, "lines.csv");
    assert_eq!((lines.len(), lines.into_iter().collect::<BTreeSet<_>>()), (wanted.len(), wanted));
}

pub(super) fn the_trace_is_whole(shop: &Shop, folder: &Path) {
    let applications = ["coupons", "inventory", "orders", "payments"];
    let topics = applications.iter().flat_map(|name| [format!("{name}.inbox"), format!("{name}.events")]);
    let mut wanted = BTreeSet::new();
    for topic in topics {
        let of_trace = |record: &streams::record::Record| trace_of(record).as_deref() == Some(shop.id("TRACE"));
        let records = shop.log(&topic).into_iter().filter(of_trace);
        wanted.extend(records.map(|record| (topic.clone(), i64::from(record.partition), record.offset)));
    }
    let lines = ndjson(folder, "trace.ndjson");
    let found: BTreeSet<_> = lines
        .iter()
        .map(|line| {
            let number = |name: &str| line[name].as_i64().expect("a number");
            (line["topic"].as_str().expect("a topic").to_owned(), number("partition"), number("offset"))
        })
        .collect();
    assert_eq!((lines.len(), &found), (wanted.len(), &wanted));
    let times: Vec<i64> = lines.iter().map(|line| line["timestamp"].as_i64().expect("a time")).collect();
    assert!(times.is_sorted() && times.len() > 2, "{times:?}");
}

pub(super) fn the_sample_is_copied_once(shop: &Shop, folder: &Path) {
    let originals = shop.log(topics::ORDERS_EVENTS.name());
    let place = |record: &streams::record::Record| format!("{}/{}/{}", record.topic, record.partition, record.offset);
    let by_place: BTreeMap<String, &streams::record::Record> =
        originals.iter().map(|record| (place(record), record)).collect();
    let copies = ndjson(folder, "shadow.ndjson");
    let mut sources = BTreeSet::new();
    for copy in &copies {
        let headers = copy["headers"].as_array().expect("headers");
        let source = headers.iter().rev().find(|header| header[0] == "source").expect("a source");
        let original = by_place[source[1].as_str().expect("a place")];
        assert_eq!(copy["partition"], original.partition, "{copy}");
        assert_eq!(copy["timestamp"], original.timestamp, "{copy}");
        assert_eq!(copy["key"].as_str().map(str::as_bytes), original.key.as_deref(), "{copy}");
        assert!(!copy.to_string().contains("shopper-"), "{copy}");
        sources.insert(source[1].to_string());
    }
    let keys = |of: BTreeSet<Vec<u8>>| of.len();
    let sampled: BTreeSet<Vec<u8>> =
        copies.iter().map(|copy| copy["key"].as_str().expect("a key").as_bytes().to_vec()).collect();
    let whole: Vec<_> =
        originals.iter().filter(|record| record.key.as_ref().is_some_and(|key| sampled.contains(&**key))).collect();
    assert_eq!(sources.len(), whole.len(), "an order is copied whole or not at all");
    let (sampled, all) =
        (keys(sampled), keys(originals.iter().filter_map(|record| Some(record.key.as_ref()?.to_vec())).collect()));
    assert!(sampled * 30 > all && sampled * 4 < all, "{sampled} of {all} orders");
    assert!(!super::files::is_there(folder, "shadow.state"), "the copy is whole");
}

pub(super) fn refusals_are_those_of_postgres(shop: &Shop, folder: &Path) {
    let campaign = shop.id("CAMPAIGN");
    let by_reason = shop.rows(&format!(
        "select reason, count(*) from requests where campaign = '{campaign}' and kind = 'claim' and status = 'refused' group by reason"
    ));
    let wanted: BTreeMap<String, i64> = by_reason.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut found = BTreeMap::new();
    for line in ndjson(folder, "refusals.ndjson") {
        assert!(line["at"].is_i64(), "{line}");
        *found.entry(line["reason"].as_str().expect("a reason").to_owned()).or_insert(0_i64) += 1;
    }
    assert_eq!(found, wanted);
    assert!(!found.is_empty());
}

pub(super) fn stock_is_that_of_postgres(shop: &Shop, folder: &Path) {
    let found = shop.rows("select sku, received, available, held, sold from products");
    let row = |row: &sqlx::postgres::PgRow| -> Vec<String> {
        [row.get::<String, usize>(0)]
            .into_iter()
            .chain((1..5).map(|place| row.get::<i64, usize>(place).to_string()))
            .collect()
    };
    let wanted: BTreeSet<Vec<String>> = found.iter().map(row).collect();
    let rows = table(folder, "stock.csv");
    assert_eq!(rows[0], ["sku", "received", "available", "held", "sold"]);
    assert_eq!(rows[1..].iter().cloned().collect::<BTreeSet<_>>(), wanted);
}

pub(super) fn the_coupons_order_and_shopper_are_those_of_postgres(shop: &Shop, folder: &Path) {
    let coupon = shop.id("COUPON");
    let owner = shop.rows(&format!("select order_id, shopper from coupons where coupon = '{coupon}'"));
    let (order, shopper): (String, String) = (owner[0].get(0), owner[0].get(1));
    let story = text(folder, "coupon.ndjson");
    assert!(
        story.contains(&order) && story.contains("coupon_redeemed") && !story.contains(&format!("\"{shopper}\"")),
        "{story}"
    );
    let used = ndjson(folder, "used.ndjson");
    assert_eq!(used, [serde_json::json!({ "order": order, "shopper": shopper })]);
    let audit = shop.log(topics::CONSOLE_AUDIT.name());
    let last = String::from_utf8(audit.last().and_then(|record| record.value.clone()).expect("a record").to_vec())
        .expect("text");
    assert!(last.contains("ticket 4711"), "{last}");
}

pub(super) fn the_orders_facts_are_those_of_postgres(shop: &Shop, folder: &Path) {
    let order = shop.id("ORDER");
    let kinds = shop.rows(&format!("select kind from order_timeline where order_id = '{order}' order by version"));
    let wanted: Vec<String> = kinds.iter().map(|row| row.get(0)).collect();
    let mut story = ndjson(folder, "order.ndjson");
    let end = story.pop().expect("an end");
    assert_eq!(end["end"]["coverage"]["complete"], true, "{end}");
    let facts =
        story.iter().filter(|entry| entry["topic"] == topics::ORDERS_EVENTS.name() && entry["value"]["order"] == order);
    let found: Vec<&str> =
        facts.filter(|fact| fact["value"]["version"] != 0).filter_map(|fact| fact["event"].as_str()).collect();
    assert_eq!(found, wanted);
    assert!(story.iter().any(|entry| entry["topic"] == topics::SETTLEMENT_EVENTS.name()), "it was settled");
}

pub(super) fn the_export_is_whole(shop: &Shop, folder: &Path) {
    let again = "timesale tap inventory.events --all -o again.ndjson --resume again.state --rate max --quiet";
    let undisturbed = super::script(shop, again, folder).status().expect("a shell");
    assert!(undisturbed.success());
    assert!(
        text(folder, "facts.ndjson") == text(folder, "again.ndjson"),
        "the same bytes as an export that was not killed"
    );
    assert_eq!(ndjson(folder, "facts.ndjson").len(), shop.log(topics::INVENTORY_EVENTS.name()).len());
    assert!(!super::files::is_there(folder, "facts.state"));
}

pub(super) fn letters_are_those_of_the_log(shop: &Shop, folder: &Path) {
    let is_of =
        |record: &&streams::record::Record| record.header("dead-letter.topic") == Some(b"coupons.inbox".as_slice());
    let letters = shop.log(topics::DEAD_LETTERS.name());
    let wanted = letters.iter().filter(is_of).count();
    assert!(wanted >= 6, "{wanted} letters");
    assert_eq!(ndjson(folder, "letters.ndjson").len(), wanted);
    assert!(!text(folder, "letters.ndjson").contains("no_such_command\":"), "the bytes are masked");
    let list = json(folder, "letters.json");
    let groups = list["groups"].as_array().expect("groups");
    assert_eq!(groups.iter().filter_map(|group| group["letters"].as_u64()).sum::<u64>(), wanted as u64, "{list}");
}

pub(super) fn refunds_are_those_of_postgres(shop: &Shop, folder: &Path) {
    let rows = table(folder, "refunds.csv");
    assert_eq!(rows[0], ["order", "refund", "cause", "amount", "at"]);
    let sum: i64 = rows[1..].iter().map(|row| number(&row[3])).sum();
    assert_eq!(vec![sum], shop.numbers("select sum(refunded)::bigint from orders"));
    // A coupon can have paid for everything that is refunded.
    let orders: BTreeSet<&String> = rows[1..].iter().filter(|row| number(&row[3]) > 0).map(|row| &row[0]).collect();
    let wanted = shop.numbers("select count(*) from orders where refunded > 0");
    assert_eq!(i64::try_from(orders.len()), Ok(wanted[0]));
}

pub(super) fn kinds_are_counted(shop: &Shop, folder: &Path) {
    let mut counted = BTreeMap::new();
    for record in shop.log(topics::COUPONS_EVENTS.name()) {
        let kind = String::from_utf8_lossy(record.header("event-type").unwrap_or_default()).into_owned();
        *counted.entry(kind).or_insert(0_i64) += 1;
    }
    // Garbage of other tests, where they share the broker, has no kind or one that is no word.
    let is_kind = |kind: &str| !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    counted.retain(|kind, _| is_kind(kind));
    let line = |line: &str| line.trim().split_once(' ').map(|(count, kind)| (kind.to_owned(), number(count)));
    let found = text(folder, "kinds.txt");
    let found: BTreeMap<String, i64> = found.lines().filter_map(line).filter(|(kind, _)| is_kind(kind)).collect();
    assert_eq!(found, counted);
    assert_eq!(vec![found["coupon_granted"]], shop.numbers("select count(*) from coupons"));
}
