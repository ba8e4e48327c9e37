//! The bytes of a file, a block at a time: read and decompressed here, or pushed by others; what a block leaves over begins
//! the next one.

use crate::foundation::compression::{Compression, Decompressed, Limit, TooLarge};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;

/// Bytes that are read at once: a block and its rows stay in the cache of a core.
const BLOCK_BYTES: usize = 1 << 20;

/// Bytes that a row has at most; so that neither memory nor time grows with a file that has no end of a row.
pub const LONGEST_ROW: usize = 64 << 20;

/// Why a block cannot be had.
#[derive(Debug)]
pub enum FeedError {
    Io(io::Error),
    /// Compressed data are damaged or cut short.
    Damaged(String),
    /// More bytes than are allowed were decompressed.
    TooLarge,
    /// A row has no end for longer than any row may be.
    LongRow,
}

/// Where blocks come from.
enum Source {
    File(Decompressed),
    /// What was pushed, and whether it is the last.
    Pushed(Vec<u8>, bool),
}

/// Hands out blocks.
pub struct Feed {
    source: Source,
    left: Vec<u8>,
}

impl Feed {
    /// Read what a file holds, from a place on; compressed data may decompress to `allowed` bytes.
    pub fn open(path: &Path, compression: Compression, offset: u64, allowed: u64) -> io::Result<Feed> {
        Feed::read(File::open(path)?, compression, offset, allowed)
    }

    /// Read a stream, as `open` does.
    pub fn read(
        stream: impl Read + Seek + Send + 'static,
        compression: Compression,
        offset: u64,
        allowed: u64,
    ) -> io::Result<Feed> {
        let file = Decompressed::open(stream, compression, offset, Limit::Bytes(allowed), Arc::default())?;
        Ok(Feed { source: Source::File(file), left: Vec::new() })
    }

    /// Wait for bytes that are pushed.
    pub fn pushed() -> Feed {
        Feed { source: Source::Pushed(Vec::new(), false), left: Vec::new() }
    }

    /// Bytes of the file that were read, compressed as they are.
    pub fn position(&self) -> u64 {
        match &self.source {
            Source::File(file) => file.consumed(),
            Source::Pushed(..) => 0,
        }
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
            Source::File(file) => {
                block.reserve(BLOCK_BYTES);
                match file.take(BLOCK_BYTES as u64).read_to_end(&mut block) {
                    Ok(read) => Ok((block, read < BLOCK_BYTES)),
                    Err(error) if TooLarge::is(&error) => Err(FeedError::TooLarge),
                    Err(error) if file.is_compressed() => Err(FeedError::Damaged(error.to_string())),
                    Err(error) => Err(FeedError::Io(error)),
                }
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
    fn files_are_decompressed_from_a_place_on_and_limited() {
        let path = std::env::temp_dir().join(format!("malmoi-feed-{}", std::process::id()));
        for (compression, bytes) in [
            (Compression::None, b"head body".to_vec()),
            (Compression::Zstandard, zstd::encode_all(&b"head body"[..], 1).unwrap()),
        ] {
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(Feed::open(&path, compression, 5, 4).unwrap().take().unwrap(), (b"body".to_vec(), true));
            if compression != Compression::None {
                let found = Feed::open(&path, compression, 0, 4).unwrap().take();
                assert!(matches!(found, Err(FeedError::TooLarge)));
                std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
                let found = Feed::open(&path, compression, 0, 100).unwrap().take();
                assert!(matches!(found, Err(FeedError::Damaged(_))));
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
