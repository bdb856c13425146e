//! What a configuration may say, and that everything wrong with it is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use super::{Config, ConfigError, Given, Mode, parse};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn read(text: &str, variables: &[(&'static str, &'static str)], mode: Mode) -> Result<Config, ConfigError> {
    parse(text, &Given(variables.iter().copied().collect()), mode)
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = read("", &[], Mode::Production).unwrap();
    assert_eq!(config.kafka.bootstrap, "127.0.0.1:9092");
    assert!(config.jwt_secrets.is_empty(), "no secret is made up");
}

#[test]
fn the_environment_wins_over_the_file_and_an_empty_variable_is_none() {
    let file = "[kafka]\nbootstrap = 'file:1'\n[redis]\nurl = 'redis://file'";
    let config = read(file, &[("KAFKA_BOOTSTRAP", "env:2"), ("REDIS_URL", "")], Mode::Production).unwrap();
    assert_eq!(config.kafka.bootstrap, "env:2");
    assert_eq!(config.redis.expose(), "redis://file");
}

#[test]
fn every_bad_value_is_named() {
    let bad = "
        [kafka]\nbootstrap = 'nowhere'
        [postgres]\nurl = 'mysql://x'
        [redis]\nurl = 'http://x'
        [admin]\nlisten = 'everywhere'
        [processors]\ninstance = 'a b'\ncommit_interval_ms = 0\nthreads = 1000\napplications = ['coupons', 'coupons']
        [auth]\njwt_secret_files = ['/nowhere/secret']
        [sinks]\nbatch_records = 0
        [connectors.toss]\nbase_url = 'http://provider'\nsecret_key_file = '/nowhere/key'
        [connectors.offers.sources.there]\nbase_url = 'https://there'\nfresh_ms = 1\ntoken_file = '/nowhere/token'
        [shop]\nname = 'x'";
    let ConfigError(problems) = read(bad, &[("TIMESALE_JWT_SECRET", "short")], Mode::Production).unwrap_err();
    let named = [
        "[kafka] bootstrap",
        "[postgres] url",
        "[redis] url",
        "[admin] listen",
        "[processors] instance",
        "[processors] commit_interval_ms",
        "[processors] threads",
        "[processors] applications",
        "[auth] jwt_secret_files",
        "[sinks] batch_records",
        "[shop]",
        "[connectors.toss] base_url",
        "[connectors.toss] secret_key_file",
        "[connectors.offers] sources.there.fresh_ms",
        "[connectors.offers] sources.there.token_file",
        "TIMESALE_JWT_SECRET",
    ];
    for name in named {
        assert!(problems.iter().any(|problem| problem.starts_with(name)), "{name} is missing in {problems:#?}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let table = [
        ("an unknown key", "[kafka]\nbootstrp = 'x:1'", "bootstrp"),
        ("a value of another type", "[processors]\nthreads = 'many'", "[processors]"),
        (
            "an application that is none",
            "[processors]\napplications = ['reviews']",
            "\"reviews\" must be one of coupons",
        ),
        ("no application", "[processors]\napplications = []", "[processors] applications"),
        (
            "a price server whose name is none",
            "[connectors.offers.sources.'a b']\nbase_url = 'https://x'",
            "[connectors]",
        ),
        ("a section that is not one", "kafka = 1", "[kafka]"),
        ("text that is not TOML", "[kafka", "not TOML"),
    ];
    for (case, text, expected) in table {
        let ConfigError(problems) = read(text, &[], Mode::Production).unwrap_err();
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{case}: {problems:?}");
    }
}

#[test]
fn development_has_a_secret_and_listens_on_the_loopback_only() {
    assert_eq!(read("", &[], Mode::Development).unwrap().jwt_secrets.len(), 1);
    for (variable, value) in [("TIMESALE_ADMIN_LISTEN", "0.0.0.0:9464"), ("TIMESALE_LISTEN", "0.0.0.0:8080")] {
        let ConfigError(problems) = read("", &[(variable, value)], Mode::Development).unwrap_err();
        assert!(problems[0].contains("loopback"), "{problems:?}");
        assert!(read("", &[(variable, value), ("TIMESALE_JWT_SECRET", SECRET)], Mode::Production).is_ok());
    }
}

#[test]
fn secrets_are_shown_as_fingerprints() {
    let file = "
        [kafka.client]\n'plugin.secret' = 'hunter2'\n'client.id' = 'me'
        [postgres]\nurl = 'postgres://user:tiger@db:5432/shop?sslmode=require'
        [redis]\nurl = 'redis://:lion@cache/0'";
    let shown = read(file, &[("TIMESALE_JWT_SECRET", SECRET)], Mode::Production).unwrap().describe();
    for secret in ["hunter2", "tiger", "lion", SECRET] {
        assert!(!shown.contains(secret), "{secret} is shown in\n{shown}");
    }
    for kept in ["user", "db:5432/shop?sslmode=require", "client.id", "commit_interval_ms", "secret:"] {
        assert!(shown.contains(kept), "{kept} is missing in\n{shown}");
    }
}

#[test]
fn several_secrets_are_in_force_while_one_is_replaced() {
    let folder = std::env::temp_dir().join(format!("timesale-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("old");
    std::fs::write(&file, format!("{}\n", SECRET.replace('0', "x"))).unwrap();
    let text = format!("[auth]\njwt_secret_files = ['{}']", file.display());
    let config = read(&text, &[("TIMESALE_JWT_SECRET", SECRET)], Mode::Production).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let secrets: Vec<&str> = config.jwt_secrets.iter().map(super::Secret::expose).collect();
    assert_eq!(secrets, [SECRET, &SECRET.replace('0', "x")], "the environment's first, the line end stripped");
}

#[test]
fn the_file_at_the_root_says_what_the_defaults_are() {
    let file = read(include_str!("../../../timesale.toml"), &[], Mode::Production).unwrap();
    let defaults = read("", &[], Mode::Production).unwrap();
    assert_eq!(file.describe(), defaults.describe());
}

#[test]
fn a_price_server_comes_from_the_file_or_as_a_stub_from_the_environment() {
    let file = "[connectors.offers.sources.there]\nbase_url = 'https://there/prices'\ninterval_ms = 1000";
    let variables = [("OFFERS_STUB_URL", "http://127.0.0.1:30772")];
    let offers = read(file, &variables, Mode::Production).unwrap().offers;
    let sources: Vec<(&str, &str)> =
        offers.sources.iter().map(|(name, source)| (name.as_str(), source.base_url.as_str())).collect();
    assert_eq!(sources, [("stub", "http://127.0.0.1:30772"), ("there", "https://there/prices")]);
    assert!(read("", &[], Mode::Production).unwrap().offers.sources.is_empty());
}

#[test]
fn the_providers_key_is_a_secret_and_only_a_stub_has_one_by_itself() {
    const KEY: &str = "live_sk_abcdefgh";
    let stub = ("TOSS_BASE_URL", "http://127.0.0.1:30771");
    let with = |variables: &[(&'static str, &'static str)], mode| read("", variables, mode).unwrap();
    let given = with(&[("TOSS_SECRET_KEY", KEY)], Mode::Production);
    assert_eq!(given.toss_key.as_ref().map(|key| key.expose()), Some(KEY));
    let shown = given.describe();
    assert!(!shown.contains(KEY) && shown.contains("payment provider's key in force: secret:"), "{shown}");
    assert_eq!(with(&[stub], Mode::Production).toss.base_url, stub.1);
    for (variables, mode, has_key) in [
        (vec![], Mode::Production, false),
        (vec![], Mode::Development, false),
        (vec![stub], Mode::Production, true),
        (vec![stub], Mode::Development, true),
    ] {
        assert_eq!(with(&variables, mode).toss_key.is_some(), has_key, "{variables:?} {mode:?}");
    }
    let ConfigError(problems) = read("", &[("TOSS_SECRET_KEY", "with space")], Mode::Production).unwrap_err();
    assert!(problems.iter().any(|problem| problem.starts_with("TOSS_SECRET_KEY") && !problem.contains("with space")));
}
