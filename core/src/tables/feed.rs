//! The bytes of a file in blocks: read and decompressed here, or pushed by the caller; the remainder of a block begins
//! the next one.

use crate::foundation::compression::{Compression, Decompressed, Limit, TooLarge};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;

/// Bytes per read: a block and its rows stay in a core's cache.
const BLOCK_BYTES: usize = 1 << 20;

/// Maximum size of a row, so that memory and time are bounded for a file without row ends.
pub const LONGEST_ROW: usize = 64 << 20;

/// Reason why no block can be read.
#[derive(Debug)]
pub enum FeedError {
    Io(io::Error),
    /// Compressed data are damaged or truncated.
    Damaged(String),
    /// The decompressed size exceeds its limit.
    TooLarge,
    /// A row exceeds its maximum size.
    LongRow,
}

/// Source of blocks.
enum Source {
    File(Decompressed),
    /// Pushed bytes, and whether they are the last.
    Pushed(Vec<u8>, bool),
}

/// Iterator over blocks.
pub struct Feed {
    source: Source,
    left: Vec<u8>,
}

impl Feed {
    /// Read the content of a file from an offset on; compressed data may decompress to at most `allowed` bytes.
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

    /// Create a feed for pushed bytes.
    pub fn pushed() -> Feed {
        Feed { source: Source::Pushed(Vec::new(), false), left: Vec::new() }
    }

    /// Bytes of the file read so far, before decompression.
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

    /// Append bytes; without effect for a file.
    pub fn push(&mut self, bytes: &[u8], last: bool) {
        if let Source::Pushed(waiting, is_last) = &mut self.source {
            waiting.extend_from_slice(bytes);
            *is_last = last;
        }
    }

    /// Return the next block, which begins with the remainder of the last one, and whether it is the last.
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

    /// Keep bytes, the beginning of a row, for the next block.
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
