//! What looking at lag costs. `lag_cost load GROUPS PARTITIONS SECONDS` makes topics and all groups but one, writes records and moves
//! positions once a second; `lag_cost watch GROUPS PARTITIONS SECONDS` is the last group, whose commits are timed, looks at them beside it and
//! prints one JSON line: the share of a core, resident memory, how long looks take, how long after a commit its series has changed, and how
//! many series there are. The broker is named by `KAFKA_BOOTSTRAP`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench may stop at once"
)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use console::lag::{Collector, Config, LagMetrics, look_duration};
use prometheus::Registry;
use streams::clock::now_ms;
use streams::kafka::testing::{PlainConsumer, PlainProducer, Protocol};
use streams::kafka::{Admin, ClusterConfig, TopicToCreate};
use streams::service::shutdown;

/// Most records a second: ten for each partition, and fewer where there are very many.
const MOST_RECORDS: u32 = 20_000;
/// Most partitions of one topic.
const PER_TOPIC: i32 = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |place: usize| arguments.get(place).and_then(|text| text.parse().ok()).expect("GROUPS PARTITIONS SECONDS");
    let bootstrap = std::env::var("KAFKA_BOOTSTRAP").expect("KAFKA_BOOTSTRAP");
    let cluster = ClusterConfig { bootstrap, client: BTreeMap::new() };
    let (groups, partitions, seconds) = (number(1), number(2), number(3));
    match arguments.first().map(String::as_str) {
        Some("load") => load(&cluster, groups, partitions, seconds),
        Some("watch") => watch(&cluster, groups, partitions, seconds),
        other => panic!("load or watch, not {other:?}"),
    }
}

/// The topics and how many partitions each has.
fn topics(partitions: u32) -> Vec<(String, i32)> {
    let mut left = i32::try_from(partitions).unwrap();
    let each = PER_TOPIC.min((left / 8).max(1));
    let mut topics = Vec::new();
    while left > 0 {
        topics.push((format!("cost-{partitions}-{}", topics.len()), each.min(left)));
        left -= each;
    }
    topics
}

fn group(number: u32) -> String {
    format!("cost-group-{number}")
}

fn load(cluster: &ClusterConfig, groups: u32, partitions: u32, seconds: u32) {
    let each = i64::from((MOST_RECORDS / partitions).clamp(1, 10));
    let topics = topics(partitions);
    let admin = Admin::new(cluster).unwrap();
    for (name, partitions) in &topics {
        let (name, partitions) = (name.clone(), *partitions);
        admin.create(&TopicToCreate { name, partitions, replication: 1, config: BTreeMap::new() }).ok();
    }
    let producer = PlainProducer::new(cluster);
    let consumers: Vec<PlainConsumer> =
        (1..groups).map(|number| PlainConsumer::new(cluster, &group(number), Protocol::Classic)).collect();
    let mut began = Instant::now();
    let mut round = 0;
    while began.elapsed() < Duration::from_secs(seconds.into()) {
        let (next, before) = (began + Duration::from_secs(round + 1), i64::try_from(round).unwrap() * each);
        for (topic, partitions) in &topics {
            (0..*partitions).for_each(|partition| {
                (0..each).for_each(|_| producer.send(topic, partition, "key", "value", now_ms()));
            });
        }
        producer.flush();
        for (consumer, number) in consumers.iter().zip(0..) {
            let (topic, partitions) = topics.get(number % topics.len()).unwrap();
            // Half of the groups are a second behind.
            let position = before + i64::from(u8::from(number % 2 == 0)) * each;
            consumer.commit_all(topic, *partitions, position);
        }
        if round == 0 {
            // Every group stands somewhere: now there is something to look at.
            println!("loading");
            began = Instant::now();
        }
        round += 1;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn watch(cluster: &ClusterConfig, groups: u32, partitions: u32, seconds: u32) {
    let config = Config { groups: vec!["cost-group-.*".into(), "cost-fresh".into()], ..Config::default() };
    let registry = Registry::new();
    let durations = look_duration(&registry).unwrap();
    let (_handle, stop) = shutdown();
    let mut latest = Collector::new(cluster, &config, &[]).unwrap().start(durations.clone(), stop).unwrap();
    LagMetrics::register(&registry, &config, latest.clone()).unwrap();
    let (topic, _) = topics(partitions).remove(0);
    let fresh = PlainConsumer::new(cluster, "cost-fresh", Protocol::Classic);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    fresh.commit(&topic, 0, 1);
    std::thread::sleep(Duration::from_secs(12));

    let (began, cpu, before) = (Instant::now(), cpu_seconds(), durations.get_sample_count());
    let mut freshness = Vec::new();
    let mut looks = Vec::new();
    let mut position = 1;
    while began.elapsed() < Duration::from_secs(seconds.into()) {
        position += 1;
        let committed = Instant::now();
        fresh.commit(&topic, 0, position);
        let committed_by = committed.elapsed();
        loop {
            let view = runtime.block_on(latest.next()).expect("the collector runs");
            looks.push(view.look_seconds);
            let found =
                view.snapshot.iter().flat_map(|snapshot| &snapshot.groups).find(|group| group.group == "cost-fresh");
            let seen = found.and_then(|group| group.topics.first()).and_then(|topic| topic.partitions.first());
            if seen.is_some_and(|lag| lag.position == position) {
                break;
            }
            assert!(committed.elapsed() < Duration::from_secs(60), "never seen");
        }
        freshness.push((committed.elapsed() - committed_by / 2).as_secs_f64());
        // At another moment of the second each time.
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..1_000)));
        registry.gather();
    }
    let (took, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let view = latest.view();
    let snapshot = view.snapshot.as_ref().expect("it was seen");
    let seen: usize = snapshot.groups.iter().filter(|group| !group.topics.is_empty()).count();
    println!(
        "{}",
        serde_json::json!({
            "groups": groups, "partitions": partitions, "seconds": seconds, "groups_seen": seen,
            "partitions_seen": snapshot.partitions.len(), "looks": durations.get_sample_count() - before,
            "core_share": rounded(cpu / took), "resident_mib": resident_mib(),
            "look_p50_s": rounded(quantile(&mut looks, 0.5)), "look_p99_s": rounded(quantile(&mut looks, 0.99)),
            "commit_to_series_p50_s": rounded(quantile(&mut freshness, 0.5)),
            "commit_to_series_p99_s": rounded(quantile(&mut freshness, 0.99)),
            "series": registry.gather().iter().map(|family| family.get_metric().len()).sum::<usize>(),
            "errors": view.errors.iter().sum::<u64>(),
        })
    );
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = ((values.len() as f64 * share).ceil() as usize).saturating_sub(1);
    values.get(place).copied().unwrap_or(f64::NAN)
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// User and system time of this process, seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields.get(11..13).unwrap().iter().map(|field| field.parse::<f64>().unwrap()).sum();
    // Clock ticks of Linux on every machine that runs this.
    ticks / 100.0
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
