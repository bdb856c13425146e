//! Strict query parameters: each named once, each one that the route knows. A parameter that is misspelt would otherwise be one that
//! is missing, and the answer another one than was asked for.

use std::str::FromStr;

use crate::problem::{Code, Problem};

/// The parameters of a query, as they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// The pairs of a query, decoded as forms are.
    pub(crate) fn new(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Takes a parameter out, if it is there.
    ///
    /// # Errors
    /// `INVALID_PARAMETER` when it is not a `T`.
    pub(crate) fn take<T: FromStr>(&mut self, name: &'static str, what: &'static str) -> Result<Option<T>, Problem> {
        let Some(place) = self.0.iter().position(|(given, _)| given == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(place);
        let value = value.parse().map_err(|_| invalid(format!("{name} must be {what}")))?;
        Ok(Some(value))
    }

    /// Refuses what nobody has taken: unknown names, and a second value of a known one.
    ///
    /// # Errors
    /// `INVALID_PARAMETER`.
    pub(crate) fn done(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(invalid(format!("{name:?} is not a parameter of this route, or is there twice"))),
        }
    }
}

/// What is wrong with a parameter.
pub(crate) fn invalid(detail: String) -> Problem {
    Problem::new(Code::InvalidParameter).detail(detail)
}
