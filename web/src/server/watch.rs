//! What a connection is doing and since when, in one atomic number, so that one look every 100 ms keeps every deadline of every
//! connection without a timer for each request.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ServerConfig;

/// What a connection is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Nothing has been asked, or the last answer has been taken.
    Idle = 0,
    /// A request's head is arriving.
    Head = 1,
    /// A request is being handled, its body may still be arriving.
    Busy = 2,
    /// An answer is being taken.
    Answering = 3,
    /// An answer without an end is being taken, piece by piece.
    Streaming = 4,
}

/// A connection's phase and the millisecond it began, on the clock of [`super::connection::Connections`].
#[derive(Debug)]
pub(super) struct Watch(AtomicU64);

impl Watch {
    pub(super) fn new(now_ms: u64) -> Self {
        // Whoever opens a connection means to ask: the head's deadline holds from the beginning.
        Self(AtomicU64::new(now_ms << 3 | Phase::Head as u64))
    }

    pub(super) fn enter(&self, phase: Phase, now_ms: u64) {
        self.0.store(now_ms << 3 | phase as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> (Phase, u64) {
        let word = self.0.load(Ordering::Relaxed);
        let phase = match word & 7 {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Busy,
            3 => Phase::Answering,
            _ => Phase::Streaming,
        };
        (phase, word >> 3)
    }

    /// Why the connection should be cut, if it should.
    pub(super) fn overdue(&self, now_ms: u64, limits: &Limits) -> Option<&'static str> {
        let (phase, since) = self.read();
        let (cause, limit) = match phase {
            Phase::Idle => ("idle", limits.idle),
            Phase::Head => ("slow_head", limits.head),
            Phase::Busy => ("slow_handler", limits.busy),
            Phase::Answering => ("slow_reader", limits.write),
            Phase::Streaming => ("slow_reader", limits.piece),
        };
        (Duration::from_millis(now_ms.saturating_sub(since)) >= limit).then_some(cause)
    }
}

/// How long each phase may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    idle: Duration,
    head: Duration,
    busy: Duration,
    write: Duration,
    piece: Duration,
}

/// The longest that a handler can take by its own deadlines, and some: cutting a connection here means that one of those is broken.
const LONGEST_HANDLER: Duration = Duration::from_secs(60);

impl Limits {
    /// `heartbeat` is the longest that a stream is silent.
    pub(super) fn new(config: &ServerConfig, heartbeat: Duration) -> Self {
        let write = Duration::from_millis(config.write_timeout_ms);
        Self {
            idle: Duration::from_millis(config.idle_timeout_ms),
            head: Duration::from_millis(config.header_timeout_ms),
            busy: Duration::from_millis(config.body_timeout_ms).saturating_add(LONGEST_HANDLER),
            piece: heartbeat.saturating_mul(2).saturating_add(write),
            write,
        }
    }
}

/// A stream that keeps its connection's watch: bytes on an idle connection begin a head, an answer that has left makes it idle.
pub(super) struct Watched<S> {
    pub(super) stream: S,
    pub(super) watch: Arc<Watch>,
    pub(super) clock: Arc<AtomicU64>,
}

impl<S> Watched<S> {
    fn turn(&self, from: Phase, to: Phase) {
        if self.watch.read().0 == from {
            self.watch.enter(to, self.clock.load(Ordering::Relaxed));
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            this.turn(Phase::Idle, Phase::Head);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The library flushes the stream when everything it had to write has been taken.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            this.turn(Phase::Answering, Phase::Idle);
            // A piece that was taken: the next one has its own time.
            this.turn(Phase::Streaming, Phase::Streaming);
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
