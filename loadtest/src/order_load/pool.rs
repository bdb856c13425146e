//! Connections that many shoppers share: one is taken for an exchange and given back after it, so that a shopper who thinks, or
//! waits for a time limit, holds none.

use std::cell::RefCell;
use std::net::SocketAddr;

use tokio::sync::Semaphore;

use crate::request::Transport;
use crate::wire::{Connection, Response, WireError};

/// So many connections to one address, opened as they are needed.
pub(super) struct Pool {
    to: SocketAddr,
    idle: RefCell<Vec<Connection>>,
    free: Semaphore,
}

impl Pool {
    /// At most so many connections.
    pub(super) fn new(to: SocketAddr, most: usize) -> Self {
        Self { to, idle: RefCell::default(), free: Semaphore::new(most) }
    }

    /// Sends a request over the connection that was used last, and reads its answer.
    pub(super) async fn exchange(&self, request: &[u8]) -> Result<Response, WireError> {
        // Never closed, so the permit always comes.
        let _permit = self.free.acquire().await;
        let idle = self.idle.borrow_mut().pop();
        let mut connection = idle.unwrap_or_else(|| Connection::to(self.to));
        let answer = connection.exchange(request).await;
        self.idle.borrow_mut().push(connection);
        answer
    }
}

impl Transport for &Pool {
    async fn send(&mut self, request: &[u8]) -> Result<Response, WireError> {
        self.exchange(request).await
    }
}
