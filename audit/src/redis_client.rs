//! Connections for people's tools, which would rather wait than give up: the library's half a second is what ingress waits, and a
//! Redis that is emptied, or asked for everything, on a busy machine needs longer.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisError};

/// How long Redis may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// How long it may take to take a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Connects to Redis.
///
/// # Errors
/// When there is none.
pub async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
    redis::Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await
}
