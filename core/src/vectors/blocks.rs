//! A file of lines, read in blocks of whole lines by any number of threads: an uncompressed file by position, a
//! compressed one sequentially by the next thread that asks.

use crate::foundation::compression::{Compression, Decompressed, Limit};
use crate::foundation::positions::read_exact_at;
use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Small enough to stay in a core's cache between reading and parsing.
pub const BLOCK_BYTES: u64 = 256 << 10;
const TAIL_BYTES: usize = 16 << 10;
/// Limit of the compression ratio. Text of numbers shrinks to a half or a third; a higher ratio means a file made to
/// exhaust memory.
const LIMIT: Limit = Limit::Ratio { most: 200, always: 64 << 20 };

#[derive(Debug)]
pub enum BlockError {
    Io(io::Error),
    /// A line exceeds the maximum length.
    LongLine(usize),
}

impl From<io::Error> for BlockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Whole lines, and the block's number in the file; `start` is the offset of the first line.
#[derive(Default)]
pub struct Block {
    pub number: u64,
    pub bytes: Vec<u8>,
    pub start: usize,
}

impl Block {
    pub fn lines(&self) -> &[u8] {
        &self.bytes[self.start.min(self.bytes.len())..]
    }
}

pub struct Blocks {
    kind: Kind,
    longest: usize,
    total: u64,
    done: Arc<AtomicU64>,
}

enum Kind {
    Plain { file: File, start: u64, end: u64, next: AtomicU64 },
    Compressed(Mutex<Compressed>),
}

struct Compressed {
    file: Decompressed,
    /// The beginning of an incomplete line.
    carry: Vec<u8>,
    number: u64,
    ended: bool,
}

impl Blocks {
    /// Args: `start`, offset of the first line in the decompressed file; `longest`, maximum number of bytes per line.
    pub fn open(file: File, compression: Compression, start: u64, longest: usize) -> io::Result<Self> {
        let total = file.metadata()?.len();
        let done = Arc::new(AtomicU64::new(0));
        let kind = if compression == Compression::None {
            Kind::Plain { file, start: start.min(total), end: total, next: AtomicU64::new(0) }
        } else {
            let file = Decompressed::open(file, compression, start, LIMIT, done.clone())?;
            Kind::Compressed(Mutex::new(Compressed { file, carry: Vec::new(), number: 0, ended: false }))
        };
        Ok(Self { kind, longest, total, done })
    }

    /// Number of bytes of the file read so far, and the total.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed).min(self.total), self.total)
    }

    /// Read the next lines into `block`; return `false` at the end. A block may have no lines.
    pub fn next(&self, block: &mut Block) -> Result<bool, BlockError> {
        match &self.kind {
            Kind::Plain { file, start, end, next } => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let from = start.saturating_add(number.saturating_mul(BLOCK_BYTES));
                if from >= *end {
                    return Ok(false);
                }
                block.number = number;
                self.done.fetch_max((from + BLOCK_BYTES).min(*end), Ordering::Relaxed);
                self.read_plain(file, from, *end, block).map(|()| true)
            }
            // A thread that panicked left no partial line: the whole scan is abandoned.
            Kind::Compressed(compressed) => match compressed.lock() {
                Ok(mut compressed) => compressed.next(block, self.longest),
                Err(_) => Ok(false),
            },
        }
    }

    fn read_plain(&self, file: &File, from: u64, end: u64, block: &mut Block) -> Result<(), BlockError> {
        // One more byte at the front shows whether a line begins exactly at the start of the block.
        let front = u64::from(block.number > 0);
        let size = ((from + BLOCK_BYTES).min(end) - from + front) as usize;
        block.bytes.resize(size, 0);
        block.start = 0;
        read_exact_at(file, &mut block.bytes, from - front)?;
        if front == 1 {
            let first = memchr::memchr(b'\n', &block.bytes);
            block.start = first.map_or(block.bytes.len(), |newline| newline + 1);
            if block.start == block.bytes.len() {
                return Ok(());
            }
        }
        self.complete_last_line(file, end, from + BLOCK_BYTES, &mut block.bytes)
    }

    /// Read beyond the block until its last line ends.
    fn complete_last_line(&self, file: &File, end: u64, mut at: u64, bytes: &mut Vec<u8>) -> Result<(), BlockError> {
        let mut read = 0;
        while bytes.last() != Some(&b'\n') && at < end {
            if read > self.longest {
                return Err(BlockError::LongLine(self.longest));
            }
            let old = bytes.len();
            let more = TAIL_BYTES.min((end - at) as usize);
            bytes.resize(old + more, 0);
            read_exact_at(file, &mut bytes[old..], at)?;
            if let Some(newline) = memchr::memchr(b'\n', &bytes[old..]) {
                bytes.truncate(old + newline + 1);
            }
            at += more as u64;
            read += more;
        }
        Ok(())
    }
}

