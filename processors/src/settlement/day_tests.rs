//! Days: which one takes what, when they close, what is carried on, and how current their figures are.

use events::settlement::{Basis, GraceMs, SellerPolicy, SettlementFact};

use super::fixture::{
    Fixture, at, close_day, day, in_zone, kinds, line, nets, policy, posted, reached, refunded, refusal, set_policy,
    tea,
};

const CONFIRMED: Basis = Basis::Confirmed;

fn on(date: &str, net: i64) -> (String, i64) {
    (date.to_owned(), net)
}

#[test]
fn a_day_closes_at_its_end_and_grace_and_is_never_empty() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    fixture.happen(&reached("order-1", CONFIRMED, noon, vec![tea(10_000)]), noon);
    fixture.tick(at("2026-11-24 00:09:59"));
    assert_eq!(fixture.statements(), []);
    let events = fixture.tick(at("2026-11-24 00:10"));
    assert_eq!(kinds(&events), ["day_closed"]);
    assert_eq!(fixture.statements()[0].1.payable.minor(), 9_000);
    // Days without lines have no statement; the next one that has is closed like any other.
    assert_eq!(fixture.tick(at("2026-11-30 12:00")), []);
    let later = at("2026-12-01 12:00");
    fixture.happen(&reached("order-2", CONFIRMED, later, vec![tea(10_000)]), later);
    fixture.tick(at("2026-12-02 00:10"));
    let days: Vec<_> = fixture.statements().into_iter().map(|(day, _)| day).collect();
    assert_eq!(days, [day("2026-11-23"), day("2026-12-01")]);
    assert_eq!(fixture.driver.timers(0), 1, "only the search for old lines is left");
}

#[test]
fn a_line_belongs_to_its_own_day_as_long_as_that_takes_lines() {
    let table = [
        // it happened, it arrives, it is posted
        ("2026-11-23 23:59:59", "2026-11-23 23:59:59", "2026-11-23"),
        ("2026-11-23 23:59:59", "2026-11-24 00:09:59", "2026-11-23"),
        ("2026-11-23 23:59:59", "2026-11-24 00:10", "2026-11-24"),
        ("2026-11-24 00:00", "2026-11-24 00:00", "2026-11-24"),
        // Clocks of two logs are not the same: nothing has happened in the future.
        ("2026-11-24 00:00:01", "2026-11-23 23:59:59", "2026-11-23"),
        ("2026-01-01 00:00", "2026-11-24 12:00", "2026-11-24"),
    ];
    for (happened, arrives, expected) in table {
        let mut fixture = Fixture::with(policy(), at("2026-11-23 12:00"));
        let events = fixture.happen(&reached("order-1", CONFIRMED, at(happened), vec![tea(1_000)]), at(arrives));
        assert_eq!(nets(&events), [on(expected, 900)], "{happened} {arrives}");
    }
}

#[test]
fn an_operator_closes_a_day_that_goes_on_and_what_follows_is_the_next_ones() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    fixture.happen(&reached("order-1", CONFIRMED, noon, vec![tea(10_000)]), noon);
    let closed = fixture.send(&close_day("close", "2026-11-23"), noon + 1).unwrap();
    assert_eq!(refusal(&closed), None);
    let again = fixture.send(&close_day("close", "2026-11-23"), noon + 2).unwrap();
    assert_eq!((again.events, again.reply), (vec![], closed.reply), "a repeat gets what was decided");
    let other = fixture.send(&close_day("close", "2026-11-22"), noon + 2).unwrap();
    assert_eq!(refusal(&other), Some("IDEMPOTENCY_CONFLICT"));
    for number in 2..5 {
        let name = format!("order-{number}");
        let events = fixture.happen(&reached(&name, CONFIRMED, noon + 3, vec![tea(1_000)]), noon + 3);
        assert_eq!(nets(&events), [on("2026-11-24", 900)]);
    }
    fixture.tick(at("2026-11-25 00:10"));
    assert_eq!(fixture.statements()[1].1.payable.minor(), 2_700);
}

