//! What a JSON Schema says of one field: the place in it that a path leads to, and its outline for people. Pure.

use serde_json::Value;

/// Most alternatives, fields or values that an outline names.
const MOST_NAMED: usize = 40;
/// Most references that are followed for one step.
const MOST_REFERENCES: usize = 16;

/// As much of the path as the schema knows, and what it says of the last of it.
pub(super) fn at<'s>(schema: &'s Value, path: &[String]) -> (usize, &'s Value) {
    let mut here = referenced(schema, schema);
    for (known, name) in path.iter().enumerate() {
        match step(schema, here, name, 0) {
            Some(next) => here = next,
            None => return (known, here),
        }
    }
    (path.len(), here)
}

/// One line for each thing that may stand there.
pub(super) fn outline(schema: &Value, here: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(fields) = here.get("properties").and_then(Value::as_object) {
        let needed = |name: &str| {
            let required = here.get("required").and_then(Value::as_array);
            required.is_some_and(|required| required.iter().any(|needed| needed == name))
        };
        for (name, field) in fields {
            let presence = if needed(name) { "" } else { ", may be absent" };
            lines.push(format!("{name}: {}{presence}", kind(schema, referenced(schema, field))));
        }
    }
    for alternative in alternatives(here) {
        lines.push(format!("| {}", kind(schema, referenced(schema, alternative))));
    }
    if lines.is_empty() {
        lines.push(kind(schema, here));
    }
    if lines.len() > MOST_NAMED {
        let more = lines.len() - MOST_NAMED;
        lines.truncate(MOST_NAMED);
        lines.push(format!("and {more} more"));
    }
    lines
}

fn alternatives(here: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|name| here.get(name));
    lists.filter_map(Value::as_array).flatten()
}

/// What stands behind a reference.
fn referenced<'s>(schema: &'s Value, mut here: &'s Value) -> &'s Value {
    for _ in 0..MOST_REFERENCES {
        let Some(reference) = here.get("$ref").and_then(Value::as_str) else { break };
        let Some(found) = reference.strip_prefix('#').and_then(|pointer| schema.pointer(pointer)) else { break };
        here = found;
    }
    here
}

fn step<'s>(schema: &'s Value, here: &'s Value, name: &str, depth: usize) -> Option<&'s Value> {
    let here = referenced(schema, here);
    let items = || name.parse::<usize>().ok().and_then(|_| here.get("items")).filter(|items| items.is_object());
    let named = || here.get("additionalProperties").filter(|named| named.is_object());
    let own = here.get("properties").and_then(|fields| fields.get(name)).or_else(items).or_else(named);
    if let Some(own) = own {
        return Some(referenced(schema, own));
    }
    if depth >= MOST_REFERENCES {
        return None;
    }
    alternatives(here).find_map(|alternative| step(schema, alternative, name, depth + 1))
}

/// What a value must be, in a few words.
fn kind(schema: &Value, here: &Value) -> String {
    if let Some(value) = here.get("const") {
        return value.to_string();
    }
    if let Some(values) = here.get("enum").and_then(Value::as_array) {
        return values.iter().take(MOST_NAMED).map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(fields) = here.get("properties").and_then(Value::as_object) {
        return format!("{{ {} }}", fields.keys().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", "));
    }
    if let Some(items) = here.get("items") {
        return format!("list of {}", kind(schema, referenced(schema, items)));
    }
    let word = match here.get("type") {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "one of several".to_owned(),
    };
    let more: Vec<String> = ["format", "pattern", "minimum", "maximum", "minLength", "maxLength"]
        .into_iter()
        .filter_map(|name| here.get(name).map(|value| format!("{name} {value}")))
        .collect();
    if more.is_empty() { word } else { format!("{word} ({})", more.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn a_path_leads_to_what_the_schema_says_of_it() {
        let schema = events::schema::of("CouponCommand").unwrap();
        let (known, here) = at(&schema, &path("claim/request"));
        assert_eq!(known, 2);
        assert!(outline(&schema, here)[0].starts_with("string"), "{:?}", outline(&schema, here));
        let (known, here) = at(&schema, &path("claim"));
        assert_eq!(known, 1);
        let lines = outline(&schema, here);
        assert!(lines.iter().any(|line| line.starts_with("shopper: string")), "{lines:?}");
        assert!(
            lines.iter().any(|line| line.starts_with("segments: list of string") && line.ends_with("may be absent"))
        );
        let (known, here) = at(&schema, &path("claim/nonsense/more"));
        assert_eq!((known, here), (1, at(&schema, &path("claim")).1), "as far as it knows");
        let lines = outline(&schema, at(&schema, &[]).1);
        assert!(lines.iter().any(|line| line == "| { claim }"), "{lines:?}");
    }

    #[test]
    fn references_in_a_circle_end() {
        let schema = serde_json::json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/a" } } });
        assert_eq!(at(&schema, &path("x")).0, 0);
        let schema = serde_json::json!({ "oneOf": [{ "$ref": "#" }] });
        assert_eq!(at(&schema, &path("x")).0, 0);
    }
}
