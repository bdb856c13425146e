//! The document as a page: written once, on the server, without a script, so that it works offline, with any key and in any light.

use std::fmt::Write;

use serde_json::Value;

use crate::problem::Code;

/// Writes the page.
pub(crate) fn page(document: &Value) -> String {
    let mut page = String::with_capacity(64 * 1024);
    if write_page(&mut page, document).is_err() {
        tracing::error!("the page cannot be written: no string refuses to be written to");
    }
    page
}

fn write_page(page: &mut String, document: &Value) -> std::fmt::Result {
    let info = |name: &str| escaped(text(document.pointer(&format!("/info/{name}"))));
    write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}: interface</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body>\
         <a class=\"skip\" href=\"#main\">Skip to the routes</a>\
         <header><h1>{title}</h1><p>{summary}</p><p>{description}</p>\
         <p><a href=\"/openapi.json\">OpenAPI document</a></p></header><nav aria-label=\"Routes\"><ul>",
        title = info("title"),
        summary = info("summary"),
        description = info("description"),
    )?;
    let operations = operations(document);
    for (path, method, operation) in &operations {
        let (method, path, name) = (escaped(method), escaped(path), escaped(text(operation.get("operationId"))));
        write!(page, "<li><a href=\"#{name}\"><b class=\"{method}\">{method}</b> {path}</a></li>")?;
    }
    page.push_str("<li><a href=\"#problems\">Problems</a></li></ul></nav><main id=\"main\">");
    for (path, method, operation) in operations {
        write_operation(page, path, method, operation)?;
    }
    write_problems(page)?;
    page.push_str("<section><h2 id=\"schemas\">Schemas</h2>");
    for (name, schema) in document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
        let name = escaped(name);
        write!(page, "<details id=\"schema-{name}\"><summary>{name}</summary><pre tabindex=\"0\">")?;
        write!(page, "{}</pre></details>", escaped(&format!("{schema:#}")))?;
    }
    page.push_str("</section></main></body></html>");
    Ok(())
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

fn write_operation(page: &mut String, path: &str, method: &str, operation: &Value) -> std::fmt::Result {
    let name = escaped(text(operation.get("operationId")));
    write!(
        page,
        "<section id=\"{name}\" aria-labelledby=\"{name}-title\"><h2 id=\"{name}-title\"><b class=\"{method}\">{method}</b> \
         <code>{path}</code></h2><p>{summary}.</p>",
        method = escaped(method),
        path = escaped(path),
        summary = escaped(text(operation.get("summary"))),
    )?;
    let security = operation.get("security").and_then(Value::as_array);
    let roles: Vec<&str> =
        security.into_iter().flatten().filter_map(|token| token.pointer("/token/0").and_then(Value::as_str)).collect();
    match (security, roles.as_slice()) {
        (None, _) => page.push_str("<p>No token.</p>"),
        (Some(_), []) => page.push_str("<p>Any valid token.</p>"),
        (Some(_), roles) => write!(page, "<p>Role <code>{}</code>.</p>", escaped(&roles.join(" or ")))?,
    }
    let parameters = operation.get("parameters").and_then(Value::as_array);
    if let Some(parameters) = parameters.filter(|parameters| !parameters.is_empty()) {
        page.push_str(
            "<table><caption>Parameters</caption><thead><tr><th scope=\"col\">name<th scope=\"col\">in\
                       <th scope=\"col\">required<th scope=\"col\">shape</thead><tbody>",
        );
        for parameter in parameters {
            let is_required = parameter.get("required").and_then(Value::as_bool) == Some(true);
            let described = parameter.get("description").or_else(|| parameter.pointer("/schema/pattern"));
            write!(
                page,
                "<tr><th scope=\"row\"><code>{}</code><td>{}<td>{}<td>{}",
                escaped(text(parameter.get("name"))),
                escaped(text(parameter.get("in"))),
                if is_required { "yes" } else { "no" },
                escaped(text(described)),
            )?;
        }
        page.push_str("</tbody></table>");
    }
    if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
        write!(page, "<p>Body: {}</p>", schema_link(schema))?;
    }
    page.push_str(
        "<table><caption>Answers</caption><thead><tr><th scope=\"col\">status<th scope=\"col\">when\
                   <th scope=\"col\">body</thead><tbody>",
    );
    for (status, answer) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let schema = answer.get("content").and_then(Value::as_object).and_then(|content| content.values().next());
        write!(
            page,
            "<tr><th scope=\"row\">{}<td>{}<td>{}",
            escaped(status),
            escaped(text(answer.get("description"))),
            schema.and_then(|content| content.get("schema")).map_or_else(String::new, schema_link),
        )?;
    }
    page.push_str("</tbody></table></section>");
    Ok(())
}

fn write_problems(page: &mut String) -> std::fmt::Result {
    page.push_str(
        "<section><h2 id=\"problems\">Problems</h2><table><caption>Codes of problems</caption><thead><tr>\
         <th scope=\"col\">code<th scope=\"col\">status<th scope=\"col\">meaning<th scope=\"col\">retry</thead><tbody>",
    );
    let mut named: Vec<&str> = Vec::new();
    for code in Code::catalogue() {
        let (status, name, title) = code.facts();
        let retry = if code.is_retryable() { "may succeed later" } else { "no" };
        // A name may have two statuses: its first row is the one that links lead to.
        if named.contains(&name) {
            page.push_str("<tr>");
        } else {
            write!(page, "<tr id=\"{name}\">")?;
            named.push(name);
        }
        write!(page, "<th scope=\"row\"><code>{name}</code><td>{}<td>{}<td>{retry}", status.as_u16(), escaped(title))?;
    }
    page.push_str("</tbody></table></section>");
    Ok(())
}

/// A link to a named schema, or the schema itself.
fn schema_link(schema: &Value) -> String {
    match schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name)),
        None => format!("<code>{}</code>", escaped(&schema.to_string())),
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
