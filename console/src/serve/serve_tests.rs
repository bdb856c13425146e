//! Routes, roles, sessions and streams, without a cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use prometheus::Registry;
use serde_json::Value;
use streams::kafka::ClusterConfig;
use web::jwt::TokenIssuer;
use web::session::Sessions;
use web::token::{Secret, Secrets};

use super::config::Config;
use super::handlers::Seen;
use super::letters::Letters;
use super::routes::{Access, TABLE};
use super::service::Service;
use super::state::State;
use super::stream::{Channel, Streams};
use super::taps::Taps;
use super::topology::Application;
use crate::facts::Facts;
use crate::lag::{Latest, Snapshot, View, Watched};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A console that has seen this.
pub(super) struct Console {
    pub(super) service: Service,
    pub(super) state: Arc<State>,
    pub(super) registry: Registry,
}

impl Console {
    fn new(view: View) -> Self {
        Self::with(view, Config { most_streams: 5, most_streams_per_caller: 2, ..Config::default() })
    }

    pub(super) fn with(view: View, config: Config) -> Self {
        let registry = Registry::new();
        let secrets = Secrets::new(vec![Secret::new(SECRET).unwrap()]).unwrap();
        let streams = Arc::new(Streams::new(config.most_streams, config.most_streams_per_caller).unwrap());
        let watched = Watched {
            group: "timesale.coupons".into(),
            topic: "coupons.inbox".into(),
            role: "processors".into(),
            slo_seconds: 2,
        };
        let application = Application {
            name: "coupons".into(),
            group: "timesale.coupons".into(),
            input: "coupons.inbox".into(),
            outputs: vec!["coupons.events".into()],
        };
        let nowhere = ClusterConfig { bootstrap: "127.0.0.1:1".to_owned(), ..ClusterConfig::default() };
        let taps = Taps::new(config.taps.clone(), nowhere, None, &secrets, &registry).unwrap();
        let state = State::new(
            config,
            Latest::fixed(view),
            Facts::default(),
            // Nobody listens there.
            Letters::new(
                ClusterConfig { bootstrap: "127.0.0.1:1".to_owned(), ..ClusterConfig::default() },
                "postgres://127.0.0.1:1/none".to_owned(),
            ),
            Arc::new(taps),
            "postgres://127.0.0.1:1/none".to_owned(),
            streams,
            &[watched],
            &[application],
            &secrets,
            &registry,
        );
        let state = Arc::new(state.unwrap());
        Self { service: Service::new(Arc::clone(&state)), state, registry }
    }

    /// The status and the body of an answer.
    async fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let (status, _, body) = self.send("GET", path, token, None).await;
        (status, body)
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        cookie: Option<&str>,
    ) -> (u16, Option<String>, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        let (response, body) = self.service.answered(request.body(Full::default()).unwrap()).await;
        let set = response.headers().get(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), set, serde_json::from_slice(&body).unwrap_or_default())
    }
}

fn token(roles: &[&str]) -> String {
    token_of("somebody", roles)
}

pub(super) fn token_of(name: &str, roles: &[&str]) -> String {
    TokenIssuer::new(SECRET).token_with(name, roles, serde_json::json!({}), Duration::from_hours(1)).unwrap()
}

pub(super) fn seen() -> View {
    let snapshot: Snapshot = crate::lag::tests_snapshot();
    View {
        snapshot: Some(Arc::new(snapshot)),
        taken: Some(Instant::now()),
        is_up: true,
        last_success_ms: 1,
        ..View::default()
    }
}

