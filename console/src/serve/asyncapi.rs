//! The topics and their values for people: the AsyncAPI document as a page, without anything from elsewhere.

use events::asyncapi;
use events::manifest::{Manifest, TopicSpec};
use serde_json::Value;

const BEGIN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Timesale topics</title>\
     <link rel=\"stylesheet\" href=\"/assets/style.css\"><main class=\"docs\"><h1>Timesale topics</h1>\
     <p>Every public topic. The same for programs: <a href=\"/asyncapi.yaml\">asyncapi.yaml</a> (AsyncAPI 3.0). \
     Every record has the headers below; its value is JSON.</p>";
const END: &str = "</main></html>";

/// The page.
pub(super) fn page(manifest: &Manifest) -> String {
    let document = asyncapi::document(manifest);
    let mut page = BEGIN.to_owned();
    headers(&document, &mut page);
    for (topic, spec) in manifest.topics.iter().filter(|(_, spec)| spec.value != "private") {
        section(topic, spec, &document, &mut page);
    }
    page.push_str("<h2>Types</h2>");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten().filter(|(name, _)| *name != "Headers") {
        let json = serde_json::to_string_pretty(schema).unwrap_or_default();
        let text = linked(&escaped(&json));
        let name = escaped(name);
        page.push_str(&format!(
            "<details id=\"{name}\"><summary><code>{name}</code></summary><pre>{text}</pre></details>"
        ));
    }
    page.push_str(END);
    page
}

fn headers(document: &Value, page: &mut String) {
    page.push_str("<table>");
    let headers = document.pointer("/components/schemas/Headers/properties").and_then(Value::as_object);
    for (name, header) in headers.into_iter().flatten() {
        let description = header.get("description").and_then(Value::as_str).unwrap_or_default();
        page.push_str(&format!("<tr><td><code>{}</code><td>{}", escaped(name), escaped(description)));
    }
    page.push_str("</table>");
}

fn section(topic: &str, spec: &TopicSpec, document: &Value, page: &mut String) {
    let value = escaped(&spec.value);
    let readers: Vec<String> = spec
        .consumers
        .iter()
        .map(|consumer| format!("{} (within {} s)", consumer.role, consumer.lag_slo_seconds))
        .collect();
    let personal = if spec.pii.is_empty() { "none".to_owned() } else { spec.pii.join(", ") };
    let retention = document.pointer(&format!("/channels/{topic}/bindings/kafka/topicConfiguration"));
    let retention = retention.map_or_else(String::new, Value::to_string);
    let rows = [
        ("key", escaped(&spec.key)),
        ("value", format!("<a href=\"#{value}\"><code>{value}</code></a>")),
        ("partitions", spec.partitions.to_string()),
        ("written by", escaped(&spec.producers.join(", "))),
        ("read by", escaped(&readers.join(", "))),
        ("personal fields", escaped(&personal)),
        ("settings", escaped(&retention)),
    ];
    page.push_str(&format!("<h2 id=\"{0}\">{0}</h2><p>{1}</p><table>", escaped(topic), escaped(&spec.description)));
    for (label, text) in rows {
        page.push_str(&format!("<tr><td>{label}<td>{text}"));
    }
    page.push_str("</table>");
}

/// References to schemas as links to where they stand in the page.
fn linked(text: &str) -> String {
    const PLACE: &str = "#/components/schemas/";
    let mut parts = text.split(PLACE);
    let mut linked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find("&quot;").unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        linked.push_str(&format!("<a href=\"#{name}\">{name}</a>{rest}"));
    }
    linked
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use events::topics::COUPONS_INBOX;

    use super::*;

    #[test]
    fn every_public_topic_is_on_the_page_and_every_link_leads_somewhere() {
        let manifest = Manifest::embedded().unwrap();
        let page = page(&manifest);
        for (topic, spec) in &manifest.topics {
            assert_eq!(page.contains(&format!("<h2 id=\"{topic}\">")), spec.value != "private", "{topic}");
        }
        let links: Vec<&str> = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(links.len() > 100);
        for link in links {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
        }
        assert!(!page.contains("://") && !page.contains("<script"), "nothing from elsewhere");
    }

    #[test]
    fn texts_from_the_manifest_are_no_markup() {
        let mut manifest = Manifest::embedded().unwrap();
        let mut spec = manifest.topics[COUPONS_INBOX.name()].clone();
        spec.description = "<b onclick=\"x\">&".to_owned();
        manifest.topics = [(COUPONS_INBOX.name().to_owned(), spec)].into();
        assert!(page(&manifest).contains("&lt;b onclick=&quot;x&quot;&gt;&amp;"));
    }
}
