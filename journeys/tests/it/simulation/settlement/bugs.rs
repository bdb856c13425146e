//! Seeded bugs: the settlement processor with one thing done wrong, each of them a mistake that bookkeeping on a log invites. The
//! judge must find every one of them.

use std::collections::{BTreeMap, BTreeSet};

use events::calendar::{Day, ZoneName};
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::money::Money;
use events::request::Reply;
use events::settlement::{
    Basis, LineKind, PostedLine, Settled, SettlementCommand, SettlementEvent, SettlementFact, Vat,
};
use events::topics;
use streams::processor::{Context, Processor, StoreId, Timer, Verdict};
use streams::record::{Outgoing, Record};
use streams::topology::{Topology, TopologyError};

use super::super::read;
use super::super::tamper::{Mutation, Tampering, read_outgoing, rewritten};
use super::SETTLEMENT;

/// What is done wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bug {
    /// Lines that come to a step again are posted again.
    PostRepeats,
    /// What an aborted transaction has written is read.
    KeepAbortedWrites,
    /// Lines count before they reach the step that the policy waits for.
    PostTooEarly,
    /// Units that were refunded before the lines count are posted as sold.
    SellWhatWasRefunded,
    /// How many units are refunded by now is taken for how many more.
    AddUpRefunds,
    /// What some units amount to is rounded by itself, not as a part of the line.
    RoundEachRefund,
    /// What comes late is posted on its own day, although that is closed.
    PostOnClosedDays,
    /// What a seller owes from before is not deducted.
    ForgetDebts,
    /// A request that is sent again is decided again.
    ForgetRequests,
    /// A request that is sent again gets no reply.
    AnswerOnce,
}

impl Bug {
    pub(super) const ALL: [Self; 10] = [
        Self::PostRepeats,
        Self::KeepAbortedWrites,
        Self::PostTooEarly,
        Self::SellWhatWasRefunded,
        Self::AddUpRefunds,
        Self::RoundEachRefund,
        Self::PostOnClosedDays,
        Self::ForgetDebts,
        Self::ForgetRequests,
        Self::AnswerOnce,
    ];
}

/// The settlement topology with a bug in it.
pub(super) fn topology(bug: Bug) -> Result<Topology, TopologyError> {
    let sound = (SETTLEMENT.topology)()?;
    let store = |name| sound.stores().iter().position(|store| store.as_ref() == name);
    let store = |name| StoreId(store(name).and_then(|place| u8::try_from(place).ok()).expect("a store"));
    let (lines, requests) = (store("lines"), store("strangers"));
    Ok(sound.wrapped(move |inner| {
        let notes = Notes::default();
        Box::new(Buggy { inner, bug, lines, requests, notes })
    }))
}

/// What a buggy processor keeps in mind. It may forget it, as its bug does no harm then.
#[derive(Default)]
struct Notes {
    /// Whatever was written, with a transaction that ended well or not.
    written: BTreeMap<(StoreId, Vec<u8>), Option<Vec<u8>>>,
    /// How many units were said to be refunded.
    refunded: BTreeMap<(OrderId, Sku), u32>,
    /// What lines were sold for.
    sold: BTreeMap<(SellerId, OrderId, Sku), PostedLine>,
    /// The last closed day of each seller.
    closed: BTreeMap<SellerId, Day>,
    answered: BTreeSet<RequestId>,
}

struct Buggy {
    inner: Box<dyn Processor>,
    bug: Bug,
    lines: StoreId,
    requests: StoreId,
    notes: Notes,
}

impl Processor for Buggy {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let mut command = read::<SettlementCommand>(record).map_err(Verdict::Poison)?;
        let mut forgets = (self.bug == Bug::ForgetRequests).then_some(self.requests);
        match (self.bug, &mut command) {
            (Bug::PostRepeats, SettlementCommand::LinesReached { .. }) => forgets = Some(self.lines),
            (Bug::PostTooEarly, SettlementCommand::LinesReached { basis, .. }) => *basis = Basis::Confirmed,
            (Bug::SellWhatWasRefunded, SettlementCommand::LinesReached { lines, .. }) => {
                lines.iter_mut().for_each(|line| line.refunded = 0);
            }
            (Bug::AddUpRefunds, SettlementCommand::LinesRefunded { order, lines, .. }) => {
                for line in lines {
                    let sum = self.notes.refunded.entry((order.clone(), line.sku.clone())).or_default();
                    *sum += line.refunded;
                    line.refunded = *sum;
                }
            }
            _ => {}
        }
        let value = super::super::record(SETTLEMENT.inbox, &command, None, None).value;
        let mutation = Hand { bug: self.bug, notes: &mut self.notes, forgets };
        self.inner.process(&Record { value, ..record.clone() }, &mut Tampering { context, mutation })
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let mutation = Hand { bug: self.bug, notes: &mut self.notes, forgets: None };
        self.inner.punctuate(timer, &mut Tampering { context, mutation })
    }
}

