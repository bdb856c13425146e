//! A campaign as the machine sees it: its terms, what an operator made of it, and where its coupons are. Every change of a
//! coupon's place goes through [`Campaign::carry`], so that the counts cannot drift from the facts.

use events::coupons::{CampaignStatus, CampaignTerms, CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::CampaignId;
use events::money::Money;
use events::time::Timestamp;

use super::effects::{Effects, Wakeup};
use crate::kit::machine::{CorruptState, Violation};
use crate::policy;

/// A campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    /// A short name for keys, given out per task in order of definition.
    pub(crate) number: u32,
    /// When it was first defined; stored times count from here.
    pub(crate) origin: Timestamp,
    pub(crate) status: CampaignStatus,
    /// Its coupons have been forgotten; its name is never used again.
    pub(crate) retired: bool,
    pub(crate) terms: CampaignTerms,
    pub(crate) counts: Counts,
}

/// The part of a campaign that changes with every fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// Facts stated so far.
    pub(crate) version: u64,
    /// Where the coupons are.
    pub(crate) stock: StockCount,
    /// What redeemed coupons have taken off orders, minor units; stays at the largest number once it got there, which is
    /// far above every budget.
    pub(crate) spent: u64,
}

/// Where a coupon can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Remaining,
    Granted,
    Held,
    Redeemed,
    Expired,
    Revoked,
}

impl Counts {
    fn at(&mut self, place: Place) -> &mut u32 {
        match place {
            Place::Remaining => &mut self.stock.remaining,
            Place::Granted => &mut self.stock.granted,
            Place::Held => &mut self.stock.held,
            Place::Redeemed => &mut self.stock.redeemed,
            Place::Expired => &mut self.stock.expired,
            Place::Revoked => &mut self.stock.revoked,
        }
    }

    /// How many coupons have ever been granted. None of them returns to what remains.
    pub(crate) fn issued(&self) -> u32 {
        self.stock.stock.saturating_sub(self.stock.remaining)
    }
}

impl Campaign {
    /// A campaign's beginning. `terms` have been checked.
    pub(crate) fn define(id: &CampaignId, number: u32, terms: &CampaignTerms, effects: &mut Effects) -> Self {
        let campaign = Self {
            id: id.clone(),
            number,
            origin: effects.at(),
            status: CampaignStatus::Running,
            retired: false,
            terms: terms.clone(),
            counts: Counts {
                stock: StockCount { stock: terms.stock, remaining: terms.stock, ..StockCount::default() },
                ..Counts::default()
            },
        };
        effects.wake(campaign.terms.usable.until, Wakeup::expire(id));
        effects.wake(campaign.retirement(), Wakeup::retire(id));
        effects.wake(effects.at().plus_millis(policy::RETRY_WINDOW_MS), Wakeup::forget(id));
        campaign
    }

    /// Changes the terms, if no promise is broken. Once a coupon has been granted, these may still change: the stock, not
    /// below what was granted; the claim window; a longer use window, for coupons granted from then on; the budget, not below
    /// what is spent and reserved. Everything else stands in what shoppers were promised.
    pub(crate) fn redefine(&mut self, terms: &CampaignTerms, effects: &mut Effects) -> Result<(), Refusal> {
        if self.status == CampaignStatus::Ended {
            return Err(Refusal::Closed);
        }
        let issued = self.counts.issued();
        if issued > 0 && !self.allows(terms) {
            return Err(Refusal::TermsFrozen);
        }
        let remaining = terms.stock.checked_sub(issued).ok_or(Refusal::TermsFrozen)?;
        if terms.usable.until != self.terms.usable.until {
            if issued == 0 {
                effects.cancel(self.terms.usable.until, Wakeup::expire(&self.id));
            }
            effects.cancel(self.retirement(), Wakeup::retire(&self.id));
            self.terms = terms.clone();
            effects.wake(self.terms.usable.until, Wakeup::expire(&self.id));
            effects.wake(self.retirement(), Wakeup::retire(&self.id));
        } else {
            self.terms = terms.clone();
        }
        self.counts.stock.stock = terms.stock;
        self.counts.stock.remaining = remaining;
        Ok(())
    }

