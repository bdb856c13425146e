//! What is written is read again, and what was never written is an error and no panic.

use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::{Timestamp, Window};
use proptest::prelude::*;

use super::offer::Offer;
use super::processor::{PRODUCTS, Wakeup};
use super::product::{OwnPrice, Product};
use crate::kit::testing::names::{sku, source};
use crate::kit::testing::rows;

fn instant() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn money() -> impl Strategy<Value = Money> {
    any::<i64>().prop_map(Money::new)
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{1,64}"
}

prop_compose! {
    fn some_sale()(price in money(), from in instant(), until in instant()) -> SalePrice {
        SalePrice { price, window: Window { from, until } }
    }
}

prop_compose! {
    fn some_offer()(by in name(), price in money(), seen_at in instant(), ends in instant()) -> Offer {
        Offer { source: source(&by), price, seen_at, ends }
    }
}

prop_compose! {
    fn some_best()(
        version in any::<u64>(), at in instant(), price in money(), by in prop::option::of(name()), own in money(),
        list_price in money(), on_sale in any::<bool>(), offers in any::<u32>(), valid_until in prop::option::of(instant()),
    ) -> BestPrice {
        let by = by.map_or(Winner::Own, |by| Winner::Offer { source: source(&by) });
        BestPrice { sku: sku("tea"), version, at, price, by, own, list_price, on_sale, offers, valid_until }
    }
}

prop_compose! {
    fn some_product()(
        version in any::<u64>(), list_price in money(), sale in prop::option::of(some_sale()),
        offers in prop::collection::vec(some_offer(), 0..16), stated in prop::option::of(some_best()),
        wake in prop::option::of(instant()),
    ) -> Product {
        Product { own: OwnPrice { version, list_price, sale }, offers, stated, wake }
    }
}

#[test]
fn timers_of_version_1_are_these_bytes() {
    rows::check_wakeup(&Wakeup::Product { sku: sku("tea") }, 1, "01 03 746561");
}

proptest! {
    #[test]
    fn a_product_survives_the_store(product in some_product()) {
        let row = rows::write(&PRODUCTS, &sku("tea"), &product);
        prop_assert_eq!(rows::read(&PRODUCTS, &sku("tea"), &row).unwrap(), product);
    }

    #[test]
    fn a_row_that_is_cut_off_or_goes_on_is_an_error(product in some_product(), cut in any::<prop::sample::Index>()) {
        let mut row = rows::write(&PRODUCTS, &sku("tea"), &product);
        prop_assert!(rows::read(&PRODUCTS, &sku("tea"), &row[..cut.index(row.len())]).is_err());
        row.push(0);
        prop_assert!(rows::read(&PRODUCTS, &sku("tea"), &row).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        rows::read_anything(&PRODUCTS, &sku("tea"), &bytes);
    }
}
