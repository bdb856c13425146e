//! What a route reads beside its body: of the path, the query and the head.

use serde_json::{Value, json};

use crate::handlers::settlements::MOST_ROWS;
use crate::routes::{Key, Reads, Route};

pub(super) fn parameters(route: &Route) -> Vec<Value> {
    let mut parameters = Vec::new();
    for name in route.template.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let pattern = match name {
            "request" => "^req_[0-9a-f]{32}$",
            "order" => "^ord_[0-9a-f]{32}$",
            "day" => "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            _ => "^[A-Za-z0-9_-]{1,64}$",
        };
        let schema = json!({ "type": "string", "pattern": pattern });
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    if route.reads == Reads::Page {
        parameters.extend(of_settlements());
    }
    if route.reads == Reads::Condition {
        parameters.push(json!({
            "name": "If-None-Match",
            "in": "header",
            "required": false,
            "description": "The ETag of a price that is known: 304 if it is still this one.",
            "schema": { "type": "string" },
        }));
    }
    if route.reads == Reads::LastEvent {
        parameters.push(json!({
            "name": "Last-Event-ID",
            "in": "header",
            "required": false,
            "description": "The number of the last event that was received: the stream goes on after it.",
            "schema": { "type": "integer", "minimum": 0 },
        }));
    }
    if route.reads == Reads::Token {
        parameters.push(json!({
            "name": "token",
            "in": "query",
            "required": false,
            "description": "The token that the provider must send, where one is configured.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{16,128}$" },
        }));
    }
    if route.key != Key::Unread {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": route.key == Key::Required,
            "description": "Bare, or a quoted structured-field string. The same key is the same request.",
            "schema": { "type": "string", "pattern": "^\"?[A-Za-z0-9_-]{16,128}\"?$" },
        }));
        parameters.push(json!({
            "name": "Prefer",
            "in": "header",
            "required": false,
            "description": "wait=N (seconds, 0 to 10) or respond-async.",
            "schema": { "type": "string" },
        }));
    }
    parameters
}

/// The query of a list of what sellers are owed.
fn of_settlements() -> [Value; 6] {
    let parameter = |place: &str, name: &str, description: &str, schema: Value| json!({ "name": name, "in": place, "required": false, "description": description, "schema": schema });
    let id = json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" });
    let day = json!({ "type": "string", "format": "date" });
    [
        parameter("query", "seller", "The seller; missing: every seller, for a seller its own.", id),
        parameter("query", "from", "The first day, in the seller's zone.", day.clone()),
        parameter("query", "to", "The last day.", day),
        parameter(
            "query",
            "limit",
            "Rows on a page, 100 unless said.",
            json!({ "type": "integer", "minimum": 1, "maximum": MOST_ROWS }),
        ),
        parameter("query", "after", "What the page before has named as `next`.", json!({ "type": "string" })),
        parameter(
            "header",
            "Accept",
            "text/csv for a table; the next page is then in Link.",
            json!({ "type": "string" }),
        ),
    ]
}
