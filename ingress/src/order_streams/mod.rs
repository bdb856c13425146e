//! Orders that somebody watches: what happens to them is handed on as it comes out of `orders.events`. Nothing is kept of any other
//! order, and little of these: whoever reads too slowly to be handed an event finds it in Postgres.

mod follow;
mod subscriptions;
mod sse;
mod stream;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::ids::OrderId;
use events::orders::OrderEvent;
use tokio::sync::{broadcast, watch};

use crate::config::OrderStreamsConfig;

pub(crate) use follow::hand_on;
pub(crate) use sse::StreamedEvent;
pub(crate) use stream::{OrderStream, Viewer};
pub(crate) use subscriptions::Subscription;
use subscriptions::Subscriptions;

/// Orders that are watched.
pub(crate) struct OrderStreams {
    watched: Mutex<HashMap<OrderId, broadcast::Sender<Arc<OrderEvent>>>>,
    /// How many those are: looked at for every event there is.
    count: AtomicUsize,
    most_kept: usize,
    subscriptions: Arc<Subscriptions>,
    closing: watch::Sender<bool>,
}

/// A place from which an order is watched; leaving it is dropping it.
pub(crate) struct Watch {
    order_streams: Arc<OrderStreams>,
    order: OrderId,
    events: broadcast::Receiver<Arc<OrderEvent>>,
}

impl OrderStreams {
    pub(crate) fn new(config: &OrderStreamsConfig) -> Self {
        Self {
            watched: Mutex::default(),
            count: AtomicUsize::new(0),
            most_kept: config.most_kept,
            subscriptions: Arc::new(Subscriptions::new(config.most_streams, config.most_streams_per_caller)),
            closing: watch::Sender::new(false),
        }
    }

    /// The places for those who watch.
    pub(crate) fn subscriptions(&self) -> &Arc<Subscriptions> {
        &self.subscriptions
    }

    /// Watches an order from now on.
    pub(crate) fn watch(self: &Arc<Self>, order: &OrderId) -> Watch {
        let mut watched = self.watched();
        let events = match watched.get(order) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, events) = broadcast::channel(self.most_kept);
                watched.insert(order.clone(), sender);
                self.count.store(watched.len(), Ordering::Relaxed);
                events
            }
        };
        drop(watched);
        Watch { order_streams: Arc::clone(self), order: order.clone(), events }
    }

    /// Whether anybody watches the order.
    pub(crate) fn is_watched(&self, order: &OrderId) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.watched().contains_key(order)
    }

    /// Hands an event to whoever watches its order.
    pub(crate) fn publish(&self, event: OrderEvent) {
        if let Some(sender) = self.watched().get(&event.order) {
            // Whoever watched may just have left.
            drop(sender.send(Arc::new(event)));
        }
    }

    /// How many orders are watched.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Ends every stream, and those that begin from now on.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<OrderId, broadcast::Sender<Arc<OrderEvent>>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.order_streams.watched();
        // This one's receiver is still there.
        if watched.get(&self.order).is_some_and(|sender| sender.receiver_count() <= 1) {
            watched.remove(&self.order);
            self.order_streams.count.store(watched.len(), Ordering::Relaxed);
        }
    }
}
