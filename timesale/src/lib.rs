//! timesale
