//! Which route a request means: templates with parameters in braces against a path.

/// The most parameters that a template may have.
pub const MOST_PARAMETERS: usize = 2;

/// The parameters of a path, in the order of the template; empty where it has fewer.
pub type Parameters = [String; MOST_PARAMETERS];

/// What a path matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// The route at this place of the list, with the path's parameters.
    Route(usize, Parameters),
    /// Only routes of other methods.
    OtherMethod,
    /// None.
    Nothing,
}

/// Finds the first of `routes`, each a method and a template, that a request means. A path with a slash at its end is the same path.
#[must_use]
pub fn find<'a>(routes: impl IntoIterator<Item = (&'a str, &'a str)>, method: &str, path: &str) -> Found {
    let mut found = Found::Nothing;
    for (place, (of_method, template)) in routes.into_iter().enumerate() {
        if !matches(template, path) {
            continue;
        }
        if of_method == method {
            return Found::Route(place, parameters(template, path));
        }
        found = Found::OtherMethod;
    }
    found
}

/// Whether the path is one of the template's.
#[must_use]
pub fn matches(template: &str, path: &str) -> bool {
    let [mut given, mut wanted] = [path, template].map(|text| text.strip_suffix('/').unwrap_or(text).split('/'));
    loop {
        match (given.next(), wanted.next()) {
            (None, None) => return true,
            (Some(part), Some(name)) if part == name || (name.starts_with('{') && !part.is_empty()) => {}
            _ => return false,
        }
    }
}

fn parameters(template: &str, path: &str) -> Parameters {
    let mut parameters = Parameters::default();
    let named = path.split('/').zip(template.split('/')).filter(|(_, name)| name.starts_with('{'));
    for (to, (part, _)) in parameters.iter_mut().zip(named) {
        part.clone_into(to);
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::{Found, find};

    #[test]
    fn a_path_means_the_first_route_of_its_method() {
        const ROUTES: [(&str, &str); 5] = [
            ("GET", "/v1/orders"),
            ("GET", "/v1/orders/{order}"),
            ("POST", "/v1/orders/{order}/pay"),
            ("PUT", "/v1/a/{one}/b/{two}"),
            ("DELETE", "/v1/a/{one}/b/{two}"),
        ];
        let route = |place, one: &str, two: &str| Found::Route(place, [one.into(), two.into()]);
        let table = [
            ("GET", "/v1/orders", route(0, "", "")),
            ("GET", "/v1/orders/", route(0, "", "")),
            ("GET", "/v1/orders/x", route(1, "x", "")),
            ("POST", "/v1/orders/x/pay", route(2, "x", "")),
            ("DELETE", "/v1/a/1/b/2", route(4, "1", "2")),
            ("POST", "/v1/orders", Found::OtherMethod),
            ("GET", "/v1/orders//pay", Found::Nothing),
            ("GET", "/v1//orders", Found::Nothing),
            ("GET", "/v1/orders/x/pay/more", Found::Nothing),
            ("GET", "", Found::Nothing),
            ("GET", "/", Found::Nothing),
            ("GET", "//", Found::Nothing),
        ];
        for (method, path, expected) in table {
            assert_eq!(find(ROUTES, method, path), expected, "{method} {path}");
        }
        let root = [("GET", "/")];
        assert_eq!(find(root, "GET", "/"), route(0, "", ""));
        assert_eq!(find(root, "GET", "//"), Found::Nothing);
    }
}
