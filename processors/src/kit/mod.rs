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

#[cfg(test)]
pub(crate) mod testing;
