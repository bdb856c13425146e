//! Pointers into texts as they come, also such as nobody would write.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use super::*;

fn met(pointers: &[&str], text: &str) -> Option<String> {
    let tree = Pointers::new(pointers.iter().copied()).unwrap();
    let mut told = Vec::new();
    let mut tell = |met: Met<'_>| match met {
        Met::Field(place, raw) => told.push(format!("{}={raw}", pointers.get(place).unwrap())),
        Met::Blocked(raw) => told.push(format!("!{raw}")),
    };
    tree.walk(text, &mut tell).ok()?;
    Some(told.join(" "))
}

#[test]
fn fields_are_found_as_they_are_written() {
    let table: [(&[&str], &str, Option<&str>); 18] = [
        (&["/a"], r#"{"a":1}"#, Some("/a=1")),
        (&["/a"], r#" { "b" : [1, {"a":2}] , "a" : "x y" } "#, Some(r#"/a="x y""#)),
        (&["/a"], r#"{"\u0061":1}"#, Some("/a=1")),
        (&["/a"], r#"{"a":1,"a":2}"#, Some("/a=1 /a=2")),
        (&["/a/b"], r#"{"a":{"b":{"c":1}}}"#, Some(r#"/a/b={"c":1}"#)),
        (&["/a", "/a/b"], r#"{"a":{"b":1}}"#, Some(r#"/a/b=1 /a={"b":1}"#)),
        (&["/a/b"], r#"{"a":"b"}"#, Some(r#"!"b""#)),
        (&["/a/b"], r#"{"a":null}"#, Some("!null")),
        (&["/a/b"], r#"{"a":[{"b":1}]}"#, Some(r#"![{"b":1}]"#)),
        (&["/a/0/b"], r#"{"a":[{"b":1},{"b":2}]}"#, Some("/a/0/b=1")),
        (&["/a~1b"], r#"{"a/b":1}"#, Some("/a~1b=1")),
        (&["/"], r#" {"a":1} "#, Some(r#"/={"a":1}"#)),
        (&["/a"], "17", Some("!17")),
        (&["/a"], r#"{"b":1}"#, Some("")),
        (&["/a"], r#"{"a":1} x"#, None),
        (&["/a"], r#"{"a":1"#, None),
        (&["/"], "{", None),
        (&["/a"], "", None),
    ];
    for (pointers, text, expected) in table {
        assert_eq!(met(pointers, text).as_deref(), expected, "{pointers:?} in {text}");
    }
}

#[test]
fn a_part_knows_its_place() {
    let text = r#"{"a": "b"}"#;
    let tree = Pointers::new(["/a"]).unwrap();
    let mut found = Vec::new();
    tree.walk(text, &mut |met| {
        if let Met::Field(_, raw) = met {
            found.push(place_in(text, raw));
        }
    })
    .unwrap();
    assert_eq!((found.len(), found.first()), (1, Some(&(6..9))));
}

#[test]
fn a_path_touches_what_is_above_and_below_it() {
    let tree = Pointers::new(["/a/b", "/c"]).unwrap();
    let touches = |pointer: &str| tree.touches(&steps(pointer).unwrap());
    for pointer in ["", "/a", "/a/b", "/a/b/c", "/c", "/c/d"] {
        assert!(touches(pointer), "{pointer}");
    }
    for pointer in ["/b", "/a/c", "/d/a/b"] {
        assert!(!touches(pointer), "{pointer}");
    }
    assert!(!Pointers::default().touches(&[]));
}

#[test]
fn what_is_deeply_nested_is_not_followed_on_the_stack() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(met(&["/a"], &deep), Some(format!("!{deep}")));
    assert!(met(&["/0/0/a"], &deep).is_some());
}

#[test]
fn a_pointer_begins_with_a_slash() {
    assert!(Pointers::new(["a"]).is_err());
}
