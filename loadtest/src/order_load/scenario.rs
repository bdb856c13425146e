//! What each shopper means to do with an order: drawn from the seed in advance. 90 % pay, 5 % are declined, 5 % walk away; of
//! those who pay, some do it clumsily, some cancel, some send things back.

use fastrand::Rng;

/// What a shopper means to do with an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scenario {
    /// Pays and keeps it.
    Keep,
    /// Sends the payment twice under one key, as from a double click.
    PayTwice,
    /// Authenticates in two windows and pays in both at once.
    PayInTwoWindows,
    /// Pays an amount that the order does not cost, then the right one.
    PayWrongAmount,
    /// Pays by transfer to a virtual account.
    Transfer,
    /// The card is declined; another card is not.
    DeclinedOnce,
    /// The card is declined, and there is no other.
    Declined,
    /// Never pays.
    WalkAway,
    /// Cancels instead of paying.
    CancelUnpaid,
    /// Pays and cancels at the same moment.
    CancelWhilePaying,
    /// Cancels everything after paying.
    Cancel,
    /// Cancels a unit after paying.
    CancelPart,
    /// Cancels after the shipment, which is too late.
    CancelTooLate,
    /// It is shipped.
    Ship,
    /// It is delivered, and the shopper confirms the purchase.
    Confirm,
    /// A unit is sent back.
    SendPartBack,
    /// Everything is sent back, in two parcels.
    SendAllBack,
    /// Was shown another price than the shop's.
    Misquoted,
}

/// How many of a thousand orders take which scenario.
const OF_A_THOUSAND: [(Scenario, u32); 18] = [
    (Scenario::Keep, 420),
    (Scenario::PayTwice, 60),
    (Scenario::PayInTwoWindows, 20),
    (Scenario::PayWrongAmount, 20),
    (Scenario::Transfer, 20),
    (Scenario::DeclinedOnce, 20),
    (Scenario::Declined, 30),
    (Scenario::WalkAway, 50),
    (Scenario::CancelUnpaid, 10),
    (Scenario::CancelWhilePaying, 20),
    (Scenario::Cancel, 60),
    (Scenario::CancelPart, 60),
    (Scenario::CancelTooLate, 20),
    (Scenario::Ship, 60),
    (Scenario::Confirm, 50),
    (Scenario::SendPartBack, 40),
    (Scenario::SendAllBack, 30),
    (Scenario::Misquoted, 10),
];

impl Scenario {
    /// Every scenario.
    #[must_use]
    pub fn all() -> [Self; OF_A_THOUSAND.len()] {
        OF_A_THOUSAND.map(|(scenario, _)| scenario)
    }

    /// The scenario of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|scenario| scenario.name() == name)
    }

    /// Draws one.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let mut place = rng.u32(0..OF_A_THOUSAND.iter().map(|(_, share)| share).sum());
        for (scenario, share) in OF_A_THOUSAND {
            match place.checked_sub(share) {
                Some(rest) => place = rest,
                None => return scenario,
            }
        }
        Self::Keep
    }

    /// Whether it needs an order of at least two units.
    #[must_use]
    pub fn splits(self) -> bool {
        matches!(self, Self::CancelPart | Self::SendPartBack | Self::SendAllBack)
    }

    /// The name in the client log and the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::PayTwice => "pay_twice",
            Self::PayInTwoWindows => "pay_in_two_windows",
            Self::PayWrongAmount => "pay_wrong_amount",
            Self::Transfer => "transfer",
            Self::DeclinedOnce => "declined_once",
            Self::Declined => "declined",
            Self::WalkAway => "walk_away",
            Self::CancelUnpaid => "cancel_unpaid",
            Self::CancelWhilePaying => "cancel_while_paying",
            Self::Cancel => "cancel",
            Self::CancelPart => "cancel_part",
            Self::CancelTooLate => "cancel_too_late",
            Self::Ship => "ship",
            Self::Confirm => "confirm",
            Self::SendPartBack => "send_part_back",
            Self::SendAllBack => "send_all_back",
            Self::Misquoted => "misquoted",
        }
    }
}
