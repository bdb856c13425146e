//! A sentence for every refusal of the processors.

use events::coupons::Refusal;
use events::inventory::StockRefusal;
use events::orders::OrderRefusal;
use events::prices::PriceRefusal;
use events::settlement::SettlementRefusal;

const CONFLICT: &str = "The same key was sent before with other content";
const FULL: &str = "So many requests were accepted within a day that no more can be remembered; nothing was done";

pub(super) fn refusal_title(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::IdempotencyConflict => CONFLICT,
        Refusal::TooManyRequests => FULL,
        Refusal::UnknownCampaign => "There is no such campaign",
        Refusal::NotOpen => "The campaign is not open yet",
        Refusal::Closed => "The campaign is closed",
        Refusal::Paused => "The campaign is paused",
        Refusal::AlreadyClaimed => "The shopper has as many coupons as the campaign allows",
        Refusal::NotEligible => "The campaign does not admit the shopper",
        Refusal::SoldOut => "No coupon remains",
        Refusal::BudgetExhausted => "The campaign's budget is exhausted",
        Refusal::NotOwner => "The shopper does not own the coupon",
        Refusal::NotUsable => "The coupon cannot be used",
        Refusal::MinSpend => "The order is smaller than the minimum spend",
        Refusal::NotRestorable => "The coupon cannot be restored",
        Refusal::InvalidTerms => "The terms break a rule",
        Refusal::TermsFrozen => "The change would break a promise already given",
    }
}

pub(super) fn stock_title(refusal: StockRefusal) -> &'static str {
    match refusal {
        StockRefusal::IdempotencyConflict => CONFLICT,
        StockRefusal::TooManyRequests => FULL,
        StockRefusal::UnknownProduct => "There is no such product",
        StockRefusal::InvalidQuantity => "Not a quantity that can be held",
        StockRefusal::InsufficientStock => "Fewer units are available",
        StockRefusal::NotHeld => "The units are not held any more",
        StockRefusal::InvalidTerms => "The terms break a rule",
        StockRefusal::TermsFrozen => "The change would break a promise already given",
        StockRefusal::InvalidChange => "The change would leave a number of units that cannot be",
    }
}

pub(super) fn order_title(refusal: OrderRefusal) -> &'static str {
    match refusal {
        OrderRefusal::IdempotencyConflict => CONFLICT,
        OrderRefusal::TooManyRequests => FULL,
        OrderRefusal::UnknownOrder => "There is no such order",
        OrderRefusal::InvalidOrder => "The lines are not those of an order",
        OrderRefusal::PriceChanged => "The order costs something else than was quoted",
        OrderRefusal::NotAnswered => "Stock or coupon could not be held in time",
        OrderRefusal::UnknownLine => "The order does not have the product",
        OrderRefusal::TooManyUnits => "The order has fewer units left",
        OrderRefusal::AmountMismatch => "The payment is not for what the order costs; nothing was charged",
        OrderRefusal::PaymentWindowOver => "The time to pay is over; nothing was charged",
        OrderRefusal::PaymentInFlight => "The provider is being asked to charge",
        OrderRefusal::RefundInFlight => "Money is being given back",
        OrderRefusal::NotAwaitingPayment => "The order does not await a payment",
        OrderRefusal::AlreadyShipped => "The order was shipped: it can only be sent back",
        OrderRefusal::NotPaid => "The order is not paid, or was undone",
        OrderRefusal::NotShipped => "The order was not shipped",
        OrderRefusal::RefundAccountMissing => "A refund of a transfer needs an account to send it to",
    }
}

pub(super) fn settlement_title(refusal: SettlementRefusal) -> &'static str {
    match refusal {
        SettlementRefusal::IdempotencyConflict => CONFLICT,
        SettlementRefusal::TooManyRequests => FULL,
        SettlementRefusal::UnknownSeller => "Nothing is known of the seller",
        SettlementRefusal::InvalidPolicy => {
            "The policy breaks a rule, or begins on a day that is over, or before one that was set earlier"
        }
        SettlementRefusal::TermsFrozen => "The change would break a promise already given",
        SettlementRefusal::DayClosed => "The day is closed",
        SettlementRefusal::DayAhead => "The day has not begun",
    }
}

pub(super) fn price_title(refusal: PriceRefusal) -> &'static str {
    match refusal {
        PriceRefusal::UnknownProduct => "There is no such product",
        PriceRefusal::InvalidOffer => "The offer breaks a rule",
        PriceRefusal::InvalidPrice => "The price is absurd beside the list price",
        PriceRefusal::OfferInFuture => "The offer claims to have been seen later than now",
        PriceRefusal::OfferStale => "The offer is not believed any longer, or a newer one of the source is known",
        PriceRefusal::TooManyOffers => "As many other sources as a product may have offer it",
    }
}
