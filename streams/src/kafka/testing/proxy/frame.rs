//! Frames of the Kafka protocol: four bytes of length, then a request or an answer. Only their heads are read.
//!
//! Source: Kafka protocol guide, "Protocol Primitive Types" and "Request and Response Headers".

use std::io::{Error, ErrorKind, Read, Result, Write};

/// Longest frame that is passed on, bytes: more than a broker takes.
const LONGEST: usize = 128 * 1024 * 1024;

/// What every request begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    /// Which kind of request it is.
    pub(super) api: i16,
    /// What its answer repeats.
    pub(super) correlation: i32,
}

/// The next frame without its length; none at the end of the stream.
pub(super) fn read(stream: &mut impl Read) -> Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| *length <= LONGEST);
    let mut frame = vec![0; length.ok_or_else(|| Error::new(ErrorKind::InvalidData, "no frame has this length"))?];
    stream.read_exact(&mut frame)?;
    Ok(Some(frame))
}

/// Writes a frame with its length, in one piece.
pub(super) fn write(stream: &mut impl Write, frame: &[u8]) -> Result<()> {
    let length = i32::try_from(frame.len()).map_err(Error::other)?;
    let mut bytes = Vec::with_capacity(frame.len() + 4);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(frame);
    stream.write_all(&bytes)
}

/// The head of a request; none if it is too short to be one.
pub(super) fn head(request: &[u8]) -> Option<Head> {
    let api = i16::from_be_bytes(*request.first_chunk()?);
    let correlation = i32::from_be_bytes(*request.get(4..)?.first_chunk()?);
    Some(Head { api, correlation })
}

/// What an answer repeats of its request.
pub(super) fn correlation(answer: &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(*answer.first_chunk()?))
}

/// Puts another port wherever an answer names this host and port: in all versions of the protocol a node is written as the bytes of its host
/// and then four bytes of port.
pub(super) fn readdress(answer: &mut [u8], host: &str, from: u16, to: u16) {
    let node = |port: u16| [host.as_bytes(), &i32::from(port).to_be_bytes()].concat();
    let (named, proxied) = (node(from), node(to));
    let mut at = 0;
    while let Some(window) = answer.get_mut(at..at + named.len()) {
        if *window == *named {
            window.copy_from_slice(&proxied);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, correlation, head, read, readdress, write};

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"one").unwrap();
        write(&mut bytes, b"").unwrap();
        let mut stream = bytes.as_slice();
        assert_eq!(read(&mut stream).unwrap().as_deref(), Some(b"one".as_slice()));
        assert_eq!(read(&mut stream).unwrap().as_deref(), Some(b"".as_slice()));
        assert_eq!(read(&mut stream).unwrap(), None);
        assert!(read(&mut [0, 0, 0, 9, 1].as_slice()).is_err());
        assert!(read(&mut [0xff, 0xff, 0xff, 0xff].as_slice()).is_err());
    }

    #[test]
    fn heads_are_told() {
        let request = [0, 26, 0, 4, 0, 0, 1, 2, 0xff, 0xff];
        assert_eq!(head(&request), Some(Head { api: 26, correlation: 258 }));
        assert_eq!(head(&request[..7]), None);
        assert_eq!(correlation(&[0, 0, 1, 2, 9]), Some(258));
    }

    #[test]
    fn every_place_that_names_the_broker_names_the_proxy() {
        let mut answer = b"\x0a127.0.0.1\0\0\x23\x84x127.0.0.1\0\0\x23\x85127.0.0.1\0\0\x23\x84".to_vec();
        readdress(&mut answer, "127.0.0.1", 0x2384, 0x1122);
        assert_eq!(answer, b"\x0a127.0.0.1\0\0\x11\x22x127.0.0.1\0\0\x23\x85127.0.0.1\0\0\x11\x22");
    }
}
