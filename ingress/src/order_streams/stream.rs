//! The stream of one order: first what Postgres has, then what the feed hands on. A fact's number follows the one before without a
//! gap, so a gap is seen; what is missing is then read from Postgres. Whoever begins to watch just as a fact passes by might see no
//! gap, so Postgres is asked again in any case, soon at first, later with every heartbeat.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::ids::{OrderId, ShopperId};
use events::orders::OrderEvent;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{StreamedEvent, Subscription, Watch};
use crate::config::OrderStreamsConfig;
use crate::problem::Problem;
use crate::state::State;

/// Most facts read from Postgres at once.
const MOST_READ: u16 = 200;

/// Pause before Postgres is asked again; doubled each time that it has nothing new, up to the heartbeat.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What a reader that is cut off should wait before it comes again.
const GREETING: &str = "retry: 2000\n\n";

/// Says nothing, and that the stream is alive.
const HEARTBEAT: &str = ":\n\n";

/// Who is published, and of which order.
pub(crate) struct Viewer {
    /// The order.
    pub(crate) order: OrderId,
    /// The shopper who watches; nobody: an operator does.
    pub(crate) shopper: Option<ShopperId>,
    /// The last fact that they have been published.
    pub(crate) last: u64,
    /// The latest fact that is known to be there.
    pub(crate) known: u64,
    /// Whether after that fact nothing follows by itself.
    pub(crate) is_at_end: bool,
}

/// An order's facts, one after the other.
pub(crate) struct OrderStream {
    state: Arc<State>,
    viewer: Viewer,
    watch: Watch,
    _subscription: Subscription,
    closing: watch::Receiver<bool>,
    /// What is to be sent next.
    ready: String,
    /// Whether the last fact that was published is one after which nothing follows by itself.
    is_last: bool,
    is_over: bool,
    heartbeat: Duration,
    beat_at: Instant,
    look_at: Instant,
    end_at: Instant,
    pause: Duration,
}

enum Next {
    Closing,
    Event(Result<Arc<OrderEvent>, RecvError>),
    Look,
    Beat,
    TimeIsUp,
}

impl OrderStream {
    /// Begins with what Postgres has after the viewer's last fact.
    ///
    /// # Errors
    /// `UNAVAILABLE` when Postgres does not answer.
    pub(crate) async fn begin(state: Arc<State>, viewer: Viewer, subscription: Subscription) -> Result<Self, Problem> {
        // Watched first, read then: what happens in between comes twice, and is published once.
        let watch = state.order_streams.watch(&viewer.order);
        let OrderStreamsConfig { heartbeat_ms, longest_ms, .. } = state.config.order_streams;
        let heartbeat = Duration::from_millis(heartbeat_ms);
        let now = Instant::now();
        let mut order_stream = Self {
            closing: state.order_streams.closing(),
            is_last: viewer.is_at_end && viewer.last >= viewer.known,
            state,
            viewer,
            watch,
            _subscription: subscription,
            ready: String::new(),
            is_over: false,
            heartbeat,
            beat_at: now + heartbeat,
            look_at: now,
            end_at: now + Duration::from_millis(longest_ms),
            pause: LOOK_AGAIN,
        };
        order_stream.look().await?;
        if !order_stream.has_nothing_to_tell() {
            order_stream.ready.insert_str(0, GREETING);
        }
        Ok(order_stream)
    }

    /// Whether the viewer has been published everything before, and nothing follows by itself.
    pub(crate) fn has_nothing_to_tell(&self) -> bool {
        self.ready.is_empty() && self.has_ended()
    }

    fn has_ended(&self) -> bool {
        self.is_last && self.viewer.last >= self.viewer.known
    }

    /// The next piece of the stream; nothing at its end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.ready.is_empty() {
                self.beat_at = Instant::now() + self.heartbeat;
                return Some(Bytes::from(std::mem::take(&mut self.ready)));
            }
            if self.is_over || self.has_ended() {
                return None;
            }
            match self.wait().await {
                Next::Closing => {
                    self.is_over = true;
                    self.ready.push_str(": ingress is closing\n\n");
                }
                Next::Event(Ok(event)) => self.take(&event),
                // Too slow: what was missed is in Postgres.
                Next::Event(Err(RecvError::Lagged(_))) => self.look_soon(),
                // Nobody is left to tell anything: Postgres is.
                Next::Event(Err(RecvError::Closed)) => self.is_over = true,
                Next::Look => {
                    if self.look().await.is_err() {
                        tracing::debug!(order = %self.viewer.order, "an order's order_stream cannot be read: again later");
                        self.pause_longer();
                    }
                }
                Next::Beat => self.ready.push_str(HEARTBEAT),
                Next::TimeIsUp => {
                    self.is_over = true;
                    self.ready.push_str(": come again\n\n");
                }
            }
        }
    }

    async fn wait(&mut self) -> Next {
        tokio::select! {
            biased;
            _ = self.closing.wait_for(|is_closing| *is_closing) => Next::Closing,
            event = self.watch.events.recv() => Next::Event(event),
            () = sleep_until(self.look_at) => Next::Look,
            () = sleep_until(self.end_at) => Next::TimeIsUp,
            () = sleep_until(self.beat_at) => Next::Beat,
        }
    }

    /// Takes what the feed has handed on.
    fn take(&mut self, event: &OrderEvent) {
        let Some(published) = StreamedEvent::of(event) else { return };
        self.viewer.known = self.viewer.known.max(published.version);
        if published.version == self.viewer.last + 1 {
            self.publish(published);
        } else if published.version > self.viewer.last {
            self.look_soon();
        }
    }

    /// Reads what Postgres has.
    async fn look(&mut self) -> Result<(), Problem> {
        let reads = &self.state.reads;
        let rows = reads.order_stream(&self.viewer.order, self.viewer.last, MOST_READ, &self.state.metrics).await?;
        let is_full = rows.len() >= usize::from(MOST_READ);
        // Postgres is written in order: what it lacks before what it has could not become a row, and never will.
        for row in rows {
            self.publish(row.into());
        }
        self.viewer.known = self.viewer.known.max(self.viewer.last);
        if is_full {
            self.look_at = Instant::now();
        } else {
            self.pause_longer();
        }
        Ok(())
    }

    fn publish(&mut self, published: StreamedEvent) {
        self.viewer.last = published.version;
        self.is_last = published.is_last();
        published.write(self.viewer.shopper.as_ref(), &mut self.ready);
    }

    /// Something is missing: Postgres will have it any moment.
    fn look_soon(&mut self) {
        let soon = Instant::now() + LOOK_AGAIN / 2;
        if soon < self.look_at {
            self.look_at = soon;
            self.pause = LOOK_AGAIN;
        }
    }

    fn pause_longer(&mut self) {
        self.look_at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(self.heartbeat);
    }
}