#[test]
fn a_day_that_cannot_be_closed_is_refused_with_the_reason() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::new();
    let unknown = fixture.send(&close_day("c0", "2026-11-23"), noon).unwrap();
    assert_eq!(refusal(&unknown), Some("UNKNOWN_SELLER"));
    let again = fixture.send(&close_day("c0", "2026-11-23"), noon).unwrap();
    assert_eq!((again.events, again.reply), (vec![], unknown.reply));
    // A step that does not count yet makes no seller known.
    fixture.happen(&reached("order-1", Basis::Paid, noon, vec![tea(1_000)]), noon);
    let unknown = fixture.send(&close_day("c1", "2026-11-23"), noon).unwrap();
    assert_eq!(refusal(&unknown), Some("UNKNOWN_SELLER"));
    fixture.happen(&set_policy("p", policy()), noon);
    let table = [
        ("2026-11-24", Some("DAY_AHEAD")),
        ("2026-11-22", Some("DAY_CLOSED")), // its time was over, and nothing was posted
        ("2026-11-23", None),               // nothing was posted, but an operator closed it
        ("2026-11-23", Some("DAY_CLOSED")),
    ];
    for (number, (date, expected)) in table.into_iter().enumerate() {
        let effect = fixture.send(&close_day(&format!("c{number} {date}"), date), noon).unwrap();
        assert_eq!(refusal(&effect), expected, "{date}");
        assert_eq!(effect.events.len(), 1, "one fact decides a request");
    }
    assert_eq!(fixture.statements()[0].1.totals.lines, 0);
}

#[test]
fn open_days_before_the_one_that_is_closed_are_closed_with_it_in_order() {
    let night = at("2026-11-24 00:05");
    let mut fixture = Fixture::with(policy(), at("2026-11-23 12:00"));
    fixture.happen(&reached("order-1", CONFIRMED, at("2026-11-23 23:00"), vec![tea(1_000)]), night);
    fixture.happen(&reached("order-2", CONFIRMED, night, vec![tea(2_000)]), night);
    let effect = fixture.send(&close_day("close", "2026-11-24"), night).unwrap();
    assert_eq!(kinds(&effect.events), ["day_closed", "day_closed"]);
    let paid: Vec<_> = fixture.statements().into_iter().map(|(_, statement)| statement.payable.minor()).collect();
    assert_eq!(paid, [900, 1_800]);
}

#[test]
fn a_day_waits_for_the_one_before_it_when_that_has_a_longer_grace() {
    let grace = |hours: i64| SellerPolicy { grace_ms: GraceMs(hours * 3_600_000), ..policy() };
    let mut fixture = Fixture::with(grace(48), at("2026-11-23 12:00"));
    let noon = at("2026-11-23 12:00");
    fixture.happen(&reached("order-1", CONFIRMED, noon, vec![tea(1_000)]), noon);
    let from = SellerPolicy { effective_from: Some(day("2026-11-24")), ..grace(0) };
    fixture.happen(&set_policy("shorter", from), noon);
    let next = at("2026-11-24 12:00");
    fixture.happen(&reached("order-2", CONFIRMED, next, vec![tea(2_000)]), next);
    fixture.tick(at("2026-11-25 23:59"));
    assert_eq!(fixture.statements(), [], "the first day still takes lines");
    fixture.tick(at("2026-11-26 00:00"));
    assert_eq!(fixture.statements().len(), 2);
}

#[test]
fn what_a_refund_leaves_owing_is_carried_on_until_it_is_covered() {
    let mut fixture = Fixture::with(policy(), at("2026-11-23 12:00"));
    let steps = [
        // day, sold, refunded order => carried in, paid out, carried on
        ("2026-11-23", Some(10_000), None, (0, 9_000, 0)),
        ("2026-11-24", None, Some("2026-11-23"), (0, 0, -9_000)),
        ("2026-11-26", Some(4_000), None, (-9_000, 0, -5_400)),
        ("2026-11-27", Some(10_000), None, (-5_400, 3_600, 0)),
        ("2026-11-28", Some(1_000), None, (0, 900, 0)),
    ];
    for (date, sold, back, expected) in steps {
        let noon = at(&format!("{date} 12:00"));
        if let Some(gross) = sold {
            fixture.happen(&reached(date, CONFIRMED, noon, vec![tea(gross)]), noon);
        }
        if let Some(order) = back {
            fixture.happen(&refunded(order, 1, noon, &[("tea", 1)]), noon);
        }
        fixture.tick(noon + 13 * 3_600_000);
        let (closed, statement) = fixture.statements().pop().unwrap();
        let found = (statement.carried_in, statement.payable, statement.carried_out);
        let found = (found.0.minor(), found.1.minor(), found.2.minor());
        assert_eq!((closed, found), (day(date), expected));
    }
}

