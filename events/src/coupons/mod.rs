//! The coupon processor's language: what it is told ([`CouponCommand`]), what it states ([`CouponEvent`]), and why it
//! refuses ([`Refusal`]). Campaigns are defined by [`CampaignTerms`].

mod command;
mod event;
mod refusal;
mod terms;

pub use command::CouponCommand;
pub use event::{CampaignStatus, CouponEvent, CouponFact, ReleaseCause, StockCount};
pub use refusal::Refusal;
pub use terms::{CampaignTerms, Discount, Eligibility, Restoration, TermsError};
