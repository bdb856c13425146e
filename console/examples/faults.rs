//! Faults that nobody makes with the program itself, for `scripts/bench/alerts`: each is what another program with access to the broker
//! could do to an installation. The broker is named by `KAFKA_BOOTSTRAP`.
//!
//! - `topic NAME PARTITIONS RETENTION_MS`, `drop NAME`: makes and deletes a topic of its own.
//! - `write TOPIC PARTITION COUNT AGE_MS`: writes so many records that are so old.
//! - `delete TOPIC PARTITION BEFORE`: deletes the records before an offset, as retention does.
//! - `position GROUP TOPIC PARTITION OFFSET [TEXT]`: sets a position of a group that has no members; prints the former one and its text.
//! - `stall GROUP TOPIC`: is the only member of a group and reads the first partition of two; the second stands still. Ends when killed.
//! - `hang ID TOPIC PARTITION`: opens a transaction with a record in it and does not end it. Ends when killed.
//! - `end ID`: begins anew under a transactional id, which ends the transaction that a dead producer left open.
//! - `proxy PORT RULES`: stands between clients and the broker and does with requests what the file says, a rule a line: `REQUEST hold` or
//!   `REQUEST lose-answer`, such as `EndTxn hold`; nothing while there is no file. Ends when killed.
#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a fault is made or the bench stops")]

use std::collections::BTreeMap;
use std::time::Duration;

use streams::clock::now_ms;
use streams::kafka::testing::{Action, Api, FrameProxy, PlainAdmin, PlainConsumer, PlainProducer, Protocol, Rule};
use streams::kafka::{Admin, ClusterConfig, TopicToCreate};

/// Between two rounds of what goes on until it is killed.
const ROUND: Duration = Duration::from_secs(1);
/// Between two looks at the file of rules.
const LOOK: Duration = Duration::from_millis(100);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let bootstrap = std::env::var("KAFKA_BOOTSTRAP").expect("KAFKA_BOOTSTRAP");
    let cluster = ClusterConfig { bootstrap, client: BTreeMap::new() };
    match *arguments.as_slice() {
        ["topic", name, partitions, retention] => topic(&cluster, name, number(partitions), retention),
        ["drop", name] => PlainAdmin::new(&cluster).delete_topic(name),
        ["write", topic, partition, count, age] => {
            write(&cluster, topic, number(partition), number(count), number(age));
        }
        ["delete", topic, partition, before] => {
            PlainAdmin::new(&cluster).delete_records(topic, number(partition), number(before));
        }
        ["position", group, topic, partition, offset] => {
            position(&cluster, group, (topic, number(partition)), number(offset), "");
        }
        ["position", group, topic, partition, offset, text] => {
            position(&cluster, group, (topic, number(partition)), number(offset), text);
        }
        ["stall", group, topic] => stall(&cluster, group, topic),
        ["hang", id, topic, partition] => hang(&cluster, id, topic, number(partition)),
        ["end", id] => drop(PlainProducer::transactional(&cluster, id)),
        ["proxy", port, rules] => proxy(&cluster, number(port), rules),
        _ => panic!("no such fault: {arguments:?}"),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn topic(cluster: &ClusterConfig, name: &str, partitions: i32, retention_ms: &str) {
    let config = BTreeMap::from([("retention.ms".to_owned(), retention_ms.to_owned())]);
    let topic = TopicToCreate { name: name.to_owned(), partitions, replication: 1, config };
    Admin::new(cluster).and_then(|admin| admin.create(&topic)).expect("the topic is made");
}

fn write(cluster: &ClusterConfig, topic: &str, partition: i32, count: u32, age_ms: i64) {
    let producer = PlainProducer::new(cluster);
    (0..count).for_each(|_| producer.send(topic, partition, "key", "value", now_ms() - age_ms));
    producer.flush();
}

fn position(cluster: &ClusterConfig, group: &str, (topic, partition): (&str, i32), offset: i64, text: &str) {
    let consumer = PlainConsumer::new(cluster, group, Protocol::Classic);
    if let Some((offset, text)) = consumer.committed(topic, partition) {
        println!("{offset} {text}");
    }
    consumer.commit_with(topic, partition, offset, text);
}

fn stall(cluster: &ClusterConfig, group: &str, topic: &str) {
    let producer = PlainProducer::new(cluster);
    let consumer = PlainConsumer::new(cluster, group, Protocol::Classic);
    consumer.join(topic, 2);
    consumer.commit(topic, 1, 0);
    println!("stalls");
    for position in 1.. {
        (0..2).for_each(|partition| producer.send(topic, partition, "key", "value", now_ms()));
        producer.flush();
        consumer.commit(topic, 0, position);
        consumer.read(ROUND);
    }
}

fn hang(cluster: &ClusterConfig, id: &str, topic: &str, partition: i32) {
    let producer = PlainProducer::transactional(cluster, id);
    producer.begin();
    producer.send(topic, partition, "key", "value", now_ms());
    producer.flush();
    println!("hangs");
    loop {
        std::thread::sleep(ROUND);
    }
}

fn proxy(cluster: &ClusterConfig, port: u16, rules: &str) {
    let proxy = FrameProxy::start(cluster, port).expect("the port is free");
    println!("passes");
    let mut known = String::new();
    loop {
        let text = std::fs::read_to_string(rules).unwrap_or_default();
        if text != known {
            proxy.set(text.lines().map(rule).collect());
            known = text;
        }
        std::thread::sleep(LOOK);
    }
}

fn rule(line: &str) -> Rule {
    let (api, action) = line.split_once(' ').unwrap_or_else(|| panic!("{line} is no rule"));
    let named = |known: &Api| format!("{known:?}") == api;
    let api = Api::ALL.into_iter().find(named).unwrap_or_else(|| panic!("there is no request {api}"));
    match action {
        "hold" => Rule::every(api, Action::Hold),
        "lose-answer" => Rule::every(api, Action::DropAnswer),
        _ => panic!("{action} is nothing to do with a request"),
    }
}
