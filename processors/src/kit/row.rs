//! The bytes of a row: fixed bytes, variable-length integers (LEB128), texts. A row is private to the changelog, so it does not
//! describe itself; it begins with a version byte. `field` says how a value is written with these.

use events::time::Timestamp;
pub(crate) use streams::codec::Corrupt;

/// Writes fields, one after the other.
pub(crate) struct Writer {
    bytes: Vec<u8>,
    /// The instant that times of this row count from, milliseconds since 1970.
    origin: i64,
}

impl Writer {
    /// Begins a row of this version.
    pub(crate) fn new(version: u8, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.push(version);
        Self { bytes, origin: 0 }
    }

    /// Lets the times that follow count from this instant, which keeps them short.
    pub(crate) fn count_from(&mut self, origin: Timestamp) {
        self.origin = origin.as_millis();
    }

    /// An instant, milliseconds since the row's origin.
    pub(crate) fn time(&mut self, time: Timestamp) {
        self.signed(time.as_millis().saturating_sub(self.origin));
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// LEB128: seven bits a byte, low ones first.
    pub(crate) fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 0x80 {
            self.bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    /// Zigzag, so that small negative numbers are short too.
    pub(crate) fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    /// A text of at most 255 bytes; ids are shorter.
    pub(crate) fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        self.bytes.push(length);
        self.bytes.extend(bytes.iter().take(usize::from(length)));
    }

    /// A text of any length; what people write may be longer than an id.
    pub(crate) fn long_text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.fixed(text.as_bytes());
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads fields in the order they were written.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// The row's key, for the fields that are not repeated in the value.
    key: &'a [u8],
    origin: i64,
}

impl<'a> Reader<'a> {
    /// Begins reading a row; `known` is the newest version this build writes.
    pub(crate) fn new(bytes: &'a [u8], known: u8) -> Result<Self, Corrupt> {
        match bytes.split_first() {
            None => Err(Corrupt::Length),
            Some((found, _)) if *found > known => Err(Corrupt::Version { found: *found, known }),
            Some((0, _)) => Err(Corrupt::Field("version")),
            Some((_, rest)) => Ok(Self { bytes: rest, key: &[], origin: 0 }),
        }
    }

    /// Gives the fields that the key holds their bytes.
    pub(crate) fn with_key(self, key: &'a [u8]) -> Self {
        Self { key, ..self }
    }

    /// The row's key.
    pub(crate) fn key(&self) -> &'a [u8] {
        self.key
    }

    /// Lets the times that follow count from this instant.
    pub(crate) fn count_from(&mut self, origin: Timestamp) {
        self.origin = origin.as_millis();
    }

    /// An instant, as [`Writer::time`] wrote it.
    pub(crate) fn time(&mut self) -> Result<Timestamp, Corrupt> {
        Ok(Timestamp::from_millis(self.signed()?.saturating_add(self.origin)))
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Corrupt> {
        let (first, rest) = self.bytes.split_first().ok_or(Corrupt::Length)?;
        self.bytes = rest;
        Ok(*first)
    }

    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        let (first, rest) = self.bytes.split_first_chunk::<N>().ok_or(Corrupt::Length)?;
        self.bytes = rest;
        Ok(*first)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Corrupt> {
        let mut number = 0_u64;
        // Ten groups of seven bits are the most that 64 bits need.
        for group in 0..10 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * group);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Corrupt::Field("number"))
    }

    /// A number of a smaller type.
    pub(crate) fn small<N: TryFrom<u64>>(&mut self, field: &'static str) -> Result<N, Corrupt> {
        N::try_from(self.number()?).map_err(|_| Corrupt::Field(field))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Corrupt> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Corrupt> {
        let length = usize::from(self.byte()?);
        let (text, rest) = self.bytes.split_at_checked(length).ok_or(Corrupt::Length)?;
        self.bytes = rest;
        std::str::from_utf8(text).map_err(|_| Corrupt::Field("text"))
    }

    pub(crate) fn long_text(&mut self) -> Result<&'a str, Corrupt> {
        let length: usize = self.small("length")?;
        let (text, rest) = self.bytes.split_at_checked(length).ok_or(Corrupt::Length)?;
        self.bytes = rest;
        std::str::from_utf8(text).map_err(|_| Corrupt::Field("text"))
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    /// Makes sure that nothing is left.
    pub(crate) fn finish(self) -> Result<(), Corrupt> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Corrupt::Length) }
    }
}
