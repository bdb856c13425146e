//! The test driver: a topology on the simulated cluster, stepped by hand.
