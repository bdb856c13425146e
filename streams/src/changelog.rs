//! Store changes as changelog records and back.
