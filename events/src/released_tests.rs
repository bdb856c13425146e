//! Builds of different ages read each other. `schemas/released/` holds the schemas of the last release, by type and version: what is
//! written today must be readable by them, or say a newer version, at which their readers stop instead of taking it for garbage. What any
//! build has written (`golden/`, and the log that an earlier build recorded) is read today, and is what today's schemas say.
//!
//! At a release: run with `TIMESALE_RELEASE=1` and look at the diff. It may add fields and, under a new version, files; nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::codec::{Message, decode, encode};
use crate::coupons::{CouponCommand, CouponEvent};
use crate::envelope::Envelope;
use crate::inventory::{InventoryCommand, InventoryEvent};
use crate::orders::{OrderCommand, OrderEvent};
use crate::payments::{PaymentCommand, PaymentEvent};
use crate::prices::{BestPrice, PriceCommand};
use crate::request::Reply;
use crate::samples;
use crate::schema;
use crate::settlement::{SettlementCommand, SettlementEvent};

/// What to do about a value of today that the released build cannot read.
const BREAKS_READERS: &str = "Readers of the released build cannot read this. Fields may be added that a value can do without. For \
    anything else (a new kind, a field that is gone, renamed or of another form) raise SCHEMA_VERSION in events/src/codec.rs, upgrade the \
    readers of the topic first, and keep the golden files of the old version: see CONTRIBUTING.md, \"Stored bytes\".";

/// What to do about an old value that today's types do not read.
const BREAKS_LOGS: &str = "Logs that run hold this value, and it is read for ever. Make the types read both forms (a default for a \
    field that it has not, an alias for a name that changed): see CONTRIBUTING.md, \"Stored bytes\".";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn released(name: &str, version: u16) -> PathBuf {
    root().join("schemas").join("released").join(format!("{name}.{version}.json"))
}

/// A schema that values are held to.
struct Held {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Held {
    fn new(schema: Value) -> Self {
        const PLACE: &str = "https://timesale.invalid/value.json";
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(PLACE, schema).unwrap();
        let index = compiler.compile(PLACE, &mut schemas).unwrap();
        Self { schemas, index }
    }

    /// Says what is wrong with a value.
    fn check(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|error| error.to_string())
    }
}

/// The released schema of a version, if there has been a release with it.
fn released_schema(name: &str, version: u16) -> Option<Held> {
    let text = fs::read_to_string(released(name, version)).ok()?;
    Some(Held::new(serde_json::from_str(&text).unwrap()))
}

/// Holds what a build of today writes to the schema of the last release with its version.
fn readable_by_the_release<M: Message>(name: &str, samples: &[M]) -> Result<(), String> {
    if std::env::var_os("TIMESALE_RELEASE").is_some() {
        let text = serde_json::to_string_pretty(&schema::of(name).unwrap()).unwrap() + "\n";
        fs::write(released(name, M::SCHEMA_VERSION), text).unwrap();
    }
    // Readers of a release stop at a newer version.
    let Some(held) = released_schema(name, M::SCHEMA_VERSION) else { return Ok(()) };
    for sample in samples {
        let (value, _) = encode(sample, &Envelope::default()).unwrap();
        let value = serde_json::from_slice(&value).unwrap();
        held.check(&value).map_err(|error| format!("{name}, {}: {error}\n{value}\n{BREAKS_READERS}", sample.kind()))?;
    }
    Ok(())
}

/// Holds a value that some build has written to today's types and to the schemas.
fn readable_today<M: Message>(name: &str, version: u16, bytes: &[u8], today: &Held) -> Result<(), String> {
    let envelope = Envelope { schema_version: version, ..Envelope::default() };
    let text = || String::from_utf8_lossy(bytes);
    decode::<M>(Some(bytes), &envelope).map_err(|error| format!("{name}: {error}\n{}\n{BREAKS_LOGS}", text()))?;
    let value = serde_json::from_slice(bytes).unwrap();
    today.check(&value).map_err(|error| {
        format!("{name}: the types read this value, and events/schemas/{name}.json refuses it: {error}\n{value}\n{BREAKS_LOGS}")
    })?;
    match released_schema(name, version) {
        Some(held) => held.check(&value).map_err(|error| {
            let place = released(name, version);
            format!("{}: refuses what builds before it wrote: {error}\n{value}", place.display())
        }),
        None => Ok(()),
    }
}

/// The golden files of a type, with their versions.
fn golden(folder: &str) -> Vec<(u16, Vec<u8>)> {
    let files = fs::read_dir(root().join("golden").join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let version = |path: &Path| Path::new(path.file_stem()?).extension()?.to_str()?.parse().ok();
    files.map(|path| (version(&path).unwrap(), fs::read(&path).unwrap())).collect()
}

/// The values that an earlier build read and wrote, of commands and of facts, by processor.
fn recorded() -> BTreeMap<(String, bool), Vec<Vec<u8>>> {
    let path = root().join("../processors/testdata/log-1.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut values, mut processor) = (BTreeMap::<_, Vec<Vec<u8>>>::new(), String::new());
    for line in text.lines() {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            ["processor", name] => (*name).clone_into(&mut processor),
            ["inbox", _, _, value, _] => values.entry((processor.clone(), true)).or_default().push(bytes(value)),
            ["fact", _, value] => values.entry((processor.clone(), false)).or_default().push(bytes(value)),
            _ => {}
        }
    }
    values
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).unwrap()
}

