//! The verbs for parked partitions as they are typed.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

/// Verbs for parked partitions.
#[derive(Subcommand, Debug)]
pub(crate) enum Partitions {
    /// Show which are parked, in front of which record, since when and why.
    List(List),
    /// Let one go on where it stands: its record is read again, or its state.
    Resume(Resume),
    /// Move the one record that a partition is parked in front of to the dead letters, and let it go on behind it.
    SetAside(SetAside),
}

/// How they are listed.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// One JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which one goes on.
#[derive(Args, Debug)]
pub(crate) struct Resume {
    /// The processor.
    pub(crate) application: String,
    /// The partition of its inbox.
    pub(crate) partition: i32,
    /// Why; it stands in the control topic.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) because: String,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Which record is set aside.
#[derive(Args, Debug)]
pub(crate) struct SetAside {
    /// The processor.
    pub(crate) application: String,
    /// The partition of its inbox.
    pub(crate) partition: i32,
    /// The record's offset, as the list shows it.
    pub(crate) offset: i64,
    /// Why; it stands in the control topic and in the dead letter.
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) because: String,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}
