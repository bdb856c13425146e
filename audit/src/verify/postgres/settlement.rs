//! Rows of what sellers are owed.

use events::money::BasisPoints;
use events::settlement::{DayTotals, Fee, LineKind, LineTerms, PayOutShare, RuleKind, Settled, Source, Vat};
use projections::{ClosedDay, PayOutRow, PolicyRow, StatementLineRow, StatementRow};
use sqlx::postgres::PgRow;

use super::columns::{
    bigint, column, count, instant, int, json, maybe_bigint, maybe_instant, maybe_int, money, named, small,
};

pub(super) const POLICIES: &str = "declare rows cursor for select seller, version, effective_from, policy::text as policy, \
     set_at from seller_policies order by seller collate \"C\", version";

pub(super) const STATEMENTS: &str = "declare rows cursor for select seller, day, version, status, lines, gross, \
     platform_share, seller_share, due, base, commission, vat, net, policy, carried_in, payable, carried_out, closed_at, \
     updated_at from statements order by seller collate \"C\", day collate \"C\"";

pub(super) const LINES: &str = "declare rows cursor for select seller, day, number, kind, order_id, refund, sku, quantity, \
     policy, rule, rate, fixed, minimum, vat_mode, gross, platform_share, seller_share, due, base, commission, vat, net, \
     reached_at, at, src_partition, src_offset from statement_lines \
     order by seller collate \"C\", day collate \"C\", number";

pub(super) const PAY_OUTS: &str = "declare rows cursor for select seller, day, part, pay_on, amount from pay_outs \
     order by seller collate \"C\", day collate \"C\", array_position(array['whole', 'first', 'reserve'], part)";

pub(super) fn policy(row: &PgRow) -> Result<PolicyRow, String> {
    Ok(PolicyRow {
        seller: column(row, "seller")?,
        version: number(row, "version")?,
        effective_from: column(row, "effective_from")?,
        policy: json(row, "policy")?.ok_or("policy is null")?,
        set_at: instant(row, "set_at")?,
    })
}

pub(super) fn statement(row: &PgRow) -> Result<StatementRow, String> {
    let status: String = column(row, "status")?;
    let closed = match maybe_instant(row, "closed_at")? {
        None => None,
        Some(at) => Some(ClosedDay {
            policy: number(row, "policy")?,
            carried_in: money(row, "carried_in")?,
            payable: money(row, "payable")?,
            carried_out: money(row, "carried_out")?,
            at,
        }),
    };
    if (status == "closed") != closed.is_some() {
        return Err(format!("status {status:?} and closed_at contradict each other"));
    }
    Ok(StatementRow {
        seller: column(row, "seller")?,
        day: column(row, "day")?,
        version: count(row, "version")?,
        totals: DayTotals { lines: count(row, "lines")?, amounts: amounts(row)? },
        closed,
        updated_at: instant(row, "updated_at")?,
    })
}

pub(super) fn line(row: &PgRow) -> Result<StatementLineRow, String> {
    Ok(StatementLineRow {
        seller: column(row, "seller")?,
        day: column(row, "day")?,
        number: count(row, "number")?,
        kind: named(row, "kind", |name| {
            [LineKind::Sale, LineKind::Contra].into_iter().find(|kind| kind.name() == name)
        })?,
        order: column(row, "order_id")?,
        refund: small(row, "refund")?,
        sku: column(row, "sku")?,
        quantity: int(row, "quantity")?,
        policy: number(row, "policy")?,
        terms: terms(row)?,
        amounts: amounts(row)?,
        reached_at: instant(row, "reached_at")?,
        at: instant(row, "at")?,
        source: Source { partition: int(row, "src_partition")?, offset: bigint(row, "src_offset")? },
    })
}

pub(super) fn pay_out(row: &PgRow) -> Result<PayOutRow, String> {
    let parts = [PayOutShare::Whole, PayOutShare::First, PayOutShare::Reserve];
    Ok(PayOutRow {
        seller: column(row, "seller")?,
        day: column(row, "day")?,
        part: named(row, "part", |name| parts.into_iter().find(|part| part.name() == name))?,
        pay_on: column(row, "pay_on")?,
        amount: money(row, "amount")?,
    })
}

fn terms(row: &PgRow) -> Result<LineTerms, String> {
    let fee = match (maybe_int(row, "rate")?, maybe_bigint(row, "fixed")?) {
        (Some(rate), None) => {
            Fee::Rate(BasisPoints::new(u16::try_from(rate).map_err(|error| format!("rate: {error}"))?))
        }
        (None, Some(_)) => Fee::Fixed(money(row, "fixed")?),
        both => return Err(format!("rate and fixed: {both:?}")),
    };
    let vats = [Vat::Included, Vat::Added, Vat::None];
    Ok(LineTerms {
        rule: named(row, "rule", |name| RuleKind::ALL.into_iter().find(|rule| rule.name() == name))?,
        fee,
        minimum: money(row, "minimum")?,
        vat: named(row, "vat_mode", |name| vats.into_iter().find(|vat| vat.name() == name))?,
    })
}

fn amounts(row: &PgRow) -> Result<Settled, String> {
    Ok(Settled {
        gross: money(row, "gross")?,
        platform_share: money(row, "platform_share")?,
        seller_share: money(row, "seller_share")?,
        due: money(row, "due")?,
        base: money(row, "base")?,
        commission: money(row, "commission")?,
        vat: money(row, "vat")?,
        net: money(row, "net")?,
    })
}

fn number(row: &PgRow, name: &'static str) -> Result<u32, String> {
    u32::try_from(int(row, name)?).map_err(|error| format!("{name}: {error}"))
}
