//! `--where`: an expression in CEL over `topic`, `partition`, `offset`, `timestamp`, `key`, `event`, `headers` and `value`. Only the parts of
//! the value that the expression names are read, in one walk over its bytes, and the expression is evaluated on them.

use cel::{Context, ExecutionError, Program, Value};
use events::envelope::header as names;
use streams::kafka::tap::RecordView;

use super::Verdict;
use super::expression::{self, Needs, Wanted};

/// The longest expression, bytes.
const MOST_BYTES: usize = 1_024;

/// Most macros (`exists`, `all`, `map` and the like) inside one another.
const MOST_NESTED: usize = 2;

/// Where cost is bounded: elements of lists in an expression with macros, and how much of a record macros may go through.
const MOST_ELEMENTS: usize = 100;
const MOST_WEIGHT: usize = 500;

/// An expression, compiled.
pub(crate) struct Condition {
    program: Program,
    context: Context<'static, 'static>,
    needs: Needs,
    paths: Vec<Vec<String>>,
    wanted: Wanted,
    /// How deep macros are nested.
    depth: usize,
    /// How much macros may go through, where that is bounded.
    most_weight: Option<usize>,
}

/// Why a text is no condition.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ConditionError {
    /// It is too long.
    #[error("an expression has at most {most} bytes, this one has {0}", most = MOST_BYTES)]
    Long(usize),
    /// Its macros are nested too deeply.
    #[error("at most {most} macros stand inside one another, here {0}", most = MOST_NESTED)]
    Nested(usize),
    /// Its lists are too long for macros.
    #[error("lists have at most {most} elements where macros are used, here {0}", most = MOST_ELEMENTS)]
    Costly(usize),
    /// It is no CEL.
    #[error("{0}")]
    Syntax(String),
    /// It asks for what there is not.
    #[error("there is no {0}: topic, partition, offset, timestamp, key, event, headers and value can be asked for")]
    Unknown(String),
}

impl Condition {
    /// Compiles an expression.
    ///
    /// # Errors
    /// [`ConditionError`].
    pub(crate) fn compile(text: &str) -> Result<Self, ConditionError> {
        if text.len() > MOST_BYTES {
            return Err(ConditionError::Long(text.len()));
        }
        let program = Program::compile(text).map_err(|error| ConditionError::Syntax(error.to_string()))?;
        let (needs, depth) = expression::needs(program.expression());
        if depth > MOST_NESTED {
            return Err(ConditionError::Nested(depth));
        }
        if let Some(unknown) = &needs.unknown {
            return Err(ConditionError::Unknown(unknown.clone()));
        }
        let paths: Vec<Vec<String>> = needs.paths.iter().cloned().collect();
        let wanted = Wanted::of(&paths);
        Ok(Self { program, context: Context::default(), needs, paths, wanted, depth, most_weight: None })
    }

    /// Bounds what macros may cost: they copy what they go through, once for each element of what stands around them.
    ///
    /// # Errors
    /// [`ConditionError::Costly`] when the expression itself is too much.
    pub(crate) fn bound(&mut self) -> Result<(), ConditionError> {
        self.most_weight = Some(MOST_WEIGHT);
        let is_costly = self.depth > 0 && self.needs.elements > MOST_ELEMENTS;
        if is_costly { Err(ConditionError::Costly(self.needs.elements)) } else { Ok(()) }
    }

    /// The parts of the value that it names, by their steps; the empty path is the whole value.
    #[must_use]
    pub(crate) fn paths(&self) -> &[Vec<String>] {
        &self.paths
    }

    /// Whether it asks for the key.
    #[must_use]
    pub(crate) fn asks_key(&self) -> bool {
        self.needs.names.contains("key")
    }

    /// Whether it asks for headers, or for what stands in them.
    #[must_use]
    pub(crate) fn asks_headers(&self) -> bool {
        self.needs.names.contains("headers") || self.needs.names.contains("event")
    }

    /// Judges a record. What is no text is given as text with replacement characters.
    pub(super) fn judge(&mut self, record: &RecordView<'_>, key: &[u8]) -> Verdict {
        let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes).into_owned());
        let mut weight = 0;
        for name in &self.needs.names {
            let value = match name.as_str() {
                "topic" => Value::from(record.topic.to_owned()),
                "partition" => Value::from(i64::from(record.partition)),
                "offset" => Value::from(record.offset),
                "timestamp" => Value::from(record.timestamp),
                "key" if record.key.is_none() => Value::Null,
                "key" => text(key),
                "event" => record.headers.last(names::EVENT_TYPE).map_or(Value::Null, text),
                "headers" => expression::headers(&record.headers),
                _ => match record.value.map(|value| self.wanted.read(value)) {
                    None => Value::Null,
                    Some(Ok(value)) => value,
                    Some(Err(error)) => return Verdict::NotJudged(format!("the value is no JSON: {error}")),
                },
            };
            if self.depth > 0 && self.most_weight.is_some() {
                weight += expression::weight(&value);
            }
            self.context.add_variable_from_value(name.clone(), value);
        }
        if self.most_weight.is_some_and(|most| weight > most) {
            return Verdict::NotJudged("there is too much for macros to go through".to_owned());
        }
        match self.program.execute(&self.context) {
            Ok(Value::Bool(true)) => Verdict::Match,
            Ok(Value::Bool(false)) => Verdict::NoMatch,
            Ok(_) => Verdict::NotJudged("the expression is neither true nor false".to_owned()),
            Err(error) => Verdict::NotJudged(reason(&error)),
        }
    }
}

/// Why an expression has no result. Only that: an error of the library may show what stands in the record.
fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(name) => format!("there is no field {name}"),
        ExecutionError::IndexOutOfBounds(_) => "there is no such element".to_owned(),
        _ => "the expression does not fit what stands there".to_owned(),
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
