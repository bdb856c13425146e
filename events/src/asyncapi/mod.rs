//! What `topics.yaml` and the types say of the public topics, as one AsyncAPI 3.0 document for those who read the log from elsewhere.
//! `events/asyncapi.yaml` is that document as a file; a test keeps it equal to what is made here.

mod yaml;

use serde_json::{Map, Value, json};

use crate::envelope::header;
use crate::manifest::{Manifest, TopicSpec};
use crate::schema;

/// The document of this build, as YAML.
pub const TEXT: &str = include_str!("../../asyncapi.yaml");

/// What topics belong to the runtime or to the console carry; they are in no document.
const PRIVATE: &str = "private";

/// The document that a manifest leads to: each public topic a channel, each role that writes or reads it an operation.
#[must_use]
pub fn document(manifest: &Manifest) -> Value {
    let public = || manifest.topics.iter().filter(|(_, spec)| spec.value != PRIVATE);
    let channels: Map<String, Value> = public().map(|(topic, spec)| (topic.clone(), channel(topic, spec))).collect();
    let operations: Map<String, Value> = public().flat_map(|(topic, spec)| operations(topic, spec)).collect();
    let messages: Map<String, Value> = public().map(|(_, spec)| (spec.value.clone(), message(spec))).collect();
    let mut schemas = Map::new();
    schemas.insert("Headers".to_owned(), headers());
    public().for_each(|(_, spec)| add_schemas(&spec.value, &mut schemas));
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Timesale: the log",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every public topic: what it is for, its key, its values, who writes and who reads it. Fields are added, never renamed; \
                            unknown ones are to be ignored. Facts are kept for ever, and each carries absolute numbers.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    })
}

/// The document of a manifest as YAML.
#[must_use]
pub fn text(manifest: &Manifest) -> String {
    let begin = "# Generated from topics.yaml and the types of this room; a test says how.\n";
    begin.to_owned() + &yaml::text(&document(manifest))
}

fn channel(topic: &str, spec: &TopicSpec) -> Value {
    let number = |name: &str| spec.config.get(name).and_then(|value| value.parse::<i64>().ok());
    let mut settings = Map::new();
    if let Some(policy) = spec.config.get("cleanup.policy") {
        settings.insert("cleanup.policy".to_owned(), json!([policy]));
    }
    for name in ["retention.ms", "delete.retention.ms", "max.message.bytes"] {
        // Kafka says "for ever" with -1, and the binding knows the same number.
        settings.extend(number(name).map(|number| (name.to_owned(), json!(number))));
    }
    let message = &spec.value;
    let mut channel = json!({
        "address": topic,
        "title": topic,
        "description": spec.description,
        "messages": { message: { "$ref": format!("#/components/messages/{message}") } },
        "bindings": { "kafka": {
            "topic": topic,
            "partitions": spec.partitions,
            "replicas": spec.replication,
            "topicConfiguration": settings,
            "bindingVersion": "0.5.0",
        } },
        "x-key": spec.key,
        "x-owner": spec.owner,
    });
    if let (Some(channel), false) = (channel.as_object_mut(), spec.pii.is_empty()) {
        channel.insert("x-personal-fields".to_owned(), json!(spec.pii));
    }
    channel
}

fn operations(topic: &str, spec: &TopicSpec) -> Vec<(String, Value)> {
    let operation = |action: &str, summary: String| json!({ "action": action, "channel": { "$ref": format!("#/channels/{topic}") }, "summary": summary });
    let writes = spec
        .producers
        .iter()
        .map(|role| (format!("{role}.writes.{topic}"), operation("send", format!("{role} writes {topic}."))));
    let reads = spec.consumers.iter().map(|consumer| {
        let role = &consumer.role;
        let mut reads = operation("receive", format!("{role} reads {topic}."));
        if let Some(reads) = reads.as_object_mut() {
            reads.insert("x-lag-slo-seconds".to_owned(), json!(consumer.lag_slo_seconds));
        }
        (format!("{role}.reads.{topic}"), reads)
    });
    writes.chain(reads).collect()
}

fn message(spec: &TopicSpec) -> Value {
    let name = &spec.value;
    json!({
        "name": name,
        "title": name,
        "contentType": "application/json",
        "headers": { "$ref": "#/components/schemas/Headers" },
        "payload": { "$ref": format!("#/components/schemas/{name}") },
        "bindings": { "kafka": { "key": { "type": "string", "description": spec.key }, "bindingVersion": "0.5.0" } },
    })
}

/// The headers of every record; each is text.
fn headers() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "required": [header::EVENT_TYPE, header::SCHEMA_VERSION],
        "properties": {
            header::EVENT_TYPE: text("The value's type, such as claim or coupon_granted."),
            header::SCHEMA_VERSION: text("The version of the language that the value speaks, a decimal number. Stop at a newer one than you know."),
            header::TRACEPARENT: text("W3C Trace Context: the trace of the request that led to the record."),
            header::REPLY_TO: text("The partition of ingress.replies where an answer is awaited."),
            header::ANSWER_TO: text("The order that awaits an answer in orders.inbox."),
            header::FINGERPRINT: text("What the command says, hashed: a decimal number."),
        },
    })
}

/// Adds a type's schema, and those that it refers to, under their names. Names mean the same in every type; a test holds that.
fn add_schemas(name: &str, schemas: &mut Map<String, Value>) {
    let Some(mut schema) = schema::of(name) else { return };
    let parts = schema.as_object_mut().and_then(|schema| schema.remove("$defs"));
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    if let Some(Value::Object(parts)) = parts {
        schemas.extend(parts.into_iter().map(|(name, part)| (name, moved(part))));
    }
    schemas.insert(name.to_owned(), moved(schema));
}

/// A schema whose references lead to where the parts stand in the document. What stands beside a reference would be passed over by readers
/// of draft 07, so the reference becomes one of a list.
fn moved(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let is_alone = fields.len() == 1;
            let mut moved_fields = Map::new();
            for (name, value) in fields {
                match (name.as_str(), &value) {
                    ("$ref", Value::String(reference)) => {
                        let place = reference.replace("#/$defs/", "#/components/schemas/");
                        let reference = json!({ "$ref": place });
                        if is_alone {
                            return reference;
                        }
                        moved_fields.insert("allOf".to_owned(), json!([reference]));
                    }
                    _ => {
                        moved_fields.insert(name, moved(value));
                    }
                }
            }
            Value::Object(moved_fields)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(moved).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
