//! For tests of processors: what all of them need, once.

pub(crate) mod measure;
pub(crate) mod rows;
