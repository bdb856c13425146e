//! What shoppers see while there is a competitor, judged look by look.

use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;
use serde::Serialize;

/// What came of a competition.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Competition {
    /// From the competitor's lower offer until shoppers saw it, milliseconds; nothing when they never did.
    pub seen_after_ms: Option<i64>,
    /// From the end of that offer until shoppers saw our price again, milliseconds.
    pub ours_again_after_ms: Option<i64>,
    /// How often they looked.
    pub looks: u64,
    /// How often they saw the competitor's offer.
    pub looks_at_the_offer: u64,
    /// How often they saw no price.
    pub looks_at_nothing: u64,
    /// The first time that an offer which is not the lowest won, or the lowest did not.
    #[serde(skip)]
    pub wrong_winner: Option<String>,
    /// The first time that the offer was named after its end.
    #[serde(skip)]
    pub outlived: Option<String>,
}

/// The scenario of a competition.
pub(super) struct Observation {
    ours: Money,
    theirs: Money,
    began: Timestamp,
    end: Timestamp,
    competition: Competition,
}

impl Observation {
    /// We ask one price and the competitor the other, from when to when.
    pub(super) fn new((ours, theirs): (Money, Money), (began, end): (Timestamp, Timestamp)) -> Self {
        Self { ours, theirs, began, end, competition: Competition::default() }
    }

    /// Whether our price is the lowest again.
    pub(super) fn is_over(&self) -> bool {
        self.competition.ours_again_after_ms.is_some()
    }

    /// A shopper asked and was answered.
    pub(super) fn see(&mut self, asked_at: Timestamp, answered_at: Timestamp, best: &BestPrice) {
        let (since, end) = (|from: Timestamp| answered_at.as_millis() - from.as_millis(), self.end);
        let competition = &mut self.competition;
        competition.looks += 1;
        match &best.by {
            Winner::Offer { source } => {
                competition.looks_at_the_offer += 1;
                competition.seen_after_ms.get_or_insert(since(self.began));
                if best.price != self.theirs {
                    competition
                        .wrong_winner
                        .get_or_insert(format!("{source} at {}, not at {}", best.price, self.theirs));
                }
                // Whoever asked before the end may be answered after it.
                if asked_at >= end {
                    let late = asked_at.as_millis() - end.as_millis();
                    competition.outlived.get_or_insert(format!("{source} at {}, {late} ms after its end", best.price));
                }
            }
            Winner::Own => {
                if best.price != self.ours {
                    competition.wrong_winner.get_or_insert(format!("we at {}, not at {}", best.price, self.ours));
                }
                if competition.seen_after_ms.is_some() && answered_at < end {
                    let early = end.as_millis() - answered_at.as_millis();
                    let wrong = format!("we at {}, {early} ms before the end of a lower offer", best.price);
                    competition.wrong_winner.get_or_insert(wrong);
                }
                if answered_at >= end {
                    competition.ours_again_after_ms.get_or_insert(since(end));
                }
            }
        }
    }

    /// A shopper asked and was answered no price.
    pub(super) fn see_nothing(&mut self) {
        self.competition.looks += 1;
        self.competition.looks_at_nothing += 1;
    }

    /// What came of it.
    pub(super) fn end(mut self) -> Competition {
        let competition = &mut self.competition;
        if competition.seen_after_ms.is_none() {
            competition
                .wrong_winner
                .get_or_insert(format!("nobody ever saw the lower offer in {} looks", competition.looks));
        }
        if competition.ours_again_after_ms.is_none() {
            competition.outlived.get_or_insert("our price did not come back after the end of the offer".into());
        }
        self.competition
    }
}
