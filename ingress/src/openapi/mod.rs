//! The OpenAPI 3.1 document, made from the table of routes and the types that the handlers read and write. Nothing is written
//! down twice: a field's sentence here is the field's comment there.

mod page;
mod parameters;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

pub(crate) use page::page;

use crate::problem::Code;
use crate::routes::{Access, Route, TABLE};
use parameters::parameters;

/// The page's style sheet.
pub(crate) const STYLE: &str = include_str!("style.css");

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in &TABLE {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.template).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(methods) = path {
            methods.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".into(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Timesale",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Time sales: limited coupons, claimed by very many at once, and the orders they are used on.",
            "description": DESCRIPTION,
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "HS256; iss, aud, exp and sub are required; roles, segments and, for the role seller, seller are read.",
                },
            },
        },
    })
}

const DESCRIPTION: &str = "201 and 202 mean that the request is in the log, on every in-sync replica. 503 after a command means \
unknown: send the same Idempotency-Key again. `admitted: false` in a problem means that this attempt has put nothing into the \
log. Instants are milliseconds since 1970, money is in minor units.";

fn operation(route: &Route, generator: &mut schemars::SchemaGenerator) -> Value {
    let mut answers: Map<String, Value> = Map::new();
    for answer in route.answers {
        let mut written = json!({ "description": answer.description });
        if let (Some(schema), Value::Object(members)) = (answer.schema, &mut written) {
            let schema = schema(generator);
            let mut content = json!({ answer.media_type: { "schema": schema } });
            if let (Some(text), Value::Object(content)) = (answer.also_as, &mut content) {
                content.insert(text.into(), json!({ "schema": { "type": "string" } }));
            }
            members.insert("content".into(), content);
        }
        answers.insert(answer.status.to_string(), written);
    }
    for (status, codes) in problems(route) {
        answers.entry(status.to_string()).or_insert_with(|| {
            json!({
                "description": codes.join(", "),
                "content": {
                    "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
                },
            })
        });
    }
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": answers,
    });
    if let Value::Object(members) = &mut operation {
        match route.access {
            Access::Anybody | Access::Provider => {}
            Access::Caller => drop(members.insert("security".into(), json!([{ "token": [] }]))),
            Access::Shopper => drop(members.insert("security".into(), json!([{ "token": ["shopper"] }]))),
            Access::Operator => drop(members.insert("security".into(), json!([{ "token": ["operator"] }]))),
            Access::Either => {
                let either = json!([{ "token": ["shopper"] }, { "token": ["operator"] }]);
                drop(members.insert("security".into(), either));
            }
            Access::SellerOrOperator => {
                let either = json!([{ "token": ["seller"] }, { "token": ["operator"] }]);
                drop(members.insert("security".into(), either));
            }
        }
        if let Some(schema) = route.body.schema(generator) {
            let is_required = route.body.is_required();
            let body = json!({ "required": is_required, "content": { "application/json": { "schema": schema } } });
            members.insert("requestBody".into(), body);
        }
    }
    operation
}

/// The statuses of the problems that a route may answer, with their codes.
pub(crate) fn problems(route: &Route) -> Vec<(u16, Vec<&'static str>)> {
    let mut statuses: Vec<u16> = route.problems.to_vec();
    match route.access {
        Access::Anybody => {}
        Access::Provider => statuses.extend([429, 503]),
        Access::Caller | Access::Shopper | Access::Operator | Access::Either | Access::SellerOrOperator => {
            statuses.extend([401, 429, 503]);
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    let family = route.family.codes();
    let codes_of = |status: u16| {
        let mut names: Vec<&'static str> = Vec::new();
        for (_, name, _) in Code::OWN.iter().chain(&family).map(|code| code.facts()).filter(|facts| facts.0 == status) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    statuses.into_iter().map(|status| (status, codes_of(status))).collect()
}

fn problem_schema() -> Value {
    let mut codes: Vec<&str> = Vec::new();
    for (_, name, _) in Code::catalogue().into_iter().map(Code::facts) {
        if !codes.contains(&name) {
            codes.push(name);
        }
    }
    json!({
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status", "code", "request_id", "retryable"],
        "properties": {
            "type": { "type": "string", "description": "A link to this document, or a registered problem type." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string", "description": "A sentence about this very case." },
            "code": { "type": "string", "enum": codes, "description": "What a client may switch on." },
            "request_id": { "type": "string", "description": "Also in X-Request-Id." },
            "retryable": { "type": "boolean", "description": "Whether the same request may succeed later." },
            "request": { "type": "string", "description": "The request, where the log may know it." },
            "admitted": {
                "type": "boolean",
                "description": "false: this attempt has put nothing into the log; true: decided from the log.",
            },
            "sku": { "type": "string", "description": "The product that an order cannot have." },
            "provider_code": { "type": "string", "description": "What the payment provider said." },
            "decline": {
                "type": "string",
                "enum": ["try_another", "restart", "fault"],
                "description": "What the shopper can do about a payment that was declined.",
            },
            "pointer": { "type": "string", "description": "The field it is about, as a JSON pointer." },
            "violated-policies": { "type": "array", "items": { "type": "string" } },
        },
    })
}

#[cfg(test)]
mod openapi_tests;
