//! What the stand-ins for outside services have in common: they listen for a request to stop, serve, and end on it.

use streams::service::{Shutdown, shutdown};

use crate::exit::Exit;
use crate::signals::{StopRequests, StopWithStdin};

/// Begins to listen for a request to stop.
///
/// # Errors
/// The exit when the system does not let us.
pub(crate) fn listen(stop_with_stdin: StopWithStdin) -> Result<StopRequests, Exit> {
    StopRequests::listen(stop_with_stdin).map_err(|error| {
        tracing::error!(%error, "signals cannot be listened to");
        Exit::Internal
    })
}

/// Serves until a request to stop.
pub(crate) async fn until_stopped<S>(mut stop: StopRequests, serve: impl FnOnce(Shutdown) -> S) -> Exit
where
    S: Future<Output = ()> + Send + 'static,
{
    let (handle, shutdown) = shutdown();
    let serving = tokio::spawn(serve(shutdown));
    let signal = stop.next().await;
    tracing::info!(signal, "stopping");
    handle.request();
    match serving.await {
        Ok(()) => Exit::Fine,
        Err(_) => Exit::Internal,
    }
}
