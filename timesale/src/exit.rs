//! How the process ends: every exit code the binary gives, once. Numbers follow BSD `sysexits` where it has one.

use std::process::ExitCode;

/// How the process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// 0: done, or everything holds.
    Fine,
    /// 1: it failed, or a counterexample was found.
    Failed,
    /// 2: `topics plan` found something to change.
    WouldChange,
    /// 2: the command line was wrong; clap gives this one itself for what it can see.
    Usage,
    /// 64: the configuration is wrong; every bad value was named.
    Configuration,
    /// 65: a record that cannot be read, where that was to be an error.
    Unreadable,
    /// 69: something it needs is not there: a broker, a database, a topic of the right shape.
    Unavailable,
    /// 70: a role stopped for a reason of its own.
    Internal,
    /// 75: asked to stop, but the work in hand did not end within the drain deadline; try again.
    DrainDeadline,
    /// 130: asked twice to stop; or once, where the work in hand has an end of its own.
    Interrupted,
}

impl Exit {
    /// The number the parent process sees.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::WouldChange | Self::Usage => 2,
            Self::Configuration => 64,
            Self::Unreadable => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::DrainDeadline => 75,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
