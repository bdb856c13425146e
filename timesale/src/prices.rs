//! The verb `prices restate`: the facts read, the commands written, and how many there were.

use console::restate::{self, RestateError};
use streams::kafka::{EmitterConfig, KafkaEmitter};

use crate::config::Config;
use crate::exit::Exit;
use crate::{complain, say};

/// Tells the prices processor again what every product costs with us, and says how many there are.
pub(crate) async fn restate(config: &Config) -> Exit {
    let cluster = config.kafka.clone();
    let emitter = match KafkaEmitter::without_metrics(&cluster, EmitterConfig::default()) {
        Ok(emitter) => emitter,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Configuration;
        }
    };
    let definitions = match tokio::task::spawn_blocking(move || restate::read(&cluster)).await {
        Ok(Ok(definitions)) => definitions,
        Ok(Err(error)) => return failed(&error),
        Err(error) => {
            complain(&error.to_string());
            return Exit::Internal;
        }
    };
    if definitions.unreadable > 0 {
        complain(&format!("{} facts that nobody can read were passed over", definitions.unreadable));
    }
    match restate::publish(&definitions, &emitter).await {
        Ok(products) => say(&format!("{products} products")),
        Err(error) => failed(&error),
    }
}

fn failed(error: &RestateError) -> Exit {
    complain(&error.to_string());
    match error {
        RestateError::Read(_) | RestateError::Emit(_) => Exit::Unavailable,
        RestateError::Newer(_) | RestateError::Encoding(_) => Exit::Failed,
    }
}
