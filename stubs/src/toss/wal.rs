//! What the stub must not forget, in a file: one JSON object a line, synced before anything that rests on it is answered. Many
//! lines that come together are synced together.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::bill::Bill;
use super::config::Error;

/// One step: everything of it is there after a crash, or nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// A payment as it is from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bill: Option<Bill>,
    /// An answer that was given under an `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<Kept>,
    /// How far the clock is ahead, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead_ms: Option<i64>,
    /// A webhook that is owed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) owed: Vec<Notice>,
    /// A webhook that is owed no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settled: Option<String>,
}

/// An answer under an `Idempotency-Key`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Key, URL and method: what the provider recognises a repeat by.
    pub(crate) identity: String,
    pub(crate) at: i64,
    /// The payment that was shown, or of which it was said no.
    pub(crate) payment_key: String,
    /// The code of a no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

/// A webhook.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) transmission: String,
    pub(crate) payment_key: String,
    pub(crate) kind: NoticeKind,
    pub(crate) at: i64,
}

/// What a webhook tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeKind {
    /// Where a payment is.
    Status,
    /// That something happened to a virtual account.
    Deposit,
}

/// The file. Dropping it ends its thread once everything handed over is synced.
pub(crate) struct Wal {
    lines: Sender<(u64, Vec<u8>)>,
    last: AtomicU64,
    synced: watch::Receiver<u64>,
}

impl Wal {
    /// Opens the wal of a folder and reads what is in it. A line that a crash has cut is forgotten: nothing rests on it.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Entry>), Error> {
        let path = folder.join("payments.jsonl");
        let failed = |error| Error::Wal { path: path.clone(), error };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file =
            OpenOptions::new().create(true).read(true).write(true).truncate(false).open(&path).map_err(failed)?;
        file.try_lock().map_err(|error| failed(std::io::Error::other(error.to_string())))?;
        let (entries, whole) = read(&file).map_err(failed)?;
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::Start(whole)).map_err(failed)?;
        let (lines, receiver) = mpsc::channel();
        let (sender, synced) = watch::channel(0);
        std::thread::Builder::new()
            .name("stub wal".into())
            .spawn(move || write(file, path, &receiver, &sender))
            .map_err(|error| Error::Wal { path: folder.to_path_buf(), error })?;
        Ok((Self { lines, last: AtomicU64::new(0), synced }, entries))
    }

    /// Hands an entry over. Entries are written in the order of their numbers: call it under the lock of what it describes.
    pub(crate) fn append(&self, entry: &Entry) -> u64 {
        let number = self.last.fetch_add(1, Ordering::AcqRel) + 1;
        let mut line = serde_json::to_vec(entry).unwrap_or_default();
        line.push(b'\n');
        // A thread that is gone is noticed by whoever waits for the sync.
        drop(self.lines.send((number, line)));
        number
    }

    /// The number of the last entry.
    pub(crate) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Returns when everything up to this entry is on disk; false when it never will be.
    pub(crate) async fn synced(&self, number: u64) -> bool {
        self.synced.clone().wait_for(|synced| *synced >= number).await.is_ok()
    }
}

fn write(mut file: File, path: PathBuf, lines: &Receiver<(u64, Vec<u8>)>, synced: &watch::Sender<u64>) {
    while let Ok((mut number, mut batch)) = lines.recv() {
        while let Ok((next, line)) = lines.try_recv() {
            number = next;
            batch.extend(line);
        }
        if let Err(error) = file.write_all(&batch).and_then(|()| file.sync_data()) {
            tracing::error!(path = %path.display(), %error, "the wal cannot be written: nothing is answered any more");
            return;
        }
        synced.send_replace(number);
    }
}

fn read<T: DeserializeOwned>(file: &File) -> std::io::Result<(Vec<T>, u64)> {
    let (mut entries, mut whole) = (Vec::new(), 0);
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if length == 0 || line.last() != Some(&b'\n') {
            return Ok((entries, whole));
        }
        entries.push(serde_json::from_slice(&line).map_err(std::io::Error::other)?);
        whole += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Wal};

    #[tokio::test]
    async fn what_was_synced_is_there_again_and_a_cut_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |ahead| Entry { ahead_ms: Some(ahead), ..Entry::default() };
        for round in 0..3_i64 {
            let (wal, entries) = Wal::open(folder.path()).unwrap();
            assert_eq!(entries, (0..round).map(entry).collect::<Vec<_>>());
            assert!(Wal::open(folder.path()).is_err(), "two stubs do not share a wal");
            let number = wal.append(&entry(round));
            assert!(wal.synced(number).await);
            drop(wal);
            // The thread lets go of the file a moment later.
            let path = folder.path().join("payments.jsonl");
            let cut = [std::fs::read(&path).unwrap(), b"{\"ahead_ms\":".to_vec()].concat();
            while std::fs::File::open(&path).unwrap().try_lock().is_err() {
                std::thread::yield_now();
            }
            std::fs::write(&path, cut).unwrap();
        }
    }
}
