//! When a processor crashes. A crash forgets everything but what is in the changelog, and must change nothing: whatever a test plays,
//! it plays the same with crashes.

use std::collections::BTreeSet;
use std::fmt::Debug;

use streams::driver::TestDriver;

/// Where the processor crashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Crash {
    Never,
    AfterEach,
    After(BTreeSet<usize>),
}

impl Crash {
    /// One crash, after this step.
    pub(crate) fn after(step: usize) -> Self {
        Self::After(BTreeSet::from([step]))
    }

    /// Crashes after a step, if it is to.
    pub(crate) fn strike(&self, step: usize, driver: &mut TestDriver) {
        let strikes = match self {
            Self::Never => false,
            Self::AfterEach => true,
            Self::After(steps) => steps.contains(&step),
        };
        if strikes {
            driver.crash_and_restore().unwrap();
        }
    }
}

/// Plays without crashes and then with each of these: the history is the same.
pub(crate) fn same_history<T: Debug + PartialEq>(
    crashes: impl IntoIterator<Item = Crash>,
    mut play: impl FnMut(&Crash) -> T,
) -> T {
    let expected = play(&Crash::Never);
    for crash in crashes {
        assert_eq!(play(&crash), expected, "{crash:?}");
    }
    expected
}

/// Plays so many steps without a crash, with a crash after each step alone, and with crashes after all of them.
pub(crate) fn matrix<T: Debug + PartialEq>(steps: usize, play: impl FnMut(&Crash) -> T) -> T {
    same_history((0..steps).map(Crash::after).chain([Crash::AfterEach]), play)
}
