//! Binary files read by position; every length is checked against the file size before it is used.

use crate::foundation::positions::read_exact_at;
use std::fs::File;
use std::io;
use std::sync::Arc;

const BLOCK_BYTES: usize = 1 << 20;

/// A source of bytes that can be read at any offset, from several threads at once.
pub trait Bytes {
    fn len(&self) -> u64;

    /// Fill `into` with the bytes from `offset` on; an error if the source is too short.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Bytes for File {
    /// 0 if the size is unknown, so that every reader reports that the file is too short.
    fn len(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        read_exact_at(self, into, offset)
    }
}

impl Bytes for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = start.checked_add(into.len()).and_then(|end| self.get(start..end));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl Bytes for Vec<u8> {
    fn len(&self) -> u64 {
        Bytes::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_at(offset, into)
    }
}

impl<Source: Bytes + ?Sized> Bytes for &Source {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, into)
    }
}

impl<Source: Bytes + ?Sized> Bytes for Box<Source> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, into)
    }
}

impl<Source: Bytes + ?Sized> Bytes for Arc<Source> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, into)
    }
}

/// Reason why a binary file cannot be used.
#[derive(Debug)]
pub enum BinaryError {
    Io(io::Error),
    /// Offset of the error, and the rule that is violated.
    Format {
        offset: u64,
        message: String,
    },
}

impl From<io::Error> for BinaryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// An error for a rule violated at an offset.
pub fn broken<Value>(offset: u64, message: impl Into<String>) -> Result<Value, BinaryError> {
    Err(BinaryError::Format { offset, message: message.into() })
}

/// Format a word for a message: quoted, with unusual bytes escaped, at most 60 characters.
pub fn shown(word: &[u8]) -> String {
    let escaped: String =
        word.iter().take(61).flat_map(|&byte| std::ascii::escape_default(byte)).map(char::from).collect();
    let text = std::str::from_utf8(word).map_or(escaped, str::to_owned);
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    format!("{short:?}{dots}")
}

/// Sequential reader, in blocks.
pub struct Reader<'a, Source: ?Sized> {
    source: &'a Source,
    length: u64,
    /// Offset of `buffer` in the file.
    start: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl<'a, Source: Bytes + ?Sized> Reader<'a, Source> {
    pub fn new(source: &'a Source, start: u64) -> Self {
        Self { source, length: source.len(), start, buffer: Vec::new(), at: 0 }
    }

    pub fn position(&self) -> u64 {
        self.start + self.at as u64
    }

    /// Number of bytes left in the file.
    pub fn remaining(&self) -> u64 {
        self.length.saturating_sub(self.position())
    }

    /// Return the next `count` bytes, or as many as the file has, without consuming them.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.at < count {
            self.buffer.drain(..self.at);
            self.start += self.at as u64;
            self.at = 0;
            let have = self.buffer.len();
            let left = self.length.saturating_sub(self.start + have as u64);
            let more = left.min(BLOCK_BYTES.max(count - have) as u64) as usize;
            self.buffer.resize(have + more, 0);
            self.source.read_at(self.start + have as u64, &mut self.buffer[have..])?;
        }
        let end = self.buffer.len().min(self.at + count);
        Ok(&self.buffer[self.at..end])
    }

    /// Skip bytes, which must exist; those not in memory are not read.
    pub fn skip(&mut self, count: u64) {
        let left = (self.buffer.len() - self.at) as u64;
        if count <= left {
            self.at += count as usize;
        } else {
            self.start = self.position() + count;
            self.buffer.clear();
            self.at = 0;
        }
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], BinaryError> {
        let position = self.position();
        match <[u8; N]>::try_from(self.peek(N)?) {
            Ok(bytes) => {
                self.at += N;
                Ok(bytes)
            }
            Err(_) => broken(position, format!("expected {what}, the file ends; it may be cut short")),
        }
    }

    pub fn i32(&mut self, what: &str) -> Result<i32, BinaryError> {
        Ok(i32::from_le_bytes(self.array(what)?))
    }

    pub fn i64(&mut self, what: &str) -> Result<i64, BinaryError> {
        Ok(i64::from_le_bytes(self.array(what)?))
    }

    /// A size, which must be 0 or more.
    pub fn size(&mut self, what: &str) -> Result<u64, BinaryError> {
        let position = self.position();
        let value = self.i64(what)?;
        u64::try_from(value).or_else(|_| broken(position, format!("{what} must be 0 or more, found {value}")))
    }

    /// Return the bytes before the next `end`, which is consumed too; `None` if it is more than `longest` bytes away.
    pub fn until(&mut self, end: u8, longest: usize) -> Result<Option<Vec<u8>>, BinaryError> {
        let bytes = self.peek(longest + 1)?;
        let found = memchr::memchr(end, bytes).map(|length| bytes[..length].to_vec());
        self.at += found.as_ref().map_or(0, |found| found.len() + 1);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_at_any_place_and_never_behind_the_end() {
        let source = b"abcdef".to_vec();
        let mut two = [0; 2];
        source.read_at(4, &mut two).unwrap();
        assert_eq!(&two, b"ef");
        assert_eq!(source.read_at(5, &mut two).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(source.read_at(u64::MAX, &mut two).is_err());
        assert!(!Bytes::is_empty(&source));
    }

    #[test]
    fn the_reader_keeps_its_place_over_blocks_and_skips() {
        let source: Vec<u8> = (0..3 * BLOCK_BYTES).map(|byte| (byte % 251) as u8).collect();
        let mut reader = Reader::new(&source, 0);
        reader.skip(5);
        assert_eq!(reader.array::<3>("bytes").unwrap(), [5, 6, 7]);
        let far = 2 * BLOCK_BYTES as u64;
        reader.skip(far);
        assert_eq!(reader.position(), far + 8);
        assert_eq!(reader.array::<1>("a byte").unwrap()[0], ((far + 8) % 251) as u8);
        reader.skip(reader.remaining() - 1);
        let error = reader.i32("a number").unwrap_err();
        assert!(matches!(error, BinaryError::Format { offset, .. } if offset == source.len() as u64 - 1));
    }

    #[test]
    fn a_run_ends_at_its_mark_or_is_too_long() {
        let source = b"ab\0cdef\0".to_vec();
        let mut reader = Reader::new(&source, 0);
        assert_eq!(reader.until(0, 3).unwrap().unwrap(), b"ab");
        assert_eq!(reader.until(0, 3).unwrap(), None);
        assert_eq!(reader.until(0, 4).unwrap().unwrap(), b"cdef");
        assert_eq!((reader.until(0, 4).unwrap(), reader.remaining()), (None, 0));
    }

    #[test]
    fn words_are_shown_short() {
        assert_eq!(shown("né\n".as_bytes()), "\"né\\n\"");
        assert_eq!(shown(&[0xa7]), "\"\\\\xa7\"");
        assert_eq!(shown(&[b'a'; 100]).len(), 65);
    }
}
