//! Fills a campaign without shoppers: defines one with stock for everybody and puts as many claims straight into the inbox.
//! For figures about state: how much memory a million granted coupons take, how long they take to restore.
//!
//! `KAFKA_BOOTSTRAP=… cargo run --release --manifest-path loadtest/Cargo.toml --example fill -- <campaign> <coupons>`
#![allow(clippy::print_stdout, reason = "its result is a line on stdout")]

use std::collections::VecDeque;
use std::error::Error;

use events::codec::encode;
use events::coupons::{CampaignTerms, CouponCommand, Discount, Eligibility, Restoration};
use events::envelope::Envelope;
use events::ids::{CampaignId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::request::Fingerprint;
use events::time::{Timestamp, Window};
use events::topics::COUPONS_INBOX;
use streams::emitter::Emitter;
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::record::Outgoing;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Claims under way: what the emitter's queue holds with room to spare.
const UNDER_WAY: usize = 20_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::main]
async fn main() -> Outcome<()> {
    let campaign = CampaignId::new(&std::env::args().nth(1).ok_or("name a campaign")?)?;
    let coupons: u32 = std::env::args().nth(2).ok_or("say how many coupons")?.parse()?;
    let cluster = ClusterConfig { bootstrap: std::env::var("KAFKA_BOOTSTRAP")?, ..ClusterConfig::default() };
    let emitter = KafkaEmitter::without_metrics(&cluster, EmitterConfig::default())?;

    emitter.emit(record(&definition(&campaign, coupons)?)?)?.await?;
    let mut under_way = VecDeque::with_capacity(UNDER_WAY);
    for shopper in 0..coupons {
        if under_way.len() == UNDER_WAY
            && let Some(delivery) = under_way.pop_front()
        {
            delivery.await?;
        }
        under_way.push_back(emitter.emit(record(&claim(&campaign, shopper)?)?)?);
    }
    for delivery in under_way {
        delivery.await?;
    }
    println!("{coupons} claims for {campaign} are in the log");
    Ok(())
}

fn definition(campaign: &CampaignId, stock: u32) -> Outcome<CouponCommand> {
    let now = streams::clock::now_ms();
    let from = Timestamp::from_millis(now - 60_000);
    Ok(CouponCommand::DefineCampaign {
        request: RequestId::of("fill", "PUT", campaign.as_str()),
        campaign: campaign.clone(),
        terms: CampaignTerms {
            stock,
            claim: Window { from, until: from.plus_millis(DAY_MS) },
            usable: Window { from, until: from.plus_millis(30 * DAY_MS) },
            per_shopper: 1,
            eligibility: Eligibility::Everyone,
            discount: Discount::Fixed { amount: Money::new(5_000) },
            minimum_spend: Money::ZERO,
            budget: None,
            platform_share: BasisPoints::WHOLE,
            seller_initiated: false,
            restoration: Restoration::Never,
        },
    })
}

fn claim(campaign: &CampaignId, shopper: u32) -> Outcome<CouponCommand> {
    let shopper = format!("shopper-{shopper:07}");
    Ok(CouponCommand::Claim {
        request: RequestId::of(&shopper, "fill", campaign.as_str()),
        fingerprint: Fingerprint::of(b""),
        campaign: campaign.clone(),
        shopper: ShopperId::new(&shopper)?,
        segments: Vec::new(),
    })
}

fn record(command: &CouponCommand) -> Outcome<Outgoing> {
    let (value, envelope) = encode(command, &Envelope::default())?;
    Ok(Outgoing {
        topic: COUPONS_INBOX.name().into(),
        partition: None,
        key: Some(command.campaign().to_string().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    })
}