#[test]
fn figures_are_stated_at_once_and_then_once_a_second() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    let mut stated = vec![];
    for number in 0..300 {
        let now = noon + number * 10;
        let name = format!("order-{number}");
        let mut events = fixture.happen(&reached(&name, CONFIRMED, now, vec![tea(1_000)]), now);
        events.extend(fixture.tick(now + 5));
        stated.extend(events.into_iter().filter_map(|event| match event.fact {
            SettlementFact::DayUpdated { totals, .. } => Some((event.at.as_millis() - noon, totals.lines)),
            _ => None,
        }));
    }
    // Stated after the first change, then a second apart, and the last change within a second.
    stated.extend(fixture.tick(noon + 4_000).into_iter().filter_map(|event| match event.fact {
        SettlementFact::DayUpdated { totals, .. } => Some((event.at.as_millis() - noon, totals.lines)),
        _ => None,
    }));
    assert_eq!(stated.len(), 4, "{stated:?}");
    assert!(stated[0].0 <= 10 && stated.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 1_000), "{stated:?}");
    assert_eq!(stated[3].1, 300);
}

#[test]
fn a_line_counts_with_the_step_that_its_policy_names_or_a_later_one_once() {
    let noon = at("2026-11-23 12:00");
    for (wanted, first) in Basis::ALL.into_iter().zip(0..) {
        let mut fixture = Fixture::with(SellerPolicy { basis: wanted, ..policy() }, noon);
        let mut counted = vec![];
        for (place, step) in Basis::ALL.into_iter().enumerate() {
            let events = fixture.happen(&reached("order-1", step, noon, vec![tea(1_000)]), noon);
            counted.extend(posted(&events).iter().map(|_| place));
        }
        assert_eq!(counted, [first], "{wanted:?}");
        // A step that was passed over is reached with the next one.
        let events = fixture.happen(&reached("order-2", Basis::Confirmed, noon, vec![tea(1_000)]), noon);
        assert_eq!(posted(&events).len(), 1, "{wanted:?}");
    }
}

#[test]
fn what_is_refunded_before_it_counts_is_never_posted() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    fixture.happen(&reached("order-1", Basis::Paid, noon, vec![line("tea", 3, 3_000, 0, 0)]), noon);
    assert_eq!(fixture.happen(&refunded("order-1", 1, noon, &[("tea", 1)]), noon), []);
    let mut sold = vec![line("tea", 3, 3_000, 0, 0), line("rice", 1, 500, 0, 0)];
    (sold[0].refunded, sold[1].refunded) = (1, 1);
    let events = fixture.happen(&reached("order-1", CONFIRMED, noon, sold), noon);
    let lines: Vec<_> = posted(&events).into_iter().map(|(_, line)| (line.sku.to_string(), line.quantity)).collect();
    assert_eq!(lines, [("tea".to_owned(), 2)], "only what remains is posted");
    let events = fixture.happen(&refunded("order-1", 2, noon, &[("tea", 3), ("rice", 1)]), noon);
    assert_eq!(posted(&events)[0].1.quantity, -2);
    assert_eq!(fixture.happen(&refunded("order-1", 2, noon, &[("tea", 3)]), noon), [], "a repeat changes nothing");
}

#[test]
fn a_day_is_the_sellers_own() {
    // Midnight in New York is 14:00 in Seoul.
    let mut fixture = Fixture::with(in_zone("America/New_York"), at("2026-11-23 12:00"));
    for (name, clock, expected) in [("order-1", "13:59:59", "2026-11-22"), ("order-2", "14:00", "2026-11-23")] {
        let now = at(&format!("2026-11-23 {clock}"));
        let events = fixture.happen(&reached(name, CONFIRMED, now, vec![tea(1_000)]), now);
        assert_eq!(nets(&events), [on(expected, 900)]);
    }
    fixture.tick(at("2026-11-23 14:10"));
    assert_eq!(fixture.statements().len(), 1);
}
