//! What orders have said of sellers' lines, record by record, against what was posted for each record: a sale once, what a refund
//! adds to those before, and nothing for a repeat.

use std::collections::BTreeMap;

use audit::ledgers::settlement::SettlementLedger;
use events::ids::{OrderId, SellerId, Sku};
use events::settlement::{
    Basis, LineKind, RefundedLine, Settled, SettlementCommand, SettlementEvent, SettlementFact, SoldLine,
};
use events::time::Timestamp;

type Place = (SellerId, OrderId);

/// Everything that was posted, and everything that was said.
#[derive(Default)]
pub(super) struct Accounts {
    /// Postings that no record has accounted for, by the offset that they name.
    postings: BTreeMap<i64, Posting>,
    /// The step that each policy waits for.
    steps: BTreeMap<(SellerId, u32), Basis>,
    /// Lines that count, as orders have told of them.
    sold: BTreeMap<Place, Vec<SoldLine>>,
}

/// What was posted for one record.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Posting {
    kind: LineKind,
    place: Place,
    refund: Option<u16>,
    at: Timestamp,
    policy: u32,
    units: Vec<(Sku, i64)>,
}

impl Accounts {
    /// A fact was stated.
    pub(super) fn state(&mut self, partition: i32, event: SettlementEvent) -> Result<(), String> {
        match event.fact {
            SettlementFact::PolicySet { number, policy, .. } => {
                self.steps.insert((event.seller, number), policy.basis);
            }
            SettlementFact::LinesPosted { kind, order, refund, reached_at, policy, source, lines, .. } => {
                let units = lines.into_iter().map(|line| (line.sku, line.quantity.into())).collect();
                let place = (event.seller, order);
                let posting = Posting { kind, place, refund, at: reached_at, policy, units };
                let twice = self.postings.insert(source.offset, posting);
                if twice.is_some() || source.partition != partition {
                    return Err(format!("{source:?} has led to something else: {twice:?}"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A record was written, after everything was stated.
    pub(super) fn hear(&mut self, offset: i64, command: &SettlementCommand) -> Result<(), String> {
        let posted = self.postings.remove(&offset);
        let (place, refund, at, said) = match command {
            SettlementCommand::LinesReached { seller, order, basis, at, lines } => {
                let place = (seller.clone(), order.clone());
                if !self.sold.contains_key(&place) {
                    return self.judge_sale(place, *basis, *at, lines, posted);
                }
                let said = |line: &SoldLine| RefundedLine { sku: line.sku.clone(), refunded: line.refunded };
                (place, None, *at, lines.iter().map(said).collect())
            }
            SettlementCommand::LinesRefunded { seller, order, refund, at, lines } => {
                ((seller.clone(), order.clone()), Some(*refund), *at, lines.clone())
            }
            _ => return is(posted, None),
        };
        let (mut units, mut policy) = (vec![], 0);
        for said in said {
            let lines = self.sold.get_mut(&place).into_iter().flatten();
            for line in lines.filter(|line| line.sku == said.sku && line.refunded < said.refunded) {
                units.push((said.sku.clone(), i64::from(line.refunded) - i64::from(said.refunded)));
                line.refunded = said.refunded;
            }
        }
        // Whose policy it is, is for the ledger to say.
        posted.iter().for_each(|posted| policy = posted.policy);
        let contra = Posting { kind: LineKind::Contra, place, refund, at, policy, units };
        is(posted, Some(contra).filter(|contra| !contra.units.is_empty()))
    }

    /// Lines count from the step on that the policy waits for, at the latest when the purchase is confirmed.
    fn judge_sale(
        &mut self,
        place: Place,
        basis: Basis,
        at: Timestamp,
        lines: &[SoldLine],
        posted: Option<Posting>,
    ) -> Result<(), String> {
        let left = |line: &SoldLine| i64::from(line.quantity) - i64::from(line.refunded);
        let units = lines.iter().filter(|line| left(line) > 0).map(|line| (line.sku.clone(), left(line)));
        let units: Vec<_> = units.collect();
        let Some(policy) = posted.as_ref().map(|posted| posted.policy) else {
            let must = basis == Basis::Confirmed && !units.is_empty();
            return if must { Err(format!("{place:?} is confirmed and not posted")) } else { Ok(()) };
        };
        let step = self.steps.get(&(place.0.clone(), policy)).copied().unwrap_or_default();
        if basis < step {
            return Err(format!("{place:?} is {basis:?} and posted, although its policy waits for {step:?}"));
        }
        self.sold.insert(place.clone(), lines.to_vec());
        is(posted, Some(Posting { kind: LineKind::Sale, place, refund: None, at, policy, units }))
    }

    /// Whether nothing was posted without a record, and what is owed for each line is what it was sold for.
    pub(super) fn agree(&self, ledger: &SettlementLedger) -> Result<(), String> {
        if let Some((offset, posting)) = self.postings.iter().next() {
            return Err(format!("there is no record {offset} for {posting:?}"));
        }
        for ((seller, order), lines) in &self.sold {
            let told = ledger.seller(seller).into_iter().flat_map(|book| book.lines());
            let told: BTreeMap<&Sku, _> =
                told.filter(|(of, _, _)| *of == order).map(|(_, sku, told)| (sku, told)).collect();
            for line in lines {
                let Some(told) = told.get(&line.sku) else { continue };
                let SoldLine { amounts, quantity, refunded, supply_price, .. } = line;
                let owed = Settled::of(amounts, *quantity, *refunded, *supply_price, &told.terms);
                if owed != Some(told.amounts) {
                    return Err(format!("{seller}, {order}: {line:?} amounts to {owed:?}, not {:?}", told.amounts));
                }
            }
        }
        Ok(())
    }
}

fn is(posted: Option<Posting>, due: Option<Posting>) -> Result<(), String> {
    if posted == due { Ok(()) } else { Err(format!("{posted:?} was posted, not {due:?}")) }
}
