//! JSON values as YAML: blocks, with texts in quotation marks where they need them. Pure.

use serde_json::Value;

/// The value as a document, with a line at the end.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

/// Writes a value that begins on a line of its own.
fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                text.push_str(&format!("{indent}{}:", scalar(name)));
                after(field, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&format!("{indent}-"));
                after(item, depth + 1, text);
            }
        }
        other => text.push_str(&format!("{indent}{}\n", flat(other))),
    }
}

/// Writes a value after its name or its dash.
fn after(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            block(value, depth, text);
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            text.push('\n');
            block(value, depth, text);
        }
        other => text.push_str(&format!(" {}\n", flat(other))),
    }
}

/// A value on one line.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A text as it is where nothing in it means something to YAML, else in quotation marks, as JSON writes it.
fn scalar(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/');
    let begins = text.chars().next().is_some_and(|letter| letter.is_ascii_alphabetic());
    let is_word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if begins && is_word && text.chars().all(is_plain) { text.to_owned() } else { Value::from(text).to_string() }
}
