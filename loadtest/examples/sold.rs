//! Puts order lines straight into the settlement's inbox, without a shop: sellers with policies, then the lines of paid orders, one
//! record for what a seller has sold of an order. For figures about settlement. Prints one JSON line with what must come of it.
//!
//! Sellers differ in size as shops do (Zipf); an order has one to three lines of a seller, every third one with a coupon, and their
//! basis is `paid`. The same count and name give the same lines; another name gives other orders.
//!
//! `KAFKA_BOOTSTRAP=… cargo run --release --manifest-path loadtest/Cargo.toml --example sold -- <lines> [sellers] [name]`
#![allow(clippy::print_stdout, reason = "its result is a line on stdout")]

use std::collections::VecDeque;
use std::error::Error;

use events::codec::encode;
use events::envelope::Envelope;
use events::ids::{Category, RequestId, SellerId, Sku};
use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::settlement::{Basis, CommissionRule, Fee, RuleMatch, SellerPolicy, Settled, SettlementCommand, SoldLine};
use events::time::Timestamp;
use events::topics::SETTLEMENT_INBOX;
use streams::emitter::{Delivery, EmitError, Emitter};
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::record::Outgoing;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Records under way: what the emitter's queue holds with room to spare.
const UNDER_WAY: usize = 20_000;
/// Products of a seller.
const PRODUCTS: u32 = 200;

/// What must come of the lines.
#[derive(Default)]
struct Expected {
    records: u64,
    lines: u64,
    amounts: Settled,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let lines: u64 = std::env::args().nth(1).ok_or("say how many lines")?.parse()?;
    let sellers: u32 = std::env::args().nth(2).map_or(Ok(1_000), |count| count.parse())?;
    let name = std::env::args().nth(3).unwrap_or_default();
    let cluster = ClusterConfig { bootstrap: std::env::var("KAFKA_BOOTSTRAP")?, ..ClusterConfig::default() };
    let emitter = KafkaEmitter::without_metrics(&cluster, EmitterConfig::default())?;
    let mut pipe = Pipe { emitter, under_way: VecDeque::with_capacity(UNDER_WAY) };
    let policy = policy()?;
    for number in 0..sellers {
        let (seller, request) =
            (seller(number)?, RequestId::derive(&[b"sold", name.as_bytes(), &number.to_be_bytes()]));
        pipe.put(&SettlementCommand::SetPolicy { request, seller, policy: policy.clone() }).await?;
    }
    let at = Timestamp::from_millis(streams::clock::now_ms());
    let mut random = fastrand::Rng::with_seed(lines);
    let shares = Shares::of(sellers);
    let mut expected = Expected::default();
    while expected.lines < lines {
        let left = usize::try_from(lines - expected.lines)?;
        let sold = order_lines(&mut random, left)?;
        for line in &sold {
            let terms = policy.terms_of(&line.sku, line.category.as_ref());
            let settled = Settled::of(&line.amounts, line.quantity, 0, line.supply_price, &terms);
            let sum = settled.and_then(|settled| expected.amounts.plus(&settled));
            expected.amounts = sum.ok_or("amounts that do not fit")?;
        }
        expected.lines += sold.len() as u64;
        expected.records += 1;
        let order = RequestId::derive(&[b"sold", name.as_bytes(), &expected.records.to_be_bytes()]).order();
        let seller = seller(shares.draw(&mut random))?;
        pipe.put(&SettlementCommand::LinesReached { seller, order, basis: Basis::Paid, at, lines: sold }).await?;
    }
    pipe.finish().await?;
    println!(
        "{{\"records\":{},\"lines\":{},\"sellers\":{sellers},\"amounts\":{}}}",
        expected.records + u64::from(sellers),
        expected.lines,
        serde_json::to_string(&expected.amounts)?
    );
    Ok(())
}

/// Three rules, so that the most specific one has to be found.
fn policy() -> Outcome<SellerPolicy> {
    let rule = |applies_to, points| CommissionRule {
        applies_to,
        fee: Fee::Rate(BasisPoints::new(points)),
        minimum: Money::new(100),
    };
    Ok(SellerPolicy {
        basis: Basis::Paid,
        commission: vec![
            rule(RuleMatch::Product(sku(7)?), 500),
            rule(RuleMatch::Category(Category::new("food")?), 800),
            rule(RuleMatch::Seller, 1_200),
        ],
        ..SellerPolicy::default()
    })
}

fn seller(number: u32) -> Outcome<SellerId> {
    Ok(SellerId::new(&format!("seller-{number:05}"))?)
}

fn sku(number: u32) -> Outcome<Sku> {
    Ok(Sku::new(&format!("product-{number:05}"))?)
}

/// One to three lines; never more than are still wanted.
fn order_lines(random: &mut fastrand::Rng, most: usize) -> Outcome<Vec<SoldLine>> {
    let count = random.usize(1..=3).min(most);
    let first = random.u32(..PRODUCTS);
    let quantities: Vec<u32> = (0..count).map(|_| random.u32(1..=3)).collect();
    let gross: Vec<Money> =
        quantities.iter().map(|units| Money::new(i64::from(*units) * 100 * random.i64(10..=500))).collect();
    let discount = if random.u32(..3) == 0 { Money::new(500) } else { Money::ZERO };
    let amounts = LineAmounts::of_lines(&gross, discount, BasisPoints::new(5_000)).ok_or("a discount that fits")?;
    let food = Category::new("food")?;
    let line = |(number, (quantity, amounts)): (u32, (u32, LineAmounts))| {
        let number = (first + number) % PRODUCTS;
        let category = number.is_multiple_of(2).then(|| food.clone());
        Ok(SoldLine { sku: sku(number)?, category, quantity, refunded: 0, supply_price: None, amounts })
    };
    (0..).zip(quantities.into_iter().zip(amounts)).map(line).collect()
}

/// Sellers by size: the n-th sells as much as the first divided by n.
struct Shares(Vec<f64>);

impl Shares {
    fn of(sellers: u32) -> Self {
        let sums = (1..=sellers).scan(0.0, |sum, rank| {
            *sum += 1.0 / f64::from(rank);
            Some(*sum)
        });
        Self(sums.collect())
    }

    fn draw(&self, random: &mut fastrand::Rng) -> u32 {
        let at = random.f64() * self.0.last().copied().unwrap_or_default();
        u32::try_from(self.0.partition_point(|sum| *sum < at).min(self.0.len() - 1)).unwrap_or_default()
    }
}

/// Writes, with so many acknowledgements outstanding at most.
struct Pipe {
    emitter: KafkaEmitter,
    under_way: VecDeque<Delivery>,
}

impl Pipe {
    async fn put(&mut self, command: &SettlementCommand) -> Outcome<()> {
        if self.under_way.len() == UNDER_WAY
            && let Some(delivery) = self.under_way.pop_front()
        {
            delivery.await?;
        }
        self.under_way.push_back(self.emitter.emit(record(command)?)?);
        Ok(())
    }

    async fn finish(self) -> Result<(), EmitError> {
        for delivery in self.under_way {
            delivery.await?;
        }
        Ok(())
    }
}

fn record(command: &SettlementCommand) -> Outcome<Outgoing> {
    let (value, envelope) = encode(command, &Envelope::default())?;
    Ok(Outgoing {
        topic: SETTLEMENT_INBOX.name().into(),
        partition: None,
        key: Some(command.seller().to_string().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    })
}
