//! Open connections: each a task with a watch, cut off when a phase takes too long.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch as signal;
use tokio::task::AbortHandle;

use super::watch::{Limits, Phase, Watch, Watched};
use super::{Endless, Observer, ServerConfig, Service};

/// Every open connection.
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Open>>,
    next: AtomicU64,
    limits: Limits,
    began: Instant,
    /// Milliseconds since the beginning, as of the last look: exact enough for deadlines of seconds, and free to read.
    clock: Arc<AtomicU64>,
}

struct Open {
    watch: Arc<Watch>,
    task: AbortHandle,
}

impl Connections {
    pub(super) fn new(config: &ServerConfig, heartbeat: Duration) -> Self {
        Self {
            open: Mutex::default(),
            next: AtomicU64::new(0),
            limits: Limits::new(config, heartbeat),
            began: Instant::now(),
            clock: Arc::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.open().len()
    }

    /// Serves a connection in a task of its own.
    pub(super) fn spawn<S: Service>(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        service: Arc<S>,
        stopping: signal::Receiver<()>,
        config: &ServerConfig,
    ) {
        // Answers are small and complete: nothing is gained by waiting for more.
        drop(stream.set_nodelay(true));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let watch = Arc::new(Watch::new(self.clock.load(Ordering::Relaxed)));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // The watch keeps this deadline, together with the others.
            .header_read_timeout(None)
            .keep_alive(true)
            // Whoever has said all still gets an answer, and nobody looks for more while one is on its way.
            .half_close(true)
            // Small answers leave in one piece: copying a few hundred bytes costs less than handing the kernel two places.
            .writev(false)
            .max_buf_size(config.most_header_bytes)
            .max_headers(config.most_headers);
        let io = Watched { stream, watch: Arc::clone(&watch), clock: Arc::clone(&self.clock) };
        let connections = Arc::clone(self);
        // Entered before the task can end, or it would stay for ever.
        let mut open = self.open();
        let task = tokio::spawn({
            let watch = Arc::clone(&watch);
            async move {
                let leaving = Leaving { connections: &connections, number };
                serve(http, io, watch, peer.ip(), service, stopping).await;
                drop(leaving);
            }
        });
        open.insert(number, Open { watch, task: task.abort_handle() });
    }

    /// Moves the clock on and cuts connections that are overdue.
    pub(super) fn look(&self, observer: &impl Observer) {
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.clock.store(now_ms, Ordering::Relaxed);
        let open = self.open();
        observer.open(open.len());
        for connection in open.values() {
            if let Some(cause) = connection.watch.overdue(now_ms, &self.limits) {
                observer.ended(cause);
                connection.task.abort();
            }
        }
    }

    /// Cuts every connection.
    pub(super) fn cut_all(&self) {
        for connection in self.open().values() {
            connection.task.abort();
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a connection off the list when its task ends, however it ends.
struct Leaving<'a> {
    connections: &'a Connections,
    number: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

async fn serve<S: Service>(
    http: http1::Builder,
    io: Watched<TcpStream>,
    watch: Arc<Watch>,
    peer: IpAddr,
    service: Arc<S>,
    mut stopping: signal::Receiver<()>,
) {
    let clock = Arc::clone(&io.clock);
    let service = service_fn(move |request: Request<Incoming>| {
        watch.enter(Phase::Busy, clock.load(Ordering::Relaxed));
        let (service, watch, clock) = (Arc::clone(&service), Arc::clone(&watch), Arc::clone(&clock));
        async move {
            let response = service.answer(request, peer).await;
            let is_endless = response.extensions().get::<Endless>().is_some();
            let phase = if is_endless { Phase::Streaming } else { Phase::Answering };
            watch.enter(phase, clock.load(Ordering::Relaxed));
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // An error means that the sender is gone, which is the signal.
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection has ended early");
    }
}
