//! What must not be read in a log line, whatever goes wrong.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use web::secret_key::SecretKey;

use super::fixture::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

// One thread, so that the subscriber of this test sees everything of it and nothing else.
#[tokio::test]
async fn neither_the_key_nor_an_account_is_logged_and_alarms_are() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let fixture = Fixture::new().await;
    let payment = fixture.begin(ORDER, 1_000, json!({"method": "virtual_account"})).await;
    let executor = fixture.executor();
    for command in [
        confirm(ORDER, &payment, 1_000, 0),
        confirm(ORDER, &payment, 999, 1),
        with_account(refund(ORDER, &payment, 1, 300, 1_000, 0)),
    ] {
        answer(&executor, &command).await;
        let config = executor_config(&fixture);
        tracing::debug!(?command, ?config, "what people log when they look for something");
    }
    fixture.faults(json!({"lost_answer_share": 1.0, "hang_ms": 500, "seed": 5})).await;
    answer(&executor, &with_account(refund(ORDER, &payment, 2, 300, 1_000, 0))).await;
    fixture.kill().await;
    answer(&executor, &with_account(refund(ORDER, &payment, 3, 300, 1_000, 0))).await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("not what the order asked for"), "{text}");
    let basic = key().basic();
    let encoded = basic.trim_start_matches("Basic ");
    for secret in [SecretKey::OF_A_STUB, encoded, "10002123", "Kim"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

fn executor_config(fixture: &Fixture) -> (crate::toss::Config, SecretKey) {
    (config(&fixture.base_url), key())
}
