//! `--resume FILE`: where an export stands, so that it goes on after a kill with every record once. The state is written after the output:
//! the output is cut to the length that the state knows, and its records come again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use streams::kafka::tap::{Progress, Span};

use super::cover::Counts;

/// Where an export stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// Of the words: another question does not go on here.
    digest: String,
    /// Bytes of the output.
    pub(crate) length: u64,
    /// Whether everything has been written: only the output's name is missing.
    pub(crate) is_whole: bool,
    /// Each partition.
    pub(crate) spans: Vec<SpanState>,
    /// Of a copy into a shadow topic: where that ended when the copy began, by partition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) began: BTreeMap<i32, i64>,
}

/// Where a partition stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SpanState {
    topic: String,
    partition: i32,
    from: i64,
    to: i64,
    position: i64,
    lost: i64,
    read: u64,
    matched: u64,
    not_judged: u64,
    unreadable: u64,
    bytes: u64,
}

/// Why an export does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The state cannot be read or written.
    #[error("{}: {error}", .path.display())]
    File {
        /// The state's file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no state.
    #[error("{}: not the state of an export", .0.display())]
    Garbage(PathBuf),
    /// It is the state of another question.
    #[error("{}: the state of an export with other words; remove it, or name another file", .0.display())]
    Other(PathBuf),
}

/// A state's file.
#[derive(Clone, Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    digest: String,
    began: BTreeMap<i32, i64>,
}

impl StateFile {
    /// The state of a question in this file: of the words as they were typed, for an age means another time each time, and of its output.
    #[must_use]
    pub(crate) fn new(path: &Path, asked: &str, output: &Path) -> Self {
        let mut digest = blake3::Hasher::new();
        digest.update(asked.as_bytes()).update(&[0]).update(output.as_os_str().as_encoded_bytes());
        Self { path: path.to_path_buf(), digest: digest.finalize().to_hex().to_string(), began: BTreeMap::new() }
    }

    /// The state of a copy into a shadow topic that ended here, by partition, when the copy began.
    #[must_use]
    pub(crate) fn began(&self, began: &BTreeMap<i32, i64>) -> Self {
        Self { began: began.clone(), ..self.clone() }
    }

    /// What tells the question from others, 16 hex digits.
    #[must_use]
    pub(crate) fn id(&self) -> String {
        self.digest.chars().take(16).collect()
    }

    /// Reads the state, if there is one.
    ///
    /// # Errors
    /// [`ResumeError`].
    pub(crate) fn read(&self) -> Result<Option<State>, ResumeError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        let state: State = serde_json::from_slice(&text).map_err(|_| ResumeError::Garbage(self.path.clone()))?;
        if state.digest != self.digest {
            return Err(ResumeError::Other(self.path.clone()));
        }
        Ok(Some(state))
    }

    /// Writes the state; it replaces the former one as a whole.
    ///
    /// # Errors
    /// [`ResumeError::File`].
    pub(crate) fn write(
        &self,
        length: u64,
        is_whole: bool,
        progress: &[Progress],
        counts: &[Counts],
    ) -> Result<(), ResumeError> {
        let spans = progress.iter().zip(counts).map(|(progress, counts)| SpanState::of(progress, counts)).collect();
        let (digest, began) = (self.digest.clone(), self.began.clone());
        let state = State { digest, length, is_whole, spans, began };
        let text = serde_json::to_vec(&state).map_err(|error| self.failed(error.into()))?;
        let mut beside = self.path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_data()
        });
        written.and_then(|()| std::fs::rename(&beside, &self.path)).map_err(|error| self.failed(error))
    }

    /// Removes the state: the output is whole.
    ///
    /// # Errors
    /// [`ResumeError::File`].
    pub(crate) fn remove(&self) -> Result<(), ResumeError> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, error: std::io::Error) -> ResumeError {
        ResumeError::File { path: self.path.clone(), error }
    }
}

impl SpanState {
    fn of(progress: &Progress, counts: &Counts) -> Self {
        Self {
            topic: progress.span.topic.to_string(),
            partition: progress.span.partition,
            from: progress.span.from,
            // What has no end is not exported with a state.
            to: progress.span.to.unwrap_or(progress.position),
            position: progress.position,
            lost: progress.lost,
            read: counts.read,
            matched: counts.matched,
            not_judged: counts.not_judged,
            unreadable: counts.unreadable,
            bytes: counts.bytes,
        }
    }

    /// What is left to read.
    #[must_use]
    pub(crate) fn left(&self) -> Span {
        Span { topic: self.topic.as_str().into(), partition: self.partition, from: self.position, to: Some(self.to) }
    }

    /// How far it was read.
    #[must_use]
    pub(crate) fn progress(&self) -> Progress {
        let span = Span { from: self.from, ..self.left() };
        Progress { span, position: self.position, is_done: self.position >= self.to, lost: self.lost }
    }

    /// Where the whole range began, and what was lost of it.
    #[must_use]
    pub(crate) fn began(&self) -> (i64, i64) {
        (self.from, self.lost)
    }

    /// What was counted so far.
    #[must_use]
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            read: self.read,
            matched: self.matched,
            not_judged: self.not_judged,
            unreadable: self.unreadable,
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use super::*;

    #[test]
    fn a_state_goes_on_with_the_same_question_only() {
        let folder = tempfile::tempdir().unwrap();
        let (path, output) = (folder.path().join("state"), folder.path().join("out.csv"));
        let file = StateFile::new(&path, "orders.events --last 1d", &output);
        assert!(file.read().unwrap().is_none());
        let span = Span { topic: "t".into(), partition: 2, from: 5, to: Some(90) };
        let progress = Progress { span, position: 40, is_done: false, lost: 3 };
        let counts = Counts { read: 30, matched: 7, ..Counts::default() };
        file.write(1_234, false, &[progress], &[counts]).unwrap();
        let state = file.read().unwrap().unwrap();
        let [of_span] = state.spans.as_slice() else { unreachable!("one span") };
        assert_eq!((state.length, state.is_whole, of_span.counts(), of_span.began()), (1_234, false, counts, (5, 3)));
        assert_eq!(of_span.left(), Span { topic: "t".into(), partition: 2, from: 40, to: Some(90) });
        let others = StateFile::new(&path, "orders.events --last 2d", &output);
        assert!(matches!(others.read(), Err(ResumeError::Other(_))));
        let elsewhere = StateFile::new(&path, "orders.events --last 1d", &folder.path().join("other.csv"));
        assert!(matches!(elsewhere.read(), Err(ResumeError::Other(_))));
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(file.read(), Err(ResumeError::Garbage(_))));
        file.remove().unwrap();
        file.remove().unwrap();
    }
}
