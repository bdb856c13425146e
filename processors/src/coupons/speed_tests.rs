//! What a claim costs, and what a granted coupon takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_a_claim_costs`.

use std::hint::black_box;

use events::codec::decode;
use events::coupons::{CampaignTerms, CouponCommand};
use events::envelope::Envelope;
use streams::record::Record;

use super::account::Account;
use super::campaign::Campaign;
use super::effects::Effects;
use super::fixture::{at, campaign, claim, define, terms};
use super::stores::{ACCOUNTS, AccountKey, CAMPAIGNS, COUNTS, CampaignNumber};
use super::{machine, topology};
use crate::kit::testing::measure::{self, Measured, timed};
use crate::kit::testing::rows;

const CLAIMS: usize = 1_000_000;

fn record(command: &CouponCommand) -> Record {
    measure::record(command, &Envelope { reply_to: Some(1), ..Envelope::default() }, 20_000)
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_a_claim_costs() {
    let commands: Vec<CouponCommand> =
        (0..CLAIMS).map(|number| claim(&format!("key-{number}"), "sale", &format!("shopper-{number:07}"))).collect();
    let records: Vec<Record> = commands.iter().map(record).collect();
    let terms = CampaignTerms { stock: u32::try_from(CLAIMS).unwrap(), ..terms() };

    timed("decode the command's JSON", CLAIMS, || {
        for record in &records {
            let envelope = Envelope::from_headers(record.header_pairs());
            black_box(decode::<CouponCommand>(record.value.as_deref(), &envelope).unwrap());
        }
    });

    let id = campaign("sale");
    let mut effects = Effects::new(at(0));
    let defined = Campaign::define(&id, 0, &terms, &mut effects);
    let number = CampaignNumber(defined.number);
    let (slow, mut fast) = (rows::write(&CAMPAIGNS, &id, &defined), rows::write(&COUNTS, &number, &defined.counts));
    timed("read rows, decide, write rows", CLAIMS, || {
        for command in &commands {
            let mut campaign = rows::read(&CAMPAIGNS, &id, &slow).unwrap();
            campaign.counts = rows::read(&COUNTS, &number, &fast).unwrap();
            let mut account = Account::default();
            let mut effects = Effects::new(at(20));
            machine::decide(&mut campaign, &mut account, command, command.fingerprint(), &mut effects).unwrap();
            fast = rows::write(&COUNTS, &number, &campaign.counts);
            black_box(rows::write(&ACCOUNTS, &AccountKey::new(&campaign, None), &account));
            black_box(&effects.events);
        }
    });

    let mut coupons = Measured::new(&topology().unwrap());
    coupons.process(&[record(&define("d", "sale", terms))]);
    coupons.run("the whole processor on plain maps", &records);
    coupons.weigh("accounts", ACCOUNTS.id());
}
