//! On the way to which field a byte of a JSON value stands. The value may be broken from there on. Pure.

/// Deepest nesting that is followed.
const DEEPEST: usize = 128;

/// An object or an array that is open.
enum Open {
    /// An object, with the name of the field at hand once it has been read.
    Object(Option<String>),
    /// An array, with the place of the element at hand.
    Array(usize),
}

/// The names and places on the way to what stands at this byte. A bracket that ends something belongs to what it ends.
pub(super) fn path(value: &[u8], byte: usize) -> Vec<String> {
    let mut open: Vec<Open> = Vec::new();
    let mut place = 0;
    while place < byte.min(value.len()) {
        match value.get(place).copied().unwrap_or_default() {
            b'{' => open.push(Open::Object(None)),
            b'[' => open.push(Open::Array(0)),
            b'}' | b']' => drop(open.pop()),
            b',' => match open.last_mut() {
                Some(Open::Object(name)) => *name = None,
                Some(Open::Array(number)) => *number += 1,
                None => {}
            },
            b'"' => {
                let Some(end) = end_of_string(value, place) else { break };
                if let Some(Open::Object(name @ None)) = open.last_mut()
                    && end < byte
                {
                    *name = Some(text(value.get(place..=end).unwrap_or_default()));
                }
                place = end;
            }
            _ => {}
        }
        if open.len() > DEEPEST {
            break;
        }
        place += 1;
    }
    if matches!(value.get(byte), Some(b'}' | b']')) {
        // What is wrong with a whole object shows at its end.
        if let Some(Open::Object(name)) = open.last_mut() {
            *name = None;
        } else {
            open.pop();
        }
    }
    let name = |open: Open| match open {
        Open::Object(name) => name,
        Open::Array(number) => Some(number.to_string()),
    };
    open.into_iter().map_while(name).collect()
}

/// The place of the quotation mark that ends a string.
fn end_of_string(value: &[u8], begin: usize) -> Option<usize> {
    let mut place = begin + 1;
    loop {
        match value.get(place)? {
            b'"' => return Some(place),
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
}

/// What a string in quotation marks says, as far as it says anything.
fn text(quoted: &[u8]) -> String {
    serde_json::from_slice(quoted).unwrap_or_else(|_| String::from_utf8_lossy(quoted).into_owned())
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_byte_is_on_the_way_to_a_field() {
        let value = br#"{"claim":{"request":"r\"}","lines":[{"sku":1},{"sku":"x"}]},"more":2}"#;
        let at = |part: &str| value.windows(part.len()).position(|bytes| bytes == part.as_bytes()).unwrap();
        let table = [
            (0, ""),
            (at("\"r\\"), "claim/request"),
            (at("}\",") + 1, "claim/request"),
            (at("1}"), "claim/lines/0/sku"),
            (at("1}") + 1, "claim/lines/0"),
            (at("\"x\""), "claim/lines/1/sku"),
            (at("]}"), "claim/lines"),
            (at("]}") + 1, "claim"),
            (at("\"more\"") + 2, ""),
            (at("2}"), "more"),
            (value.len(), ""),
        ];
        for (byte, expected) in table {
            assert_eq!(path(value, byte).join("/"), expected, "byte {byte}");
        }
    }

    #[test]
    fn what_is_broken_is_followed_as_far_as_it_goes() {
        assert_eq!(path(br#"{"a":{"b":"#, 10), ["a", "b"]);
        assert_eq!(path(br#"{"a":{"b"#, 8), ["a"]);
        assert_eq!(path(b"\xff\xfe\x00garbage", 0), Vec::<String>::new());
        assert_eq!(path(b"", 0), Vec::<String>::new());
        assert_eq!(path(&[b'['; 100_000], 100_000).len(), 129);
        assert_eq!(path(b"}}}]]]\"", 7), Vec::<String>::new());
        assert_eq!(path(b"{\"a\\", 4), Vec::<String>::new());
    }
}
