//! How products, requests and holds are written into the stores: compact, versioned, private. A committed hold takes some 80
//! bytes; its frozen terms are kept only while it holds, since the order has its own copy.

use events::hold::ReleaseCause;
use events::ids::{Category, HoldId, OrderId, RequestId, SellerId, Sku};
use events::inventory::{ProductTerms, SalePrice, StockLevel, StockRefusal, UnitTerms};
use events::money::Money;
use events::request::Fingerprint;
use events::time::{Timestamp, Window};

use super::hold::{Hold, HoldState, StepTaken};
use super::product::Product;
use super::requests::{Decided, Remembered, Requests};
use crate::bytes::{Reader, RowError, Writer};

/// The newest version of every row here.
const VERSION: u8 = 1;

/// A product's slow half: its terms.
pub(crate) fn write_terms(terms: &ProductTerms) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 64 + terms.name.len());
    row.text(terms.seller.as_str());
    row.long_text(&terms.name);
    write_category(&mut row, terms.category.as_ref());
    row.signed(terms.list_price.minor());
    row.byte(u8::from(terms.sale.is_some()));
    if let Some(SalePrice { price, window }) = &terms.sale {
        row.signed(price.minor());
        write_time(&mut row, window.from);
        write_time(&mut row, window.until);
    }
    write_amount(&mut row, terms.supply_price);
    row.byte(u8::from(terms.low_stock.is_some()));
    if let Some(enough) = terms.low_stock {
        row.number(enough.into());
    }
    row.finish()
}

/// A product's fast half: version and units.
pub(crate) fn write_level(product: &Product) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 24);
    row.number(product.version);
    write_stock(&mut row, &product.level);
    row.finish()
}

/// Reads a product from its halves.
pub(crate) fn read_product(sku: &Sku, terms: &[u8], level: &[u8]) -> Result<Product, RowError> {
    let mut row = Reader::new(level, VERSION)?;
    let (version, level) = (row.number()?, read_stock(&mut row)?);
    row.finish()?;
    Ok(Product { sku: sku.clone(), terms: read_terms(terms)?, version, level })
}

fn read_terms(bytes: &[u8]) -> Result<ProductTerms, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let terms = ProductTerms {
        seller: read_seller(&mut row)?,
        name: row.long_text()?.to_owned(),
        category: read_category(&mut row)?,
        list_price: Money::new(row.signed()?),
        sale: if row.byte()? == 0 {
            None
        } else {
            let price = Money::new(row.signed()?);
            Some(SalePrice { price, window: Window { from: read_time(&mut row)?, until: read_time(&mut row)? } })
        },
        supply_price: read_amount(&mut row)?,
        low_stock: if row.byte()? == 0 { None } else { Some(row.small("low stock")?) },
    };
    row.finish()?;
    Ok(terms)
}

/// What is remembered of merchants' requests.
pub(crate) fn write_requests(requests: &Requests) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 3 + 48 * requests.0.len());
    row.number(requests.0.len() as u64);
    for Remembered { request, fingerprint, at, decided } in &requests.0 {
        row.fixed(request.as_bytes());
        row.fixed(&fingerprint.as_u64().to_le_bytes());
        write_time(&mut row, *at);
        match decided {
            Decided::Applied { version, stock } => {
                row.byte(0);
                row.number(*version);
                write_stock(&mut row, stock);
            }
            Decided::Refused(reason) => row.byte(number_of(*reason)),
        }
    }
    row.finish()
}

/// Reads what is remembered of merchants' requests.
pub(crate) fn read_requests(bytes: &[u8]) -> Result<Requests, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let mut requests = Requests::default();
    for _ in 0..row.number()? {
        requests.0.push(Remembered {
            request: RequestId::from_bytes(row.fixed()?),
            fingerprint: read_fingerprint(&mut row)?,
            at: read_time(&mut row)?,
            decided: match row.byte()? {
                0 => Decided::Applied { version: row.number()?, stock: read_stock(&mut row)? },
                number => Decided::Refused(refusal_of(number).ok_or(RowError::Field("refusal"))?),
            },
        });
    }
    row.finish()?;
    Ok(requests)
}

/// A hold; its id is the key.
pub(crate) fn write_hold(hold: &Hold) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 96 + 25 * hold.requests.len());
    row.text(hold.sku.as_str());
    write_order(&mut row, &hold.order);
    row.number(hold.quantity.into());
    row.fixed(&hold.fingerprint.as_u64().to_le_bytes());
    match &hold.state {
        HoldState::Held { unit, until } => {
            row.byte(0);
            write_time(&mut row, *until);
            write_unit(&mut row, unit);
        }
        HoldState::Committed { returned } => {
            row.byte(1);
            row.number((*returned).into());
        }
        HoldState::Released { cause: ReleaseCause::Released } => row.byte(2),
        HoldState::Released { cause: ReleaseCause::Lapsed } => row.byte(3),
    }
    row.number(hold.requests.len() as u64);
    for StepTaken { request, fingerprint, refused } in &hold.requests {
        row.fixed(request.as_bytes());
        row.fixed(&fingerprint.as_u64().to_le_bytes());
        row.byte(refused.map_or(0, number_of));
    }
    row.finish()
}