    /// Whether terms keep what was promised with the first grant.
    fn allows(&self, terms: &CampaignTerms) -> bool {
        let now = &self.terms;
        let untouched = now.usable.from == terms.usable.from
            && now.per_shopper == terms.per_shopper
            && now.eligibility == terms.eligibility
            && now.discount == terms.discount
            && now.minimum_spend == terms.minimum_spend
            && now.platform_share == terms.platform_share
            && now.seller_initiated == terms.seller_initiated
            && now.restoration == terms.restoration;
        let not_shortened = terms.usable.until >= now.usable.until;
        let covered = terms.budget.is_none_or(|budget| self.committed(0) <= i128::from(budget.minor()));
        untouched && not_shortened && covered
    }

    /// Ends, pauses or resumes granting. What was ended stays ended.
    pub(crate) fn turn(&mut self, status: CampaignStatus) -> Result<(), Refusal> {
        if self.status == CampaignStatus::Ended && status != CampaignStatus::Ended {
            return Err(Refusal::Closed);
        }
        self.status = status;
        Ok(())
    }

    /// Why no claim is granted at this instant, if so. A campaign that was ended has no window left to open.
    pub(crate) fn closed_to_claims(&self, now: Timestamp) -> Option<Refusal> {
        match self.status {
            CampaignStatus::Ended => Some(Refusal::Closed),
            _ if now < self.terms.claim.from => Some(Refusal::NotOpen),
            _ if now >= self.terms.claim.until => Some(Refusal::Closed),
            CampaignStatus::Paused => Some(Refusal::Paused),
            CampaignStatus::Running => None,
        }
    }

    /// What redeemed coupons took, and usable ones plus `more` may take: the part of the budget that is gone.
    pub(crate) fn committed(&self, more: u32) -> i128 {
        let most = self.terms.discount.most().map_or(0, Money::minor);
        let usable = i128::from(self.counts.stock.granted) + i128::from(self.counts.stock.held) + i128::from(more);
        i128::from(self.counts.spent) + i128::from(most) * usable
    }

    /// Whether the budget covers one more usable coupon after `returned` came back from a redeemed one.
    pub(crate) fn affords_another(&self, returned: Money) -> bool {
        let committed = self.committed(1) - i128::from(returned.minor());
        self.terms.budget.is_none_or(|budget| committed <= i128::from(budget.minor()))
    }

    /// Moves one coupon.
    pub(crate) fn carry(&mut self, from: Place, to: Place) -> Result<(), CorruptState> {
        let source = self.counts.at(from);
        *source = source.checked_sub(1).ok_or(CorruptState("a coupon left a place that had none"))?;
        let target = self.counts.at(to);
        *target = target.checked_add(1).ok_or(CorruptState("more coupons than can be counted"))?;
        Ok(())
    }

    /// Puts a fact on record: the next version, with the counts as they are now.
    pub(crate) fn state(&mut self, fact: CouponFact, effects: &mut Effects) {
        self.counts.version += 1;
        effects.events.push(CouponEvent {
            campaign: self.id.clone(),
            version: self.counts.version,
            at: effects.at(),
            stock: self.counts.stock,
            fact,
        });
    }

    /// When its coupons need not be kept any longer.
    fn retirement(&self) -> Timestamp {
        self.terms.usable.until.plus_millis(policy::CAMPAIGN_RETENTION_MS)
    }

    /// Every coupon is in exactly one place, and the money budget covers what is spent and what may yet be.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        if !self.counts.stock.is_balanced() {
            return Err(Violation("stock = remaining + granted + held + redeemed + expired + revoked"));
        }
        if self.counts.stock.stock != self.terms.stock {
            return Err(Violation("the stock is what the terms say"));
        }
        if self.terms.budget.is_some_and(|budget| self.committed(0) > i128::from(budget.minor())) {
            return Err(Violation("spent + reserved <= budget"));
        }
        Ok(())
    }
}
