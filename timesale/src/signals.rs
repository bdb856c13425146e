//! Asked to stop: by SIGTERM, by SIGINT, or by the end of standard input when a supervisor holds it.

use std::io::Read;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Requests to stop, in the order they come.
pub(crate) struct StopRequests {
    terminate: Signal,
    interrupt: Signal,
    stdin_ended: Option<oneshot::Receiver<()>>,
}

impl StopRequests {
    /// Begins to listen. With `stop_with_stdin` the end of standard input is a request too.
    ///
    /// # Errors
    /// When the system refuses a signal handler.
    pub(crate) fn listen(stop_with_stdin: StopWithStdin) -> std::io::Result<Self> {
        let stdin_ended = match stop_with_stdin {
            StopWithStdin::Yes => Some(watch_stdin()?),
            StopWithStdin::No => None,
        };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            stdin_ended,
        })
    }

    /// Waits for the next request and names it.
    pub(crate) async fn next(&mut self) -> &'static str {
        let stdin_ended = async {
            match self.stdin_ended.as_mut() {
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        let name = tokio::select! {
            _ = self.terminate.recv() => return "SIGTERM",
            _ = self.interrupt.recv() => return "SIGINT",
            () = stdin_ended => "the end of standard input",
        };
        self.stdin_ended = None;
        name
    }
}

/// Whether the end of standard input is a request to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StopWithStdin {
    /// It is.
    Yes,
    /// It means nothing.
    No,
}

/// A plain thread reads standard input to its end: the runtime's own reader could not be cancelled at exit.
fn watch_stdin() -> std::io::Result<oneshot::Receiver<()>> {
    let (ended, receiver) = oneshot::channel();
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut buffer = [0; 256];
        while matches!(std::io::stdin().read(&mut buffer), Ok(count) if count > 0) {}
        if ended.send(()).is_err() {
            tracing::debug!("standard input ended after everything else");
        }
    })?;
    Ok(receiver)
}
