//! The accept loop: HTTP/1.1 over TCP with a deadline for every phase of a connection, a cap on connections, and a drain. warp's own
//! server has none of these. HTTP/2 is not spoken: a load balancer may speak it to clients, and floods of it stay there.

mod config;
mod connection;
mod watch;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch as signal;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use config::ServerConfig;
use connection::Connections;

/// What answers requests.
pub trait Service: Send + Sync + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// Answers one request from this address.
    fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Names the body of a response: some libraries give its type no public name.
pub trait HasBody {
    /// The body.
    type Body;
}

impl<B> HasBody for Response<B> {
    type Body = B;
}

/// Every cause that [`Observer::ended`] is told.
pub const CAUSES: [&str; 6] = ["accept_failed", "idle", "refused", "slow_handler", "slow_head", "slow_reader"];

/// Counts connections.
pub trait Observer {
    /// So many are open.
    fn open(&self, connections: usize);

    /// One has ended, for this cause, which is one of [`CAUSES`].
    fn ended(&self, cause: &'static str);
}

/// Marks an answer that goes on until one side ends it: it has a stream's deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endless;

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
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4_096)
}

/// Serves connections until `shutdown` resolves, then lets requests under way finish within the drain's deadline. `heartbeat` is the
/// longest that an endless answer is silent. Answers how many connections were cut off.
pub async fn run<S: Service>(
    listener: TcpListener,
    service: Arc<S>,
    observer: &impl Observer,
    config: &ServerConfig,
    heartbeat: Duration,
    shutdown: impl Future<Output = ()>,
) -> usize {
    let mut shutdown = pin!(shutdown);
    let connections = Arc::new(Connections::new(config, heartbeat));
    let (stop, stopping) = signal::channel(());
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pause = Duration::ZERO;
    loop {
        tokio::select! {
            biased;
            () = shutdown.as_mut() => break,
            _ = looks.tick() => {
                connections.look(observer);
            }
            accepted = accept(&listener, pause) => match accepted {
                Ok((stream, peer)) => {
                    pause = Duration::ZERO;
                    if connections.len() >= config.most_connections {
                        observer.ended("refused");
                        refuse(&stream);
                    } else {
                        connections.spawn(stream, peer, Arc::clone(&service), stopping.clone(), config);
                    }
                }
                Err(error) => pause = after(&error, pause, observer),
            }
        }
    }
    drop(listener);
    drop(stop);
    let drain = async {
        while connections.len() > 0 {
            connections.look(observer);
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
fn after(error: &io::Error, pause: Duration, observer: &impl Observer) -> Duration {
    if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
    {
        // The client's affair.
        return Duration::ZERO;
    }
    observer.ended("accept_failed");
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