/// Gets wrong what the bug gets wrong, and nothing else.
struct Hand<'a> {
    bug: Bug,
    notes: &'a mut Notes,
    /// The store in which nothing is found.
    forgets: Option<StoreId>,
}

impl Mutation for Hand<'_> {
    fn find<'a>(&'a self, store: StoreId, key: &[u8], found: Option<&'a [u8]>) -> Option<&'a [u8]> {
        let kept = self.notes.written.get(&(store, key.to_vec()));
        let found = kept.map_or(found, |kept| kept.as_deref());
        found.filter(|_| self.forgets != Some(store))
    }

    fn put(&mut self, store: StoreId, key: &[u8], value: Option<&[u8]>) {
        if self.bug == Bug::KeepAbortedWrites {
            self.notes.written.insert((store, key.to_vec()), value.map(<[u8]>::to_vec));
        }
    }

    fn spoil(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        if outgoing.topic.as_ref() == SETTLEMENT.events {
            let mut event = read_outgoing(&outgoing);
            self.state(&mut event);
            return vec![rewritten(outgoing, &event)];
        }
        let is_reply = outgoing.topic.as_ref() == topics::INGRESS_REPLIES.name();
        let again = is_reply && !self.notes.answered.insert(read_outgoing::<Reply>(&outgoing).request);
        if again && self.bug == Bug::AnswerOnce { vec![] } else { vec![outgoing] }
    }
}

impl Hand<'_> {
    fn state(&mut self, SettlementEvent { seller, fact, .. }: &mut SettlementEvent) {
        match fact {
            SettlementFact::LinesPosted { kind: LineKind::Sale, order, lines, .. } => {
                let places = lines.iter().map(|line| ((seller.clone(), order.clone(), line.sku.clone()), line.clone()));
                self.notes.sold.extend(places);
            }
            SettlementFact::LinesPosted { kind: LineKind::Contra, order, lines, .. }
                if self.bug == Bug::RoundEachRefund =>
            {
                for line in lines {
                    let sold = self.notes.sold.get(&(seller.clone(), order.clone(), line.sku.clone()));
                    sold.into_iter().for_each(|sold| line.amounts = each(sold, line));
                }
            }
            SettlementFact::DayClosed { day, .. } => {
                self.notes.closed.insert(seller.clone(), *day);
            }
            _ => {}
        }
        match fact {
            SettlementFact::LinesPosted { day, reached_at, .. } if self.bug == Bug::PostOnClosedDays => {
                let own = ZoneName::default().zone().and_then(|zone| zone.day(*reached_at));
                let closed = self.notes.closed.get(seller);
                *day = own.filter(|own| closed.is_some_and(|closed| own <= closed)).unwrap_or(*day);
            }
            SettlementFact::DayClosed { statement, .. } if self.bug == Bug::ForgetDebts => {
                let net = statement.totals.amounts.net;
                (statement.carried_in, statement.payable) = (Money::ZERO, net.max(Money::ZERO));
                statement.carried_out = net.min(Money::ZERO);
            }
            _ => {}
        }
    }
}

/// So many times what one unit of the sold ones amounts to.
fn each(sold: &PostedLine, back: &PostedLine) -> Settled {
    let units = |amount: Money| Money::new(amount.minor() / i64::from(sold.quantity.max(1)) * i64::from(back.quantity));
    let (whole, sum) = (sold.amounts, |one: Money, other: Money| Money::new(one.minor() + other.minor()));
    let (due, platform_share, seller_share) =
        (units(whole.due), units(whole.platform_share), units(whole.seller_share));
    let (base, commission, vat) = (units(whole.base), units(whole.commission), units(whole.vat));
    let deducted = if back.terms.vat == Vat::Added { sum(commission, vat) } else { commission };
    Settled {
        gross: sum(due, sum(platform_share, seller_share)),
        platform_share,
        seller_share,
        due,
        base,
        commission,
        vat,
        net: Money::new(base.minor() - deducted.minor()),
    }
}
