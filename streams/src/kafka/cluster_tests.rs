//! What a configuration may set.
#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use super::cluster::{ClusterConfig, ConfigError};

fn with(name: &str, value: &str) -> ClusterConfig {
    let mut cluster = ClusterConfig::default();
    cluster.client.insert(name.to_owned(), value.to_owned());
    cluster
}

#[test]
fn settings_on_which_a_guarantee_depends_cannot_be_changed() {
    for name in ["enable.idempotence", "acks", "isolation.level", "auto.offset.reset", "transactional.id", "group.id"] {
        assert_eq!(with(name, "x").check(), Err(ConfigError::Reserved(name.to_owned())));
    }
    assert_eq!(with("client.rack", "a").check(), Ok(()));
}

#[test]
fn no_bootstrap_server_is_an_error() {
    let cluster = ClusterConfig { bootstrap: " ".to_owned(), ..ClusterConfig::default() };
    assert_eq!(cluster.check(), Err(ConfigError::NoBootstrap));
}

#[test]
fn tls_needs_a_build_that_has_it() {
    let refused = |name: &str, value: &str| with(name, value).check().is_err();
    assert!(!refused("security.protocol", "plaintext"));
    assert_eq!(refused("security.protocol", "ssl"), !cfg!(feature = "tls"));
    assert_eq!(refused("sasl.mechanism", "SCRAM-SHA-512"), !cfg!(feature = "tls"));
}

#[test]
fn given_settings_win_over_the_usual_ones_and_secrets_are_not_shown() {
    let cluster = with("reconnect.backoff.max.ms", "777");
    assert_eq!(cluster.client().unwrap().get("reconnect.backoff.max.ms"), Some("777"));
    assert_eq!(cluster.client().unwrap().get("allow.auto.create.topics"), Some("false"));
    assert!(!format!("{cluster:?}").contains("777"));
}