#[tokio::test]
async fn nothing_is_shown_to_whoever_has_no_role_for_it() {
    let console = Console::new(seen());
    let forged = TokenIssuer::new("another secret of thirty-two bytes").token_with(
        "x",
        &["operator"],
        serde_json::json!({}),
        Duration::from_mins(1),
    );
    let (analyst, operator, shopper) = (token(&["analyst"]), token(&["operator"]), token(&["shopper"]));
    let everybody = token(&["analyst", "operator", "privacy"]);
    for route in &TABLE {
        let path = route.template.replace("{group}", "a").replace("{topic}", "coupons.inbox");
        let path = path.replace("{file}", "page.mjs").replace("{partition}", "0").replace("{offset}", "7");
        let path = path.replace("{kind}", "order").replace("{id}", "none");
        let status = async |token: Option<&str>| console.send(route.method, &path, token, None).await.0;
        let is_open = route.access == Access::Anybody;
        for nobody in [None, Some(shopper.as_str()), Some("x.y.z"), forged.as_deref().ok()] {
            let status = status(nobody).await;
            let is_refused = matches!(status, 401 | 403);
            assert_eq!(is_refused, !is_open, "{} {path} {nobody:?}: {status}", route.method);
        }
        let status = console.service.response(request(route.method, &path, &everybody)).await.status().as_u16();
        // What changes something needs an idempotency key beside the token.
        let needs_key = route.method == "POST" && path.starts_with("/v1/dead-letters");
        let is_absent = path.starts_with("/v1/stories") && status == 404;
        let is_answered = matches!(status, 200 | 204 | 503) || needs_key && status == 400 || is_absent;
        assert!(is_answered, "{} {path}: {status}", route.method);
    }
    assert_eq!(console.get("/v1/alerts", Some(&analyst)).await.0, 403);
    assert_eq!(console.get("/v1/dead-letters", Some(&analyst)).await.0, 403);
    assert_eq!(console.get("/v1/lag", Some(&analyst)).await.0, 200);
    assert_eq!(console.get("/v1/taps/coupons.events", Some(&operator)).await.0, 403);
    assert_eq!(console.get("/v1/stories/order/none", Some(&operator)).await.0, 403);
}

fn request(method: &str, path: &str, token: &str) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path).header(AUTHORIZATION, format!("Bearer {token}"));
    request.body(Full::default()).unwrap()
}

