//! A connection to a server that has our functions.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisError};

/// The functions' text.
pub(super) const LIBRARY: &str = include_str!("library.lua");

/// What is known of the server at the other end.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// Another one after every start of the server.
    pub(super) run_id: String,
    /// What is wrong with how it is set up.
    pub(super) warning: Option<String>,
}

/// Connects and loads the functions (replacing an older version's).
///
/// Not a connection manager: that would reconnect behind our back, to a server that may have been emptied meanwhile.
pub(super) async fn connect(
    client: &redis::Client,
    library: &str,
) -> Result<(MultiplexedConnection, Server), RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(2)))
        // A rebuild sends thousands of calls at once; the default of 500 ms is for single ones.
        .set_response_timeout(Some(Duration::from_secs(10)));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let mut load = redis::cmd("FUNCTION");
    load.arg("LOAD").arg("REPLACE").arg(library).exec_async(&mut connection).await?;
    let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
    Ok((connection, server(&info)))
}

/// Reads `INFO`.
fn server(info: &str) -> Server {
    let field = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
    };
    let evicts = field("maxmemory") != "0" && !matches!(field("maxmemory_policy"), "noeviction" | "");
    Server {
        run_id: field("run_id").to_owned(),
        warning: evicts.then(|| {
            let policy = field("maxmemory_policy");
            format!("redis evicts keys when full (maxmemory-policy {policy}): set it to noeviction")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn a_server_that_may_forget_is_warned_about() {
        let table = [
            ("run_id:abc\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", None),
            ("run_id:abc\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n", None),
            ("run_id:abc\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\n", Some("allkeys-lru")),
        ];
        for (info, policy) in table {
            let server = server(info);
            assert_eq!(server.run_id, "abc");
            assert_eq!(server.warning.is_some(), policy.is_some(), "{info}");
            assert!(policy.is_none_or(|policy| server.warning.is_some_and(|warning| warning.contains(policy))));
        }
    }
}
