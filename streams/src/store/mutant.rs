//! For tests: the one seeded bug that no broker connection can express, since the overlay never leaves the process: what an aborted
//! transaction wrote stays in the stores. It is switched on for the current thread, which is where a test steps its stream threads.

use std::cell::Cell;

thread_local! {
    static KEEPS_OVERLAY: Cell<bool> = const { Cell::new(false) };
}

/// Whether the bug is switched on.
pub(super) fn keeps_overlay() -> bool {
    KEEPS_OVERLAY.get()
}

/// Runs with the bug, if `keeps`.
pub(crate) fn with_overlay_kept<T>(keeps: bool, run: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            KEEPS_OVERLAY.set(false);
        }
    }
    KEEPS_OVERLAY.set(keeps);
    let _reset = Reset;
    run()
}
