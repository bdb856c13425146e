//! What the next owner does for a slot that is dead: whoever takes its partitions over ends what it has left open. Else the transaction would hold
//! back every reader of what it wrote to, in other partitions and for other owners too, until the coordinator's time-out.

use std::collections::BTreeSet;

use super::StreamThread;
use crate::broker::Broker;

impl<B: Broker> StreamThread<B> {
    /// Partitions have come here that these slots committed last. Those that are no members any more are dead; their transactions, which
    /// could not be committed any more, end now. A failure changes nothing but the time it takes.
    pub(super) fn end_for_the_dead(&mut self, slots: BTreeSet<String>) {
        let own = self.writer.rsplit_once('@').map_or("", |(slot, _)| slot).to_owned();
        for slot in slots.into_iter().filter(|slot| *slot != own) {
            let application = self.topology.name();
            match self.broker.end_transactions_of(&own, &slot) {
                Ok(true) => tracing::info!(%application, %slot, "it is dead: what it had left open has ended"),
                Ok(false) => {}
                Err(error) => tracing::warn!(%application, %slot, %error, "what it has left open ends by its time-out"),
            }
        }
    }
}