/// Reads a hold.
pub(crate) fn read_hold(id: HoldId, bytes: &[u8]) -> Result<Hold, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let mut hold = Hold {
        id,
        sku: Sku::new(row.text()?).map_err(|_| RowError::Field("sku"))?,
        order: read_order(&mut row)?,
        quantity: row.small("quantity")?,
        fingerprint: read_fingerprint(&mut row)?,
        state: match row.byte()? {
            0 => {
                let until = read_time(&mut row)?;
                HoldState::Held { unit: read_unit(&mut row)?, until }
            }
            1 => HoldState::Committed { returned: row.small("count of returned units")? },
            2 => HoldState::Released { cause: ReleaseCause::Released },
            3 => HoldState::Released { cause: ReleaseCause::Lapsed },
            _ => return Err(RowError::Field("state of a hold")),
        },
        requests: Vec::new(),
    };
    for _ in 0..row.number()? {
        hold.requests.push(StepTaken {
            request: RequestId::from_bytes(row.fixed()?),
            fingerprint: read_fingerprint(&mut row)?,
            refused: match row.byte()? {
                0 => None,
                number => Some(refusal_of(number).ok_or(RowError::Field("refusal"))?),
            },
        });
    }
    row.finish()?;
    Ok(hold)
}

fn write_unit(row: &mut Writer, unit: &UnitTerms) {
    row.text(unit.seller.as_str());
    write_category(row, unit.category.as_ref());
    row.signed(unit.list_price.minor());
    row.signed(unit.unit_price.minor());
    write_amount(row, unit.supply_price);
}

fn read_unit(row: &mut Reader<'_>) -> Result<UnitTerms, RowError> {
    Ok(UnitTerms {
        seller: read_seller(row)?,
        category: read_category(row)?,
        list_price: Money::new(row.signed()?),
        unit_price: Money::new(row.signed()?),
        supply_price: read_amount(row)?,
    })
}

fn write_stock(row: &mut Writer, stock: &StockLevel) {
    let StockLevel { received, available, held, sold } = *stock;
    for count in [received, available, held, sold] {
        row.number(count);
    }
}

fn read_stock(row: &mut Reader<'_>) -> Result<StockLevel, RowError> {
    Ok(StockLevel { received: row.number()?, available: row.number()?, held: row.number()?, sold: row.number()? })
}

fn read_seller(row: &mut Reader<'_>) -> Result<SellerId, RowError> {
    SellerId::new(row.text()?).map_err(|_| RowError::Field("seller"))
}

/// No category is shorter than one character.
fn write_category(row: &mut Writer, category: Option<&Category>) {
    row.text(category.map_or("", Category::as_str));
}

fn read_category(row: &mut Reader<'_>) -> Result<Option<Category>, RowError> {
    match row.text()? {
        "" => Ok(None),
        text => Category::new(text).map(Some).map_err(|_| RowError::Field("category")),
    }
}

fn write_amount(row: &mut Writer, amount: Option<Money>) {
    row.byte(u8::from(amount.is_some()));
    if let Some(amount) = amount {
        row.signed(amount.minor());
    }
}

fn read_amount(row: &mut Reader<'_>) -> Result<Option<Money>, RowError> {
    Ok(if row.byte()? == 0 { None } else { Some(Money::new(row.signed()?)) })
}

/// What every order's id begins with that derives from a request.
const ORDER_PREFIX: &str = "ord_";

/// Orders that derive from a request are written as their 128 bits: half of what the text takes.
fn write_order(row: &mut Writer, order: &OrderId) {
    match order.as_str().strip_prefix(ORDER_PREFIX).and_then(bits_of) {
        Some(bits) => {
            row.byte(0);
            row.fixed(&bits.to_be_bytes());
        }
        None => row.text(order.as_str()),
    }
}

fn read_order(row: &mut Reader<'_>) -> Result<OrderId, RowError> {
    let text = row.text()?;
    let order = if text.is_empty() {
        OrderId::new(&format!("{ORDER_PREFIX}{:032x}", u128::from_be_bytes(row.fixed()?)))
    } else {
        OrderId::new(text)
    };
    order.map_err(|_| RowError::Field("order"))
}

fn bits_of(digits: &str) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_written_so = digits.len() == 32 && digits.bytes().all(is_digit);
    if is_written_so { u128::from_str_radix(digits, 16).ok() } else { None }
}

fn write_time(row: &mut Writer, time: Timestamp) {
    row.signed(time.as_millis());
}

fn read_time(row: &mut Reader<'_>) -> Result<Timestamp, RowError> {
    Ok(Timestamp::from_millis(row.signed()?))
}

fn read_fingerprint(row: &mut Reader<'_>) -> Result<Fingerprint, RowError> {
    Ok(Fingerprint::from_u64(u64::from_le_bytes(row.fixed()?)))
}

/// Refusals by number: never renumber, only append.
pub(crate) fn number_of(reason: StockRefusal) -> u8 {
    match reason {
        StockRefusal::IdempotencyConflict => 1,
        StockRefusal::UnknownProduct => 2,
        StockRefusal::InvalidQuantity => 3,
        StockRefusal::InsufficientStock => 4,
        StockRefusal::NotHeld => 5,
        StockRefusal::InvalidTerms => 6,
        StockRefusal::TermsFrozen => 7,
        StockRefusal::InvalidChange => 8,
    }
}

/// The refusal of this number.
pub(crate) fn refusal_of(number: u8) -> Option<StockRefusal> {
    StockRefusal::ALL.into_iter().find(|reason| number_of(*reason) == number)
}
