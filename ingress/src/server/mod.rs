//! The accept loop: HTTP/1.1 over TCP with a deadline for every phase of a connection, a cap on connections, and a drain. warp's own
//! server has none of these. HTTP/2 is not spoken: a load balancer speaks it to the fixture, and its floods stay there.

mod connection;
mod watch;

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use streams::service::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch as signal;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::config::ServerConfig;
use crate::metrics::Metrics;
use crate::service::Service;
use connection::Connections;

/// Marks an answer that goes on until one side ends it: it has a stream's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Endless;

/// How often deadlines are looked at: they are kept to this exactness.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Longest pause after a failed accept.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The body for a connection beyond the cap: it was never a request, so it has no id.
const FULL: &str = "{\"type\":\"/docs#OVERLOADED\",\"title\":\"Too many connections\",\"status\":503,\"code\":\"OVERLOADED\",\
\"request_id\":\"\",\"retryable\":true,\"admitted\":false}";

/// Binds the address.
///
/// # Errors
/// As the system has it.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4_096)
}

/// Serves connections until asked to stop, then lets requests under way finish within the drain's deadline. Answers how many
/// connections were cut off.
pub(crate) async fn run(
    listener: TcpListener,
    service: Arc<Service>,
    metrics: &Metrics,
    config: &ServerConfig,
    heartbeat: Duration,
    mut shutdown: Shutdown,
) -> usize {
    let connections = Arc::new(Connections::new(config, heartbeat));
    let (stop, stopping) = signal::channel(());
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pause = Duration::ZERO;
    loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => break,
            _ = looks.tick() => {
                connections.look(metrics);
            }
            accepted = accept(&listener, pause) => match accepted {
                Ok((stream, peer)) => {
                    pause = Duration::ZERO;
                    if connections.len() >= config.most_connections {
                        metrics.connection_ended("refused");
                        refuse(&stream);
                    } else {
                        connections.spawn(stream, peer, Arc::clone(&service), stopping.clone(), config);
                    }
                }
                Err(error) => pause = after(&error, pause, metrics),
            }
        }
    }
    drop(listener);
    drop(stop);
    let drain = async {
        while connections.len() > 0 {
            connections.look(metrics);
            sleep(Duration::from_millis(10)).await;
        }
    };
    drop(timeout(Duration::from_millis(config.drain_timeout_ms), drain).await);
    let left = connections.len();
    connections.cut_all();
    left
}

async fn accept(listener: &TcpListener, pause: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    if !pause.is_zero() {
        sleep(pause).await;
    }
    listener.accept().await
}

/// How long to wait after a failed accept. Without a pause a full table of file descriptors would turn this loop into a busy one;
/// connections end meanwhile, and accepting goes on.
fn after(error: &io::Error, pause: Duration, metrics: &Metrics) -> Duration {
    if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
    {
        // The client's affair.
        return Duration::ZERO;
    }
    metrics.connection_ended("accept_failed");
    if pause.is_zero() {
        tracing::warn!(%error, "cannot accept connections");
    }
    (pause * 2).clamp(Duration::from_millis(10), LONGEST_PAUSE)
}

/// Says why, if the socket takes it at once, and closes.
fn refuse(stream: &TcpStream) {
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 2\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{FULL}",
        FULL.len()
    );
    drop(stream.try_write(answer.as_bytes()));
}
