//! Ingress as a whole, in memory: every request passes the same code as on a socket, records go to an emitter that keeps them, and
//! a test plays the processor.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

mod fake_settlements;
mod bad_body_tests;
mod bad_input_tests;
mod bad_order_tests;
mod bad_settlement_tests;
mod bad_token_tests;
mod campaigns_tests;
mod claims_tests;
mod config_tests;
mod offers_tests;
mod orders_tests;
mod prices_tests;
mod routes_tests;
mod settlements_tests;
mod fake_orders;
mod socket_tests;
mod stream_socket_tests;
mod order_streams_tests;
mod webhooks_tests;
mod fixture;
