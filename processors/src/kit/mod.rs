//! What all processors of the shop share: how they are declared, how their rows are written, what they remember of requests, and
//! where what they decide goes. Nothing here knows a rule of the business.

pub(crate) mod declaration;
pub(crate) mod field;
pub(crate) mod id;
pub(crate) mod machine;
pub(crate) mod request_store;
pub(crate) mod requests;
pub(crate) mod row;
pub(crate) mod step;
pub(crate) mod table;
pub(crate) mod wakeup;

/// Why processors send records to the dead letters: how the reasons begin, up to the first comma, colon or digit. Metrics show them from
/// the start, so that the first one is seen.
pub const DEAD_LETTER_REASONS: [&str; 7] = [
    "not a readable value",
    "the record has no value",
    "the record has no readable schema-version header",
    "the record's key is not the message's",
    "the order's id does not derive from its request",
    "a price that no product can have",
    "a refund at no time",
];

#[cfg(test)]
pub(crate) mod testing;
