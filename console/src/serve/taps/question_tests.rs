//! What requests ask, and what is refused before anything is opened.

use hyper::header::{ACCEPT, HeaderValue};

use super::*;

fn headers(pairs: &[(&HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| ((*name).clone(), HeaderValue::from_str(value).unwrap())).collect()
}

fn question(topics: &str, query: &str, pairs: &[(&HeaderName, &str)]) -> Result<Question, Refused> {
    Question::read(topics, query, &headers(pairs), &Manifest::embedded().unwrap())
}

#[test]
fn parameters_are_the_words_of_the_command_line() {
    let query = "from=0:5,1:7&to=end&partition=0,1&key=a&key=b%20c&everywhere&event=x,y&header=h%3D1&header=g~2&contains=t\
                 &where=value.a+%3E+1&sample=1/10&limit=3&max-scan=1GiB&for=30s&isolation=uncommitted&columns=a=/a&by-time=true\
                 &mask=drop&strict&zone=UTC&trace=0f";
    let typed = question("orders.events,payments.events", query, &[]).unwrap().typed;
    assert_eq!((typed.topics.as_str(), typed.from.as_deref()), ("orders.events,payments.events", Some("0:5,1:7")));
    assert_eq!(
        (typed.key, typed.event),
        (vec!["a".to_owned(), "b c".to_owned()], vec!["x".to_owned(), "y".to_owned()])
    );
    assert_eq!(
        (typed.header, typed.condition.as_deref()),
        (vec!["h=1".to_owned(), "g~2".to_owned()], Some("value.a > 1"))
    );
    assert!(typed.everywhere && typed.by_time && typed.strict && !typed.follow && !typed.is_unmasked);
}

#[test]
fn what_is_refused_is_named() {
    let table: [(&str, &str, &str); 12] = [
        ("t", "limit=1&limit=2", "limit"),
        ("t", "rate=max", "rate"),
        ("t", "output=/etc/passwd", "output"),
        ("t", "where=%ff", "where"),
        ("t", "%zz=1", "%zz"),
        ("t", "follow=maybe", "follow"),
        ("t", "mask=off", "mask"),
        ("t", "latest&after=x", "after"),
        ("a,b,c,d,e,f,g,h,i", "", "topic"),
        ("t", "after=x&after=y", "after"),
        ("t", "unmask=a&unmask=b", "unmask"),
        ("t", "limit=-1", "limit"),
    ];
    for (topics, query, name) in table {
        let (problem, detail) = question(topics, query, &[]).unwrap_err();
        assert_eq!(problem, Problem::ParameterInvalid, "{query}");
        assert!(detail.as_deref().unwrap().starts_with(&format!("{name}: ")), "{query}: {detail:?}");
    }
    for topics in ["", ",", "a,", "a b", "a%00b", "%ff", "../x", &"x".repeat(250), "@nothing", "가"] {
        assert_eq!(question(topics, "", &[]).unwrap_err().0, Problem::Unknown, "{topics}");
    }
    let accept = |text| question("t", "follow", &[(&ACCEPT, text)]).map(|question| question.shape);
    assert_eq!(accept("text/html").unwrap_err().0, Problem::NotAcceptable);
    for shape in ["application/json", "text/csv", "application/vnd.apache.parquet"] {
        assert_eq!(accept(shape).unwrap_err().0, Problem::ParameterInvalid, "{shape}");
    }
    assert_eq!(accept("text/event-stream").unwrap(), Shape::Events);
}

#[test]
fn a_reason_comes_once_and_the_newer_token_wins() {
    assert!(question("t", "unmask=x", &[(&REASON, "y")]).is_err());
    let of_header = question("t", "", &[(&REASON, "ticket 7")]).unwrap();
    assert_eq!((of_header.reason().unwrap(), of_header.typed.is_unmasked), (Some("ticket 7"), true));
    for blank in ["unmask", "unmask=+%20", &format!("unmask={}", "x".repeat(1_001))] {
        assert!(question("t", blank, &[]).unwrap().reason().is_err(), "{blank:.20}");
    }
    let after = |last| question("t", "after=a", &[(&LAST_EVENT_ID, last)]).unwrap().after;
    assert_eq!((after("b").as_deref(), after("").as_deref()), (Some("b"), Some("a")));
    assert!(question("t", "unmask=secret+why", &[]).unwrap().told.iter().all(|word| !word.contains("secret")));
}

#[test]
fn personal_fields_and_the_audit_topic_are_for_the_role_privacy() {
    let caller = |role| Caller { name: "kim".to_owned(), roles: vec![role] };
    let of = |topics, query| question(topics, query, &[]).unwrap();
    assert!(of("t", "unmask=x").forbidden(&caller(Role::Analyst)).is_some());
    assert!(of("t,console.audit", "").forbidden(&caller(Role::Analyst)).is_some());
    assert!(of("t", "").forbidden(&caller(Role::Analyst)).is_none());
    assert!(of("console.audit", "unmask=x").forbidden(&caller(Role::Privacy)).is_none());
}

#[test]
fn every_parameter_is_described() {
    for name in PARAMETERS {
        assert!(Typed::is_word(name) || matches!(name, "unmask" | "after"), "{name}");
        let query = format!("{name}=");
        if let Err((_, Some(detail))) = question("t", &query, &[]) {
            assert!(!detail.contains("no such parameter"), "{detail}");
        }
    }
}

#[test]
fn a_saved_tap_is_asked_by_name() {
    let question = question("@sold-out", "last=5", &[]).unwrap();
    assert_eq!(question.typed.topics, "coupons.events");
    assert_eq!((question.typed.last.as_deref(), question.typed.event), (Some("5"), vec!["claim_refused".to_owned()]));
    assert!(question.typed.condition.is_some());
}
