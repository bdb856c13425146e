//! Numbers the business may change, with their units and reasons. Changing one changes decisions from the next record on, so
//! a replay of an old log with new numbers is another history.

use crate::kit::requests::Bounds;

/// For how long a request that is repeated is recognised, milliseconds: an accepted one always, a refused one unless more than its
/// bound were refused since. A granted claim is recognised for as long as its campaign is kept.
pub use events::request::RETRY_WINDOW_MS;

/// How many requests are remembered per shopper and campaign, beside the claims that were granted. Sixty-four refusals in a day are
/// more than a person tries, some 2 KB. An older one that is repeated is decided again, as if it were new. 512 accepted ones within a
/// day are more than the orders of a hundred coupons need; from then on new holds, and new commands of operators, are refused.
pub(crate) const REQUESTS_PER_ACCOUNT: Bounds = Bounds { accepted: 512, refused: 64, kept: 0 };

/// How many refused requests are remembered per partition apart from the accounts of campaigns: 65,536, some 8 MB.
pub const REFUSED_REQUESTS: u64 = 65_536;

/// How many accepted requests of merchants and operators are remembered per partition: 262,144 within a day, three each second, some
/// 50 MB. From then on new ones are refused, until the oldest is a day old.
pub const ACCEPTED_REQUESTS: u64 = 262_144;

/// How many requests about stock that were refused are remembered per partition beside those with a hold: 524,288,
/// some 60 MB when many orders come too late. An order repeats its command after thirty seconds without an answer; so it is
/// recognised also while seventeen thousand others are refused each second.
pub const REFUSED_STOCK_REQUESTS: u64 = 524_288;

/// How many requests about a hold on stock are remembered beside it, for as long as it is kept. An order commits or releases a hold
/// once, and returns each of its units once at most, which can be a thousand; a return states how many came back in all, so repeating
/// one moves nothing.
pub(crate) const REQUESTS_PER_HOLD: Bounds = Bounds { accepted: 1_024, refused: 16, kept: 0 };

/// For how long a hold on stock is kept after it was released or has lapsed, milliseconds: as long as any repeated request is
/// recognised, so that an order that repeats its command after a day's outage gets to know how its hold ended.
pub const ENDED_HOLD_RETENTION_MS: i64 = RETRY_WINDOW_MS;

/// For how long a committed hold is kept, so that its units can come back, milliseconds: 180 days, more than an order
/// usually takes to be shipped, delivered and confirmed, and the return period after that.
pub const COMMITTED_HOLD_RETENTION_MS: i64 = 180 * 24 * 60 * 60 * 1000;

/// The longest a coupon or stock can be held for one order, milliseconds: seven days, the longest a bank transfer is waited for.
pub const LONGEST_HOLD_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// For how long a campaign's coupons are kept after their use window, milliseconds: thirty days.
pub const CAMPAIGN_RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// How many rows one round of an expiry reads, so that claims of other campaigns wait for milliseconds only.
pub const ROWS_PER_ROUND: usize = 512;

/// How many facts one round of an expiry states at most; an account is never left half done, so it may exceed this by one
/// account's coupons.
pub const FACTS_PER_ROUND: usize = 1024;

/// The pause between two rounds of an expiry, milliseconds of log time.
pub const ROUND_PAUSE_MS: i64 = 1;

// A hold must end before the campaign's coupons are forgotten.
const _: () = assert!(LONGEST_HOLD_MS < CAMPAIGN_RETENTION_MS);

/// How long stock and coupon may take to answer the holds of a new order, milliseconds: thirty seconds, a hundred times what they
/// take; a processor that died is back by then.
pub const HOLDS_ANSWERED_WITHIN_MS: i64 = 30 * 1000;

/// How long the connector of the payment provider may take to answer, milliseconds: ninety seconds, twice what it grants itself.
/// Then its answer counts as unknown.
pub const PAYMENT_ANSWERED_WITHIN_MS: i64 = 90 * 1000;

