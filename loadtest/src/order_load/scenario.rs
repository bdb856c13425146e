//! What each shopper means to do with an order: drawn from the seed in advance. 90 % pay, 5 % are declined, 5 % walk away; of
//! those who pay, some do it clumsily, some cancel, some send things back.

use fastrand::Rng;

/// What a shopper means to do with an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Course {
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

/// How many of a thousand orders take which course.
const OF_A_THOUSAND: [(Course, u32); 18] = [
    (Course::Keep, 420),
    (Course::PayTwice, 60),
    (Course::PayInTwoWindows, 20),
    (Course::PayWrongAmount, 20),
    (Course::Transfer, 20),
    (Course::DeclinedOnce, 20),
    (Course::Declined, 30),
    (Course::WalkAway, 50),
    (Course::CancelUnpaid, 10),
    (Course::CancelWhilePaying, 20),
    (Course::Cancel, 60),
    (Course::CancelPart, 60),
    (Course::CancelTooLate, 20),
    (Course::Ship, 60),
    (Course::Confirm, 50),
    (Course::SendPartBack, 40),
    (Course::SendAllBack, 30),
    (Course::Misquoted, 10),
];

impl Course {
    /// Every course.
    #[must_use]
    pub fn all() -> [Self; OF_A_THOUSAND.len()] {
        OF_A_THOUSAND.map(|(course, _)| course)
    }

    /// The course of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|course| course.name() == name)
    }

    /// Draws one.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let mut place = rng.u32(0..OF_A_THOUSAND.iter().map(|(_, share)| share).sum());
        for (course, share) in OF_A_THOUSAND {
            match place.checked_sub(share) {
                Some(rest) => place = rest,
                None => return course,
            }
        }
        Self::Keep
    }

    /// Whether it needs an order of at least two units.
    #[must_use]
    pub fn splits(self) -> bool {
        matches!(self, Self::CancelPart | Self::SendPartBack | Self::SendAllBack)
    }

    /// The name in the journal and the report.
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