impl Compressed {
    fn next(&mut self, block: &mut Block, longest: usize) -> Result<bool, BlockError> {
        block.number = self.number;
        block.start = 0;
        block.bytes.clear();
        block.bytes.append(&mut self.carry);
        let mut searched = 0;
        while !self.ended {
            let room = BLOCK_BYTES.saturating_sub(block.bytes.len() as u64).max(TAIL_BYTES as u64);
            let read = self.file.by_ref().take(room).read_to_end(&mut block.bytes)? as u64;
            self.ended = read < room;
            if let Some(newline) = memchr::memrchr(b'\n', &block.bytes[searched..]) {
                if !self.ended {
                    self.carry.extend_from_slice(&block.bytes[searched + newline + 1..]);
                    block.bytes.truncate(searched + newline + 1);
                }
                break;
            }
            searched = block.bytes.len();
            if searched > longest.saturating_add(BLOCK_BYTES as usize) {
                return Err(BlockError::LongLine(longest));
            }
        }
        self.number += 1;
        Ok(!block.bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn lines_of(bytes: &[u8], compression: Compression, longest: usize) -> Result<Vec<u8>, BlockError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("malmoi-blocks-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        let blocks = Blocks::open(File::open(&path).unwrap(), compression, 0, longest).unwrap();
        std::fs::remove_file(path).unwrap();
        let (mut block, mut all) = (Block::default(), Vec::new());
        while blocks.next(&mut block)? {
            assert!(block.lines().is_empty() || block.lines().ends_with(b"\n") || bytes.last() != Some(&b'\n'));
            all.extend_from_slice(block.lines());
        }
        Ok(all)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_line_comes_once_however_it_is_compressed() {
        let text: Vec<u8> =
            (0..90_000).flat_map(|number| format!("w{number} {}\n", number * 7919).into_bytes()).collect();
        let plain = lines_of(&text, Compression::None, 1000).unwrap();
        assert!(plain == text);
        assert!(lines_of(&gzip(&text), Compression::Gzip, 1000).unwrap() == text);
        assert!(lines_of(&zstd::encode_all(&text[..], 1).unwrap(), Compression::Zstandard, 1000).unwrap() == text);
        let two = [gzip(&text[..1000]), gzip(&text[1000..])].concat();
        assert!(lines_of(&two, Compression::Gzip, 1000).unwrap() == text);
        assert!(lines_of(b"", Compression::None, 9).unwrap().is_empty());
        assert!(lines_of(b"no end", Compression::None, 9).unwrap() == b"no end");
    }

    #[test]
    fn what_is_cut_short_or_endless_is_refused() {
        let compressed = gzip(&b"word 1 2 3\n".repeat(1000));
        assert!(matches!(
            lines_of(&compressed[..compressed.len() - 9], Compression::Gzip, 1000),
            Err(BlockError::Io(_))
        ));
        let long = vec![b'x'; 3 << 20];
        assert!(matches!(lines_of(&long, Compression::None, 1000), Err(BlockError::LongLine(1000))));
        assert!(matches!(lines_of(&gzip(&long), Compression::Gzip, 1000), Err(BlockError::LongLine(1000))));
        let bomb = zstd::encode_all(&b"\n".repeat(65 << 20)[..], 1).unwrap();
        assert!(
            matches!(lines_of(&bomb, Compression::Zstandard, 1000), Err(BlockError::Io(error)) if error.to_string().contains("200 times"))
        );
    }
}
