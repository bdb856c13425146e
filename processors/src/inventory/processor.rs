//! Between records and the machine: reads the command, brings product and hold from the stores, lets the machine decide, writes
//! both back, forwards facts, the reply to a merchant and the answer to an order.

use events::envelope::Envelope;
use events::ids::{HoldId, OrderId, RequestId, Sku};
use events::inventory::{InventoryCommand, InventoryEvent, InventoryFact, StockAnswer, StockLevel, StockRefusal};
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;
use streams::processor::{Context, Processor, Timer, Verdict};
use streams::record::Record;

use super::effects::{Effects, TimerChange, Wakeup};
use super::hold::Hold;
use super::invariants;
use super::machine::MerchantCommand;
use super::moves::{Declined, Move, Wanted};
use super::product::Product;
use super::requests::Decided;
use super::timers::Woken;
use super::{answers, machine, moves, stores, timers};
use crate::kit::invariant;
use crate::kit::messaging::{self, Outputs, corrupt, stored};
use crate::kit::requests::{Remembered, Seen};

/// Decides the records of one partition of the inventory's inbox.
#[derive(Debug)]
pub(crate) struct InventoryProcessor {
    outputs: Outputs,
}

impl InventoryProcessor {
    pub(crate) fn new(outputs: Outputs) -> Self {
        Self { outputs }
    }
}

impl Processor for InventoryProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (command, envelope) = messaging::read::<InventoryCommand>(record)?;
        if record.key.as_deref() != Some(command.sku().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the command's sku".into()));
        }
        let now = Timestamp::from_millis(context.log_time());
        let mut handler = RecordHandler { outputs: &self.outputs, context, envelope: &envelope, now };
        match MerchantCommand::of(&command) {
            Some(merchant_command) => {
                let reply = handler.serve_merchant(&command, merchant_command)?;
                handler.outputs.reply(handler.context, &reply, handler.envelope)
            }
            None => {
                let answer = handler.serve_order(&command)?;
                match &envelope.answer_to {
                    Some(order) => handler.notify(order, command.sku(), Some(command.request()), answer),
                    None => Ok(()),
                }
            }
        }
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let now = Timestamp::from_millis(context.log_time());
        match timers::read(timer).map_err(stored)? {
            Woken::Requests => stores::REQUESTS.forget(context, now).map_err(stored),
            Woken::Hold(Wakeup::Forget { hold }) => {
                stores::forget_hold(context, hold);
                Ok(())
            }
            Woken::Hold(Wakeup::Lapse { sku, hold }) => {
                let envelope = Envelope::default();
                RecordHandler { outputs: &self.outputs, context, envelope: &envelope, now }.lapse(&sku, hold)
            }
        }
    }
}

/// One record's or timer's work.
struct RecordHandler<'a> {
    outputs: &'a Outputs,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
    now: Timestamp,
}

/// What was decided about an order's command, and the hold it is about, as it is now.
type Step = (Result<(), StockRefusal>, Option<Hold>);

