//! Setting policies: from an open day on, never before the newest one, always in the seller's zone.

use events::calendar::Day;
use events::ids::RequestId;
use events::settlement::{SellerPolicy, SettlementFact, SettlementRefusal};

use super::effects::Effects;
use super::requests::Decided;
use super::schedule::Calendar;
use super::schedule::Scheduled;
use super::seller::Seller;
use crate::kit::machine::CorruptState;
use crate::policy;

impl Seller {
    /// Sets a policy whose own rules hold, or refuses it. What was posted keeps its terms.
    pub(crate) fn set_policy(
        &mut self,
        calendar: &Calendar<'_>,
        request: RequestId,
        policy: &SellerPolicy,
        effects: &mut Effects,
    ) -> Result<(Decided, Option<Scheduled>), CorruptState> {
        let from = match self.may_set(calendar, policy, effects)? {
            Ok(from) => from,
            Err(reason) => return Ok((self.refuse_policy(request, reason, effects), None)),
        };
        self.policies += 1;
        self.newest_from = from;
        let number = self.policies;
        self.drop_empty(effects, |_| true);
        for open in self.days.iter_mut().filter(|open| open.day >= from) {
            open.policy = number;
            open.basis = policy.basis;
        }
        self.state(SettlementFact::PolicySet { request, number, from, policy: policy.clone() }, effects);
        let decided = Decided::Set { version: self.version, number, from };
        Ok((decided, Some(Scheduled { number, from, policy: policy.clone() })))
    }

    /// Puts on record that a policy was refused.
    pub(crate) fn refuse_policy(
        &mut self,
        request: RequestId,
        reason: SettlementRefusal,
        effects: &mut Effects,
    ) -> Decided {
        self.state(SettlementFact::PolicyRefused { request, reason }, effects);
        Decided::Refused(reason)
    }

    fn may_set(
        &self,
        calendar: &Calendar<'_>,
        policy: &SellerPolicy,
        effects: &Effects,
    ) -> Result<Result<Day, SettlementRefusal>, CorruptState> {
        let today = calendar.day(effects.at())?;
        let at_once = self.closed.map_or(today, |closed| closed.next().max(today));
        let from = policy.effective_from.unwrap_or(at_once);
        let is_over = self.is_closed(from) || (!self.has_lines(from) && calendar.over_at(from)? <= effects.at());
        let is_before_newest = self.policies > 0 && from < self.newest_from;
        if is_over || is_before_newest || calendar.schedule.policies.len() >= policy::POLICIES_PER_SELLER {
            return Ok(Err(SettlementRefusal::InvalidPolicy));
        }
        if self.is_known() && policy.time_zone != self.zone {
            return Ok(Err(SettlementRefusal::TermsFrozen));
        }
        Ok(Ok(from))
    }
}
