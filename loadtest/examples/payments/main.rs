//! A hundred thousand payments at a provider of which almost every second call fails: runs the connector's own dispatcher against the
//! stub, over real sockets and a real write-ahead log, and prints the result as one JSON line. Exits 1 when anything happened that must
//! not.
//!
//! `payments [count] [seed] [second_ms]`: a second of the orders' own pauses takes `second_ms` (1000 is real time).
#![allow(clippy::print_stdout, reason = "the result is the program's output")]

mod load_test;

use std::process::ExitCode;
use std::time::Duration;

use connectors::toss::Config;
use stubs::BindScope;
use stubs::toss::{Config as StubConfig, Faults, bind};
use web::secret_key::SecretKey;

use load_test::{Plan, run};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (count, seed, second_ms) = (u32::try_from(number(100_000)?)?, number(1)?, number(50)?);
    let folder = tempfile::tempdir()?;
    let key = SecretKey::new(SecretKey::OF_A_STUB)?;
    let listen = "127.0.0.1:0".parse()?;
    let data = folder.path().to_path_buf();
    let stub = StubConfig {
        listen,
        scope: BindScope::Loopback,
        data,
        key: key.clone(),
        webhook_url: None,
        webhook_minute_ms: 60_000,
    };
    let bound = bind(&stub).await?;
    let base_url = format!("http://{}", bound.address);
    let (_handle, stopping) = streams::service::shutdown();
    let serving = tokio::spawn(bound.serve(stopping));
    let faults = Faults { error_share: 0.2, lost_answer_share: 0.25, hang_ms: 2_000, seed, ..Faults::default() };
    let config = Config {
        base_url,
        read_ms: 500,
        answer_within_ms: 1_500,
        breaker_open_ms: 100,
        retry_first_ms: 5,
        retry_most_ms: 100,
        ..Config::default()
    };
    let plan = Plan {
        payments: count,
        declined_every: 20,
        refunded_every: 10,
        at_a_time: 2_000,
        config,
        key,
        faults: faults.clone(),
        second_ms,
        settle: Duration::from_secs(60),
    };
    let report = run(&plan, std::future::ready(())).await?;
    serving.abort();
    let mut line = serde_json::to_value(&report)?;
    if let Some(line) = line.as_object_mut() {
        let faulty = faults.error_share + faults.lost_answer_share;
        line.insert("faulty_calls".into(), faulty.into());
        line.insert("seed".into(), seed.into());
        line.insert("second_ms".into(), second_ms.into());
        line.insert("holds".into(), report.holds().into());
    }
    println!("{line}");
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
