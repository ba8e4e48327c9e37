//! A file of lines, handed out in blocks of whole lines to any number of threads: a plain file by position, a
//! compressed one by whichever thread asks next.

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use flate2::Crc;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Small enough to stay in a core's own cache between the copy and the look at it.
pub const BLOCK_BYTES: u64 = 256 << 10;
const TAIL_BYTES: usize = 16 << 10;
/// Text of numbers shrinks to a half or a third; what shrinks more than this is made to fill memory.
const LARGEST_RATIO: u64 = 200;
const ALWAYS_ALLOWED: u64 = 64 << 20;

/// Where the lines are, and how they are packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
    /// One member of a zip archive; `stored` says that it is not deflated.
    Zip {
        offset: u64,
        packed: u64,
        size: u64,
        crc: u32,
        stored: bool,
    },
}

#[derive(Debug)]
pub enum BlockError {
    Io(io::Error),
    /// No line may be longer than this.
    LongLine(usize),
}

impl From<io::Error> for BlockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Whole lines, and their number in the file; `start` is where the first one begins.
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
    Packed(Mutex<Packed>),
}

struct Packed {
    reader: Box<dyn Read + Send>,
    /// The beginning of a line whose rest is not read yet.
    carry: Vec<u8>,
    number: u64,
    produced: u64,
    ended: bool,
}

impl Blocks {
    /// Args: `start`, the first byte of the lines, in the unpacked file; `longest`, bytes that no line may pass.
    pub fn open(file: File, packing: &Packing, start: u64, longest: usize) -> io::Result<Self> {
        let total = file.metadata()?.len();
        let done = Arc::new(AtomicU64::new(0));
        let kind = if *packing == Packing::Plain {
            Kind::Plain { file, start: start.min(total), end: total, next: AtomicU64::new(0) }
        } else {
            let mut reader = unpacking(file, packing, &done)?;
            io::copy(&mut reader.by_ref().take(start), &mut io::sink())?;
            Kind::Packed(Mutex::new(Packed { reader, carry: Vec::new(), number: 0, produced: start, ended: false }))
        };
        Ok(Self { kind, longest, total, done })
    }

    /// Bytes of the file that were read, and all of them.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed).min(self.total), self.total)
    }

    /// Put the next lines into `block`; false where there are none. A block may hold no line at all.
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
            // A thread that panicked left no half line: what it took is gone with it, and so is the whole reading.
            Kind::Packed(packed) => match packed.lock() {
                Ok(mut packed) => packed.next(block, self.longest, &self.done),
                Err(_) => Ok(false),
            },
        }
    }

    fn read_plain(&self, file: &File, from: u64, end: u64, block: &mut Block) -> Result<(), BlockError> {
        // One byte more at the front tells whether a line begins right at the block's start.
        let front = u64::from(block.number > 0);
        let size = ((from + BLOCK_BYTES).min(end) - from + front) as usize;
        block.bytes.resize(size, 0);
        block.start = 0;
        file.read_exact_at(&mut block.bytes, from - front)?;
        if front == 1 {
            let first = memchr::memchr(b'\n', &block.bytes);
            block.start = first.map_or(block.bytes.len(), |newline| newline + 1);
            if block.start == block.bytes.len() {
                return Ok(());
            }
        }
        self.complete_last_line(file, end, from + BLOCK_BYTES, &mut block.bytes)
    }

    /// Read on behind the block until its last line ends.
    fn complete_last_line(&self, file: &File, end: u64, mut at: u64, bytes: &mut Vec<u8>) -> Result<(), BlockError> {
        let mut read = 0;
        while bytes.last() != Some(&b'\n') && at < end {
            if read > self.longest {
                return Err(BlockError::LongLine(self.longest));
            }
            let old = bytes.len();
            let more = TAIL_BYTES.min((end - at) as usize);
            bytes.resize(old + more, 0);
            file.read_exact_at(&mut bytes[old..], at)?;
            if let Some(newline) = memchr::memchr(b'\n', &bytes[old..]) {
                bytes.truncate(old + newline + 1);
            }
            at += more as u64;
            read += more;
        }
        Ok(())
    }
}

