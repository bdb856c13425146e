//! What Postgres holds of what sellers are owed, read back.

use events::calendar::Day;
use events::money::{BasisPoints, Money};
use events::settlement::{DayTotals, Fee, LineKind, LineTerms, PayOutShare, RuleKind, Settled, Source, Vat};
use events::time::Timestamp;
use projections::{ClosedDay, PayOutRow, PolicyRow, Projection, StatementLineRow, StatementRow};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::rows::{instant, text};

/// Reads every table.
pub(super) async fn read(connection: &mut PgConnection, rows: &mut Projection) {
    let query = "select *, policy::text as policy_text from seller_policies";
    for row in sqlx::query(query).fetch_all(&mut *connection).await.unwrap() {
        let row = PolicyRow {
            seller: id(&row, "seller"),
            version: u32::try_from(row.get::<i32, _>("version")).unwrap(),
            effective_from: day(&row, "effective_from"),
            policy: serde_json::from_str(&text(&row, "policy_text").unwrap()).unwrap(),
            set_at: instant(&row, "set_at").unwrap(),
        };
        rows.policies.insert((row.seller.clone(), row.version), row);
    }
    for row in sqlx::query("select * from statements").fetch_all(&mut *connection).await.unwrap() {
        let row = statement(&row);
        rows.statements.insert((row.seller.clone(), row.day), row);
    }
    for row in sqlx::query("select * from statement_lines").fetch_all(&mut *connection).await.unwrap() {
        let row = line(&row);
        rows.statement_lines.insert((row.seller.clone(), row.day, row.number), row);
    }
    for row in sqlx::query("select * from pay_outs").fetch_all(connection).await.unwrap() {
        let parts = [PayOutShare::Whole, PayOutShare::First, PayOutShare::Reserve];
        let name = text(&row, "part").unwrap();
        let row = PayOutRow {
            seller: id(&row, "seller"),
            day: day(&row, "day"),
            part: parts.into_iter().find(|part| part.name() == name).unwrap(),
            pay_on: day(&row, "pay_on"),
            amount: money(&row, "amount"),
        };
        rows.pay_outs.insert((row.seller.clone(), row.day, row.part), row);
    }
}

fn id<T: std::str::FromStr>(row: &PgRow, column: &str) -> T {
    text(row, column).unwrap().parse().ok().unwrap()
}

fn day(row: &PgRow, column: &str) -> Day {
    text(row, column).unwrap().parse().unwrap()
}

fn money(row: &PgRow, column: &str) -> Money {
    Money::new(row.get(column))
}

fn amounts(row: &PgRow) -> Settled {
    Settled {
        gross: money(row, "gross"),
        platform_share: money(row, "platform_share"),
        seller_share: money(row, "seller_share"),
        due: money(row, "due"),
        base: money(row, "base"),
        commission: money(row, "commission"),
        vat: money(row, "vat"),
        net: money(row, "net"),
    }
}

fn statement(row: &PgRow) -> StatementRow {
    let closed = row.get::<Option<i32>, _>("policy").map(|policy| ClosedDay {
        policy: policy.cast_unsigned(),
        carried_in: money(row, "carried_in"),
        payable: money(row, "payable"),
        carried_out: money(row, "carried_out"),
        at: instant(row, "closed_at").unwrap(),
    });
    assert_eq!(text(row, "status").unwrap() == "closed", closed.is_some());
    StatementRow {
        seller: id(row, "seller"),
        day: day(row, "day"),
        version: row.get::<i64, _>("version").cast_unsigned(),
        totals: DayTotals { lines: row.get::<i64, _>("lines").cast_unsigned(), amounts: amounts(row) },
        closed,
        updated_at: instant(row, "updated_at").unwrap(),
    }
}

fn line(row: &PgRow) -> StatementLineRow {
    let named = |column: &str| text(row, column).unwrap();
    let rate: Option<i32> = row.get("rate");
    let fee = rate.map(|rate| Fee::Rate(BasisPoints::new(u16::try_from(rate).unwrap())));
    let terms = LineTerms {
        rule: RuleKind::ALL.into_iter().find(|rule| rule.name() == named("rule")).unwrap(),
        fee: fee.unwrap_or_else(|| Fee::Fixed(money(row, "fixed"))),
        minimum: money(row, "minimum"),
        vat: [Vat::Included, Vat::Added, Vat::None].into_iter().find(|vat| vat.name() == named("vat_mode")).unwrap(),
    };
    StatementLineRow {
        seller: id(row, "seller"),
        day: day(row, "day"),
        number: row.get::<i64, _>("number").cast_unsigned(),
        kind: if named("kind") == LineKind::Sale.name() { LineKind::Sale } else { LineKind::Contra },
        order: id(row, "order_id"),
        refund: row.get::<Option<i32>, _>("refund").map(|refund| u16::try_from(refund).unwrap()),
        sku: id(row, "sku"),
        quantity: row.get("quantity"),
        policy: row.get::<i32, _>("policy").cast_unsigned(),
        terms,
        amounts: amounts(row),
        reached_at: Timestamp::from_millis(row.get("reached_at")),
        at: Timestamp::from_millis(row.get("at")),
        source: Source { partition: row.get("src_partition"), offset: row.get("src_offset") },
    }
}
