//! The recipes for data engineers, as `docs/recipes.md` has them: each command is taken out of the document, run as it stands there against an
//! installation after a sale, and what it gave is held against Postgres, or against the log read in another way.

mod checks;
mod document;
mod files;
mod shop;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use self::document::Recipe;
use self::shop::Shop;
use crate::fixture::Fixture;

/// Some orders, of which some are refunded; who does not pay within ten seconds has lost the order.
const SALE: [&str; 12] = [
    "--shoppers",
    "900",
    "--stock",
    "240",
    "--rate",
    "1500",
    "--orders",
    "all",
    "--pay-window",
    "10",
    "--order-rate",
    "60",
];

/// A recipe that is checked: its title, and what is true of the files that it leaves in its folder.
type Check = (&'static str, fn(&Shop, &Path));

const CHECKS: [Check; 13] = [
    ("Yesterday's orders as Parquet", checks::orders_are_those_of_postgres),
    ("DuckDB on it", checks::duckdb_says_what_postgres_does),
    ("What one seller was credited, line by line", checks::lines_are_those_of_postgres),
    ("Everything of one trace, in the order of time", checks::the_trace_is_whole),
    ("A tenth of the orders in a topic of their own", checks::the_sample_is_copied_once),
    ("The refusals of a campaign, as they come", checks::refusals_are_those_of_postgres),
    ("The newest state of every product", checks::stock_is_that_of_postgres),
    ("Who used a coupon", checks::the_coupons_order_and_shopper_are_those_of_postgres),
    ("What happened to one order", checks::the_orders_facts_are_those_of_postgres),
    ("An export that survives being killed", checks::the_export_is_whole),
    ("The dead letters of a topic", checks::letters_are_those_of_the_log),
    ("Refunds for a spreadsheet", checks::refunds_are_those_of_postgres),
    ("What kinds of facts a topic has", checks::kinds_are_counted),
];

#[test]
fn every_recipe_gives_what_it_says() {
    let recipes = document::recipes();
    let (titles, checked): (BTreeSet<&str>, BTreeSet<&str>) = (
        recipes.iter().map(|recipe| recipe.title.as_str()).collect(),
        CHECKS.iter().map(|(title, _)| *title).collect(),
    );
    assert_eq!(titles, checked, "each recipe has a check");
    let Some(fixture) = Fixture::enter() else { return };
    shop::poison(&fixture);
    let result = fixture.sale(&SALE);
    let folder = tempfile::tempdir().expect("a folder");
    let shop = Shop::after(&fixture, &result);
    for recipe in recipes {
        let (title, check) = CHECKS.iter().find(|(title, _)| *title == recipe.title).expect("its check");
        if recipe.needs_duckdb() && !shop.has_duckdb() {
            eprintln!("DuckDB is not here (TIMESALE_TEST_DUCKDB): recipe {title:?} is not run");
            continue;
        }
        if recipe.is_resumed_alone() {
            kill_once(&shop, &recipe, folder.path());
        }
        run(&shop, &recipe, folder.path());
        check(&shop, folder.path());
    }
}

fn script(shop: &Shop, text: &str, folder: &Path) -> Command {
    let mut command = shop.shell(folder);
    command.args(["-euo", "pipefail", "-c", text]);
    command
}

fn run(shop: &Shop, recipe: &Recipe, folder: &Path) {
    let output = script(shop, &recipe.script, folder).output().expect("a shell");
    let (title, script) = (&recipe.title, &recipe.script);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{title}: {}\n{script}\n{told}", output.status);
}

/// Runs a recipe slowly and kills it in the middle: nothing of it may be there but what the next run goes on with.
fn kill_once(shop: &Shop, recipe: &Recipe, folder: &Path) {
    // So that the shell becomes the program, and it is the program that is killed.
    let slow = format!("exec {} --rate 48KiB", recipe.script.trim_end());
    let mut child = script(shop, &slow, folder).spawn().expect("a shell");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !files::is_there(folder, "facts.state") {
        assert!(Instant::now() < deadline, "no state of {slow}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(child.try_wait().expect("its state").is_none(), "it ended before it was killed");
    child.kill().expect("killed");
    child.wait().expect("its end");
    assert!(!files::is_there(folder, "facts.ndjson") && files::is_there(folder, "facts.ndjson.part"));
}
