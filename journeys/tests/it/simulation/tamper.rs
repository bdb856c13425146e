//! Hands in a processor: the topology that ships, with something done wrong on the way to its stores and topics. It shows that a
//! judge would see it.

use events::codec::{Message, decode, encode};
use events::envelope::Envelope;
use streams::processor::{Context, StoreId, Timer};
use streams::record::Outgoing;

/// What is done wrong.
pub(super) trait Mutation {
    /// What is found under a key instead of what is there.
    fn find<'a>(&'a self, _store: StoreId, _key: &[u8], found: Option<&'a [u8]>) -> Option<&'a [u8]> {
        found
    }
    /// A key is given a value, or deleted.
    fn put(&mut self, _store: StoreId, _key: &[u8], _value: Option<&[u8]>) {}
    /// What is written instead of this.
    fn spoil(&mut self, outgoing: Outgoing) -> Vec<Outgoing>;
}

/// Passes on whatever the mutation leaves alone.
pub(super) struct Tampering<'a, M> {
    pub(super) context: &'a mut dyn Context,
    pub(super) mutation: M,
}

impl<M: Mutation> Context for Tampering<'_, M> {
    fn log_time(&self) -> i64 {
        self.context.log_time()
    }
    fn partition(&self) -> i32 {
        self.context.partition()
    }
    fn get(&self, store: StoreId, key: &[u8]) -> Option<&[u8]> {
        self.mutation.find(store, key, self.context.get(store, key))
    }
    fn put(&mut self, store: StoreId, key: &[u8], value: &[u8]) {
        self.mutation.put(store, key, Some(value));
        self.context.put(store, key, value);
    }
    fn delete(&mut self, store: StoreId, key: &[u8]) {
        self.mutation.put(store, key, None);
        self.context.delete(store, key);
    }
    fn scan(&self, store: StoreId, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.context.scan(store, prefix, after, limit)
    }
    fn schedule(&mut self, timer: Timer) {
        self.context.schedule(timer);
    }
    fn cancel(&mut self, timer: &Timer) {
        self.context.cancel(timer);
    }
    fn forward(&mut self, outgoing: Outgoing) {
        for outgoing in self.mutation.spoil(outgoing) {
            self.context.forward(outgoing);
        }
    }
}

/// The headers of a record that is about to be written.
pub(super) fn headers(outgoing: &Outgoing) -> impl Iterator<Item = (&str, &[u8])> {
    outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
}

/// What a record says that is about to be written.
pub(super) fn read_outgoing<M: Message>(outgoing: &Outgoing) -> M {
    decode(outgoing.value.as_deref(), &Envelope::from_headers(headers(outgoing))).expect("what was encoded")
}

/// The record, saying something else.
pub(super) fn rewritten<M: Message>(outgoing: Outgoing, message: &M) -> Outgoing {
    let (value, _) = encode(message, &Envelope::default()).expect("encodes");
    Outgoing { value: Some(value.into()), ..outgoing }
}
