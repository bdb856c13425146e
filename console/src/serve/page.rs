//! The page: files that are part of the build. Nothing comes from elsewhere, and none of them holds data.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};

use super::problem::Problem;
use super::routes::{Route, TABLE};
use super::stream::Body;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A file's name in the page, its media type and its bytes.
macro_rules! file {
    ($name:literal, $media_type:expr) => {
        ($name, $media_type, include_bytes!(concat!("../page/", $name)).as_slice())
    };
}

/// Every file of the page.
const FILES: [(&str, &str, &[u8]); 15] = [
    file!("style.css", STYLE),
    file!("page.mjs", SCRIPT),
    file!("words.mjs", SCRIPT),
    file!("dom.mjs", SCRIPT),
    file!("flow.mjs", SCRIPT),
    file!("groups.mjs", SCRIPT),
    file!("detail.mjs", SCRIPT),
    file!("quote.mjs", SCRIPT),
    file!("sale.mjs", SCRIPT),
    file!("session.mjs", SCRIPT),
    file!("tap.mjs", SCRIPT),
    file!("rows.mjs", SCRIPT),
    file!("story.mjs", SCRIPT),
    file!("uplot.mjs", SCRIPT),
    file!("uplot.css", STYLE),
];

/// The page.
pub(super) fn index() -> Response<Body> {
    answer(HTML, include_bytes!("../page/index.html"))
}

/// A file of the page.
pub(super) fn asset(name: &str) -> Option<Response<Body>> {
    FILES.iter().find(|(known, ..)| *known == name).map(|(_, media_type, bytes)| answer(media_type, bytes))
}

fn answer(media_type: &'static str, bytes: &'static [u8]) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Full::new(Bytes::from_static(bytes))));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    // The next build may have others: a browser asks each time.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let tag = blake3::hash(bytes).to_hex();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", tag.get(..16).unwrap_or_default())) {
        headers.insert(ETAG, tag);
    }
    response
}

/// Every route and problem, for people.
pub(super) fn docs() -> Response<Body> {
    let begin = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Timesale console</title>\
         <link rel=\"stylesheet\" href=\"/assets/style.css\"><main class=\"docs\"><h1>Timesale console</h1><table>";
    let row = |route: &Route| format!("<tr><td><code>{} {}</code><td>{}", route.method, route.template, route.summary);
    let rows: String = TABLE.iter().map(row).collect();
    let problem = |problem: Problem| {
        let (status, code, title) = problem.facts();
        format!("<tr id=\"{code}\"><td>{status}<td><code>{code}</code><td>{title}")
    };
    let problems: String = Problem::ALL.into_iter().map(problem).collect();
    let between = "</table><h2>Problems</h2><p>What is refused is answered with a problem document (RFC 9457) that has one of these \
         codes.</p><table>";
    let end = "</table><p>The same for programs: <a href=\"/openapi.json\">openapi.json</a>. \
         The topics and their values: <a href=\"/docs/topics\">for people</a>, <a href=\"/asyncapi.yaml\">for programs</a>.</main></html>";
    let text = [begin, &rows, between, &problems, end].concat();
    let mut response = Response::new(Body::Whole(Full::new(Bytes::from(text))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::super::problem::Problem;
    use super::super::routes::TABLE;
    use super::{FILES, docs};

    #[tokio::test]
    async fn the_description_has_every_route_and_every_problem() {
        let body = docs().into_body().collect().await.unwrap().to_bytes();
        let text = std::str::from_utf8(&body).unwrap();
        for route in &TABLE {
            let row = format!("<code>{} {}</code><td>{}", route.method, route.template, route.summary);
            assert!(text.contains(&row), "{row}");
        }
        for problem in Problem::ALL {
            let (status, code, title) = problem.facts();
            let row = format!("<tr id=\"{code}\"><td>{status}<td><code>{code}</code><td>{title}");
            assert!(text.contains(&row), "{row}");
        }
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = include_str!("../page/index.html");
        for (name, _, bytes) in FILES {
            let text = std::str::from_utf8(bytes).unwrap();
            let is_ours = !name.starts_with("uplot");
            let elsewhere = text.match_indices("://").filter(|_| is_ours).count();
            // The name of SVG is one.
            assert_eq!(
                elsewhere,
                text.matches("http://www.w3.org/2000/svg").count().min(usize::from(is_ours)),
                "{name}"
            );
        }
        for reference in page.split(['"', '\'']).filter_map(|text| text.strip_prefix("/assets/")) {
            assert!(FILES.iter().any(|(name, ..)| *name == reference), "{reference}");
        }
        assert!(!page.contains("<script>") && !page.contains("style="), "nothing inline");
    }
}
