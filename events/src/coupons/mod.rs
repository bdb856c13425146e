//! The coupon processor's language: what it is told ([`CouponCommand`]), what it states ([`CouponEvent`]), what it
//! answers to an order ([`CouponAnswer`]), and why it refuses ([`Refusal`]). Campaigns are defined by [`CampaignTerms`].

mod answer;
mod command;
mod event;
mod refusal;
mod terms;

pub use crate::hold::ReleaseCause;
pub use answer::CouponAnswer;
pub use command::CouponCommand;
pub use event::{CampaignStatus, CouponEvent, CouponFact, StockCount};
pub use refusal::Refusal;
pub use terms::{CampaignTerms, Discount, Eligibility, Restoration, TermsError};
