//! Compressed files as a stream of decompressed bytes, with checksum and size limit.

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use flate2::Crc;
use std::error::Error;
use std::fmt;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Number of compressed bytes per read.
const COMPRESSED_BYTES: usize = 1 << 18;

/// Compression method of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstandard,
    /// The only member of a zip archive: offset of its data, its sizes, its checksum, and whether it is stored
    /// uncompressed.
    Zip {
        offset: u64,
        compressed: u64,
        size: u64,
        crc: u32,
        stored: bool,
    },
}

impl Compression {
    /// Return the method with a name: "" or "none", "gzip", "zstandard".
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "" | "none" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "zstandard" => Some(Self::Zstandard),
            _ => None,
        }
    }
}

/// Limit of the decompressed size, not counting skipped bytes.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    Bytes(u64),
    /// A multiple of the compressed bytes read so far, or `always` if that is larger.
    Ratio {
        most: u64,
        always: u64,
    },
}

/// Error: a file decompresses to more than its limit.
#[derive(Debug)]
pub struct TooLarge(Limit);

impl TooLarge {
    /// Whether a read error is this one.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Limit::Bytes(bytes) => write!(to, "it decompresses to more than {bytes} bytes"),
            Limit::Ratio { most, .. } => write!(to, "it decompresses to more than {most} times its size"),
        }
    }
}

impl Error for TooLarge {}

/// Decompressed content of a file from an offset on.
pub struct Decompressed {
    reader: Box<dyn Read + Send>,
    is_compressed: bool,
    /// Bytes of the file read so far; shared with other threads.
    consumed: Arc<AtomicU64>,
    produced: u64,
    limit: Limit,
}

impl Decompressed {
    /// Skip `start` bytes of the content. Bytes read from the file are counted in `consumed`, starting from 0.
    ///
    /// The limit applies to compressed files only.
    pub fn open(
        mut file: impl Read + Seek + Send + 'static,
        compression: Compression,
        start: u64,
        limit: Limit,
        consumed: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let first = match compression {
            Compression::None => start,
            Compression::Zip { offset, .. } => offset,
            Compression::Gzip | Compression::Zstandard => 0,
        };
        if first > 0 {
            file.seek(SeekFrom::Start(first))?;
        }
        let is_compressed = compression != Compression::None;
        consumed.store(if is_compressed { 0 } else { first }, Ordering::Relaxed);
        let mut reader = decoder(Counted(file, consumed.clone()), compression)?;
        if is_compressed {
            io::copy(&mut reader.by_ref().take(start), &mut io::sink())?;
        }
        Ok(Self { reader, is_compressed, consumed, produced: 0, limit })
    }

    pub fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    /// Bytes of the file read so far; for an uncompressed file, including those skipped.
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    fn check_limit(&self) -> io::Result<()> {
        let allowed = match self.limit {
            Limit::Bytes(bytes) => bytes,
            Limit::Ratio { most, always } => self.consumed().saturating_mul(most).max(always),
        };
        if self.is_compressed && self.produced > allowed {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooLarge(self.limit)));
        }
        Ok(())
    }
}

impl Read for Decompressed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        self.produced += read as u64;
        self.check_limit()?;
        Ok(read)
    }
}

fn decoder(file: impl Read + Send + 'static, compression: Compression) -> io::Result<Box<dyn Read + Send>> {
    let buffered = |file| BufReader::with_capacity(COMPRESSED_BYTES, file);
    Ok(match compression {
        Compression::None => Box::new(file),
        Compression::Gzip => Box::new(MultiGzDecoder::new(buffered(file))),
        Compression::Zstandard => zstandard(file)?,
        Compression::Zip { compressed, size, crc, stored, .. } => {
            let member = BufReader::with_capacity(COMPRESSED_BYTES, file.take(compressed));
            if stored {
                Box::new(Checked { reader: member, found: Crc::new(), read: 0, crc, size })
            } else {
                Box::new(Checked { reader: DeflateDecoder::new(member), found: Crc::new(), read: 0, crc, size })
            }
        }
    })
}

#[cfg(feature = "zstd")]
fn zstandard(file: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(zstd::stream::read::Decoder::new(file)?))
}

#[cfg(not(feature = "zstd"))]
fn zstandard(_: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this build cannot read Zstandard"))
}

