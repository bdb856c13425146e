//! The end of the sale: sellers are settled by policies of their own, an operator closes the sale's days, and each seller's
//! statements are what ingress answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use events::calendar::{Day, Weekday, ZoneName};
use events::ids::{Category, SellerId};
use events::money::{BasisPoints, Money};
use events::settlement::{Basis, CommissionRule, DayTotals, Fee, PayOut, RuleMatch, SellerPolicy, Settled, Vat};
use events::time::Timestamp;
use serde::{Deserialize, Serialize};
use web::jwt::TokenIssuer;

use super::api_client;
use super::caller::Caller;
use super::order_load::Product;
use super::wire::Connection;

/// How long ingress may take to answer an operator.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// What the sellers of a sale are owed for it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Statements {
    /// The days that were closed, as the sellers' zone has them.
    pub days: Vec<Day>,
    /// What each seller's days amount to.
    pub sellers: BTreeMap<SellerId, SellerTotals>,
    /// What they amount to together.
    pub totals: SellerTotals,
}

/// What closed days amount to.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct SellerTotals {
    /// The sums of the days' lines.
    #[serde(flatten)]
    pub totals: DayTotals,
    /// What is paid out.
    pub payable: Money,
}

/// What ingress answers when a day is closed.
#[derive(Debug, Deserialize)]
struct Closed {
    totals: DayTotals,
    payable: Money,
}

/// The day of an instant where the sellers of a sale are.
///
/// # Errors
/// Never in practice: the zone is the default one.
pub fn day_of(at: Timestamp) -> anyhow::Result<Day> {
    ZoneName::default().zone().and_then(|zone| zone.day(at)).context("today is no day")
}

/// Settles every seller of the catalogue by a policy of its own, before anything is sold: each kind of rule, tax and pay-out cycle
/// there is, and one seller whose lines count only when they are delivered.
///
/// # Errors
/// When the operator's request is refused, or not answered in time.
pub(super) async fn set_policies(
    ingress: SocketAddr,
    catalogue: &[Product],
    issuer: &TokenIssuer,
) -> anyhow::Result<()> {
    let operator = Caller::operator(ingress, "sale-settler", issuer)?;
    let mut connection = Connection::to(ingress);
    for (number, seller) in sellers(catalogue).into_iter().enumerate() {
        let own = catalogue.iter().find(|product| product.terms.seller == seller).context("a seller sells")?;
        let policy = policy(number, own)?;
        let path = format!("/v1/sellers/{seller}");
        let put = operator.ask("PUT", &path, "settle-the-seller", &serde_json::to_string(&policy)?);
        let deadline = Instant::now() + ANSWERED_WITHIN;
        api_client::until(&mut connection, &put.post, deadline, "setting a seller's policy").await?;
    }
    Ok(())
}

/// Closes the days from the first to the last of every seller, in order.
///
/// # Errors
/// As for [`set_policies`].
pub(super) async fn close_days(
    ingress: SocketAddr,
    catalogue: &[Product],
    (first, last): (Day, Day),
    issuer: &TokenIssuer,
) -> anyhow::Result<Statements> {
    let operator = Caller::operator(ingress, "sale-settler", issuer)?;
    let mut connection = Connection::to(ingress);
    let mut statements = Statements::default();
    let mut day = first;
    while day <= last {
        statements.days.push(day);
        for seller in sellers(catalogue) {
            let path = format!("/v1/sellers/{seller}/days/{day}/close");
            let post = operator.ask("POST", &path, "close-the-sellers-day", "");
            let deadline = Instant::now() + ANSWERED_WITHIN;
            let body = match api_client::until(&mut connection, &post.post, deadline, "closing a seller's day").await {
                // A sale that went on long after midnight: the day's own time was over.
                Err(refused) if day < last && refused.to_string().contains("DAY_CLOSED") => continue,
                answered => answered?,
            };
            let closed: Closed = serde_json::from_slice(&body).context("the answer to a close")?;
            statements.add(seller, &closed)?;
        }
        day = day.next();
    }
    Ok(statements)
}

