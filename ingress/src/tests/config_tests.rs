//! The configuration's rules.

use crate::config::Config;

#[test]
fn the_defaults_keep_their_own_rules() {
    assert_eq!(Config::default().check(), Ok(()));
}

#[test]
fn each_rule_is_kept() {
    type Change = fn(&mut Config);
    let table: [(&str, Change); 18] = [
        ("instance", |config| config.instance = "a b".into()),
        ("instance", |config| config.instance = String::new()),
        ("reply_partition", |config| config.reply_partition = Some(-1)),
        ("server.most_connections", |config| config.server.most_connections = 0),
        ("server", |config| config.server.header_timeout_ms = 0),
        ("server.drain_timeout_ms", |config| config.server.drain_timeout_ms = 10_000),
        ("server.most_header_bytes", |config| config.server.most_header_bytes = 100),
        ("auth.leeway_seconds", |config| config.auth.leeway_seconds = 61),
        ("auth", |config| config.auth.issuer = String::new()),
        ("limits", |config| config.limits.address.burst = 0),
        ("limits.most_pressure", |config| config.limits.most_pressure = f64::NAN),
        ("orders", |config| config.orders.pay_ms = 999),
        ("orders", |config| config.orders.confirm_ms = i64::MAX),
        ("order_streams", |config| config.order_streams.most_streams_per_caller = 0),
        ("order_streams.heartbeat_ms", |config| config.order_streams.heartbeat_ms = 0),
        ("order_streams.longest_ms", |config| config.order_streams.longest_ms = 0),
        ("order_streams.most_kept", |config| config.order_streams.most_kept = 0),
        ("waiting.longest_wait_seconds", |config| config.waiting.longest_wait_seconds = 11),
    ];
    for (field, change) in table {
        let mut config = Config::default();
        change(&mut config);
        assert_eq!(config.check().map_err(|error| error.field), Err(field));
    }
}