/// A reader that counts the bytes read.
struct Counted<Stream>(Stream, Arc<AtomicU64>);

impl<Stream: Read> Read for Counted<Stream> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(into)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A reader that fails at the end if the content does not have the archive's size and checksum.
struct Checked<Reader> {
    reader: Reader,
    found: Crc,
    read: u64,
    crc: u32,
    size: u64,
}

impl<Reader: Read> Read for Checked<Reader> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        self.found.update(&into[..read]);
        self.read += read as u64;
        if read == 0 && !into.is_empty() && (self.found.sum(), self.read) != (self.crc, self.size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive's checksum does not match"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::{DeflateEncoder, GzEncoder};
    use std::io::{Cursor, Write};

    const CONTENT: &[u8] = b"head, then the body of the file";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// One file of every method; all but the first are compressed.
    fn files() -> Vec<(Compression, Vec<u8>)> {
        let mut crc = Crc::new();
        crc.update(CONTENT);
        let (crc, size) = (crc.sum(), CONTENT.len() as u64);
        let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(CONTENT).unwrap();
        let deflated = encoder.finish().unwrap();
        let member = |compressed: usize, stored| {
            let compressed = compressed as u64;
            Compression::Zip { offset: 2, compressed, size, crc, stored }
        };
        vec![
            (Compression::None, CONTENT.to_vec()),
            (Compression::Gzip, [gzip(&CONTENT[..9]), gzip(&CONTENT[9..])].concat()),
            #[cfg(feature = "zstd")]
            (Compression::Zstandard, zstd::encode_all(CONTENT, 1).unwrap()),
            (member(deflated.len(), false), [b"PK", &deflated[..], b"rest"].concat()),
            (member(CONTENT.len(), true), [b"PK", CONTENT, b"rest"].concat()),
        ]
    }

    fn read(bytes: &[u8], compression: Compression, start: u64, limit: Limit) -> io::Result<(Vec<u8>, u64)> {
        let mut content = Vec::new();
        let mut file = Decompressed::open(Cursor::new(bytes.to_vec()), compression, start, limit, Arc::default())?;
        file.read_to_end(&mut content)?;
        Ok((content, file.consumed()))
    }

    #[test]
    fn every_method_holds_its_content_from_any_place_on() {
        for (compression, bytes) in files() {
            for start in [0, 6, CONTENT.len() + 9] {
                let (content, consumed) = read(&bytes, compression, start as u64, Limit::Bytes(99)).unwrap();
                assert_eq!(content, CONTENT.get(start..).unwrap_or_default(), "{compression:?}");
                assert!(consumed > 0);
            }
        }
    }

    #[test]
    fn a_file_that_is_cut_or_changed_is_an_error() {
        for (compression, bytes) in files().into_iter().skip(1) {
            let end = if let Compression::Zip { compressed, .. } = compression {
                2 + compressed as usize
            } else {
                bytes.len()
            };
            let cut = read(&bytes[..end - 1], compression, 0, Limit::Bytes(99));
            assert!(!TooLarge::is(&cut.unwrap_err()), "{compression:?}");
            let mut changed = bytes.clone();
            changed[end - 3] ^= 1;
            let changed = read(&changed, compression, 0, Limit::Bytes(99));
            assert!(changed.is_err() || compression == Compression::Zstandard, "{compression:?}");
        }
    }

    #[test]
    fn compressed_files_have_a_limit() {
        for (compression, bytes) in files() {
            let left = CONTENT.len() as u64 - 6;
            assert!(read(&bytes, compression, 6, Limit::Bytes(left)).is_ok());
            let found = read(&bytes, compression, 6, Limit::Bytes(left - 1));
            assert_eq!(found.is_err_and(|error| TooLarge::is(&error)), compression != Compression::None);
        }
        let bomb = gzip(&[0; 1 << 16]);
        assert!(read(&bomb, Compression::Gzip, 0, Limit::Ratio { most: 200, always: 1 << 16 }).is_ok());
        let error = read(&bomb, Compression::Gzip, 0, Limit::Ratio { most: 200, always: 1 << 10 }).unwrap_err();
        assert_eq!(error.to_string(), "it decompresses to more than 200 times its size");
    }

    #[test]
    fn methods_have_names() {
        assert_eq!(Compression::named("zstandard"), Some(Compression::Zstandard));
        assert_eq!(Compression::named("bzip2"), None);
    }
}
