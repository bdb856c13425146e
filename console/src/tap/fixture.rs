//! What tests of taps begin with.

use std::collections::BTreeSet;

use super::words::{Bounds, Format, Isolation, MaskMode, Place, Range, Words};

/// Everything of one topic, as JSON lines.
pub(crate) fn words() -> Words {
    Words {
        topics: vec!["t".to_owned()],
        range: Range::Between(Place::Beginning, Place::End),
        during: None,
        partitions: BTreeSet::new(),
        follow: false,
        keys: Vec::new(),
        everywhere: false,
        events: Vec::new(),
        headers: Vec::new(),
        trace: None,
        contains: None,
        condition: None,
        sample: None,
        isolation: Isolation::Committed,
        columns: None,
        latest: false,
        by_time: false,
        mask: MaskMode::Hash,
        is_unmasked: false,
        format: Format::Ndjson,
        strict: false,
        bounds: Bounds::default(),
    }
}