/// The pauses before a call to the payment provider is repeated whose outcome is not known, milliseconds; the last one for ever.
pub const PAYMENT_RETRIES_MS: [i64; 5] = [2_000, 5_000, 10_000, 20_000, 30_000];

/// After which time a payment that the provider does not know is none, milliseconds: a day, since providers say "not found" of
/// what they are still working on.
pub const PAYMENT_NOT_FOUND_AFTER_MS: i64 = 24 * 60 * 60 * 1000;

/// The pause before an unanswered command to stock or coupons is repeated, milliseconds: thirty seconds, doubled each time.
pub const STEP_RETRY_MS: i64 = 30 * 1000;

/// The longest such pause, milliseconds: ten minutes.
pub const STEP_RETRY_AT_MOST_MS: i64 = 10 * 60 * 1000;

/// The pause before a refund that must be made and was refused is tried as a new one, milliseconds: an hour.
pub const REFUND_RETRY_MS: i64 = 60 * 60 * 1000;

/// How long an order's holds last unless it ends them, milliseconds: a bound for the saga, not a deadline of it. An order ends
/// its holds itself, and never waits for longer than this.
pub const HOLD_LIMIT_MS: i64 = LONGEST_HOLD_MS;

/// How much earlier than the end of its holds a transfer to a virtual account must have come, milliseconds: a day, in which the account is
/// closed or the money committed.
pub const DEPOSIT_BEFORE_HOLD_ENDS_MS: i64 = 24 * 60 * 60 * 1000;

/// How often a shopper may try to pay for one order: ten times; each costs the provider a call.
pub const MOST_ATTEMPTS: u16 = 10;

/// The pause between two look-ups of one order's payment, milliseconds: many hints may come, and they may be forged.
pub const LOOK_UPS_APART_MS: i64 = 1000;

/// For how long a finished order stays in memory, milliseconds: thirty days, in which it can still be refunded.
pub const ORDER_RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// How many requests are remembered per order; the one that placed it always. 256 within a day are accepted, far more than an order
/// of fifty lines is cancelled and refunded in; from then on new ones are refused. Of the refused the newest 32 are remembered.
pub(crate) const REQUESTS_PER_ORDER: Bounds = Bounds { accepted: 256, refused: 32, kept: 1 };

/// How many webhooks are remembered per order: the newest. A repeat of an older one is one more look-up.
pub const TRANSMISSIONS_PER_ORDER: usize = 8;

// A transfer must be able to come, and a confirm to be answered, before the holds end.
const _: () = assert!(DEPOSIT_BEFORE_HOLD_ENDS_MS + PAYMENT_NOT_FOUND_AFTER_MS < HOLD_LIMIT_MS);

/// The least time between two snapshots of what a seller's open days amount to, milliseconds: a second, so that figures are current
/// within it and a busy seller costs one fact a second.
pub const SNAPSHOTS_APART_MS: i64 = 1_000;

/// How many policies of a seller are kept: the one that open days have, and those still to come.
pub const POLICIES_PER_SELLER: usize = 64;

/// For how long a posted line is kept after its last change, so that its units can be taken back, milliseconds: 180 days, as long as
/// a committed hold. An order is forgotten before that.
pub const SETTLED_LINES_RETENTION_MS: i64 = COMMITTED_HOLD_RETENTION_MS;

/// How often a seller's lines are looked through for those that need not be kept, milliseconds: thirty days, so that keeping track of
/// their age costs nothing when they are posted.
pub const LINES_CHECKED_EVERY_MS: i64 = 30 * 24 * 60 * 60 * 1000;

// A refund must find its line.
const _: () = assert!(ORDER_RETENTION_MS < SETTLED_LINES_RETENTION_MS);

/// How many times our list price another shop's price may be: beyond that it is a slip.
pub const OFFER_AT_MOST_TIMES_OURS: i64 = 10;

/// The part of our list price that another shop's price must at least be, as its denominator: a hundredth.
pub const OFFER_AT_LEAST_PARTS_OF_OURS: i64 = 100;
