//! A square matrix of words by words, cut into tiles that fit the processor's cache; in memory, or in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Row and column within the tile, 16 bits each; the bits of the logarithm of the count; the bits of its weight.
pub type Entry = [u32; 3];

/// So many rows, with their gradients, stay in the processor's cache.
const GROUP: usize = 400;
/// So many threads have something to do, however few words there are.
const LEAST_GROUPS: usize = 16;

/// Words dealt out to groups like cards, so that every group has frequent words and rare ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub words: usize,
    pub groups: usize,
    /// Places of a group; the last may be empty.
    pub size: usize,
}

impl Grid {
    pub fn new(words: usize) -> Self {
        let groups = words.div_ceil(GROUP).max(LEAST_GROUPS).min(words.max(1));
        Self { words, groups, size: words.div_ceil(groups) }
    }

    pub fn places(&self) -> usize {
        self.groups * self.size
    }

    /// Where the word of a rank stands.
    pub fn place(&self, rank: usize) -> usize {
        rank % self.groups * self.size + rank / self.groups
    }
}

/// The entries of one group of rows, a tile after the other, and where each tile ends.
pub struct Chunk {
    pub entries: Vec<Entry>,
    pub ends: Vec<usize>,
}

enum Held {
    Memory(Vec<Entry>),
    /// Bytes into the file.
    File(u64),
}

struct Stored {
    held: Held,
    ends: Vec<usize>,
    hash: u64,
}

/// All tiles. A symmetric matrix holds those alone whose row group is not before the column group.
pub struct Tiles {
    pub grid: Grid,
    pub symmetric: bool,
    /// Numbers of the whole matrix that are not zero.
    pub total: u64,
    chunks: Vec<Stored>,
    spill: Option<Spill>,
}

/// Where tiles are written that memory does not hold.
pub struct Limits<'a> {
    pub memory_bytes: usize,
    pub folder: &'a Path,
}

/// Takes chunks in any order.
pub struct Collector<'a> {
    limits: Limits<'a>,
    state: Mutex<State>,
}

struct State {
    chunks: Vec<Option<Stored>>,
    bytes: usize,
    total: u64,
    spill: Option<Spill>,
    failed: Option<io::Error>,
}

impl<'a> Collector<'a> {
    pub fn new(groups: usize, limits: Limits<'a>) -> Self {
        let chunks = (0..groups).map(|_| None).collect();
        let state = Mutex::new(State { chunks, bytes: 0, total: 0, spill: None, failed: None });
        Self { limits, state }
    }

    /// Keep a chunk in memory, or write it to the file when memory is full; `total` is what it adds to the matrix.
    pub fn add(&self, group: usize, chunk: Chunk, total: u64) {
        let hash = xxh3_64_with_seed(bytemuck::cast_slice(&chunk.entries), group as u64);
        let size = size_of_val(chunk.entries.as_slice());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failed.is_some() {
            return;
        }
        let held = if state.bytes + size <= self.limits.memory_bytes {
            state.bytes += size;
            Held::Memory(chunk.entries)
        } else {
            match state.write(self.limits.folder, &chunk.entries) {
                Ok(offset) => Held::File(offset),
                Err(error) => {
                    state.failed = Some(error);
                    return;
                }
            }
        };
        state.total += total;
        state.chunks[group] = Some(Stored { held, ends: chunk.ends, hash });
    }

    pub fn has_failed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).failed.is_some()
    }

    pub fn finish(self, grid: Grid, symmetric: bool) -> io::Result<Tiles> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = state.failed {
            return Err(error);
        }
        let chunks = state.chunks.into_iter().flatten().collect();
        Ok(Tiles { grid, symmetric, total: state.total, chunks, spill: state.spill })
    }
}

impl State {
    fn write(&mut self, folder: &Path, entries: &[Entry]) -> io::Result<u64> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            empty => empty.insert(Spill::create(folder)?),
        };
        spill.append(bytemuck::cast_slice(entries))
    }
}

