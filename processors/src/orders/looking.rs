//! Hints and look-ups. A webhook proves nothing: it is a reason to look the payment up, and only the provider's answer moves an
//! order. One look-up is under way at most, with a pause after each, so many forged webhooks cost little.

use events::ids::{PaymentKey, TransmissionId};
use events::orders::{OrderFact, OrderState, Step};
use events::payments::{PaymentAnswer, PaymentCommand, PaymentStatus};
use events::request::Fingerprint;
use events::time::Timestamp;

use super::effects::{Effects, Output};
use super::order::Order;
use super::payment::{LookUp, pause};
use crate::kit::machine::CorruptState;
use crate::policy;

impl Order {
    /// A webhook says that something happened.
    pub(crate) fn hint(
        &mut self,
        transmission: &TransmissionId,
        key: Option<&PaymentKey>,
        status: PaymentStatus,
        effects: &mut Effects,
    ) {
        let hash = Fingerprint::of(transmission.as_str().as_bytes()).as_u64();
        if self.transmissions.contains(&hash) {
            return;
        }
        if self.transmissions.len() >= policy::TRANSMISSIONS_PER_ORDER {
            self.transmissions.remove(0);
        }
        self.transmissions.push(hash);
        let latest = self.payment.as_ref().map(|attempt| attempt.key.clone());
        let key = key.cloned().or_else(|| latest.clone());
        // While a confirm is under way its answer is coming. A look-up that waits for its turn will see this too, unless this is
        // about the latest attempt and that one is not: only what is shown of the latest attempt moves the order.
        let is_seen = |waiting: &Option<PaymentKey>| *waiting == latest || key != latest;
        if self.state == OrderState::Confirming || self.look_ups.waiting.as_ref().is_some_and(is_seen) {
            return;
        }
        self.state(OrderFact::HintTaken { transmission: transmission.clone(), status }, effects);
        self.look_up(key, effects);
    }

    /// Looks the payment up, as soon as may be.
    pub(crate) fn look_up(&mut self, key: Option<PaymentKey>, effects: &mut Effects) {
        let early = self.look_ups.number > 0 && effects.at() < self.may_look_at();
        if early || self.look_ups.open.is_some() {
            self.look_ups.waiting = Some(key);
            return;
        }
        self.look_ups.number = self.look_ups.number.saturating_add(1);
        self.look_ups.latest = effects.at();
        self.look_ups.open = Some(LookUp {
            key,
            refunds: self.refunds,
            repeats: 0,
            next: effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS),
        });
        self.call_for_look_up(effects);
    }

    fn call_for_look_up(&self, effects: &mut Effects) {
        let Some(open) = &self.look_ups.open else { return };
        effects.write(Output::Payment(PaymentCommand::LookUp {
            request: Step::LookUp(self.look_ups.number).request(&self.id),
            order: self.id.clone(),
            payment_key: open.key.clone(),
        }));
    }

    /// When the next look-up may begin.
    pub(crate) fn may_look_at(&self) -> Timestamp {
        self.look_ups.latest.plus_millis(policy::LOOK_UPS_APART_MS)
    }

    /// The look-up under way is answered. While the outcome is unknown, it is repeated.
    pub(crate) fn looked_up(&mut self, answer: &PaymentAnswer, effects: &mut Effects) -> Result<(), CorruptState> {
        if let (PaymentAnswer::Unknown { .. }, Some(open)) = (answer, &mut self.look_ups.open) {
            open.next = open.next.min(effects.in_millis(pause(open.repeats)));
            return Ok(());
        }
        let Some(open) = self.look_ups.open.take() else { return Ok(()) };
        match answer {
            PaymentAnswer::Found { payment } => {
                self.found(payment, effects)?;
                if open.refunds == self.refunds && payment.order == self.id {
                    self.compare(payment, effects);
                }
                Ok(())
            }
            PaymentAnswer::NotFound => self.not_found(effects),
            _ => Ok(()),
        }
    }

    /// It is time to repeat a look-up, or to begin the one that waits.
    pub(crate) fn look_due(&mut self, effects: &mut Effects) {
        if let Some(open) = &mut self.look_ups.open {
            if open.next <= effects.at() {
                open.repeats = open.repeats.saturating_add(1);
                open.next = effects.in_millis(policy::PAYMENT_ANSWERED_WITHIN_MS);
                self.call_for_look_up(effects);
            }
        } else if effects.at() >= self.may_look_at()
            && let Some(key) = self.look_ups.waiting.take()
        {
            self.look_up(key, effects);
        }
    }
}
