//! Products and orders in a real Postgres, in the tables as the sinks define them; else skipped, and it says so.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use events::ids::{OrderId, RequestId, Sku};
use events::money::Money;
use events::orders::{LineAmounts, OrderFact, OrderState};
use events::payments::PaymentMethod;
use sqlx::{AssertSqlSafe, Executor};

use super::OrderReader;
use super::test_database::on_a_database;

fn order() -> OrderId {
    RequestId::derive(&[b"order"]).order()
}

#[tokio::test]
async fn a_product_is_read_with_terms_and_without() {
    on_a_database(async |mut raw, postgres| {
        let terms = r#"{"seller":"seller-1","name":"tea","list_price":20000}"#;
        let insert = format!(
            "insert into products values ('tea', 2, 9, 'seller-1', 'tea', '{terms}', 100, 90, 3, 7, 55), \
             ('cup', 0, 1, null, null, null, 0, 0, 0, 0, 56)"
        );
        raw.execute(AssertSqlSafe(insert)).await.unwrap();
        let tea = postgres.product(&Sku::new("tea").unwrap()).await.unwrap().unwrap();
        assert_eq!((tea.version, tea.partition, tea.stock.available, tea.updated_at.as_millis()), (9, 2, 90, 55));
        assert_eq!(tea.terms.unwrap().list_price, Money::new(20_000));
        assert_eq!(postgres.product(&Sku::new("cup").unwrap()).await.unwrap().unwrap().terms, None);
        assert_eq!(postgres.product(&Sku::new("pot").unwrap()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_order_is_read_with_its_lines_bare_or_whole() {
    on_a_database(async |mut raw, postgres| {
        let order = order();
        assert_eq!(postgres.order(&order).await.unwrap(), None);
        let bare = format!(
            "insert into orders (order_id, partition, version, shopper, state, gross, discount, due, paid, refunded, awaited, \
             updated_at) values ('{order}', 1, 1, 'kim', 'holding', 0, 0, 0, 0, 0, 2, 55)"
        );
        raw.execute(AssertSqlSafe(bare)).await.unwrap();
        let read = postgres.order(&order).await.unwrap().unwrap();
        assert_eq!((read.row.state, read.row.awaited, read.row.deadline, read.lines.len()), (OrderState::Holding, 2, None, 0));
        let account = r#"{"bank":"20","account_number":"123","due_at":99}"#;
        let whole = format!(
            "update orders set version = 7, state = 'awaiting_deposit', gross = 45000, discount = 6750, due = 38250, \
             deadline = 77, request = 'req_0123456789abcdef0123456789abcdef', placed_at = 50, campaign = 'sale', \
             coupon = 'cpn_0123456789abcdef0123456789abcdef', payment_key = 'tviva1', method = 'virtual_account', \
             account = '{account}', reason = 'PAYMENT_DECLINED'"
        );
        raw.execute(AssertSqlSafe(whole)).await.unwrap();
        let lines = format!(
            "insert into order_lines values \
             ('{order}', 'tea', 7, 3, null, 'seller-1', null, 20000, 15000, null, 45000, 3375, 3375, 38250, 1, 15000, 1125, 1125, \
             12750), ('{order}', 'cup', 7, null, null, null, null, null, null, null, null, null, null, null, 0, 0, 0, 0, 0)"
        );
        raw.execute(AssertSqlSafe(lines)).await.unwrap();
        let read = postgres.order(&order).await.unwrap().unwrap();
        let details = read.row.details;
        assert_eq!((read.row.version, read.row.amounts.due), (7, Money::new(38_250)));
        assert_eq!(read.row.deadline.map(events::time::Timestamp::as_millis), Some(77));
        assert_eq!(details.coupon.unwrap().campaign.as_str(), "sale");
        assert_eq!((details.method, details.reason.as_deref()), (Some(PaymentMethod::VirtualAccount), Some("PAYMENT_DECLINED")));
        assert_eq!(details.account.unwrap().account_number, "123");
        let [cup, tea] = &read.lines[..] else { panic!("{:?}", read.lines) };
        assert_eq!((cup.quantity, cup.amounts, cup.refunded), (None, None, LineAmounts::default()));
        assert_eq!((tea.quantity, tea.unit_price, tea.refunded_quantity), (Some(3), Some(Money::new(15_000)), 1));
        assert!(tea.amounts.unwrap().is_balanced() && tea.refunded.is_balanced());
    })
    .await;
}

#[tokio::test]
async fn a_timeline_is_read_in_order_from_where_the_reader_was() {
    on_a_database(async |mut raw, postgres| {
        let order = order();
        for version in [3, 1, 2] {
            let fact = serde_json::to_string(&OrderFact::StepsAnswered).unwrap();
            let insert = format!(
                "insert into order_timeline values ('{order}', {version}, 5, 'steps_answered', 'paid', 1, 0, 1, 1, 0, 4, null, \
                 '{fact}')"
            );
            raw.execute(AssertSqlSafe(insert)).await.unwrap();
        }
        let versions = async |after, most| {
            let rows = postgres.order_stream(&order, after, most).await.unwrap();
            rows.iter().map(|row| row.version).collect::<Vec<_>>()
        };
        assert_eq!(versions(0, 10).await, [1, 2, 3]);
        assert_eq!(versions(1, 1).await, [2]);
        assert_eq!(versions(3, 10).await, [0_u64; 0]);
        let row = postgres.order_stream(&order, 2, 1).await.unwrap().remove(0);
        assert_eq!((row.state, row.awaited, row.fact), (OrderState::Paid, 4, OrderFact::StepsAnswered));
    })
    .await;
}
