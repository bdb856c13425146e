//! Rows of strangers are read as they were written, also by the next build; other bytes are told apart.

use proptest::prelude::*;

use super::{Stranger, read_stranger, write_stranger};
use crate::bytes::RowError;
use events::ids::RequestId;
use events::request::Fingerprint;
use events::time::Timestamp;

fn stranger() -> Stranger {
    Stranger {
        request: RequestId::derive(&[b"r"]),
        fingerprint: Fingerprint::from_u64(u64::MAX),
        at: Timestamp::from_millis(7),
        reason: 2,
    }
}

/// A changelog outlives the build that wrote it: bytes of version 1 as they have always been.
#[test]
fn rows_of_version_1_are_these_bytes() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let request = hex(stranger().request.as_bytes());
    // version, place, request, fingerprint, time in zigzag, reason
    let expected = format!("01 4d {request} ffffffffffffffff 0e 02").replace(' ', "");
    assert_eq!(hex(&write_stranger(&stranger(), 77)), expected);
    assert_eq!(read_stranger(&write_stranger(&stranger(), 77)), Ok((stranger(), 77)));
}

#[test]
fn a_newer_row_is_told_apart_and_a_cut_one_is_refused() {
    let row = write_stranger(&stranger(), 300);
    let mut newer = row.clone();
    newer[0] = 2;
    assert_eq!(read_stranger(&newer), Err(RowError::Version { found: 2, known: 1 }));
    for length in 0..row.len() {
        assert!(read_stranger(&row[..length]).is_err(), "{length} of {} bytes", row.len());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _read = read_stranger(&bytes);
    }
}
