//! The bytes of a file, a block at a time: read and inflated here, or pushed by others; what a block leaves over begins
//! the next one.

use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Bytes that are read at once: a block and its rows stay in the cache of a core.
const BLOCK_BYTES: usize = 1 << 20;

/// Compressed bytes that are read at once.
const PACKED_BYTES: usize = 1 << 18;

/// Bytes that a row has at most; so that neither memory nor time grows with a file that has no end of a row.
pub const LONGEST_ROW: usize = 64 << 20;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    None,
    Gzip,
    Zstandard,
}

/// Why a block cannot be had.
#[derive(Debug)]
pub enum FeedError {
    Io(io::Error),
    /// Compressed data are damaged or cut short.
    Damaged(String),
    /// More bytes than are allowed were inflated.
    TooLarge,
    /// A row has no end for longer than any row may be.
    LongRow,
}

/// Where blocks come from.
enum Source {
    File {
        reader: Box<dyn Read + Send>,
        packing: Packing,
        /// Bytes that may still be inflated.
        allowed: u64,
    },
    /// What was pushed, and whether it is the last.
    Pushed(Vec<u8>, bool),
}

/// A stream that counts the bytes that are read.
struct Counted<Stream>(Stream, Arc<AtomicU64>);

impl<Stream: Read> Read for Counted<Stream> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Hands out blocks.
pub struct Feed {
    source: Source,
    left: Vec<u8>,
    position: Arc<AtomicU64>,
}

impl Feed {
    /// Read what a file holds, from a place on; compressed data may inflate to `allowed` bytes.
    pub fn open(path: &Path, packing: Packing, offset: u64, allowed: u64) -> io::Result<Feed> {
        Feed::read(File::open(path)?, packing, offset, allowed)
    }

    /// Read a stream, as `open` does.
    pub fn read(
        stream: impl Read + Seek + Send + 'static,
        packing: Packing,
        offset: u64,
        allowed: u64,
    ) -> io::Result<Feed> {
        let position = Arc::new(AtomicU64::new(0));
        let mut file = Counted(stream, position.clone());
        let mut reader: Box<dyn Read + Send> = match packing {
            Packing::None => {
                file.0.seek(SeekFrom::Start(offset))?;
                position.store(offset, Ordering::Relaxed);
                Box::new(file)
            }
            Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(PACKED_BYTES, file))),
            Packing::Zstandard => Box::new(zstd::stream::read::Decoder::new(file)?),
        };
        if packing != Packing::None {
            io::copy(&mut reader.by_ref().take(offset), &mut io::sink())?;
        }
        Ok(Feed { source: Source::File { reader, packing, allowed }, left: Vec::new(), position })
    }

    /// Wait for bytes that are pushed.
    pub fn pushed() -> Feed {
        Feed { source: Source::Pushed(Vec::new(), false), left: Vec::new(), position: Arc::default() }
    }

    /// Bytes of the file that were read, compressed as they are.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Whether bytes are pushed.
    pub fn is_pushed(&self) -> bool {
        matches!(self.source, Source::Pushed(..))
    }

    /// Add bytes; nothing happens to a file.
    pub fn push(&mut self, bytes: &[u8], last: bool) {
        if let Source::Pushed(waiting, is_last) = &mut self.source {
            waiting.extend_from_slice(bytes);
            *is_last = last;
        }
    }

    /// The next block, behind what the last one left over, and whether it is the last.
    pub fn take(&mut self) -> Result<(Vec<u8>, bool), FeedError> {
        let mut block = std::mem::take(&mut self.left);
        match &mut self.source {
            Source::File { reader, packing, allowed } => {
                block.reserve(BLOCK_BYTES);
                let read = match reader.take(BLOCK_BYTES as u64).read_to_end(&mut block) {
                    Ok(read) => read,
                    Err(error) if *packing == Packing::None => return Err(FeedError::Io(error)),
                    Err(error) => return Err(FeedError::Damaged(error.to_string())),
                };
                if *packing != Packing::None {
                    *allowed = allowed.checked_sub(read as u64).ok_or(FeedError::TooLarge)?;
                }
                Ok((block, read < BLOCK_BYTES))
            }
            Source::Pushed(waiting, is_last) => {
                block.append(waiting);
                Ok((block, *is_last))
            }
        }
    }

    /// Leave bytes over for the next block, which begin a row.
    pub fn leave(&mut self, bytes: &[u8]) -> Result<(), FeedError> {
        if bytes.len() > LONGEST_ROW {
            return Err(FeedError::LongRow);
        }
        self.left = bytes.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_over_begins_the_next_block() {
        let mut feed = Feed::pushed();
        feed.push(b"one tw", false);
        let (block, is_last) = feed.take().unwrap();
        assert_eq!((&block[..], is_last), (&b"one tw"[..], false));
        feed.leave(&block[4..]).unwrap();
        feed.push(b"o", true);
        assert_eq!(feed.take().unwrap(), (b"two".to_vec(), true));
        assert!(matches!(feed.leave(&vec![b'x'; LONGEST_ROW + 1]), Err(FeedError::LongRow)));
    }

    #[test]
    fn files_are_inflated_from_a_place_on_and_limited() {
        let path = std::env::temp_dir().join(format!("malmoi-feed-{}", std::process::id()));
        for (packing, bytes) in [
            (Packing::None, b"head body".to_vec()),
            (Packing::Zstandard, zstd::encode_all(&b"head body"[..], 1).unwrap()),
        ] {
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(Feed::open(&path, packing, 5, 4).unwrap().take().unwrap(), (b"body".to_vec(), true));
            if packing != Packing::None {
                let found = Feed::open(&path, packing, 0, 4).unwrap().take();
                assert!(matches!(found, Err(FeedError::TooLarge)));
                std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
                let found = Feed::open(&path, packing, 0, 100).unwrap().take();
                assert!(matches!(found, Err(FeedError::Damaged(_))));
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
