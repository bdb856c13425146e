//! Counts clicks by page on a Kafka cluster and writes each new total to a topic.
//!
//! ```text
//! cargo run --example count -- 127.0.0.1:9092
//! kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic clicks --property parse.key=true --property key.separator=,
//! home,visitor-1
//! kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic totals --property print.key=true --from-beginning
//! home    1
//! ```
//!
//! Stop it with ctrl-c, or give a number of seconds as the second argument.

use std::error::Error;
use std::time::Duration;

use logstreams::kafka::{Admin, ClusterConfig, TopicToCreate};
use logstreams::service::shutdown;
use logstreams::{Context, Group, Input, Json, Output, RunConfig, Table, Topology, TopologyError, Verdict, run};

const CLICKS: Input<String, String> = Input::new("clicks");
const COUNTS: Table<String, u64> = Table::new(0, "counts");
const TOTALS: Output<String, u64, Json> = Output::new("totals");

fn on_click(page: String, _visitor: String, context: &mut dyn Context) -> Result<(), Verdict> {
    let count = COUNTS.get(context, &page)?.unwrap_or(0) + 1;
    COUNTS.put(context, &page, &count);
    TOTALS.emit(context, &page, &count);
    Ok(())
}

/// The processor: what it reads, keeps and writes.
pub(crate) fn counter() -> Result<Topology, TopologyError> {
    Group::new("click-counter").input(&CLICKS, on_click).table(&COUNTS).output(&TOTALS).build()
}

/// Creates the input and the output, if they are missing. (The changelog and the dead letters are created by `run`.)
pub(crate) fn create_topics(cluster: &ClusterConfig) -> Result<(), Box<dyn Error + Send + Sync>> {
    let admin = Admin::new(cluster)?;
    let names = [CLICKS.topic(), TOTALS.topic()];
    let existing = admin.describe(&names)?;
    for name in names.into_iter().filter(|name| !existing.contains_key(*name)) {
        let name = name.to_owned();
        // A record's time is when the broker appended it: so it cannot be wrong.
        let config = [("message.timestamp.type".to_owned(), "LogAppendTime".to_owned())].into();
        admin.create(&TopicToCreate { name, partitions: 2, replication: 1, config })?;
    }
    Ok(())
}

#[allow(dead_code, reason = "a test runs the functions above by itself")]
fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let bootstrap = arguments.next().unwrap_or_else(|| "127.0.0.1:9092".to_owned());
    let mut config = RunConfig::new(&bootstrap);
    if let Some(seconds) = arguments.next() {
        let (handle, signal) = shutdown();
        let seconds = Duration::from_secs(seconds.parse()?);
        std::thread::spawn(move || {
            std::thread::sleep(seconds);
            handle.request();
        });
        config.shutdown = Some(signal);
    }
    create_topics(&config.cluster)?;
    run([counter()?], config)?;
    Ok(())
}
