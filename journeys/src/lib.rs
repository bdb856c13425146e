//! Tests across rooms: on the simulated log and on the real services. Nothing imports this room.
