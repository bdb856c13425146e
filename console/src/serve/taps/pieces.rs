//! From the thread that reads to whoever is answered: a bounded channel of small pieces, so that a slow reader stops the fetch.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use prometheus::IntCounter;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

/// Bytes of a piece, and pieces that wait: a reader who takes nothing holds a quarter of a MiB.
const PIECE: usize = 16 << 10;
const WAITING: usize = 16;

/// How often a silent answer is looked after: a connection that has taken everything is not overdue.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The answer ends before it is whole: its reader must see that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the answer was cut off")]
pub(in crate::serve) struct Cut;

/// Where the thread that reads writes to.
#[derive(Clone)]
pub(super) struct Pieces {
    sender: mpsc::Sender<Bytes>,
    runtime: Handle,
    within: Duration,
    is_slow: Arc<AtomicBool>,
    is_whole: Arc<AtomicBool>,
    bytes: IntCounter,
}

/// The body of the answer. Dropping it stops the thread.
pub(in crate::serve) struct Streamed {
    pieces: mpsc::Receiver<Bytes>,
    /// Whether the answer has come to its end when no piece comes any more; otherwise it was cut off.
    is_whole: Arc<AtomicBool>,
    looks: Interval,
    _stop: StopOnDrop,
}

/// Asks a thread to stop when it is dropped.
pub(in crate::serve) struct StopOnDrop(pub(in crate::serve) Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Both ends of a channel. `within` is how long a reader may take nothing; bytes that are handed over are counted. To be called from
/// within the async runtime.
pub(super) fn channel(within: Duration, bytes: IntCounter, stop: StopOnDrop) -> (Pieces, Streamed) {
    let (sender, pieces) = mpsc::channel(WAITING);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (is_slow, is_whole) = (Arc::default(), Arc::<AtomicBool>::default());
    let runtime = Handle::current();
    let writer = Pieces { sender, runtime, within, is_slow, is_whole: Arc::clone(&is_whole), bytes };
    (writer, Streamed { pieces, is_whole, looks, _stop: stop })
}

impl Pieces {
    /// Whether the reader took nothing for too long.
    pub(super) fn is_slow(&self) -> bool {
        self.is_slow.load(Ordering::Relaxed)
    }

    /// Whether the reader went away.
    pub(super) fn is_gone(&self) -> bool {
        self.sender.is_closed()
    }

    /// Ends the answer: it is whole. One that ends otherwise is cut off.
    pub(super) fn end(self) {
        self.is_whole.store(true, Ordering::Release);
    }

    fn send(&self, piece: Bytes) -> io::Result<()> {
        let piece = match self.sender.try_send(piece) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(ErrorKind::BrokenPipe.into()),
            Err(mpsc::error::TrySendError::Full(piece)) => piece,
        };
        match self.runtime.block_on(async { timeout(self.within, self.sender.send(piece)).await }) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(ErrorKind::BrokenPipe.into()),
            Err(_) => {
                self.is_slow.store(true, Ordering::Relaxed);
                Err(ErrorKind::TimedOut.into())
            }
        }
    }
}

/// Blocks while the channel is full; not for an async worker thread.
impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        if !piece.is_empty() {
            self.send(Bytes::copy_from_slice(piece))?;
            self.bytes.inc_by(piece.len() as u64);
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Streamed {
    /// The next piece.
    pub(in crate::serve) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        match self.pieces.poll_recv(context) {
            Poll::Ready(Some(piece)) => Poll::Ready(Some(Ok(piece))),
            Poll::Ready(None) if self.is_whole.load(Ordering::Acquire) => Poll::Ready(None),
            Poll::Ready(None) => Poll::Ready(Some(Err(Cut))),
            Poll::Pending => {
                // Being woken is enough: the connection notes then that nothing waits to be taken.
                while self.looks.poll_tick(context).is_ready() {}
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(within: Duration) -> (Pieces, Streamed, Arc<AtomicBool>) {
        let stop = Arc::new(AtomicBool::new(false));
        let counter = IntCounter::new("a", "b").unwrap();
        let (pieces, body) = channel(within, counter, StopOnDrop(Arc::clone(&stop)));
        (pieces, body, stop)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reader_who_takes_nothing_is_let_go() {
        let (mut pieces, body, stop) = both(Duration::from_millis(50));
        let written = tokio::task::spawn_blocking(move || {
            let bytes = vec![0; 4 << 20];
            let failed = pieces.write_all(&bytes).unwrap_err();
            (failed.kind(), pieces.is_slow(), pieces.bytes.get())
        });
        let (kind, is_slow, taken) = written.await.unwrap();
        assert_eq!((kind, is_slow, taken), (ErrorKind::TimedOut, true, (PIECE * WAITING) as u64));
        assert!(!stop.load(Ordering::Relaxed));
        drop(body);
        assert!(stop.load(Ordering::Relaxed), "a body that is dropped stops the thread");
    }

    async fn ends(is_whole: bool) -> Option<Result<Bytes, Cut>> {
        let (mut pieces, mut body, _) = both(Duration::from_secs(60));
        let writing = tokio::task::spawn_blocking(move || {
            let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
            pieces.write_all(&bytes).unwrap();
            if is_whole {
                pieces.end();
            }
            bytes
        });
        let mut read = Vec::new();
        let end = loop {
            match std::future::poll_fn(|context| body.poll_piece(context)).await {
                Some(Ok(piece)) => read.extend_from_slice(&piece),
                end => break end,
            }
        };
        assert!(read == writing.await.unwrap());
        end
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_written_comes_in_order_and_a_cut_is_seen() {
        assert_eq!(ends(true).await, None);
        assert_eq!(ends(false).await, Some(Err(Cut)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reader_who_is_gone_ends_the_writing() {
        let (mut pieces, body, _) = both(Duration::from_secs(60));
        drop(body);
        assert_eq!(pieces.write_all(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert!(!pieces.is_slow());
    }
}
