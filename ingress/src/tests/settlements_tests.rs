//! What operators say of sellers reaches the log, and who sees which settlements, page by page, as JSON and as a table.

use events::calendar::Day;
use events::ids::{RequestId, SellerId};
use events::money::Money;
use events::request::Outcome;
use events::settlement::{Basis, DayTotals, SellerPolicy, SettlementCommand, SettlementRefusal};
use serde_json::{Value, json};

use super::fixture::*;
use crate::reads::DayStatus;

const KEY: &str = "key-0123456789abcdef";

fn seller() -> SellerId {
    SellerId::new("teahouse").unwrap()
}

fn day() -> Day {
    "2026-11-23".parse().unwrap()
}

fn set(key: &str, body: &str) -> Ask {
    ask("PUT", "/v1/sellers/teahouse").operator().header("idempotency-key", key).json(body)
}

fn close(key: &str) -> Ask {
    ask("POST", "/v1/sellers/teahouse/days/2026-11-23/close").operator().header("idempotency-key", key)
}

#[tokio::test]
async fn a_policy_reaches_the_log_and_is_answered_with_the_day_it_begins() {
    let fixture = fixture();
    let settlement =
        fixture.settlement(1, |_| Outcome::PolicyApplied { seller: seller(), version: 3, number: 2, from: day() });
    let answer = fixture.send(set(KEY, r#"{"basis":"delivered","grace_ms":0}"#)).await;
    settlement.await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "seller": "teahouse", "version": 3, "number": 2, "from": "2026-11-23" }));
    let [outgoing] = &fixture.emitter.emitted()[..] else { panic!("one record") };
    assert_eq!((&*outgoing.topic, outgoing.key.as_deref()), ("settlement.inbox", Some(&b"teahouse"[..])));
    let [SettlementCommand::SetPolicy { seller: named, policy, .. }] = &fixture.settlement_commands()[..] else {
        panic!("a policy")
    };
    assert_eq!((named, policy.basis), (&seller(), Basis::Delivered));
    assert_eq!(
        SellerPolicy { basis: Basis::Delivered, grace_ms: events::settlement::GraceMs(0), ..SellerPolicy::default() },
        *policy
    );
    // The same key with other content is a conflict before it reaches the log.
    let other = fixture.send(set(KEY, r#"{"basis":"paid"}"#)).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "IDEMPOTENCY_CONFLICT"));
    assert_eq!(fixture.emitter.emitted().len(), 1);
}

#[tokio::test]
async fn a_closed_day_is_answered_with_its_totals_and_repeated_as_it_was() {
    let fixture = fixture();
    let settlement = fixture.settlement(1, |_| Outcome::DayClosed {
        seller: seller(),
        version: 9,
        day: day(),
        totals: DayTotals { lines: 2, ..DayTotals::default() },
        payable: Money::new(17_000),
    });
    let answer = fixture.send(close(KEY)).await;
    settlement.await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.json()["payable"], &answer.json()["totals"]["lines"]), (&json!(17_000), &json!(2)));
    let request = RequestId::of("op", "POST /v1/sellers/teahouse/days/2026-11-23/close", KEY);
    assert_eq!(fixture.settlement_commands(), [SettlementCommand::CloseDay { request, seller: seller(), day: day() }]);
    let again = fixture.send(close(KEY)).await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(again.json(), answer.json());
    let shown = fixture.send(ask("GET", &format!("/v1/requests/{request}")).operator()).await;
    assert_eq!(shown.json(), json!({ "request": request, "status": "applied", "seller": "teahouse" }));
}

#[tokio::test]
async fn every_refusal_has_a_status_and_says_it_was_decided() {
    let table = [
        (SettlementRefusal::IdempotencyConflict, 422),
        (SettlementRefusal::TooManyRequests, 409),
        (SettlementRefusal::UnknownSeller, 404),
        (SettlementRefusal::InvalidPolicy, 422),
        (SettlementRefusal::TermsFrozen, 409),
        (SettlementRefusal::DayClosed, 409),
        (SettlementRefusal::DayAhead, 409),
    ];
    assert_eq!(table.map(|(refusal, _)| refusal), SettlementRefusal::ALL);
    let fixture = fixture();
    for (place, (reason, status)) in table.into_iter().enumerate() {
        let settlement = fixture.settlement(1, move |_| Outcome::SettlementRefused { reason });
        let answer = fixture.send(close(&format!("{KEY}-{place}"))).await;
        settlement.await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, reason.code()));
        assert_eq!(
            (&answer.json()["admitted"], &answer.json()["retryable"]),
            (&json!(true), &json!(reason.is_transient()))
        );
    }
}

