//! What each route answers.

use bytes::Bytes;
use events::time::Timestamp;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, SET_COOKIE};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use streams::clock::now_ms;
use web::server::Endless;

use super::parameters::decoded;
use super::problem::Problem;
use super::routes::{Access, Handler, TABLE};
use super::service::{Answer, Call};
use super::stream::{Body, Channel};
use super::{alerts, asyncapi, letters, page, stories, taps, topics};
use crate::lag::{self, GroupLag, Pending, View};

/// What is known of lag, as routes and streams show it.
#[derive(Serialize)]
pub(super) struct Seen<'a> {
    /// When this was written, milliseconds since 1970.
    at_ms: i64,
    /// When the cluster was last seen, milliseconds since 1970; 0 before the first time.
    seen_ms: i64,
    /// Whether the newest look at the cluster succeeded.
    is_up: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Groups, by name.
    groups: &'a [GroupLag],
    /// Partitions and their ends.
    partitions: &'a [Pending],
}

impl<'a> Seen<'a> {
    pub(super) fn of(view: &'a View, now_ms: i64) -> Self {
        let snapshot = view.snapshot.as_deref();
        Self {
            at_ms: now_ms,
            seen_ms: view.last_success_ms,
            is_up: view.is_up,
            error: view.error.as_ref().map(ToString::to_string),
            groups: snapshot.map_or(&[], |snapshot| &snapshot.groups),
            partitions: snapshot.map_or(&[], |snapshot| &snapshot.partitions),
        }
    }
}

/// Answers a call of a route.
pub(super) async fn answer(handler: Handler, call: Call) -> Answer {
    let state = &call.state;
    let [one, _] = &call.path;
    match handler {
        Handler::Page => Ok(page::index()),
        Handler::Asset => page::asset(one).ok_or((Problem::NotFound, None)),
        Handler::BeginSession => begin_session(&call),
        Handler::EndSession => Ok(with_cookie(empty(), &state.sessions.end())),
        Handler::Me => {
            let caller = call.caller.as_ref().ok_or((Problem::Internal, None))?;
            Ok(json(&json!({ "name": caller.name, "roles": caller.roles })))
        }
        Handler::Topology => Ok(json(&state.topology)),
        Handler::Lag => {
            let view = state.latest.view();
            Ok(json(&Seen::of(&view, now_ms())))
        }
        Handler::LagOfGroup => lag_of_group(&call, one),
        Handler::LagStream => stream(&call, Channel::Lag),
        Handler::Topics => Ok(json(&topics::all(state))),
        Handler::Topic => topics::one(state, one).map(|topic| json(&topic)).ok_or((Problem::Unknown, None)),
        Handler::TopicSchema => topics::schema(state, one).map(|schema| json(&schema)).ok_or((Problem::Unknown, None)),
        Handler::Sale => Ok(json(&state.facts.sale(Timestamp::from_millis(now_ms())))),
        Handler::SaleStream => stream(&call, Channel::Sale),
        Handler::Alerts => alerts::read(state).await,
        Handler::DeadLetters => letters::list(&call).await,
        Handler::DeadLetter => letters::show(&call).await,
        Handler::ReplayLetter => letters::replay(&call).await,
        Handler::DropLetter => letters::drop_letter(&call).await,
        Handler::Tap => taps::counted(&call, taps::open(&call).await),
        Handler::Story => taps::counted(&call, stories::tell(&call).await),
        Handler::OpenApi => Ok(json(&description())),
        Handler::Docs => Ok(page::docs()),
        Handler::AsyncApi => Ok(bytes("application/yaml", Bytes::from_static(events::asyncapi::TEXT.as_bytes()))),
        Handler::TopicDocs => Ok(bytes(page::HTML, Bytes::from(asyncapi::page(&state.manifest)))),
    }
}

fn begin_session(call: &Call) -> Answer {
    let caller = call.caller.as_ref().ok_or((Problem::Internal, None))?;
    let cookie = call.state.sessions.begin(caller).ok_or((Problem::Internal, None))?;
    Ok(with_cookie(empty(), &cookie))
}

fn lag_of_group(call: &Call, group: &str) -> Answer {
    let view = call.state.latest.view();
    let snapshot =
        view.snapshot.as_deref().ok_or_else(|| (Problem::LagUnknown, view.error.as_ref().map(ToString::to_string)))?;
    let group = decoded(group).ok_or((Problem::Unknown, None))?;
    let found = snapshot.groups.iter().find(|found| found.group == group).ok_or((Problem::Unknown, None))?;
    let told = lag::explain(snapshot, &group).unwrap_or_default();
    let topics: Vec<&str> = found.topics.iter().map(|topic| topic.topic.as_str()).collect();
    let partitions: Vec<&Pending> =
        snapshot.partitions.iter().filter(|ends| topics.contains(&ends.topic.as_str())).collect();
    Ok(json(&json!({ "at_ms": snapshot.at_ms, "group": found, "partitions": partitions, "explained": told })))
}

fn stream(call: &Call, channel: Channel) -> Answer {
    let caller = call.caller.as_ref().ok_or((Problem::Internal, None))?;
    let Some(body) = call.state.streams.open(channel, &caller.name) else {
        return Err((Problem::TooManyStreams, None));
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Endless);
    Ok(response)
}

/// What there is to call, as an OpenAPI document.
fn description() -> serde_json::Value {
    let mut paths = serde_json::Map::new();
    for route in &TABLE {
        let names =
            route.template.split('/').filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
        let asked: &[&str] = match route.handler {
            Handler::Tap => &taps::PARAMETERS,
            Handler::Story => &["hours", "unmask"],
            _ => &[],
        };
        let parameter = |name: &str, place: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } });
        let in_path = names.map(|name| parameter(name, "path"));
        let parameters: Vec<_> = in_path.chain(asked.iter().map(|name| parameter(name, "query"))).collect();
        let mut done = json!({ "description": "Done." });
        if let (Handler::Tap, Some(done)) = (route.handler, done.as_object_mut()) {
            let content = taps::media_types().map(|media_type| (media_type.to_owned(), json!({}))).collect();
            done.insert("content".to_owned(), serde_json::Value::Object(content));
        }
        let security = match route.access {
            Access::Anybody => json!([]),
            Access::Token(_) => json!([{ "bearer": [] }]),
            Access::Roles(_) => json!([{ "bearer": [] }, { "session": [] }]),
        };
        let operation = json!({
            "operationId": route.name,
            "summary": route.summary,
            "parameters": parameters,
            "security": security,
            "responses": { "default": { "description": "A problem document (RFC 9457).", "content": { "application/problem+json": {} } },
                           "200": done },
        });
        let path = paths.entry(route.template).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Timesale console", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": { "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            "session": { "type": "apiKey", "in": "cookie", "name": "timesale_session" },
        } },
    })
}

/// An answer of JSON that nobody keeps.
pub(super) fn json(value: &impl Serialize) -> Response<Body> {
    bytes("application/json", Bytes::from(serde_json::to_vec(value).unwrap_or_default()))
}

/// An answer of these bytes that nobody keeps.
pub(super) fn bytes(media_type: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Full::new(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn empty() -> Response<Body> {
    let mut response = Response::new(Body::Whole(Full::default()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn with_cookie(mut response: Response<Body>, cookie: &str) -> Response<Body> {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
