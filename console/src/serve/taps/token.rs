//! Resume tokens: where a tap stands, signed together with its question, so that it goes on exactly there and asks nothing else.
//!
//! Inside are a version, whether everything had been read, the digest of the question, what was counted against its bounds, and for each
//! partition the next offset and the end. Numbers are varints (LEB128): a token travels with every record of a stream.

use std::sync::Arc;

use streams::kafka::tap::Span;
use web::signed::Signer;

use crate::tap::words::Typed;

const VERSION: u64 = 1;

/// Bytes of the question's digest: 128 bits.
const DIGEST: usize = 16;

/// The longest token that is looked at, bytes: no head of a request can hold a longer one.
const LONGEST: usize = 16 << 10;

/// Writes and reads the tokens of one question.
pub(super) struct Tokens {
    signer: Arc<Signer>,
    digest: [u8; DIGEST],
    topics: Vec<Arc<str>>,
}

/// What is counted against the bounds of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Spent {
    /// Records that matched.
    pub(super) matched: u64,
    /// Records that were read.
    pub(super) read: u64,
    /// Bytes that were read.
    pub(super) bytes: u64,
}

/// Where a partition stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct At<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    /// Everything before it has been read.
    pub(super) position: i64,
    /// Where the range ends, if it does.
    pub(super) end: Option<i64>,
}

/// Where a tap stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Resume {
    /// Whether everything had been read.
    pub(super) is_whole: bool,
    /// What had been counted.
    pub(super) spent: Spent,
    /// What is left to read.
    pub(super) spans: Vec<Span>,
}

impl Tokens {
    /// Of this question: of the words as they were typed, for an age means another time each time.
    pub(super) fn new(signer: Arc<Signer>, typed: &Typed) -> Self {
        let words = serde_json::to_vec(typed).unwrap_or_default();
        let mut digest = [0; DIGEST];
        blake3::Hasher::new().update(&words).finalize_xof().fill(&mut digest);
        Self { signer, digest, topics: typed.topics.split(',').map(Arc::from).collect() }
    }

    /// The token of this place; none without a secret.
    pub(super) fn write<'a>(
        &self,
        is_whole: bool,
        spent: Spent,
        at: impl ExactSizeIterator<Item = At<'a>>,
    ) -> Option<String> {
        let mut content = Vec::with_capacity(64 + at.len() * 12);
        put(VERSION, &mut content);
        put(u64::from(is_whole), &mut content);
        content.extend_from_slice(&self.digest);
        for number in [spent.matched, spent.read, spent.bytes, at.len() as u64] {
            put(number, &mut content);
        }
        for at in at {
            let topic = self.topics.iter().position(|topic| **topic == *at.topic)?;
            put(topic as u64, &mut content);
            put(u64::try_from(at.partition).ok()?, &mut content);
            put(u64::try_from(at.position).ok()?, &mut content);
            // No end is 0.
            put(at.end.map_or(Some(0), |end| u64::try_from(end).ok()?.checked_add(1))?, &mut content);
        }
        self.signer.sign(&content)
    }

    /// Where a token stands; none when it is forged, cut, or of another question.
    pub(super) fn read(&self, text: &str) -> Option<Resume> {
        if text.len() > LONGEST {
            return None;
        }
        let content = self.signer.verified(text)?;
        let mut rest = content.as_slice();
        let is_ours = take(&mut rest)? == VERSION;
        let is_whole = take(&mut rest)? == 1;
        let (digest, after) = rest.split_at_checked(DIGEST)?;
        rest = after;
        if !is_ours || digest != self.digest {
            return None;
        }
        let spent = Spent { matched: take(&mut rest)?, read: take(&mut rest)?, bytes: take(&mut rest)? };
        let mut spans = Vec::new();
        for _ in 0..take(&mut rest)? {
            let topic = self.topics.get(usize::try_from(take(&mut rest)?).ok()?)?;
            let partition = i32::try_from(take(&mut rest)?).ok()?;
            let from = i64::try_from(take(&mut rest)?).ok()?;
            let to = take(&mut rest)?.checked_sub(1).map(i64::try_from).transpose().ok()?;
            spans.push(Span { topic: Arc::clone(topic), partition, from, to });
        }
        rest.is_empty().then_some(Resume { is_whole, spent, spans })
    }
}

fn put(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use web::token::{Secret, Secrets};

    use super::*;

    fn tokens(secret: &str, change: impl FnOnce(&mut Typed)) -> Tokens {
        let secrets = Secrets::new(vec![Secret::new(secret.repeat(32)).unwrap()]).unwrap();
        let mut typed = Typed { topics: "a,b".to_owned(), ..Typed::default() };
        change(&mut typed);
        Tokens::new(Arc::new(Signer::new("tap", &secrets)), &typed)
    }

    const AT: [At<'static>; 3] = [
        At { topic: "a", partition: 0, position: 0, end: Some(0) },
        At { topic: "b", partition: 300, position: i64::MAX, end: None },
        At { topic: "a", partition: 7, position: 128, end: Some(i64::MAX - 1) },
    ];

    #[test]
    fn a_tap_goes_on_where_its_token_stands() {
        let ours = tokens("x", |_| {});
        let spent = Spent { matched: 5, read: 1 << 40, bytes: u64::MAX };
        let text = ours.write(false, spent, AT.into_iter()).unwrap();
        let resume = ours.read(&text).unwrap();
        assert_eq!((resume.spent, resume.is_whole), (spent, false));
        let found: Vec<At<'_>> = resume
            .spans
            .iter()
            .map(|span| At { topic: &span.topic, partition: span.partition, position: span.from, end: span.to })
            .collect();
        assert_eq!(found, AT);
        assert!(ours.read(&ours.write(true, spent, AT.into_iter()).unwrap()).unwrap().is_whole);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{text}");
    }

    #[test]
    fn a_token_of_other_words_is_none() {
        let text = tokens("x", |_| {}).write(false, Spent::default(), AT.into_iter()).unwrap();
        assert!(tokens("y", |_| {}).read(&text).is_none(), "another installation");
        let changes: [fn(&mut Typed); 7] = [
            |typed| typed.topics = "a".to_owned(),
            |typed| typed.topics = "a,c".to_owned(),
            |typed| typed.is_unmasked = true,
            |typed| typed.mask = crate::tap::words::MaskMode::Drop,
            |typed| typed.isolation = crate::tap::words::Isolation::Uncommitted,
            |typed| typed.event = vec!["x".to_owned()],
            |typed| typed.follow = true,
        ];
        for (place, change) in changes.into_iter().enumerate() {
            assert!(tokens("x", change).read(&text).is_none(), "row {place}");
        }
        for end in 0..text.len() {
            assert!(tokens("x", |_| {}).read(&text[..end]).is_none(), "cut after {end}");
        }
        for garbage in ["", ".", "AAAA", "AAAA.AAAA", &"A".repeat(20_000), "\u{0}", "..", "가.나"] {
            assert!(tokens("x", |_| {}).read(garbage).is_none(), "{garbage:.20}");
        }
    }
}
