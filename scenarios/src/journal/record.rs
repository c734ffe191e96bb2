//! How a record lies in the file, and how values become records.
//!
//! A journal begins with the eight bytes `journal1`. Each record is its length in bytes and a checksum, four bytes each
//! with the lowest first, and then its bytes. The checksum is the CRC-32 of Ethernet and zip over the length and the bytes.

use std::io::{self, Read};

/// What a journal begins with.
pub(super) const MAGIC: &[u8; 8] = b"journal1";

/// How many bytes stand in front of those of a record.
pub(super) const HEAD: usize = 8;

/// What comes next in a file.
pub(super) enum Next {
    Record(Vec<u8>),
    /// The file ends in the middle of a record, or with one that is not as it was meant.
    Torn,
    /// A record is not as it was written, and others come after it.
    Corrupt,
}

/// Reads what comes next in a file of which `left` bytes are left.
pub(super) fn next(reader: &mut impl Read, left: u64) -> io::Result<Next> {
    let Some(most) = left.checked_sub(HEAD as u64) else { return Ok(Next::Torn) };
    let mut head = [[0; 4]; 2];
    for number in &mut head {
        reader.read_exact(number)?;
    }
    let [length, expected] = head.map(u32::from_le_bytes);
    if u64::from(length) > most {
        return Ok(Next::Torn);
    }
    let mut bytes = vec![0; length as usize];
    reader.read_exact(&mut bytes)?;
    Ok(match checksum(length, &bytes) == expected {
        true => Next::Record(bytes),
        false if u64::from(length) == most => Next::Torn,
        false => Next::Corrupt,
    })
}

/// What stands in front of the bytes of a record.
pub(super) fn head_of(length: u32, checksum: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4..].copy_from_slice(&checksum.to_le_bytes());
    head
}

/// The CRC-32 of the length of a record and its bytes.
pub(super) fn checksum(length: u32, bytes: &[u8]) -> u32 {
    let all = length.to_le_bytes().into_iter().chain(bytes.iter().copied());
    !all.fold(!0, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

/// What each byte does to the checksum.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// A value that can be written into a journal.
///
/// `decode` gives back what `encode` was given, and refuses what it never wrote.
///
/// ```
/// use reweave_scenarios::journal::Record;
///
/// let mut bytes = Vec::new();
/// "seven".to_owned().encode(&mut bytes);
/// assert_eq!(String::decode(&bytes).as_deref(), Some("seven"));
/// assert_eq!(String::decode(&[0xFF]), None); // No text.
/// ```
pub trait Record: Sized {
    /// Adds the bytes of the value to `bytes`.
    fn encode(&self, bytes: &mut Vec<u8>);

    /// The value of these bytes; none if they are not those of a value.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

impl Record for Vec<u8> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

impl Record for String {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

impl Record for u64 {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_le_bytes(bytes.try_into().ok()?))
    }
}
