//! Many payments against a provider that fails, and a provider that is away for a while. (`scripts/bench/payments` does the same
//! with a hundred thousand.)

use std::sync::Arc;
use std::time::Duration;

use super::world::*;
use crate::toss::Config;
use crate::toss::rehearsal::{Plan, Report, rehearse};
use crate::toss_stub::Faults;

/// A second of the shop's takes 20 ms.
fn plan(base_url: &str, payments: u32, faults: Faults) -> Plan {
    let config = Config {
        read_ms: 300,
        answer_within_ms: 1_000,
        breaker_failures: 10,
        breaker_open_ms: 100,
        ..config(base_url)
    };
    Plan {
        payments,
        declined_every: 20,
        refunded_every: 10,
        at_a_time: 500,
        config,
        key: key(),
        faults,
        second_ms: 20,
        settle: Duration::from_secs(60),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_payments_with_45_percent_faulty_calls() {
    let world = World::new().await;
    let faults = Faults {
        error_share: 0.2,
        lost_answer_share: 0.25,
        hang_ms: 1_000,
        delay_ms: 1,
        seed: 11,
        ..Faults::default()
    };
    let report = rehearse(&plan(&world.base_url, 2_000, faults), std::future::ready(())).await.unwrap();
    assert!(report.holds(), "{report:?}");
    assert_eq!((report.charged, report.declined), (1_900, 100));
    assert!(report.refunded > 50 && report.unknown_answers > 0, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_dies_and_comes_back_loses_no_payment_and_doubles_none() {
    let world = World::new().await;
    let faults = Faults { delay_ms: 20, ..Faults::default() };
    let mut plan = plan(&world.base_url, 3_000, faults.clone());
    plan.at_a_time = 300;
    let listen = world.base_url.trim_start_matches("http://").to_owned();
    let outage = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (data, _) = world.kill().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let world = World::over(Arc::clone(&data), &listen, None).await;
        world.control.set(&faults).await.unwrap();
        // It has to stay until the rehearsal is over.
        tokio::time::sleep(Duration::from_secs(3)).await;
        std::mem::forget(world);
    };
    let report: Report = rehearse(&plan, outage).await.unwrap();
    assert!(report.holds(), "{report:?}");
    assert!(report.unknown_answers > 100, "the outage was felt: {report:?}");
}
