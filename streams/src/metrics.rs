//! What the runtime counts.