impl RecordHandler<'_> {
    /// Decides what a merchant or an operator wants, or finds it decided.
    fn serve_merchant(
        &mut self,
        command: &InventoryCommand,
        merchant_command: MerchantCommand<'_>,
    ) -> Result<Reply, Verdict> {
        let (request, sku, fingerprint) = (command.request(), command.sku(), command.fingerprint());
        let (list, key) = (stores::FORMER_REQUESTS, sku.as_str().as_bytes());
        let known = stores::REQUESTS.find_also_in(list, key, self.context, request, self.now).map_err(stored)?;
        match known.map(|known| known.seen(fingerprint)) {
            Some(Seen::Repeat(known)) => return Ok(known.reply(sku)),
            Some(Seen::Conflict) => {
                let outcome = Outcome::ProductRefused { reason: StockRefusal::IdempotencyConflict };
                return Ok(Reply { request, at: self.now, outcome });
            }
            None => {}
        }
        let mut effects = Effects::new(self.now);
        let has_room = stores::REQUESTS.has_room(self.context).map_err(stored)?;
        let (product, answer) = match stores::product(self.context, sku).map_err(stored)? {
            Some(mut product) => {
                let merchant_command = if has_room { Ok(merchant_command) } else { Err(StockRefusal::TooManyRequests) };
                let decided = machine::decide(&mut product, request, merchant_command, &mut effects);
                (product, decided)
            }
            None => match machine::begin(sku, request, merchant_command, &mut effects) {
                Ok(product) => {
                    let decided = Decided::Applied { version: product.version, stock: product.level };
                    (product, decided)
                }
                Err(reason) => {
                    self.refuse_without_product(sku, InventoryFact::ProductRefused { request, reason })?;
                    self.remember_refusal(request, fingerprint, reason)?;
                    return Ok(Reply { request, at: self.now, outcome: Outcome::ProductRefused { reason } });
                }
            },
        };
        let remembered = Remembered { request, fingerprint, at: self.now, answer };
        stores::REQUESTS.remember(self.context, &remembered).map_err(stored)?;
        if matches!(merchant_command, MerchantCommand::Define(_)) {
            stores::put_terms(self.context, &product);
        }
        self.record(&product, effects)?;
        Ok(remembered.reply(sku))
    }

    /// Decides what an order asks for, or finds it decided, and says what is true now.
    fn serve_order(&mut self, command: &InventoryCommand) -> Result<StockAnswer, Verdict> {
        let fingerprint = command.fingerprint();
        let (refused, hold) = match self.recall(command.request(), fingerprint)? {
            Some(Seen::Repeat(Remembered { answer: Decided::Refused(reason), .. })) => (Some(reason), None),
            // A stranger was refused, so anything else is another command under its name.
            Some(_) => (Some(StockRefusal::IdempotencyConflict), None),
            None => {
                let (decided, hold) = self.step(command, fingerprint)?;
                (decided.err(), hold)
            }
        };
        Ok(answers::to(command, refused, hold.as_ref()))
    }

    fn step(&mut self, command: &InventoryCommand, fingerprint: Fingerprint) -> Result<Step, Verdict> {
        let Some(product) = stores::product(self.context, command.sku()).map_err(stored)? else {
            let (request, reason) = (command.request(), StockRefusal::UnknownProduct);
            let fact = InventoryFact::StockRefused { request, order: self.asking(command), reason };
            self.refuse_without_product(command.sku(), fact)?;
            self.remember_refusal(request, fingerprint, reason)?;
            return Ok((Err(reason), None));
        };
        let asked = match command {
            InventoryCommand::Hold { request, order, quantity, until, .. } => {
                let (request, quantity, until) = (*request, *quantity, *until);
                return self.hold(product, command, &Wanted { request, fingerprint, order, quantity, until });
            }
            InventoryCommand::Commit { hold, .. } => (*hold, Move::Commit),
            InventoryCommand::Release { hold, .. } => (*hold, Move::Release),
            InventoryCommand::Return { hold, returned, .. } => (*hold, Move::Return(*returned)),
            InventoryCommand::DefineProduct { .. } | InventoryCommand::AdjustStock { .. } => {
                return Err(Verdict::Fatal("a merchant's command came to the orders' handler".into()));
            }
        };
        self.move_hold(product, command, fingerprint, asked)
    }

    fn hold(&mut self, mut product: Product, command: &InventoryCommand, wanted: &Wanted<'_>) -> Result<Step, Verdict> {
        if let Some(known) = stores::hold(self.context, wanted.request.hold()).map_err(stored)? {
            let same = known.fingerprint == wanted.fingerprint;
            return Ok((if same { Ok(()) } else { Err(StockRefusal::IdempotencyConflict) }, Some(known)));
        }
        let mut effects = Effects::new(self.now);
        match moves::hold(&mut product, wanted, &mut effects) {
            Ok(hold) => {
                stores::put_hold(self.context, &hold);
                self.record(&product, effects)?;
                Ok((Ok(()), Some(hold)))
            }
            Err(Declined::Refused(reason)) => {
                self.refuse(product, command, reason, effects)?;
                self.remember_refusal(wanted.request, wanted.fingerprint, reason)?;
                Ok((Err(reason), None))
            }
            Err(Declined::Corrupt(error)) => Err(corrupt(error)),
        }
    }

    fn move_hold(
        &mut self,
        mut product: Product,
        command: &InventoryCommand,
        fingerprint: Fingerprint,
        (id, asked): (HoldId, Move),
    ) -> Result<Step, Verdict> {
        let request = command.request();
        let mut effects = Effects::new(self.now);
        let found = stores::hold(self.context, id).map_err(stored)?.filter(|hold| hold.sku == product.sku);
        let Some(mut hold) = found else {
            let reason = StockRefusal::NotHeld;
            self.refuse(product, command, reason, effects)?;
            self.remember_refusal(request, fingerprint, reason)?;
            return Ok((Err(reason), None));
        };
        match hold.recall(request, fingerprint) {
            Some(Seen::Repeat(refused)) => return Ok((refused.map_or(Ok(()), Err), Some(hold))),
            Some(Seen::Conflict) => return Ok((Err(StockRefusal::IdempotencyConflict), Some(hold))),
            None => {}
        }
        let refused = match moves::make(&mut product, &mut hold, request, asked, &mut effects) {
            Ok(()) => {
                self.record(&product, effects)?;
                None
            }
            Err(Declined::Refused(reason)) => {
                self.refuse(product, command, reason, effects)?;
                Some(reason)
            }
            Err(Declined::Corrupt(error)) => return Err(corrupt(error)),
        };
        hold.remember(request, fingerprint, refused);
        stores::put_hold(self.context, &hold);
        Ok((refused.map_or(Ok(()), Err), Some(hold)))
    }

    /// A hold's time is over. It may have ended just before, or be forgotten.
    fn lapse(&mut self, sku: &Sku, id: HoldId) -> Result<(), Verdict> {
        let Some(mut hold) = stores::hold(self.context, id).map_err(stored)? else { return Ok(()) };
        let Some(mut product) = stores::product(self.context, sku).map_err(stored)? else {
            // A product is never deleted, so a hold without one would be another build's doing.
            return Err(Verdict::Fatal(format!("a hold is kept for product {sku}, which does not exist")));
        };
        let mut effects = Effects::new(self.now);
        if moves::lapse(&mut product, &mut hold, &mut effects).map_err(corrupt)? {
            stores::put_hold(self.context, &hold);
            self.record(&product, effects)?;
        }
        Ok(())
    }

    /// Puts on record that an order's command was refused.
    fn refuse(
        &mut self,
        mut product: Product,
        command: &InventoryCommand,
        reason: StockRefusal,
        mut effects: Effects,
    ) -> Result<(), Verdict> {
        let fact = InventoryFact::StockRefused { request: command.request(), order: self.asking(command), reason };
        product.state(fact, &mut effects);
        self.record(&product, effects)
    }

    /// A fact about a product that does not exist has no place in its count.
    fn refuse_without_product(&mut self, sku: &Sku, fact: InventoryFact) -> Result<(), Verdict> {
        let (version, stock) = (0, StockLevel::default());
        let event = InventoryEvent { sku: sku.clone(), version, at: self.now, stock, fact };
        self.outputs.fact(self.context, &event, self.envelope)
    }

    /// The order that asks, if it says so.
    fn asking(&self, command: &InventoryCommand) -> Option<OrderId> {
        match command {
            InventoryCommand::Hold { order, .. } => Some(order.clone()),
            _ => self.envelope.answer_to.clone(),
        }
    }

    fn recall(
        &self,
        request: RequestId,
        fingerprint: Fingerprint,
    ) -> Result<Option<Seen<Remembered<Decided>>>, Verdict> {
        stores::REQUESTS.recall(self.context, request, fingerprint).map_err(stored)
    }

    fn remember_refusal(
        &mut self,
        request: RequestId,
        fingerprint: Fingerprint,
        reason: StockRefusal,
    ) -> Result<(), Verdict> {
        let known = Remembered { request, fingerprint, at: self.now, answer: Decided::Refused(reason) };
        stores::REQUESTS.remember(self.context, &known).map_err(stored)
    }

    /// Writes the level, sets the timers, forwards the facts and the notices.
    fn record(&mut self, product: &Product, effects: Effects) -> Result<(), Verdict> {
        invariant::report(&product.sku, invariants::of_product(product));
        stores::put_level(self.context, product);
        for change in &effects.timers {
            match change {
                TimerChange::Set(deadline, wakeup) => self.context.schedule(timers::timer(wakeup, *deadline)),
                TimerChange::Cancel(deadline, wakeup) => self.context.cancel(&timers::timer(wakeup, *deadline)),
            }
        }
        for event in &effects.events {
            self.outputs.fact(self.context, event, self.envelope)?;
            if let Some(price) = PriceCommand::own_price(event) {
                self.outputs.price(self.context, &price, self.envelope)?;
            }
        }
        effects.notices.into_iter().try_for_each(|notice| self.notify(&notice.order, &notice.sku, None, notice.answer))
    }

    fn notify(
        &mut self,
        order: &OrderId,
        sku: &Sku,
        request: Option<RequestId>,
        answer: StockAnswer,
    ) -> Result<(), Verdict> {
        let answer = OrderCommand::StockAnswered { order: order.clone(), sku: sku.clone(), request, answer };
        self.outputs.answer(self.context, &answer, self.envelope)
    }
}
