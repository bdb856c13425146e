//! Bodies that do not behave: they end early, never, or late.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::server::Cut;

/// What a flood is made of.
const DROP: Bytes = Bytes::from_static(&[b'~'; 64 * 1024]);
/// Time between two bytes of a trickle.
const PAUSE: Duration = Duration::from_millis(100);

/// An answer's body.
pub(crate) struct Flow {
    first: Bytes,
    then: Then,
}

/// What comes after the first bytes.
pub(crate) enum Then {
    /// The end.
    End,
    /// Nothing, for ever.
    Silence,
    /// The connection is cut.
    Cut,
    /// So many drops.
    Flood(u32),
    /// The first bytes come one by one.
    Trickle(Pin<Box<Sleep>>),
}

impl Flow {
    pub(crate) fn new(first: impl Into<Bytes>, then: Then) -> Self {
        Self { first: first.into(), then }
    }

    pub(crate) fn trickle(first: impl Into<Bytes>) -> Self {
        Self::new(first, Then::Trickle(Box::pin(sleep(PAUSE))))
    }
}

impl Body for Flow {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let Self { first, then } = self.get_mut();
        if let (Then::Trickle(pause), false) = (&mut *then, first.is_empty()) {
            ready!(pause.as_mut().poll(context));
            *pause = Box::pin(sleep(PAUSE));
            return Poll::Ready(Some(Ok(Frame::data(first.split_to(1)))));
        }
        if !first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(first)))));
        }
        match then {
            Then::End | Then::Trickle(_) | Then::Flood(0) => Poll::Ready(None),
            Then::Silence => Poll::Pending,
            Then::Cut => Poll::Ready(Some(Err(Cut))),
            Then::Flood(left) => {
                *left -= 1;
                Poll::Ready(Some(Ok(Frame::data(DROP))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.then, Then::End) && self.first.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.then {
            Then::End => SizeHint::with_exact(u64::try_from(self.first.len()).unwrap_or(u64::MAX)),
            _ => SizeHint::default(),
        }
    }
}
