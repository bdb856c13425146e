//! `GET /v1/me/coupons`: the caller's own coupons.

use events::ids::{CampaignId, CouponId, OrderId};
use events::money::Money;
use events::time::Timestamp;
use projections::CouponRow;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;

use super::{Answer, json};
use crate::auth::Caller;
use crate::handlers::Request;

/// The caller's coupons, newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Wallet {
    /// The coupons; at most 1,000.
    coupons: Vec<Coupon>,
}

/// One coupon.
#[derive(Serialize, JsonSchema)]
struct Coupon {
    /// The coupon.
    coupon: CouponId,
    /// Its campaign.
    campaign: CampaignId,
    /// `granted`, `held`, `redeemed`, `expired` or `revoked`.
    state: &'static str,
    /// When it expires unless used, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// The order it is held for or was used on.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    /// When the hold lapses.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_until: Option<Timestamp>,
    /// What it takes off the order, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<Money>,
    /// When it last changed, milliseconds since 1970.
    updated_at: Timestamp,
}

/// Answers from the projections.
///
/// # Errors
/// `UNAVAILABLE` when nothing can be read.
pub(crate) async fn get(caller: Caller, request: Request) -> Answer {
    let Request { state, call: _, .. } = request;
    let mut rows = state.reads.coupons(&caller.id, &state.metrics).await?;
    rows.sort_by(|one, other| other.updated_at.cmp(&one.updated_at).then(one.coupon.cmp(&other.coupon)));
    json(StatusCode::OK, &Wallet { coupons: rows.into_iter().map(shown).collect() })
}

fn shown(row: CouponRow) -> Coupon {
    Coupon {
        coupon: row.coupon,
        campaign: row.campaign,
        state: row.state.name(),
        expires_at: row.expires_at,
        order: row.order,
        hold_until: row.hold_until,
        discount: row.discount,
        updated_at: row.updated_at,
    }
}