#[tokio::test]
async fn a_session_is_as_good_as_its_token_and_a_forged_one_is_none() {
    let console = Console::new(seen());
    let (status, cookie, _) = console.send("POST", "/v1/session", Some(&token(&["analyst"])), None).await;
    let cookie = cookie.unwrap();
    assert_eq!(status, 204);
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let (status, _, body) = console.send("GET", "/v1/session", None, Some(cookie)).await;
    assert_eq!((status, &body["name"], &body["roles"]), (200, &"somebody".into(), &serde_json::json!(["analyst"])));
    assert_eq!(console.send("GET", "/v1/alerts", None, Some(cookie)).await.0, 403, "an analyst's session");
    assert_eq!(console.send("POST", "/v1/session", None, Some(cookie)).await.0, 401, "a session begets none");
    let other = |secret: &str, seconds: u64, role: &str| {
        let secrets = Secrets::new(vec![Secret::new(secret).unwrap()]).unwrap();
        let sessions = Sessions::new("timesale_session", &secrets, Duration::from_secs(seconds), false);
        let set = sessions.begin(serde_json::json!({ "name": "somebody", "roles": [role] })).unwrap();
        set.split(';').next().unwrap().to_owned()
    };
    let signature = cookie.split_once('.').unwrap().1;
    let promoted = other(SECRET, 900, "operator");
    for (what, forged) in [
        ("longer", format!("{cookie}x")),
        ("none", "timesale_session=a.b".to_owned()),
        ("over", other(SECRET, 0, "analyst")),
        ("of another secret", other("another secret of thirty-two bytes", 900, "analyst")),
        ("of a role that is none", other(SECRET, 900, "root")),
        ("of another role, signed for this one", format!("{}.{signature}", promoted.split_once('.').unwrap().0)),
        ("the token itself", format!("timesale_session={}", token(&["analyst"]))),
    ] {
        assert_eq!(console.send("GET", "/v1/lag", None, Some(&forged)).await.0, 401, "{what}: {forged}");
    }
    assert_eq!(console.send("GET", "/v1/lag", None, Some(&promoted)).await.0, 200, "signed as it should be");
    let name = "timesale_session=".len();
    for place in name..cookie.len() {
        let replaced = if cookie.as_bytes()[place] == b'A' { "B" } else { "A" };
        let altered = format!("{}{replaced}{}", &cookie[..place], &cookie[place + 1..]);
        assert_eq!(console.send("GET", "/v1/lag", None, Some(&altered)).await.0, 401, "{altered}");
    }
    let (status, ended, _) = console.send("DELETE", "/v1/session", None, Some(cookie)).await;
    assert!(status == 204 && ended.unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn lag_is_shown_as_it_was_seen_and_unknown_when_it_was_not() {
    let console = Console::new(seen());
    let token = token(&["operator"]);
    let (_, body) = console.get("/v1/lag", Some(&token)).await;
    assert_eq!((&body["is_up"], &body["groups"][1]["group"]), (&true.into(), &"b".into()));
    assert_eq!(body["groups"][1]["topics"][0]["status"], "stopped");
    let (_, body) = console.get("/v1/lag/b", Some(&token)).await;
    assert_eq!(body["group"]["topics"][0]["records"], 2);
    assert!(body["explained"].to_string().contains("ConsumerStopped"), "{body}");
    assert_eq!(console.get("/v1/lag/nobody", Some(&token)).await.1["code"], "UNKNOWN");
    let console = Console::new(View::default());
    assert_eq!(console.get("/v1/lag", Some(&token)).await.1["is_up"], false);
    let (status, body) = console.get("/v1/lag/b", Some(&token)).await;
    assert_eq!((status, &body["code"], &body["retryable"]), (503, &"LAG_UNKNOWN".into(), &true.into()));
}

#[tokio::test]
async fn topics_topology_and_sale_are_shown() {
    let console = Console::new(seen());
    let token = token(&["analyst"]);
    let (_, topics) = console.get("/v1/topics", Some(&token)).await;
    assert!(
        topics
            .as_array()
            .unwrap()
            .iter()
            .any(|topic| topic["topic"] == "coupons.inbox" && topic["value"] == "CouponCommand")
    );
    let (_, topic) = console.get("/v1/topics/coupons.inbox", Some(&token)).await;
    assert_eq!(topic["config"]["message.timestamp.type"], "LogAppendTime");
    let (_, schema) = console.get("/v1/topics/coupons.inbox/schema", Some(&token)).await;
    assert!(schema["$schema"].is_string(), "{schema}");
    assert_eq!(console.get("/v1/topics/coupons.changelog/schema", Some(&token)).await.0, 404);
    let (_, topology) = console.get("/v1/topology", Some(&token)).await;
    assert!(topology["nodes"].as_array().unwrap().len() > 10);
    let (_, sale) = console.get("/v1/sale", Some(&token)).await;
    assert_eq!((&sale["paid"], &sale["violations"][0]["count"]), (&0.into(), &0.into()));
}

#[tokio::test]
async fn streams_are_bounded_and_everybody_gets_the_newest() {
    let console = Console::new(seen());
    let token = token(&["analyst"]);
    let open = async || console.service.response(request("GET", "/v1/lag/stream", &token)).await;
    let (first, second) = (open().await, open().await);
    assert_eq!(first.headers()["content-type"], "text/event-stream");
    assert_eq!(console.get("/v1/sale/stream", Some(&token)).await.1["code"], "TOO_MANY_STREAMS");
    assert_eq!(console.state.streams.len(), 2);
    drop(second);
    assert_eq!(console.state.streams.len(), 1, "a place is free as soon as its reader is gone");
    for number in 0..100 {
        console.state.streams.send(Channel::Lag, &serde_json::json!({ "number": number }), number);
    }
    let mut body = first.into_body();
    let mut text = String::new();
    while !text.contains("\"number\":") {
        let frame = body.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert_eq!(
        text, "retry: 2000\n\nid: 99\nevent: lag\ndata: {\"number\":99}\n\n",
        "whoever is slow misses what is old"
    );
    console.state.streams.close();
    assert!(body.frame().await.is_none(), "a drain ends every stream");
}

#[tokio::test]
async fn what_is_hostile_is_answered_with_a_problem() {
    let console = Console::new(seen());
    let token = token(&["operator"]);
    for path in [
        "/nowhere",
        "/v1/lag/../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/page.rs",
        "/v1/topics//schema",
    ] {
        let (status, body) = console.get(path, Some(&token)).await;
        assert_eq!((status, body["status"].as_u64()), (404, Some(404)), "{path}: {body}");
    }
    for hostile in ["%00", "%ff%fe", "a%22%7d", &"x".repeat(8_000)] {
        let (status, body) = console.get(&format!("/v1/lag/{hostile}"), Some(&token)).await;
        assert_eq!((status, &body["code"]), (404, &"UNKNOWN".into()), "{hostile:.20}");
    }
    assert_eq!(console.send("PUT", "/v1/lag", Some(&token), None).await.2["code"], "METHOD_NOT_ALLOWED");
    let request = Request::post("/v1/session").header(AUTHORIZATION, format!("Bearer {token}"));
    let (response, _) = console.service.answered(request.body(Full::from("x".repeat(1_000_000))).unwrap()).await;
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn an_order_for_a_letter_has_a_key_and_known_parameters() {
    let console = Console::new(seen());
    let token = token(&["operator"]);
    let post = async |path: &str, keys: &[&str]| {
        let request = Request::post(path).header(AUTHORIZATION, format!("Bearer {token}"));
        let request = keys.iter().fold(request, |request, key| request.header("idempotency-key", *key));
        let (response, body) = console.service.answered(request.body(Full::default()).unwrap()).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        (response.status().as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
    };
    let long = "k".repeat(129);
    let table: [(&str, &[&str], &str); 10] = [
        ("/v1/dead-letters/0/7/replay", &[], "IDEMPOTENCY_KEY_MISSING"),
        ("/v1/dead-letters/0/7/drop?because=x", &[], "IDEMPOTENCY_KEY_MISSING"),
        ("/v1/dead-letters/0/7/replay", &["a", "b"], "IDEMPOTENCY_KEY_INVALID"),
        ("/v1/dead-letters/0/7/replay", &[""], "IDEMPOTENCY_KEY_INVALID"),
        ("/v1/dead-letters/0/7/replay", &[&long], "IDEMPOTENCY_KEY_INVALID"),
        ("/v1/dead-letters/0/7/replay?again=maybe", &["k"], "PARAMETER_INVALID"),
        ("/v1/dead-letters/0/7/replay?agian=true", &["k"], "PARAMETER_INVALID"),
        ("/v1/dead-letters/0/7/drop", &["k"], "PARAMETER_INVALID"),
        ("/v1/dead-letters/0/7/drop?because=%20", &["k"], "PARAMETER_INVALID"),
        ("/v1/dead-letters/0/x/replay", &["k"], "UNKNOWN"),
    ];
    for (path, keys, code) in table {
        assert_eq!(post(path, keys).await.1, code, "{path} {keys:?}");
    }
    for path in ["/v1/dead-letters?since=yesterday", "/v1/dead-letters?handled=1", "/v1/dead-letters?topics=x"] {
        assert_eq!(console.get(path, Some(&token)).await.1["code"], "PARAMETER_INVALID", "{path}");
    }
    assert_eq!(console.get("/v1/dead-letters/-1/7", Some(&token)).await.0, 404);
}

#[tokio::test]
async fn a_group_with_a_hostile_name_is_shown_as_it_is() {
    let token = token(&["analyst"]);
    for hostile in
        ["a\"} 1\n# \\", "</script><img src=x onerror=alert(1)>", "../a?b#c&d=e+f", "\r\n\u{2028}\0", "\u{202e}☕"]
    {
        let mut snapshot: Snapshot = crate::lag::tests_snapshot();
        snapshot.groups[0].group = hostile.to_owned();
        let console = Console::new(View { snapshot: Some(Arc::new(snapshot)), ..seen() });
        let (_, body) = console.get("/v1/lag", Some(&token)).await;
        assert_eq!(body["groups"][0]["group"], hostile);
        let path: String = hostile.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let (status, body) = console.get(&format!("/v1/lag/{path}"), Some(&token)).await;
        assert_eq!((status, &body["group"]["group"]), (200, &hostile.into()), "{body}");
        // Line breaks end an event of a stream.
        console.state.streams.send(Channel::Lag, &Seen::of(&console.state.latest.view(), 1), 1);
        let mut stream = console.service.response(request("GET", "/v1/lag/stream", &token)).await.into_body();
        let mut text = String::new();
        while !text.ends_with("}\n\n") {
            text.push_str(std::str::from_utf8(stream.frame().await.unwrap().unwrap().data_ref().unwrap()).unwrap());
        }
        let event = text.strip_prefix("retry: 2000\n\nid: 1\nevent: lag\ndata: ").unwrap();
        let event: Value = serde_json::from_str(event).unwrap();
        assert_eq!(event["groups"][0]["group"], hostile);
    }
}

#[tokio::test]
async fn the_page_is_whole_and_loads_nothing_from_elsewhere() {
    let console = Console::new(View::default());
    let request = Request::get("/").body(Full::default()).unwrap();
    let (response, body) = console.service.answered(request).await;
    assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    let page = std::str::from_utf8(&body).unwrap();
    for file in page.split('"').filter(|part| part.starts_with("/assets/")) {
        assert_eq!(console.get(file, None).await.0, 200, "{file}");
    }
}
