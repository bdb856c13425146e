//! A product's terms, rule by rule, and what a unit costs when.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::{ProductTerms, SalePrice};
use crate::ids::SellerId;
use crate::money::Money;
use crate::time::{Timestamp, Window};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn sale(price: i64, from: i64, until: i64) -> Option<SalePrice> {
    Some(SalePrice { price: Money::new(price), window: Window { from: at(from), until: at(until) } })
}

fn terms() -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "Tea".into(),
        category: None,
        list_price: Money::new(10_000),
        sale: sale(7_000, 10, 20),
        supply_price: None,
        low_stock: None,
    }
}

#[test]
fn each_rule_names_its_field() {
    let table = [
        (terms(), None),
        (ProductTerms { sale: None, ..terms() }, None),
        (ProductTerms { name: String::new(), ..terms() }, Some("/name")),
        (ProductTerms { name: "é".repeat(201), ..terms() }, Some("/name")),
        (ProductTerms { name: "a\nb".into(), ..terms() }, Some("/name")),
        (ProductTerms { list_price: Money::new(-1), sale: None, ..terms() }, Some("/list_price")),
        (ProductTerms { sale: sale(10_001, 10, 20), ..terms() }, Some("/sale/price")),
        (ProductTerms { sale: sale(-1, 10, 20), ..terms() }, Some("/sale/price")),
        (ProductTerms { sale: sale(1, 10, 10), ..terms() }, Some("/sale/window")),
        (ProductTerms { sale: sale(1, -10, 10), ..terms() }, Some("/sale/window")),
        (ProductTerms { supply_price: Some(Money::new(-1)), ..terms() }, Some("/supply_price")),
    ];
    for (terms, field) in table {
        assert_eq!(terms.check().err().map(|error| error.field), field, "{terms:?}");
    }
}

#[test]
fn a_sale_begins_with_its_first_instant_and_ends_before_its_last() {
    for (instant, price) in [(9, 10_000), (10, 7_000), (19, 7_000), (20, 10_000)] {
        assert_eq!(terms().unit(at(instant)).unit_price, Money::new(price), "at {instant}");
    }
}