impl Packed {
    fn next(&mut self, block: &mut Block, longest: usize, done: &AtomicU64) -> Result<bool, BlockError> {
        block.number = self.number;
        block.start = 0;
        block.bytes.clear();
        block.bytes.append(&mut self.carry);
        let mut searched = 0;
        while !self.ended {
            let room = BLOCK_BYTES.saturating_sub(block.bytes.len() as u64).max(TAIL_BYTES as u64);
            let read = self.reader.by_ref().take(room).read_to_end(&mut block.bytes)? as u64;
            self.produced += read;
            self.ended = read < room;
            let allowed = done.load(Ordering::Relaxed).saturating_mul(LARGEST_RATIO).max(ALWAYS_ALLOWED);
            if self.produced > allowed {
                let rule =
                    format!("it unpacks to more than {LARGEST_RATIO} times its size, as no file of vectors does");
                return Err(io::Error::new(io::ErrorKind::InvalidData, rule).into());
            }
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

/// The bytes of a packed file, unpacked; `done` counts the packed ones.
fn unpacking(file: File, packing: &Packing, done: &Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
    let offset = if let Packing::Zip { offset, .. } = packing { *offset } else { 0 };
    let counted = Counted { file, at: offset, done: Arc::clone(done) };
    Ok(match packing {
        Packing::Plain => Box::new(counted),
        Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(128 << 10, counted))),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(counted)?),
        Packing::Zip { packed, size, crc, stored, .. } => {
            let member = BufReader::with_capacity(128 << 10, counted.take(*packed));
            let (crc, size) = (*crc, *size);
            if *stored {
                Box::new(Checked { reader: member, found: Crc::new(), read: 0, crc, size })
            } else {
                Box::new(Checked { reader: DeflateDecoder::new(member), found: Crc::new(), read: 0, crc, size })
            }
        }
    })
}

struct Counted {
    file: File,
    at: u64,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A member of a zip archive, whose length and checksum stand in the archive.
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
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the archive's checksum is of other bytes"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn lines_of(bytes: &[u8], packing: &Packing, longest: usize) -> Result<Vec<u8>, BlockError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("malmoi-blocks-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        let blocks = Blocks::open(File::open(&path).unwrap(), packing, 0, longest).unwrap();
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
    fn every_line_comes_once_however_it_is_packed() {
        let text: Vec<u8> =
            (0..90_000).flat_map(|number| format!("w{number} {}\n", number * 7919).into_bytes()).collect();
        let plain = lines_of(&text, &Packing::Plain, 1000).unwrap();
        assert!(plain == text);
        assert!(lines_of(&gzip(&text), &Packing::Gzip, 1000).unwrap() == text);
        assert!(lines_of(&zstd::encode_all(&text[..], 1).unwrap(), &Packing::Zstd, 1000).unwrap() == text);
        let two = [gzip(&text[..1000]), gzip(&text[1000..])].concat();
        assert!(lines_of(&two, &Packing::Gzip, 1000).unwrap() == text);
        assert!(lines_of(b"", &Packing::Plain, 9).unwrap().is_empty());
        assert!(lines_of(b"no end", &Packing::Plain, 9).unwrap() == b"no end");
    }

    #[test]
    fn what_is_cut_short_or_endless_is_refused() {
        let packed = gzip(&b"word 1 2 3\n".repeat(1000));
        assert!(matches!(lines_of(&packed[..packed.len() - 9], &Packing::Gzip, 1000), Err(BlockError::Io(_))));
        let long = vec![b'x'; 3 << 20];
        assert!(matches!(lines_of(&long, &Packing::Plain, 1000), Err(BlockError::LongLine(1000))));
        assert!(matches!(lines_of(&gzip(&long), &Packing::Gzip, 1000), Err(BlockError::LongLine(1000))));
        let bomb = zstd::encode_all(&b"\n".repeat(ALWAYS_ALLOWED as usize + (1 << 20))[..], 1).unwrap();
        assert!(
            matches!(lines_of(&bomb, &Packing::Zstd, 1000), Err(BlockError::Io(error)) if error.to_string().contains("200 times"))
        );
    }

    #[test]
    fn the_member_of_an_archive_is_checked() {
        let (offset, size) = (3, 6);
        let mut crc = Crc::new();
        crc.update(b"a 1 2\n");
        let member = |crc| Packing::Zip { offset, packed: size, size, crc, stored: true };
        assert_eq!(lines_of(b"zipa 1 2\nrest", &member(crc.sum()), 99).unwrap(), b"a 1 2\n");
        assert!(lines_of(b"zipa 1 2\nrest", &member(7), 99).is_err());
        assert!(lines_of(b"zipa 1", &member(crc.sum()), 99).is_err());
    }
}
