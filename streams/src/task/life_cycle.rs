//! The states of a task, and what leads from one to the next.

/// The life cycle of a task.
///
/// ```text
///            log read to its end         partition revoked or lost
///   Restoring ------------------> Running -----------------------> Suspended
///       |                            |  ^                              |  |
///       |                            |  +------------------------------+  |
///       |                            |    assigned again, no other member |
///       |                            |    has committed since             |
///       +------------> Closed <------+------------------------------------+
///         revoked, lost,      another member has             kept for too long, or another
///         unreadable          committed; shutdown            member has committed since
/// ```
///
/// A task is `Parked` when it can neither be restored nor go on. It is `Running` again when its input is read again from the last commit.
/// A task is `Restoring` from the moment it is made. `Closed` means that it was dropped: there is no value for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// It reads its changelog; its input is paused.
    Restoring,
    /// It processes.
    Running,
    /// It cannot go on; its neighbours do.
    Parked,
    /// Its partition is not assigned. Its committed state is kept for a while in case the partition is assigned again.
    Suspended,
}
