//! Where records go: standard output, a file that is written beside its place and renamed when it is whole, or a shadow topic.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::copy::ShadowWriter;

/// Where records go.
pub(crate) enum Output {
    /// To whoever reads.
    Stream(Box<dyn Write + Send>),
    /// To a file.
    File(PartFile),
    /// To a shadow topic: records, not bytes.
    Topic(Box<ShadowWriter>),
}

/// A file under way: `NAME.part` until it is whole.
pub(crate) struct PartFile {
    file: File,
    part: PathBuf,
    path: PathBuf,
    length: u64,
}

/// What became of bytes that were to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    /// They are written.
    Yes,
    /// Nobody reads any more.
    Closed,
}

impl PartFile {
    /// Whether a file of this name is under way.
    #[must_use]
    pub(crate) fn is_there(path: &Path) -> bool {
        part(path).exists()
    }

    /// Begins the file, or goes on with one of which so many bytes are known to be right: what is behind them is cut off.
    ///
    /// # Errors
    /// The file cannot be opened, or has fewer bytes.
    pub(crate) fn open(path: &Path, length: u64) -> std::io::Result<Self> {
        let part = part(path);
        let mut file = OpenOptions::new().write(true).create(true).truncate(length == 0).open(&part)?;
        if file.metadata()?.len() < length {
            let reason = format!("{} has fewer than the {length} bytes that were written", part.display());
            return Err(std::io::Error::new(ErrorKind::UnexpectedEof, reason));
        }
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, part, path: path.to_path_buf(), length })
    }

    /// Bytes so far.
    #[must_use]
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Makes sure that what was written survives the machine.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn rename(self) -> std::io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.part, &self.path)
    }

    /// Takes it away: it will never be whole.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn remove(self) -> std::io::Result<()> {
        std::fs::remove_file(&self.part)
    }

    /// The file itself.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

/// The name of a file under way.
fn part(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    PathBuf::from(part)
}

impl Output {
    /// Writes, and hands over to whoever reads.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<Written> {
        let written = match self {
            Self::Stream(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
            Self::File(file) => {
                let written = file.file.write_all(bytes);
                file.length += bytes.len() as u64;
                written
            }
            // It takes no bytes.
            Self::Topic(_) => Ok(()),
        };
        match written {
            Ok(()) => Ok(Written::Yes),
            // Gone, or there and taking nothing.
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::TimedOut) => Ok(Written::Closed),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use super::*;

    #[test]
    fn a_file_appears_when_it_is_whole_and_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ndjson");
        let mut output = Output::File(PartFile::open(&path, 0).unwrap());
        output.write(b"one\ntwo\nthr").unwrap();
        drop(output);
        assert!(!path.exists());
        let again = PartFile::open(&path, 8).unwrap();
        let mut output = Output::File(again);
        output.write(b"three\n").unwrap();
        let Output::File(file) = output else { return };
        assert_eq!(file.length(), 14);
        file.rename().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        assert!(PartFile::open(&path, 99).is_err(), "what was recorded and is not there");
    }
}
