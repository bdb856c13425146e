//! A campaign as the facts tell it.

use std::collections::BTreeMap;

use events::coupons::{CampaignStatus, CampaignTerms, CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::ShopperId;
use events::money::Money;
use events::time::Timestamp;

use super::Rule;

#[derive(Debug)]
pub(super) struct Campaign {
    version: u64,
    at: Timestamp,
    status: CampaignStatus,
    pub(super) terms: CampaignTerms,
    /// What the facts so far amount to.
    pub(super) stock: StockCount,
    /// Discounts of redeemed coupons, minor units.
    pub(super) spent: i128,
    shoppers: BTreeMap<ShopperId, Shopper>,
}

/// A shopper of one campaign.
#[derive(Clone, Copy, Debug)]
struct Shopper {
    number: u32,
    coupons: u8,
}

impl Campaign {
    pub(super) fn begin(terms: &CampaignTerms, event: &CouponEvent) -> Self {
        Self {
            version: event.version,
            at: event.at,
            status: CampaignStatus::Running,
            terms: terms.clone(),
            stock: StockCount { stock: terms.stock, remaining: terms.stock, ..StockCount::default() },
            spent: 0,
            shoppers: BTreeMap::new(),
        }
    }

    /// Version and time go on.
    pub(super) fn follow(&mut self, event: &CouponEvent) -> Result<(), Rule> {
        let next = event.version == self.version + 1;
        let later = event.at >= self.at;
        (self.version, self.at) = (event.version, event.at);
        match (next, later) {
            (false, _) => Err(Rule::GaplessVersions),
            (true, false) => Err(Rule::TimeNeverRunsBack),
            (true, true) => Ok(()),
        }
    }

    /// What operators do.
    pub(super) fn judge_operator(&mut self, event: &CouponEvent) -> Result<(), Rule> {
        let ended = self.status == CampaignStatus::Ended;
        match &event.fact {
            CouponFact::CampaignDefined { terms, .. } => {
                let issued = self.stock.stock.saturating_sub(self.stock.remaining);
                let kept = !ended && terms.stock >= issued && (issued == 0 || self.keeps_promises(terms));
                self.terms = terms.clone();
                self.stock.stock = terms.stock;
                self.stock.remaining = terms.stock.saturating_sub(issued);
                if kept { Ok(()) } else { Err(Rule::PromisesAreKept) }
            }
            CouponFact::CampaignPaused { .. } if !ended => self.turn(CampaignStatus::Paused),
            CouponFact::CampaignResumed { .. } if !ended => self.turn(CampaignStatus::Running),
            CouponFact::CampaignEnded { .. } => self.turn(CampaignStatus::Ended),
            CouponFact::CampaignPaused { .. } | CouponFact::CampaignResumed { .. } => Err(Rule::PromisesAreKept),
            _ => Ok(()),
        }
    }

    fn turn(&mut self, status: CampaignStatus) -> Result<(), Rule> {
        self.status = status;
        Ok(())
    }

    /// Whether new terms differ only where terms may after the first grant.
    fn keeps_promises(&self, terms: &CampaignTerms) -> bool {
        let flexible = CampaignTerms {
            stock: terms.stock,
            claim: terms.claim,
            usable: events::time::Window { until: terms.usable.until, ..self.terms.usable },
            budget: terms.budget,
            ..self.terms.clone()
        };
        flexible == *terms && terms.usable.until >= self.terms.usable.until
    }

    /// A grant, before it is counted; answers with the shopper's number.
    pub(super) fn judge_grant(
        &mut self,
        at: Timestamp,
        shopper: &ShopperId,
        expires_at: Timestamp,
    ) -> Result<u32, Rule> {
        let open = self.status == CampaignStatus::Running && self.terms.claim.contains(at);
        let next = u32::try_from(self.shoppers.len()).unwrap_or(u32::MAX);
        let owner = self.shoppers.entry(shopper.clone()).or_insert(Shopper { number: next, coupons: 0 });
        owner.coupons = owner.coupons.saturating_add(1);
        if !open || expires_at != self.terms.usable.until {
            return Err(Rule::GrantsWithinTheTerms);
        }
        if owner.coupons > self.terms.per_shopper {
            return Err(Rule::LimitPerShopper);
        }
        let number = owner.number;
        shift(&mut self.stock.remaining, &mut self.stock.granted)?;
        Ok(number)
    }

    /// A claim's refusal. Eligibility cannot be judged from here, and a campaign may have been retired.
    pub(super) fn judge_refusal(&self, at: Timestamp, shopper: &ShopperId, reason: Refusal) -> Result<(), Rule> {
        let ended = self.status == CampaignStatus::Ended;
        let held = match reason {
            Refusal::NotOpen => at < self.terms.claim.from && !ended,
            Refusal::Closed => ended || at >= self.terms.claim.until,
            Refusal::Paused => self.status == CampaignStatus::Paused,
            Refusal::AlreadyClaimed => {
                self.shoppers.get(shopper).is_some_and(|shopper| shopper.coupons >= self.terms.per_shopper)
            }
            Refusal::NotEligible => self.terms.eligibility != events::coupons::Eligibility::Everyone,
            Refusal::SoldOut => self.stock.remaining == 0,
            Refusal::BudgetExhausted => !self.covers(self.committed() + self.most()),
            _ => false,
        };
        if held { Ok(()) } else { Err(Rule::RefusalsAreTrue) }
    }

    /// The numbers that a fact carries, once it is counted.
    pub(super) fn judge_numbers(&self, event: &CouponEvent) -> Result<(), Rule> {
        if !event.stock.is_balanced() {
            return Err(Rule::StockIdentity);
        }
        if event.stock != self.stock {
            return Err(Rule::NumbersFollowFacts);
        }
        if self.covers(self.committed()) { Ok(()) } else { Err(Rule::Budget) }
    }

    pub(super) fn shopper(&self, shopper: &ShopperId) -> Option<u32> {
        self.shoppers.get(shopper).map(|shopper| shopper.number)
    }

    fn covers(&self, amount: i128) -> bool {
        self.terms.budget.is_none_or(|budget| amount <= i128::from(budget.minor()))
    }

    fn committed(&self) -> i128 {
        self.spent + self.most() * (i128::from(self.stock.granted) + i128::from(self.stock.held))
    }

    fn most(&self) -> i128 {
        i128::from(self.terms.discount.most().map_or(0, Money::minor))
    }
}

/// Moves one coupon from a count to another.
pub(super) fn shift(from: &mut u32, to: &mut u32) -> Result<(), Rule> {
    *from = from.checked_sub(1).ok_or(Rule::NumbersFollowFacts)?;
    *to = to.checked_add(1).ok_or(Rule::NumbersFollowFacts)?;
    Ok(())
}
