//! What must not be read in a log line, whatever goes wrong.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use web::secret_key::SecretKey;

use super::world::*;

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

// One thread, so that the subscriber of this test hears everything of it and nothing else.
#[tokio::test]
async fn neither_the_key_nor_an_account_is_logged_and_what_somebody_has_to_see_is() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let world = World::new().await;
    let payment = world.begin(ORDER, 1_000, json!({"method": "virtual_account"})).await;
    let answering = world.answering();
    for command in [
        confirm(ORDER, &payment, 1_000, 0),
        confirm(ORDER, &payment, 999, 1),
        with_account(refund(ORDER, &payment, 1, 300, 1_000, 0)),
    ] {
        answer(&answering, &command).await;
        let told = answering_config(&world);
        tracing::debug!(?command, ?told, "what people log when they look for something");
    }
    world.faults(json!({"lost_answer_share": 1.0, "hang_ms": 500, "seed": 5})).await;
    answer(&answering, &with_account(refund(ORDER, &payment, 2, 300, 1_000, 0))).await;
    world.kill().await;
    answer(&answering, &with_account(refund(ORDER, &payment, 3, 300, 1_000, 0))).await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("not what the order asked for"), "{text}");
    let basic = key().basic();
    let encoded = basic.trim_start_matches("Basic ");
    for secret in [SecretKey::OF_A_STUB, encoded, "10002123", "Kim"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

fn answering_config(world: &World) -> (crate::toss::Config, SecretKey) {
    (config(&world.base_url), key())
}
