//! What is for sale: some products of several sellers, with one of which there is less than is wanted.

use events::ids::{Category, SellerId, Sku};
use events::inventory::{ProductTerms, SalePrice};
use events::money::Money;
use events::time::{Timestamp, Window};

/// A product of the sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// Its key.
    pub sku: Sku,
    /// Its terms.
    pub terms: ProductTerms,
    /// How many units there are.
    pub stock: u32,
    /// What a unit costs during the sale.
    pub price: Money,
}

/// Seller, name, list price and time-sale price. The first is the one that everybody wants. The second costs less than the
/// sale's coupon takes off, so that an order of one or two units costs nothing.
const ARTICLES: [(&str, &str, i64, Option<i64>); 10] = [
    ("hanok", "Brass kettle, limited", 39_000, Some(25_900)),
    ("hanok", "Tea bag, one", 2_500, None),
    ("hanok", "Tea bowl", 18_700, Some(14_900)),
    ("namsan", "Wool scarf", 32_000, Some(19_999)),
    ("namsan", "Socks, three pairs", 9_900, None),
    ("namsan", "Rain coat", 64_000, Some(45_500)),
    ("dodam", "Sesame oil, 500 ml", 21_500, None),
    ("dodam", "Dried persimmons", 15_000, Some(11_111)),
    ("mirae", "Desk lamp", 47_300, Some(33_000)),
    ("mirae", "Earphones", 89_000, Some(59_900)),
];

/// How many articles there are.
pub(super) const VARIETY: usize = ARTICLES.len();

/// The article that runs out.
pub(super) const SCARCE: usize = 0;

/// The catalogue of this sale, for so many wanted units of each article: of the scarce one there is half of that, of every
/// other enough.
///
/// # Errors
/// Never in practice: the names are made of digits and letters.
pub fn catalogue(sale: &str, wanted: &[u32; VARIETY], now: Timestamp) -> anyhow::Result<Vec<Product>> {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let window = Window { from: now.plus_millis(-60_000), until: now.plus_millis(DAY_MS) };
    ARTICLES
        .iter()
        .zip(wanted)
        .enumerate()
        .map(|(article, ((seller, name, list_price, sale_price), wanted))| {
            let terms = ProductTerms {
                // Of this sale alone: sales repeat on the same topics, and the days of each are closed at its end.
                seller: SellerId::new(&format!("{seller}-{sale}"))?,
                name: (*name).to_owned(),
                category: Some(Category::new("sale")?),
                list_price: Money::new(*list_price),
                sale: sale_price.map(|price| SalePrice { price: Money::new(price), window }),
                supply_price: None,
                low_stock: (article == SCARCE).then_some(10),
            };
            let stock = if article == SCARCE { (wanted / 2).max(1) } else { wanted + 10 };
            let price = terms.unit(now).unit_price;
            Ok(Product { sku: Sku::new(&format!("{sale}-{article}"))?, terms, stock, price })
        })
        .collect()
}