#[tokio::test]
async fn what_is_not_decided_in_time_is_202_and_found_later() {
    let fixture = fixture();
    let answer = fixture.send(close(KEY).header("prefer", "respond-async")).await;
    let request = RequestId::of("op", "POST /v1/sellers/teahouse/days/2026-11-23/close", KEY);
    assert_eq!((answer.status.as_u16(), answer.json()), (202, json!({ "request": request, "status": "pending" })));
}

fn with_days() -> Fixture {
    let fixture = fixture();
    fixture.accounts.put("cups", "2026-11-22", DayStatus::Closed);
    fixture.accounts.put("teahouse", "2026-11-21", DayStatus::Closed);
    fixture.accounts.put("teahouse", "2026-11-22", DayStatus::Closed);
    fixture.accounts.put("teahouse", "2026-11-23", DayStatus::Open);
    fixture
}

fn days(answer: &Answered) -> Vec<String> {
    let rows = answer.json()["settlements"].as_array().unwrap().clone();
    rows.iter().map(|row| format!("{} {}", row["seller"].as_str().unwrap(), row["day"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn an_operator_sees_every_seller_and_a_seller_its_own() {
    let fixture = with_days();
    let own = ["teahouse 2026-11-21", "teahouse 2026-11-22", "teahouse 2026-11-23"];
    let all = ["cups 2026-11-22", own[0], own[1], own[2]];
    let asked = |query: &str| ask("GET", &format!("/v1/settlements{query}"));
    let table: [(Ask, &[&str]); 7] = [
        (asked("").operator(), &all),
        (asked("?seller=teahouse").operator(), &own),
        (asked("?seller=nobody").operator(), &[]),
        (asked("?from=2026-11-22&to=2026-11-22").operator(), &[all[0], all[2]]),
        (asked("").seller("teahouse"), &own),
        (asked("?seller=teahouse&from=2026-11-23").seller("teahouse"), &own[2..]),
        (asked("?to=2026-11-20").seller("teahouse"), &[]),
    ];
    for (ask, expected) in table {
        let answer = fixture.send(ask.clone()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(days(&answer), expected);
        assert_eq!(answer.json().get("next"), None);
    }
    for path in ["/v1/settlements", "/v1/settlements/lines"] {
        let others = fixture.send(ask("GET", &format!("{path}?seller=cups")).seller("teahouse")).await;
        assert_eq!((others.status.as_u16(), others.code().as_str()), (403, "FORBIDDEN"));
        let shoppers = fixture.send(ask("GET", path).shopper("teahouse")).await;
        assert_eq!(shoppers.status, 403, "a seller's name does not make a seller");
    }
    fixture.accounts.set_away(true);
    assert_eq!(fixture.send(asked("").operator()).await.status, 503);
}

#[tokio::test]
async fn a_closed_day_shows_its_statement_and_an_open_one_its_figures() {
    let fixture = with_days();
    let answer = fixture.send(ask("GET", "/v1/settlements?from=2026-11-22").seller("teahouse")).await;
    let rows = answer.json()["settlements"].clone();
    let amounts = json!({
        "gross": 20_000, "platform_share": 2_000, "seller_share": 0, "due": 18_000, "base": 20_000, "commission": 2_000,
        "vat": 182, "net": 18_000,
    });
    let statement = json!({
        "policy": 2, "carried_in": -1_000, "payable": 17_000, "carried_out": 0, "closed_at": 99, "pay_outs": [
            { "on": "2026-11-24", "amount": 11_900, "part": "first" },
            { "on": "2026-12-07", "amount": 5_100, "part": "reserve" },
        ],
    });
    assert_eq!(rows[0]["statement"], statement);
    let open = json!({
        "seller": "teahouse", "day": "2026-11-23", "status": "open", "version": 7, "lines": 2, "amounts": amounts,
        "updated_at": 77,
    });
    assert_eq!(rows[1], open);
    assert_eq!((answer.header("cache-control"), answer.header("vary")), (Some("no-store"), Some("accept")));
}

/// Follows `Link` to the end.
async fn pages(fixture: &Fixture, first: &str, format: &str) -> Vec<Answered> {
    let mut path = first.to_owned();
    let mut pages = Vec::new();
    loop {
        let answer = fixture.send(ask("GET", &path).operator().header("accept", format)).await;
        assert_eq!(answer.status, 200, "{path}");
        let next = answer
            .header("link")
            .map(|link| link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned());
        pages.push(answer);
        match next {
            Some(next) => path = next,
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_an_overlap() {
    let fixture = with_days();
    for limit in 1..=5 {
        let pages = pages(&fixture, &format!("/v1/settlements?limit={limit}&to=2026-11-22"), "*/*").await;
        let rows: Vec<String> = pages.iter().flat_map(days).collect();
        assert_eq!(rows, ["cups 2026-11-22", "teahouse 2026-11-21", "teahouse 2026-11-22"]);
        assert_eq!(pages.len(), 3_usize.div_ceil(limit));
        let next: Vec<Option<Value>> = pages.iter().map(|page| page.json().get("next").cloned()).collect();
        assert!(next.iter().rev().skip(1).all(Option::is_some) && next.last().unwrap().is_none());
    }
    let all = pages(&fixture, "/v1/settlements/lines?seller=teahouse&limit=4", "*/*").await;
    let numbers: Vec<u64> = all
        .iter()
        .flat_map(|page| page.json()["lines"].as_array().unwrap().clone())
        .map(|line| line["number"].as_u64().unwrap())
        .collect();
    assert_eq!((all.len(), numbers), (2, vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(all[0].json()["next"], "teahouse.2026-11-22.4");
}

#[tokio::test]
async fn a_line_says_which_order_and_which_record_it_came_from() {
    let fixture = with_days();
    let answer = fixture.send(ask("GET", "/v1/settlements/lines?limit=1").seller("cups")).await;
    let line = json!({
        "seller": "cups", "day": "2026-11-22", "number": 1, "kind": "sale", "order": RequestId::derive(&[b"order"]).order(),
        "sku": "tea", "quantity": 1, "policy": 2, "terms": { "rule": "market", "fee": { "rate": 1_000 }, "vat": "included" },
        "amounts": {
            "gross": 10_000, "platform_share": 1_000, "seller_share": 0, "due": 9_000, "base": 10_000, "commission": 1_000,
            "vat": 91, "net": 9_000,
        },
        "reached_at": 55, "at": 56, "source": { "partition": 3, "offset": 41 },
    });
    assert_eq!(answer.json()["lines"][0], line);
}

#[tokio::test]
async fn a_table_has_the_same_rows_under_the_same_names() {
    let fixture = with_days();
    let text = |answer: &Answered| String::from_utf8(answer.bytes.to_vec()).unwrap();
    let all = pages(&fixture, "/v1/settlements?seller=teahouse&from=2026-11-22&limit=1", "text/csv").await;
    let header = "seller,day,status,version,lines,gross,platform_share,seller_share,due,base,commission,vat,net,\
                  policy,carried_in,payable,carried_out,pay_outs,closed_at,updated_at\r\n";
    let closed = "teahouse,2026-11-22,closed,7,2,20000,2000,0,18000,20000,2000,182,18000,2,-1000,17000,0,\
                  2026-11-24 first 11900;2026-12-07 reserve 5100,99,77\r\n";
    let open = "teahouse,2026-11-23,open,7,2,20000,2000,0,18000,20000,2000,182,18000,,,,,,,77\r\n";
    assert_eq!(all.iter().map(text).collect::<Vec<_>>(), [format!("{header}{closed}"), format!("{header}{open}")]);
    assert_eq!(all[0].header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(all[0].header("content-disposition"), Some("attachment; filename=\"settlements.csv\""));
    let lines =
        fixture.send(ask("GET", "/v1/settlements/lines?limit=1").seller("cups").header("accept", "text/csv")).await;
    let lines = text(&lines);
    let mut rows = lines.lines();
    let (names, values) = (rows.next().unwrap(), rows.next().unwrap());
    assert_eq!(names.split(',').count(), values.split(',').count());
    let value_of = |name: &str| {
        let place = names.split(',').position(|known| known == name).unwrap();
        values.split(',').nth(place).unwrap().to_owned()
    };
    let expected = [
        ("number", "1"),
        ("rate", "1000"),
        ("fixed", ""),
        ("vat_mode", "included"),
        ("vat", "91"),
        ("src_offset", "41"),
    ];
    for (name, value) in expected {
        assert_eq!(value_of(name), value, "{name}");
    }
    // Nobody's rows are a table of nothing but names.
    let none = fixture.send(ask("GET", "/v1/settlements").seller("nobody").header("accept", "text/csv")).await;
    assert_eq!(text(&none), header);
}
