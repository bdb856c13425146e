//! One record of `coupons.events`: most are refusals and change nothing on the cache of campaigns, so their values are not even read.

use events::codec::{self, DecodeError};
use events::coupons::CouponEvent;
use events::envelope::{Envelope, header};
use streams::record::Record;

use super::CampaignCache;

/// Facts that leave the cache of campaigns as it is.
const IRRELEVANT: [&[u8]; 3] = [b"claim_refused", b"campaign_refused", b"coupon_refused"];

/// What became of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Applied {
    /// The cache of campaigns has it.
    Taken,
    /// It changes nothing.
    Skipped,
    /// Nobody can read it. The campaign's next event puts the cache of campaigns right: its numbers are absolute.
    Unreadable,
    /// A newer version of this program wrote it: from here on the cache of campaigns cannot be trusted.
    Newer,
}

/// Applies records to a cache.
pub(crate) struct Follower<'a>(pub(crate) &'a CampaignCache);

impl Follower<'_> {
    /// Handles one record.
    pub(crate) fn apply(&self, record: &Record) -> Applied {
        if record.header(header::EVENT_TYPE).is_some_and(|kind| IRRELEVANT.contains(&kind)) {
            return Applied::Skipped;
        }
        let envelope = Envelope::from_headers(record.header_pairs());
        match codec::decode::<CouponEvent>(record.value.as_deref(), &envelope) {
            Ok(event) => {
                self.0.apply(event);
                Applied::Taken
            }
            Err(DecodeError::Newer { found, known }) => {
                tracing::error!(
                    partition = record.partition,
                    offset = record.offset,
                    found,
                    known,
                    "an event was written by a newer version: claims are no longer refused from memory"
                );
                Applied::Newer
            }
            Err(error) => {
                tracing::warn!(partition = record.partition, offset = record.offset, %error, "an event cannot be read");
                Applied::Unreadable
            }
        }
    }
}
