//! Rows as comma-separated values (RFC 4180). Nothing needs quotes: every value is an id, a day, a name of ours or a number.

use std::fmt::Write;

use events::settlement::{Fee, Settled};

use crate::reads::{SellerDay, SellerLine};

/// A row of a table.
pub(super) trait Tabular {
    /// The names of its columns, as Postgres has them.
    const COLUMNS: &'static str;

    /// Writes the row, without its line's end.
    fn write(&self, text: &mut String) -> std::fmt::Result;
}

/// The names, then the rows.
pub(super) fn written<T: Tabular>(rows: &[T]) -> String {
    let mut text = String::with_capacity(256 * (rows.len() + 1));
    text.push_str(T::COLUMNS);
    text.push_str("\r\n");
    for row in rows {
        if row.write(&mut text).is_err() {
            tracing::error!("a table cannot be written: no string refuses to be written to");
        }
        text.push_str("\r\n");
    }
    text
}

impl Tabular for SellerDay {
    const COLUMNS: &'static str = "seller,day,status,version,lines,gross,platform_share,seller_share,due,base,commission,vat,net,\
                                   policy,carried_in,payable,carried_out,pay_outs,closed_at,updated_at";

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Self { seller, day, status, version, lines, amounts, statement, updated_at } = self;
        write!(text, "{seller},{day},{},{version},{lines},", status.name())?;
        write_amounts(text, amounts)?;
        match statement {
            // Empty: not decided yet. A nought would be a decision.
            None => text.push_str(",,,,,,"),
            Some(closing) => {
                let (carried_in, payable, carried_out) =
                    (closing.carried_in.minor(), closing.payable.minor(), closing.carried_out.minor());
                write!(text, ",{},{carried_in},{payable},{carried_out},", closing.policy)?;
                for (place, pay_out) in closing.pay_outs.iter().enumerate() {
                    let separator = if place == 0 { "" } else { ";" };
                    write!(text, "{separator}{} {} {}", pay_out.on, pay_out.part.name(), pay_out.amount.minor())?;
                }
                write!(text, ",{}", closing.closed_at.as_millis())?;
            }
        }
        write!(text, ",{}", updated_at.as_millis())
    }
}

impl Tabular for SellerLine {
    const COLUMNS: &'static str = "seller,day,number,kind,order_id,refund,sku,quantity,policy,rule,rate,fixed,minimum,vat_mode,gross,\
                                   platform_share,seller_share,due,base,commission,vat,net,reached_at,at,src_partition,src_offset";

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Self {
            seller,
            day,
            number,
            kind,
            order,
            refund,
            sku,
            quantity,
            policy,
            terms,
            amounts,
            reached_at,
            at,
            source,
        } = self;
        write!(text, "{seller},{day},{number},{},{order},", kind.name())?;
        if let Some(refund) = refund {
            write!(text, "{refund}")?;
        }
        write!(text, ",{sku},{quantity},{policy},{},", terms.rule.name())?;
        match terms.fee {
            Fee::Rate(rate) => write!(text, "{},", rate.points())?,
            Fee::Fixed(amount) => write!(text, ",{}", amount.minor())?,
        }
        write!(text, ",{},{},", terms.minimum.minor(), terms.vat.name())?;
        write_amounts(text, amounts)?;
        let (reached_at, at) = (reached_at.as_millis(), at.as_millis());
        write!(text, ",{reached_at},{at},{},{}", source.partition, source.offset)
    }
}

fn write_amounts(text: &mut String, amounts: &Settled) -> std::fmt::Result {
    let Settled { gross, platform_share, seller_share, due, base, commission, vat, net } = *amounts;
    for (place, amount) in
        [gross, platform_share, seller_share, due, base, commission, vat, net].into_iter().enumerate()
    {
        let separator = if place == 0 { "" } else { "," };
        write!(text, "{separator}{}", amount.minor())?;
    }
    Ok(())
}
