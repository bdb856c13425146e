//! How a product's prices are written into the store: compact, versioned, private. One row a product, so that a decision reads one
//! and writes one. Some 50 bytes, and 30 for each offer.

use events::ids::{OfferSource, Sku};
use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::{Timestamp, Window};

use super::offer::Offer;
use super::product::{OwnPrice, Product};
use crate::bytes::{Reader, RowError, Writer};

/// The newest version of the row.
const VERSION: u8 = 1;

/// A product's prices; its id is the key.
pub(crate) fn write_product(product: &Product) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 80 + 40 * product.offers.len());
    row.number(product.own.version);
    row.signed(product.own.list_price.minor());
    row.byte(u8::from(product.own.sale.is_some()));
    if let Some(SalePrice { price, window }) = product.own.sale {
        row.signed(price.minor());
        write_time(&mut row, window.from);
        write_time(&mut row, window.until);
    }
    row.number(product.offers.len() as u64);
    for offer in &product.offers {
        row.text(offer.source.as_str());
        row.signed(offer.price.minor());
        write_time(&mut row, offer.seen_at);
        write_time(&mut row, offer.ends);
    }
    write_maybe(&mut row, product.wake);
    row.byte(u8::from(product.stated.is_some()));
    if let Some(stated) = &product.stated {
        write_stated(&mut row, stated);
    }
    row.finish()
}

/// Reads a product's prices.
pub(crate) fn read_product(sku: &Sku, bytes: &[u8]) -> Result<Product, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let own = OwnPrice {
        version: row.number()?,
        list_price: Money::new(row.signed()?),
        sale: if row.byte()? == 0 {
            None
        } else {
            let price = Money::new(row.signed()?);
            Some(SalePrice { price, window: Window { from: read_time(&mut row)?, until: read_time(&mut row)? } })
        },
    };
    let mut product = Product::new(own);
    for _ in 0..row.number()? {
        product.offers.push(Offer {
            source: read_source(row.text()?)?,
            price: Money::new(row.signed()?),
            seen_at: read_time(&mut row)?,
            ends: read_time(&mut row)?,
        });
    }
    product.wake = read_maybe(&mut row)?;
    product.stated = if row.byte()? == 0 { None } else { Some(read_stated(sku, &mut row)?) };
    row.finish()?;
    Ok(product)
}

fn write_stated(row: &mut Writer, stated: &BestPrice) {
    row.number(stated.version);
    write_time(row, stated.at);
    row.signed(stated.price.minor());
    // No source is shorter than one character.
    row.text(stated.by.source().map_or("", OfferSource::as_str));
    row.signed(stated.own.minor());
    row.signed(stated.list_price.minor());
    row.byte(u8::from(stated.on_sale));
    row.number(stated.offers.into());
    write_maybe(row, stated.valid_until);
}

fn read_stated(sku: &Sku, row: &mut Reader<'_>) -> Result<BestPrice, RowError> {
    Ok(BestPrice {
        sku: sku.clone(),
        version: row.number()?,
        at: read_time(row)?,
        price: Money::new(row.signed()?),
        by: match row.text()? {
            "" => Winner::Own,
            source => Winner::Offer { source: read_source(source)? },
        },
        own: Money::new(row.signed()?),
        list_price: Money::new(row.signed()?),
        on_sale: row.byte()? != 0,
        offers: row.small("count of offers")?,
        valid_until: read_maybe(row)?,
    })
}

fn read_source(text: &str) -> Result<OfferSource, RowError> {
    OfferSource::new(text).map_err(|_| RowError::Field("source"))
}

fn write_time(row: &mut Writer, time: Timestamp) {
    row.signed(time.as_millis());
}

fn read_time(row: &mut Reader<'_>) -> Result<Timestamp, RowError> {
    Ok(Timestamp::from_millis(row.signed()?))
}

fn write_maybe(row: &mut Writer, time: Option<Timestamp>) {
    row.byte(u8::from(time.is_some()));
    if let Some(time) = time {
        write_time(row, time);
    }
}

fn read_maybe(row: &mut Reader<'_>) -> Result<Option<Timestamp>, RowError> {
    Ok(if row.byte()? == 0 { None } else { Some(read_time(row)?) })
}
