//! The loop of one stream thread.
