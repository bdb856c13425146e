//! Sellers' days and lines in a real Postgres, in the tables as the sinks define them; else skipped, and it says so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use events::calendar::Day;
use events::ids::SellerId;
use events::money::{BasisPoints, Money};
use events::settlement::{Fee, LineKind, PayOutShare, RuleKind, Source, Vat};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::test_database::on_a_database;
use super::{DayStatus, Page, Postgres, SettlementReader};

fn page(seller: Option<&str>, limit: u16) -> Page {
    let seller = seller.map(|seller| SellerId::new(seller).unwrap());
    Page { seller, from: Day::FIRST, to: Day::LAST, after: None, limit }
}

async fn fill(raw: &mut PgConnection) {
    for (seller, day, closing) in [
        ("cups", "2026-11-22", "'closed', 2, 10000, 0, 0, 10000, 10000, 1000, 91, 9000, 2, -1000, 8000, 0, 99"),
        ("tea", "2026-11-21", "'closed', 2, -500, 0, 0, -500, -500, 0, 0, -500, 0, 0, 0, -500, 99"),
        ("tea", "2026-11-22", "'open', 2, 10000, 1000, 500, 8500, 9500, 950, 95, 8455, null, null, null, null, null"),
    ] {
        let day_row = format!(
            "insert into statements (seller, day, version, status, lines, gross, platform_share, seller_share, due, base, \
             commission, vat, net, policy, carried_in, payable, carried_out, closed_at, updated_at) \
             values ('{seller}', '{day}', 7, {closing}, 77)"
        );
        raw.execute(AssertSqlSafe(day_row)).await.unwrap();
        for number in [10, 9] {
            let line = format!(
                "insert into statement_lines values ('{seller}', '{day}', {number}, 'sale', 'ord_0123456789abcdef', null, 'tea', 2, \
                 1, 'seller', 1000, null, 100, 'added', 10000, 1000, 500, 8500, 9500, 950, 95, 8455, 55, 56, 3, 41)"
            );
            raw.execute(AssertSqlSafe(line)).await.unwrap();
        }
    }
    let contra = "update statement_lines set kind = 'contra', refund = 2, quantity = -1, rule = 'product', rate = null, fixed = 300 \
                  where seller = 'cups' and number = 10";
    raw.execute(contra).await.unwrap();
    let parts = "insert into pay_outs values ('cups', '2026-11-22', 'reserve', '2026-12-07', 2400), \
                 ('cups', '2026-11-22', 'first', '2026-11-24', 5600), ('tea', '2026-11-20', 'whole', '2026-11-24', 1)";
    raw.execute(parts).await.unwrap();
}

#[tokio::test]
async fn days_are_read_open_and_closed_with_their_pay_outs() {
    on_a_database(async |mut raw, postgres| {
        fill(&mut raw).await;
        let days = postgres.days(&page(None, 10)).await.unwrap();
        let named: Vec<String> =
            days.iter().map(|day| format!("{} {} {}", day.seller, day.day, day.status.name())).collect();
        assert_eq!(named, ["cups 2026-11-22 closed", "tea 2026-11-21 closed", "tea 2026-11-22 open"]);
        let closing = days[0].statement.as_ref().unwrap();
        assert_eq!((closing.policy, closing.carried_in, closing.payable), (2, Money::new(-1_000), Money::new(8_000)));
        assert_eq!(closing.closed_at.as_millis(), 99);
        let parts: Vec<_> =
            closing.pay_outs.iter().map(|part| (part.on.to_string(), part.amount.minor(), part.part)).collect();
        let expected = [
            ("2026-11-24".to_owned(), 5_600, PayOutShare::First),
            ("2026-12-07".to_owned(), 2_400, PayOutShare::Reserve),
        ];
        assert_eq!(parts, expected);
        assert_eq!(days[1].statement.as_ref().unwrap().pay_outs, []);
        assert_eq!((days[1].amounts.net, days[1].lines, days[1].version), (Money::new(-500), 2, 7));
        assert_eq!((days[2].status, days[2].statement.as_ref()), (DayStatus::Open, None));
        assert!(days[2].amounts.is_balanced() && days[2].amounts.is_net(Vat::Added));
    })
    .await;
}

#[tokio::test]
async fn lines_are_read_with_their_terms_and_where_they_came_from() {
    on_a_database(async |mut raw, postgres| {
        fill(&mut raw).await;
        let lines = postgres.lines(&page(Some("cups"), 10)).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [9, 10]);
        let sale = &lines[0];
        assert_eq!((sale.kind, sale.refund, sale.quantity, sale.policy), (LineKind::Sale, None, 2, 1));
        assert_eq!(
            (sale.terms.rule, sale.terms.fee, sale.terms.vat),
            (RuleKind::Seller, Fee::Rate(BasisPoints::new(1_000)), Vat::Added)
        );
        assert_eq!((sale.reached_at.as_millis(), sale.at.as_millis()), (55, 56));
        assert_eq!(sale.source, Source { partition: 3, offset: 41 });
        let contra = &lines[1];
        assert_eq!((contra.kind, contra.refund, contra.quantity), (LineKind::Contra, Some(2), -1));
        assert_eq!((contra.terms.rule, contra.terms.fee), (RuleKind::Product, Fee::Fixed(Money::new(300))));
    })
    .await;
}

/// Reads page after page.
async fn walk(postgres: &Postgres, mut page: Page) -> (Vec<String>, Vec<String>) {
    let (mut days, mut lines) = (Vec::new(), Vec::new());
    loop {
        let mut rows = postgres.days(&page).await.unwrap();
        let has_more = rows.len() > usize::from(page.limit);
        rows.truncate(page.limit.into());
        days.extend(rows.iter().map(|row| format!("{} {}", row.seller, row.day)));
        if !has_more {
            break;
        }
        page.after = rows.last().map(super::SellerDay::place);
    }
    page.after = None;
    loop {
        let mut rows = postgres.lines(&page).await.unwrap();
        let has_more = rows.len() > usize::from(page.limit);
        rows.truncate(page.limit.into());
        lines.extend(rows.iter().map(|row| format!("{} {} {}", row.seller, row.day, row.number)));
        if !has_more {
            return (days, lines);
        }
        page.after = rows.last().map(super::SellerLine::place);
    }
}

#[tokio::test]
async fn pages_of_any_size_hold_every_row_once_and_in_order() {
    on_a_database(async |mut raw, postgres| {
        fill(&mut raw).await;
        let (days, lines) = walk(&postgres, page(None, 10)).await;
        assert_eq!((days.len(), lines.len()), (3, 6));
        for limit in 1..=7 {
            assert_eq!(walk(&postgres, page(None, limit)).await, (days.clone(), lines.clone()));
        }
        let (own_days, own_lines) = walk(&postgres, page(Some("tea"), 1)).await;
        assert_eq!((&own_days[..], &own_lines[..]), (&days[1..], &lines[2..]));
        let day = "2026-11-22".parse().unwrap();
        let (of_day, _) = walk(&postgres, Page { from: day, to: day, ..page(None, 1) }).await;
        assert_eq!(of_day, ["cups 2026-11-22", "tea 2026-11-22"]);
        assert_eq!(walk(&postgres, page(Some("nobody"), 1)).await, (Vec::new(), Vec::new()));
    })
    .await;
}
