//! Numbers the business may change, with their units and reasons. Changing one changes decisions from the next record on, so
//! a replay of an old log with new numbers is another history.

/// For how long a repeated request is recognised, milliseconds: 24 hours, what shoppers' clients are told about
/// `Idempotency-Key`. A granted claim is recognised for as long as its campaign lives.
pub const RETRY_WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

/// How many requests that granted nothing are remembered per shopper and campaign: the newest ones. Sixty-four in a day is
/// more than a person tries and all that the orders of a hundred coupons usually ask; some 2 KB at most. An older one that
/// is repeated is decided again, as if it were new: within the shopper's limit, so it can never gain a coupon too many.
pub const REQUESTS_PER_ACCOUNT: usize = 64;

/// How many requests for campaigns that do not exist are remembered per partition: 65,536, some 8 MB.
pub const STRANGERS: u64 = 65_536;

/// The longest a coupon can be held for one order, milliseconds: seven days, the longest a bank transfer is waited for.
pub const LONGEST_HOLD_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// For how long a campaign's coupons are kept after their use window, milliseconds: thirty days.
pub const CAMPAIGN_RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// How many accounts one round of a sweep visits, so that claims of other campaigns wait for milliseconds only.
pub const ACCOUNTS_PER_SWEEP: usize = 512;

/// How many facts one round of a sweep states at most; an account is never left half done, so it may exceed this by one
/// account's coupons.
pub const FACTS_PER_SWEEP: usize = 1024;

/// How long a sweep rests between two rounds, milliseconds of log time.
pub const SWEEP_PAUSE_MS: i64 = 1;

// A hold must end before the campaign's coupons are forgotten.
const _: () = assert!(LONGEST_HOLD_MS < CAMPAIGN_RETENTION_MS);