impl Statements {
    fn add(&mut self, seller: SellerId, closed: &Closed) -> anyhow::Result<()> {
        let totals = self.sellers.entry(seller).or_default();
        *totals = totals.plus(closed).context("a sum that does not fit")?;
        self.totals = self.totals.plus(closed).context("a sum that does not fit")?;
        Ok(())
    }
}

impl SellerTotals {
    fn plus(&self, closed: &Closed) -> Option<Self> {
        let lines = self.totals.lines.checked_add(closed.totals.lines)?;
        let amounts = self.totals.amounts.plus(&closed.totals.amounts)?;
        Some(Self { totals: DayTotals { lines, amounts }, payable: self.payable.plus(closed.payable)? })
    }
}

fn sellers(catalogue: &[Product]) -> BTreeSet<SellerId> {
    catalogue.iter().map(|product| product.terms.seller.clone()).collect()
}

/// The policy of the seller with this number, who sells this product.
fn policy(number: usize, product: &Product) -> anyhow::Result<SellerPolicy> {
    let rule = |applies_to, fee, minimum| CommissionRule { applies_to, fee, minimum: Money::new(minimum) };
    let rate = |points| Fee::Rate(BasisPoints::new(points));
    let category = RuleMatch::Category(Category::new("sale")?);
    let policy = SellerPolicy { basis: Basis::Paid, ..SellerPolicy::default() };
    Ok(match number % 4 {
        0 => SellerPolicy {
            commission: vec![
                rule(RuleMatch::Product(product.sku.clone()), rate(500), 0),
                rule(category, rate(1_250), 300),
                rule(RuleMatch::Seller, rate(1_500), 0),
            ],
            pay_out: PayOut::Daily { business_days: 2 },
            ..policy
        },
        1 => SellerPolicy {
            commission: vec![rule(RuleMatch::Seller, Fee::Fixed(Money::new(700)), 0)],
            vat: Vat::Added,
            pay_out: PayOut::Weekly {
                first_share: BasisPoints::new(7_000),
                weekday: Weekday::Friday,
                reserve_after_days: 30,
            },
            ..policy
        },
        2 => SellerPolicy { vat: Vat::None, pay_out: PayOut::Monthly { business_days: 15 }, ..policy },
        _ => SellerPolicy { basis: Basis::Delivered, commission: vec![rule(category, rate(999), 100)], ..policy },
    })
}

impl fmt::Display for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<String> = self.days.iter().map(Day::to_string).collect();
        writeln!(f, "statements {} of {} sellers", days.join(", "), self.sellers.len())?;
        let line = |f: &mut fmt::Formatter<'_>, name: &dyn fmt::Display, of: &SellerTotals| {
            let Settled { gross, platform_share, seller_share, due, commission, vat, net, .. } = of.totals.amounts;
            writeln!(
                f,
                "           {name}: {} lines, gross {gross} = paid {due} + platform {platform_share} + seller {seller_share}; \
                 commission {commission} (tax {vat}), net {net}, paid out {}",
                of.totals.lines, of.payable
            )
        };
        for (seller, totals) in &self.sellers {
            line(f, seller, totals)?;
        }
        line(f, &"together", &self.totals)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

    use events::time::Timestamp;

    use super::{day_of, policy};
    use crate::order_load::catalogue;

    #[test]
    fn every_policy_of_a_sale_keeps_the_rules_and_none_is_anothers() {
        let products = catalogue("sale-1", &[4; 10], Timestamp::from_millis(1_790_000_000_000)).unwrap();
        let policies: Vec<_> = (0..4).map(|number| policy(number, &products[number]).unwrap()).collect();
        for (number, one) in policies.iter().enumerate() {
            assert_eq!(one.check(), Ok(()));
            assert_eq!(policies.iter().filter(|other| *other == one).count(), 1, "{number}");
        }
    }

    #[test]
    fn a_sale_late_at_night_is_of_its_own_day_in_seoul() {
        let at = |millis| day_of(Timestamp::from_millis(millis)).unwrap().to_string();
        assert_eq!((at(1_790_002_799_000), at(1_790_002_800_000)), ("2026-09-21".into(), "2026-09-22".into()));
    }
}
