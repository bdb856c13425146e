//! One partition of one processor: its stores, timers, positions and life cycle.