impl Tiles {
    /// A tile's entries, and whether their rows are its columns. `space` is used for a tile of the file.
    pub fn tile<'a>(&'a self, row: usize, column: usize, space: &'a mut Vec<Entry>) -> io::Result<(&'a [Entry], bool)> {
        let turned = self.symmetric && column > row;
        let (row, column) = if turned { (column, row) } else { (row, column) };
        let chunk = &self.chunks[row];
        let range = if column == 0 { 0 } else { chunk.ends[column - 1] }..chunk.ends[column];
        match (&chunk.held, &self.spill) {
            (Held::File(offset), Some(spill)) => {
                space.resize(range.len(), [0; 3]);
                let start = offset + (range.start * size_of::<Entry>()) as u64;
                spill.read(start, bytemuck::cast_slice_mut(space))?;
                Ok((space, turned))
            }
            (Held::Memory(entries), _) => Ok((&entries[range], turned)),
            (Held::File(_), None) => Err(io::Error::other("the file of the counts is gone")),
        }
    }

    /// Equal for equal matrices, whatever memory and threads there were.
    pub fn fingerprint(&self) -> u64 {
        let hashes: Vec<u64> = self.chunks.iter().map(|chunk| chunk.hash).collect();
        xxh3_64_with_seed(bytemuck::cast_slice(&hashes), self.total)
    }

    /// Bytes that are in the file.
    pub fn spilled_bytes(&self) -> u64 {
        self.spill.as_ref().map_or(0, |spill| spill.size)
    }
}

/// A file without a name where the system can do that; elsewhere it is removed when it is no longer used.
struct Spill {
    file: Mutex<File>,
    path: PathBuf,
    size: u64,
}

static MADE: AtomicU64 = AtomicU64::new(0);

impl Spill {
    fn create(folder: &Path) -> io::Result<Self> {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".malmoi-counts-{}-{number}.partial", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        if cfg!(unix) {
            fs::remove_file(&path)?;
        }
        Ok(Self { file: Mutex::new(file), path, size: 0 })
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let start = self.size;
        self.file.get_mut().unwrap_or_else(PoisonError::into_inner).write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(start)
    }

    fn read(&self, start: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(bytes)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if !cfg!(unix) {
            // Nothing is left to be told of a failure.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_place_of_its_own() {
        for words in [1, 2, 15, 16, 17, 400, 401, 6399, 6401, 30_558] {
            let grid = Grid::new(words);
            let mut places: Vec<_> = (0..words).map(|rank| grid.place(rank)).collect();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), words);
            assert!(places[words - 1] < grid.places() && grid.size <= GROUP);
        }
    }

    #[test]
    fn a_file_gives_back_what_memory_would_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("malmoi-tiles-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let chunk = || Chunk { entries: (0..9).map(|n| [n, n + 1, n + 2]).collect(), ends: vec![4, 9] };
        let mut prints = Vec::new();
        for memory_bytes in [0, 108, 1 << 20] {
            let collector = Collector::new(2, Limits { memory_bytes, folder: &folder });
            collector.add(1, chunk(), 9);
            collector.add(0, chunk(), 9);
            let tiles = collector.finish(Grid { words: 2, groups: 2, size: 1 }, false).unwrap();
            assert_eq!(tiles.spilled_bytes(), 216 - memory_bytes.min(216) as u64);
            let mut space = Vec::new();
            assert_eq!(tiles.tile(0, 1, &mut space).unwrap().0, &chunk().entries[4..]);
            assert_eq!(tiles.tile(1, 0, &mut space).unwrap().0, &chunk().entries[..4]);
            prints.push(tiles.fingerprint());
        }
        assert_eq!(prints, [prints[0]; 3]);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
        let collector = Collector::new(1, Limits { memory_bytes: 0, folder: &folder });
        collector.add(0, chunk(), 9);
        assert!(collector.has_failed() && collector.finish(Grid::new(1), false).is_err());
    }
}
