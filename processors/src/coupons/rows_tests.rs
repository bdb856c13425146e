//! Rows are read as they were written, also by the next build; what is no row is an error, and a newer row is recognised; a granted
//! coupon is small.

use events::coupons::{CampaignStatus, CampaignTerms, Discount, Eligibility, Refusal, Restoration, StockCount};
use events::ids::{OrderId, Segment};
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use proptest::prelude::*;

use super::account::{Account, Answer};
use super::campaign::{Campaign, Counts};
use super::coupon::{Coupon, CouponState, Hold, Redemption};
use super::effects::Wakeup;
use super::fixture::{at, campaign, request, shopper, terms};
use super::stores::{ACCOUNTS, AccountKey, CAMPAIGNS, COUNTS, CampaignNumber};
use crate::kit::requests::{Remembered, Requests};
use crate::kit::testing::rows;

fn coupon(name: &str, state: CouponState) -> Coupon {
    Coupon {
        claim: request(name),
        fingerprint: Fingerprint::from_u64(u64::MAX),
        granted_at: at(1_000),
        expires_at: at(90_000),
        restored: 0,
        state,
    }
}

fn full_account() -> Account {
    let order = OrderId::new("order-1").unwrap();
    let hold = Hold { id: request("h").hold(), order: order.clone(), discount: Money::new(500), until: at(2_000) };
    let redemption = Redemption { hold: request("r").hold(), order, discount: Money::LARGEST };
    let mut coupons: Vec<Coupon> = [
        CouponState::Granted,
        CouponState::Held(hold),
        CouponState::Redeemed(redemption),
        CouponState::Expired,
        CouponState::Revoked,
    ]
    .into_iter()
    .map(|state| coupon("c", state))
    .collect();
    coupons[2].restored = 255;
    let answers = Refusal::ALL.map(Answer::Refused).into_iter().chain([Answer::Applied(u64::MAX), Answer::Applied(0)]);
    let requests = answers
        .map(|answer| Remembered { request: request("q"), fingerprint: Fingerprint::from_u64(9), at: at(7), answer })
        .collect();
    Account { coupons, requests: Requests(requests) }
}

fn full_campaign() -> Campaign {
    Campaign {
        id: campaign("sale"),
        number: u32::MAX,
        origin: at(5),
        status: CampaignStatus::Ended,
        retired: true,
        terms: CampaignTerms {
            eligibility: Eligibility::Segments(vec![Segment::new("vip").unwrap(), Segment::new("gold").unwrap()]),
            discount: Discount::Percent { share: BasisPoints::WHOLE, cap: Some(Money::new(9)) },
            budget: Some(Money::LARGEST),
            platform_share: BasisPoints::new(0),
            seller_initiated: true,
            restoration: Restoration::WithinUseWindow { times: 3 },
            ..terms()
        },
        counts: Counts::default(),
    }
}

/// The operators' account in a campaign with this origin.
fn account_key(origin: i64) -> AccountKey {
    AccountKey::new(&Campaign { origin: at(origin), ..full_campaign() }, None)
}

#[test]
fn rows_are_read_as_they_were_written_and_no_other_way() {
    for origin in [0, 5, 999_999] {
        rows::check(&ACCOUNTS, &account_key(origin), &full_account());
    }
    for terms in [terms(), full_campaign().terms] {
        let campaign = Campaign { terms, ..full_campaign() };
        rows::check(&CAMPAIGNS, &campaign.id, &campaign);
    }
    let stock = StockCount { stock: u32::MAX, remaining: 1, granted: 2, held: 3, redeemed: 4, expired: 5, revoked: 6 };
    let counts = Counts { version: u64::MAX, stock, spent: u64::MAX };
    rows::check(&COUNTS, &CampaignNumber(7), &counts);
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let granted = Account { coupons: vec![coupon("c", CouponState::Granted)], requests: Requests::default() };
    let claim = rows::hex(request("c").as_bytes());
    // version, one coupon, claim, fingerprint, two times in zigzag, state, no requests
    let expected = format!("0101{claim}ffffffffffffffff8089 7a 80aaea55 00 00").replace(' ', "");
    assert_eq!(rows::hex(&rows::write(&ACCOUNTS, &account_key(0), &granted)), expected);
}

#[test]
fn a_granted_coupon_takes_at_most_forty_bytes() {
    let thirty_days = 30 * 24 * 60 * 60;
    let mut granted = coupon("c", CouponState::Granted);
    (granted.granted_at, granted.expires_at) = (at(thirty_days / 2), at(thirty_days));
    let account = Account { coupons: vec![granted], requests: Requests::default() };
    let row = rows::write(&ACCOUNTS, &account_key(0), &account);
    assert!(row.len() <= 40, "{} bytes", row.len());
}

#[test]
fn timers_of_version_1_are_these_bytes() {
    let (campaign, hold) = (campaign("sale"), request("h").hold());
    let of_sale = "01 04 73616c65";
    let key = format!("{of_sale} {} 616e6e", rows::hex(hold.as_bytes()));
    rows::check_wakeup(&Wakeup::Lapse { campaign: campaign.clone(), hold, shopper: shopper("ann") }, 1, &key);
    let after = vec![0, 0, 0, 7, 0x61];
    let key = format!("{of_sale} 00000007 61");
    rows::check_wakeup(&Wakeup::Expire { campaign: campaign.clone(), after: after.clone() }, 2, &key);
    rows::check_wakeup(&Wakeup::expire(&campaign), 2, of_sale);
    rows::check_wakeup(&Wakeup::Forget { campaign: campaign.clone(), after }, 3, &key);
    rows::check_wakeup(&Wakeup::retire(&campaign), 4, of_sale);
    rows::check_wakeup(&Wakeup::ForgetRequests, 5, "01");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        rows::read_anything(&ACCOUNTS, &account_key(0), &bytes);
        rows::read_anything(&CAMPAIGNS, &campaign("sale"), &bytes);
        rows::read_anything(&COUNTS, &CampaignNumber(7), &bytes);
    }
}
