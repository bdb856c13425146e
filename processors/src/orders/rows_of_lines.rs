//! A line within an order's row.

use events::ids::{Category, SellerId, Sku};
use events::inventory::UnitTerms;
use events::orders::LineAmounts;

use super::line::{Line, Stock};
use super::rows::{number_of, of_number, read_flag, read_money, read_option, write_money, write_option};
use crate::bytes::{Reader, RowError, Writer};

pub(super) fn write_line(row: &mut Writer, line: &Line) {
    row.text(line.sku.as_str());
    row.number(u64::from(line.quantity));
    row.byte(number_of(&Stock::ALL, line.stock));
    write_option(row, line.unit.as_ref(), write_unit);
    let LineAmounts { gross, platform_share, seller_share, due } = line.amounts;
    for amount in [gross, platform_share, seller_share, due] {
        write_money(row, amount);
    }
    row.number(u64::from(line.refunded));
    row.number(u64::from(line.returned));
    row.byte(u8::from(line.returning));
}

pub(super) fn read_line(row: &mut Reader<'_>) -> Result<Line, RowError> {
    Ok(Line {
        sku: Sku::new(row.text()?).map_err(|_| RowError::Field("sku"))?,
        quantity: row.small("quantity")?,
        stock: of_number(&Stock::ALL, row.byte()?, "state of stock")?,
        unit: read_option(row, read_unit)?,
        amounts: LineAmounts {
            gross: read_money(row)?,
            platform_share: read_money(row)?,
            seller_share: read_money(row)?,
            due: read_money(row)?,
        },
        refunded: row.small("refunded units")?,
        returned: row.small("returned units")?,
        returning: read_flag(row)?,
    })
}

fn write_unit(row: &mut Writer, unit: &UnitTerms) {
    row.text(unit.seller.as_str());
    write_option(row, unit.category.as_ref(), |row, category| row.text(category.as_str()));
    write_money(row, unit.list_price);
    write_money(row, unit.unit_price);
    write_option(row, unit.supply_price, write_money);
}

fn read_unit(row: &mut Reader<'_>) -> Result<UnitTerms, RowError> {
    Ok(UnitTerms {
        seller: SellerId::new(row.text()?).map_err(|_| RowError::Field("seller"))?,
        category: read_option(row, |row| Category::new(row.text()?).map_err(|_| RowError::Field("category")))?,
        list_price: read_money(row)?,
        unit_price: read_money(row)?,
        supply_price: read_option(row, read_money)?,
    })
}
