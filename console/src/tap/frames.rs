//! What travels with records where more than records travel: the events of a stream, the pieces of one document, signs of life.

use streams::kafka::tap::Progress;

use super::cover::Counts;

/// How far a tap is: everything before these positions has been read, and what of it is wanted has been written.
#[derive(Clone, Copy)]
pub struct Standing<'a> {
    /// How far each span has been read, in the order of the spans.
    pub progress: &'a [Progress],
    /// What was counted of each.
    pub counts: &'a [Counts],
}

/// Writes what stands around records. It is asked by the thread that reads, in the order in which records leave.
pub trait Frames: Send {
    /// Appends what stands before everything.
    fn begin(&mut self, out: &mut Vec<u8>);

    /// Appends what stands before a record.
    fn before(&mut self, out: &mut Vec<u8>);

    /// Appends what stands behind a record, which is the last before this standing.
    fn after(&mut self, at: Standing<'_>, out: &mut Vec<u8>);

    /// Appends what is due by time, between two records. Returns whether what is gathered is to leave now. It is asked for each record that
    /// is read, and every tenth of a second while none comes.
    fn tick(&mut self, at: Standing<'_>, out: &mut Vec<u8>) -> bool;
}