/// Everything at once of one type.
fn hold<M: Message>(name: &str, folder: &str, samples: &[M], recorded: &[Vec<u8>]) -> Result<(), String> {
    readable_by_the_release(name, samples)?;
    let today = Held::new(schema::of(name).unwrap());
    let values = golden(folder);
    assert!(!values.is_empty(), "{folder} has no golden files");
    for (version, value) in values.iter().map(|(version, value)| (*version, value)) {
        readable_today::<M>(name, version, value, &today)?;
    }
    // The log was recorded when every version was 1.
    recorded.iter().try_for_each(|value| readable_today::<M>(name, 1, value, &today))
}

#[test]
fn builds_of_different_ages_read_each_other() {
    let mut recorded = recorded();
    let mut log = |processor: &str, commands: bool| {
        recorded
            .remove(&(processor.to_owned(), commands))
            .unwrap_or_else(|| panic!("nothing of {processor} is recorded"))
    };
    let held = [
        hold::<CouponCommand>("CouponCommand", "coupon_command", &samples::coupons::commands(), &log("coupons", true)),
        hold::<CouponEvent>("CouponEvent", "coupon_event", &samples::coupons::events(), &log("coupons", false)),
        hold::<InventoryCommand>(
            "InventoryCommand",
            "inventory_command",
            &samples::inventory::commands(),
            &log("inventory", true),
        ),
        hold::<InventoryEvent>(
            "InventoryEvent",
            "inventory_event",
            &samples::inventory::events(),
            &log("inventory", false),
        ),
        hold::<OrderCommand>("OrderCommand", "order_command", &samples::orders::commands(), &log("orders", true)),
        hold::<OrderEvent>("OrderEvent", "order_event", &samples::orders::events(), &log("orders", false)),
        hold::<PaymentCommand>("PaymentCommand", "payment_command", &samples::payments::commands(), &[]),
        hold::<PaymentEvent>("PaymentEvent", "payment_event", &samples::payments::events(), &[]),
        hold::<SettlementCommand>(
            "SettlementCommand",
            "settlement_command",
            &samples::settlement::commands(),
            &log("settlement", true),
        ),
        hold::<SettlementEvent>(
            "SettlementEvent",
            "settlement_event",
            &samples::settlement::events(),
            &log("settlement", false),
        ),
        hold::<PriceCommand>("PriceCommand", "price_command", &samples::prices::commands(), &log("prices", true)),
        hold::<BestPrice>("BestPrice", "best_price", &samples::prices::best(), &log("prices", false)),
        hold::<Reply>("Reply", "reply", &samples::replies(), &[]),
    ];
    // The audit record is the console's own, and has no golden files.
    assert_eq!(held.len() + 1, schema::NAMES.len(), "a type that topics carry is not held");
    let broken: Vec<String> = held.into_iter().filter_map(Result::err).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    assert!(recorded.is_empty(), "recorded and not held: {:?}", recorded.keys());
}

#[test]
fn what_would_break_readers_is_met() {
    let held = released_schema("CouponEvent", 1).unwrap();
    let fact = |fact: &str| -> Value {
        let (value, _) = encode(&samples::coupons::events()[0], &Envelope::default()).unwrap();
        let mut value: Value = serde_json::from_slice(&value).unwrap();
        value["fact"] = serde_json::from_str(fact).unwrap();
        value
    };
    let table = [
        (
            r#"{"claim_refused":{"request":"req_4d21ec9cd1867daa4d5c769c0f39ca95","shopper":"s","reason":"SOLD_OUT"}}"#,
            true,
        ),
        // A field more.
        (
            r#"{"claim_refused":{"request":"req_4d21ec9cd1867daa4d5c769c0f39ca95","shopper":"s","reason":"SOLD_OUT","rank":3}}"#,
            true,
        ),
        // A field less, a reason more, a kind more, a field of another form.
        (r#"{"claim_refused":{"request":"req_4d21ec9cd1867daa4d5c769c0f39ca95","reason":"SOLD_OUT"}}"#, false),
        (
            r#"{"claim_refused":{"request":"req_4d21ec9cd1867daa4d5c769c0f39ca95","shopper":"s","reason":"TOO_TALL"}}"#,
            false,
        ),
        (r#"{"claim_postponed":{"request":"req_4d21ec9cd1867daa4d5c769c0f39ca95"}}"#, false),
        (r#"{"claim_refused":{"request":17,"shopper":"s","reason":"SOLD_OUT"}}"#, false),
    ];
    for (text, is_read) in table {
        assert_eq!(held.check(&fact(text)).is_ok(), is_read, "{text}");
    }
}
