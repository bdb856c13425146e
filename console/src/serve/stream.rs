//! Streams: server-sent events (WHATWG HTML, 9.2), the same ones for everybody. Each event is written once, whoever reads too slowly gets the
//! newest next and misses those between, and a stream costs no more than its place.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use events::time::Timestamp;
use futures_util::Stream;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame};
use prometheus::IntGauge;
use serde::Serialize;
use streams::clock::now_ms;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{IntervalStream, WatchStream};

use super::taps::{Cut, Streamed};
use crate::facts::Facts;
use crate::lag::Latest;

/// A stream that has nothing to say says that, so that both sides know that it lives.
const HEARTBEAT: Duration = Duration::from_secs(8);
/// A browser that has lost a stream asks again after this time.
const RETRY: &str = "retry: 2000\n\n";

/// Bytes of an event that a connection is handed at once. A reader who takes nothing holds one piece and shares the rest with all others.
const PIECE: usize = 16 * 1024;

/// An event in pieces that share its memory.
fn pieces(event: Bytes) -> impl Stream<Item = Bytes> + Send {
    let starts = (0..event.len()).step_by(PIECE);
    futures_util::stream::iter(starts.map(move |from| event.slice(from..event.len().min(from + PIECE))))
}

/// What is streamed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    /// How far groups are behind.
    Lag,
    /// The numbers of the facts.
    Sale,
}

/// The newest event of each channel, and the places of those who read them.
pub(super) struct Streams {
    lag: watch::Sender<Bytes>,
    sale: watch::Sender<Bytes>,
    closing: watch::Sender<bool>,
    most: usize,
    most_per_caller: usize,
    readers: Mutex<BTreeMap<String, usize>>,
    /// How many read.
    open: IntGauge,
}

impl Streams {
    pub(super) fn new(most: usize, most_per_caller: usize) -> Result<Self, prometheus::Error> {
        let channel = || watch::Sender::new(Bytes::new());
        let (closing, readers) = (watch::Sender::new(false), Mutex::default());
        let open = IntGauge::new("timesale_console_streams", "Streams that the console serves.")?;
        Ok(Self { lag: channel(), sale: channel(), closing, most, most_per_caller, readers, open })
    }

    /// How many read, as a metric.
    pub(super) const fn gauge(&self) -> &IntGauge {
        &self.open
    }

    /// Hands an event to everybody who reads the channel.
    pub(super) fn send(&self, channel: Channel, event: &impl Serialize, id: i64) {
        let name = match channel {
            Channel::Lag => "lag",
            Channel::Sale => "sale",
        };
        // JSON has no line breaks of its own.
        let data = serde_json::to_string(event).unwrap_or_default();
        self.sender(channel).send_replace(Bytes::from(format!("id: {id}\nevent: {name}\ndata: {data}\n\n")));
    }

    fn sender(&self, channel: Channel) -> &watch::Sender<Bytes> {
        match channel {
            Channel::Lag => &self.lag,
            Channel::Sale => &self.sale,
        }
    }

    /// Ends every stream.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// A stream for this caller; none when there are as many as there may be.
    pub(super) fn open(self: &Arc<Self>, channel: Channel, caller: &str) -> Option<Body> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let own = readers.get(caller).copied().unwrap_or(0);
        if readers.values().sum::<usize>() >= self.most || own >= self.most_per_caller {
            return None;
        }
        readers.insert(caller.to_owned(), own + 1);
        drop(readers);
        self.open.inc();
        let place = Place { streams: Arc::clone(self), caller: caller.to_owned() };
        let events = WatchStream::new(self.sender(channel).subscribe()).filter(|event| !event.is_empty());
        let mut beats: Interval = interval(HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let beats = IntervalStream::new(beats).skip(1).map(|_| Bytes::from_static(b":\n\n"));
        let first = tokio_stream::once(Bytes::from_static(RETRY.as_bytes()));
        let mut closing = self.closing.subscribe();
        let closed = async move { drop(closing.wait_for(|closing| *closing).await) };
        // Cut after they are merged: nothing may come between the pieces of an event.
        let whole = first.chain(events.merge(beats));
        let all =
            futures_util::StreamExt::take_until(futures_util::StreamExt::flat_map(whole, pieces), Box::pin(closed));
        Some(Body::Endless(Box::pin(all), place))
    }

    /// How many read.
    pub(super) fn len(&self) -> usize {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

/// The place of one reader; leaving it is dropping it.
pub(super) struct Place {
    streams: Arc<Streams>,
    caller: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut readers = self.streams.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let left = readers.get(&self.caller).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            readers.remove(&self.caller);
        } else {
            readers.insert(self.caller.clone(), left);
        }
        self.streams.open.dec();
    }
}

/// The body of an answer.
pub(super) enum Body {
    /// One that is there.
    Whole(Full<Bytes>),
    /// One that goes on until one side ends it.
    Endless(
        Pin<Box<dyn Stream<Item = Bytes> + Send>>,
        #[expect(dead_code, reason = "it is left by being dropped")] Place,
    ),
    /// What a tap writes.
    Tap(Streamed),
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match self.get_mut() {
            // What is there cannot be cut off.
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Tap(streamed) => streamed.poll_piece(context).map_ok(Frame::data),
            Self::Endless(stream, _) => {
                stream.as_mut().poll_next(context).map(|event| event.map(|event| Ok(Frame::data(event))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Endless(..) | Self::Tap(_) => hyper::body::SizeHint::default(),
        }
    }
}

/// Writes an event of each channel after each look at the cluster.
pub(super) async fn publish(streams: Arc<Streams>, mut latest: Latest, facts: Facts) {
    while let Some(view) = latest.next().await {
        let now = now_ms();
        if streams.len() == 0 {
            continue;
        }
        let seen = super::handlers::Seen::of(&view, now);
        streams.send(Channel::Lag, &seen, now);
        streams.send(Channel::Sale, &facts.sale(Timestamp::from_millis(now)), now);
    }
}
