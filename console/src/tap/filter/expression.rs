//! What an expression asks for: names, and paths into the value; and how those are read out of the value's bytes.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use cel::Value;
use cel::common::ast::{Expr, IdedExpr, LiteralValue};
use cel::objects::Key;
use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use streams::kafka::tap::HeadersView;

/// What can be asked for.
const NAMES: [&str; 8] = ["topic", "partition", "offset", "timestamp", "key", "event", "headers", "value"];

/// What an expression asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Needs {
    /// The names.
    pub(super) names: BTreeSet<String>,
    /// Paths into the value; the empty one is all of it.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// A name that there is not.
    pub(super) unknown: Option<String>,
    /// Elements of the lists and maps that stand in it.
    pub(super) elements: usize,
}

/// What an expression asks for, and how many macros stand inside one another.
pub(super) fn needs(expression: &IdedExpr) -> (Needs, usize) {
    let mut needs = Needs::default();
    let depth = needs.take(expression, &mut Vec::new());
    (needs, depth)
}

impl Needs {
    /// Looks through an expression; `bound` are the names that its macros bind. Returns how deep macros are nested in it.
    fn take(&mut self, expression: &IdedExpr, bound: &mut Vec<String>) -> usize {
        if let Some(path) = path(&expression.expr, bound) {
            self.names.insert("value".to_owned());
            self.paths.insert(path);
            return 0;
        }
        match &expression.expr {
            Expr::Ident(name) => {
                self.name(name, bound);
                0
            }
            Expr::Select(select) => self.take(&select.operand, bound),
            Expr::Call(call) => {
                let target = call.target.as_ref().map_or(0, |target| self.take(target, bound));
                call.args.iter().map(|argument| self.take(argument, bound)).fold(target, usize::max)
            }
            Expr::List(list) => {
                self.elements += list.elements.len();
                list.elements.iter().map(|element| self.take(element, bound)).max().unwrap_or(0)
            }
            Expr::Map(map) => {
                let entry = |entry: &cel::common::ast::IdedEntryExpr| match &entry.expr {
                    cel::common::ast::EntryExpr::MapEntry(entry) => {
                        self.take(&entry.key, bound).max(self.take(&entry.value, bound))
                    }
                    cel::common::ast::EntryExpr::StructField(field) => self.take(&field.value, bound),
                };
                let depth = map.entries.iter().map(entry).max().unwrap_or(0);
                self.elements += map.entries.len();
                depth
            }
            Expr::Struct(of_struct) => {
                self.unknown.get_or_insert_with(|| of_struct.type_name.clone());
                0
            }
            Expr::Comprehension(comprehension) => {
                let outside =
                    self.take(&comprehension.iter_range, bound).max(self.take(&comprehension.accu_init, bound));
                let before = bound.len();
                bound.push(comprehension.iter_var.clone());
                bound.extend(comprehension.iter_var2.clone());
                bound.push(comprehension.accu_var.clone());
                let inside = [&comprehension.loop_cond, &comprehension.loop_step, &comprehension.result];
                let inside = inside.into_iter().map(|part| self.take(part, bound)).max().unwrap_or(0);
                bound.truncate(before);
                outside.max(inside + 1)
            }
            Expr::Literal(_) | Expr::Unspecified => 0,
        }
    }

    fn name(&mut self, name: &str, bound: &[String]) {
        if bound.iter().any(|bound| bound == name) {
        } else if NAMES.contains(&name) {
            self.names.insert(name.to_owned());
        } else {
            self.unknown.get_or_insert_with(|| name.to_owned());
        }
    }
}

/// The path into the value that an expression is, if it is one: `value.a.b`, `value["a"]`.
fn path(expression: &Expr, bound: &[String]) -> Option<Vec<String>> {
    match expression {
        Expr::Ident(name) => (name == "value" && !bound.iter().any(|bound| bound == name)).then(Vec::new),
        Expr::Select(select) => {
            let mut steps = path(&select.operand.expr, bound)?;
            steps.push(select.field.clone());
            Some(steps)
        }
        Expr::Call(call) if call.func_name == "_[_]" && call.target.is_none() => {
            let [operand, index] = call.args.as_slice() else { return None };
            let Expr::Literal(LiteralValue::String(step)) = &index.expr else { return None };
            let mut steps = path(&operand.expr, bound)?;
            steps.push(step.to_string());
            Some(steps)
        }
        _ => None,
    }
}

/// How much a macro has to go through, and may copy each time: elements, and texts by their length.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::List(list) => list.iter().map(|element| 1 + weight(element)).sum(),
        Value::Map(map) => map.map.values().map(|element| 1 + weight(element)).sum(),
        Value::String(text) => text.len() / 64,
        Value::Bytes(bytes) => bytes.len() / 64,
        _ => 0,
    }
}

/// Headers as a map; of a name that repeats the last.
pub(super) fn headers(headers: &HeadersView<'_>) -> Value {
    let of = |(name, value): (&str, Option<&[u8]>)| {
        let value = value.map_or(Value::Null, |value| Value::from(String::from_utf8_lossy(value).into_owned()));
        (Key::from(name), value)
    };
    Value::from(headers.iter().map(of).collect::<HashMap<Key, Value>>())
}

/// Paths as a tree: what is read of a value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Wanted {
    /// All that is here.
    is_all: bool,
    fields: Vec<(String, Wanted)>,
}

impl Wanted {
    pub(super) fn of(paths: &[Vec<String>]) -> Self {
        let mut tree = Self::default();
        for path in paths {
            let mut here = &mut tree;
            for step in path {
                let place = here.fields.iter().position(|(name, _)| name == step).unwrap_or_else(|| {
                    here.fields.push((step.clone(), Self::default()));
                    here.fields.len() - 1
                });
                let Some((_, below)) = here.fields.get_mut(place) else { break };
                here = below;
            }
            here.is_all = true;
        }
        tree
    }

    /// Reads what is wanted of a JSON text, in one walk.
    pub(super) fn read(&self, text: &[u8]) -> Result<Value, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = Part(self).deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}

/// A part of a value of which only some fields are wanted.
struct Part<'t>(&'t Wanted);

/// All of a part.
static ALL: Wanted = Wanted { is_all: true, fields: Vec::new() };

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::UInt(value), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        if !self.0.is_all {
            // A list where fields are meant: that it is one is all there is to know.
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::from(Vec::<Value>::new()));
        }
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(Part(&ALL))? {
            elements.push(element);
        }
        Ok(Value::from(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields: HashMap<Key, Value> = HashMap::new();
        while let Some(Name(name)) = map.next_key()? {
            let wanted = self.0.fields.iter().find(|(step, _)| *step == *name).map(|(_, below)| below);
            let wanted = if self.0.is_all { Some(&ALL) } else { wanted };
            match wanted {
                Some(below) => {
                    let value = map.next_value_seed(Part(below))?;
                    fields.insert(Key::from(&*name), value);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::from(fields))
    }
}

/// A field's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);
