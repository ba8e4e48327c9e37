//! A square matrix of words by words, divided into tiles that fit in the processor's cache; in memory, or in a file.

use crate::foundation::random::Random;
use crate::glove::spill::{Spill, Storage};
use std::io;
use std::sync::{Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Row and column in the tile, 16 bits each; the bits of the logarithm of the count; the bits of its weight.
pub type Entry = [u32; 3];

/// The rows of a group, with their gradients, stay in the processor's cache.
const GROUP_BYTES: usize = 512 << 10;
/// Maximum number of rows per group, for short rows.
const MOST_ROWS: usize = 1 << 12;
/// Minimum number of groups, so that several threads have work even if there are few words.
const LEAST_GROUPS: usize = 16;
/// More groups make tiles too small to distribute.
const MOST_GROUPS: usize = 1 << 11;
/// Rows in a group have 16-bit numbers.
const LARGEST_GROUP: usize = 1 << 16;
/// Stream of random numbers that assigns words to groups.
const DEALING: u64 = 1 << 63;

/// Random assignment of words to groups, so that each has frequent and rare words.
#[derive(Clone, Debug)]
pub struct Grid {
    pub words: usize,
    pub groups: usize,
    /// Number of positions per group; the last may be empty.
    pub size: usize,
    places: Vec<u32>,
}

impl Grid {
    /// Assign words, most frequent first, with rows of a given size in bytes.
    pub fn new(words: usize, row_bytes: usize, seed: u64) -> Self {
        let most = (GROUP_BYTES / row_bytes.max(1)).clamp(1, MOST_ROWS);
        let groups = words.div_ceil(most).clamp(LEAST_GROUPS, MOST_GROUPS).max(words.div_ceil(LARGEST_GROUP));
        let groups = groups.min(words.max(1));
        let size = words.div_ceil(groups);
        let mut random = Random::new(seed, DEALING);
        let mut places = Vec::with_capacity(words);
        for local in 0..size {
            let left = words - places.len();
            places.extend(random.order(groups).into_iter().take(left).map(|group| (group * size + local) as u32));
        }
        Self { words, groups, size, places }
    }

    pub fn places(&self) -> usize {
        self.groups * self.size
    }

    /// Position of the word of a rank.
    pub fn place(&self, rank: usize) -> usize {
        self.places[rank] as usize
    }
}

/// The entries of one group of rows, tile by tile, and the end of each tile.
pub struct Chunk {
    pub entries: Vec<Entry>,
    pub ends: Vec<usize>,
}

enum Held {
    Memory(Vec<Entry>),
    /// Offset in the file.
    File(u64),
}

struct Stored {
    held: Held,
    ends: Vec<usize>,
    hash: u64,
}

/// All tiles. A symmetric matrix has only those whose row group is not before the column group.
pub struct Tiles {
    pub grid: Grid,
    pub symmetric: bool,
    /// Number of nonzero entries of the whole matrix.
    pub total: u64,
    chunks: Vec<Stored>,
    spill: Option<Spill>,
}

/// Collects chunks in any order.
pub struct Collector {
    storage: Storage,
    state: Mutex<State>,
}

struct State {
    chunks: Vec<Option<Stored>>,
    bytes: usize,
    total: u64,
    spill: Option<Spill>,
}

impl Collector {
    pub fn new(groups: usize, storage: Storage) -> Self {
        let chunks = (0..groups).map(|_| None).collect();
        Self { storage, state: Mutex::new(State { chunks, bytes: 0, total: 0, spill: None }) }
    }

    /// Keep a chunk in memory, or write it to a file when memory is full; `total` is its number of matrix entries.
    pub fn add(&self, group: usize, chunk: Chunk, total: u64) -> io::Result<()> {
        let hash = xxh3_64_with_seed(bytemuck::cast_slice(&chunk.entries), group as u64);
        let size = size_of_val(chunk.entries.as_slice());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let held = if state.bytes + size <= self.storage.memory_bytes {
            state.bytes += size;
            Held::Memory(chunk.entries)
        } else {
            let spill = match &mut state.spill {
                Some(spill) => spill,
                empty => empty.insert(Spill::create(&self.storage.folder)?),
            };
            Held::File(spill.append(&chunk.entries)?)
        };
        state.total += total;
        state.chunks[group] = Some(Stored { held, ends: chunk.ends, hash });
        Ok(())
    }

    /// Return the tiles; all groups must have been added.
    pub fn finish(self, grid: Grid, symmetric: bool) -> Tiles {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let chunks = state.chunks.into_iter().flatten().collect();
        Tiles { grid, symmetric, total: state.total, chunks, spill: state.spill }
    }
}

impl Tiles {
    /// A tile's entries, and whether their rows are its columns. `space` is a buffer for a tile of the file.
    pub fn tile<'a>(&'a self, row: usize, column: usize, space: &'a mut Vec<Entry>) -> io::Result<(&'a [Entry], bool)> {
        let turned = self.symmetric && column > row;
        let (row, column) = if turned { (column, row) } else { (row, column) };
        let chunk = &self.chunks[row];
        let range = if column == 0 { 0 } else { chunk.ends[column - 1] }..chunk.ends[column];
        match (&chunk.held, &self.spill) {
            (Held::File(offset), Some(spill)) => {
                let start = offset + (range.start * size_of::<Entry>()) as u64;
                spill.read(start, range.len(), space)?;
                Ok((space, turned))
            }
            (Held::Memory(entries), _) => Ok((&entries[range], turned)),
            (Held::File(_), None) => Err(io::Error::other("the file of the counts is gone")),
        }
    }

    /// Equal for equal matrices, for any memory limit and number of threads.
    pub fn fingerprint(&self) -> u64 {
        let hashes: Vec<u64> = self.chunks.iter().map(|chunk| chunk.hash).collect();
        xxh3_64_with_seed(bytemuck::cast_slice(&hashes), self.total)
    }

    /// Number of bytes in the file.
    pub fn spilled_bytes(&self) -> u64 {
        self.spill.as_ref().map_or(0, Spill::size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_word_has_a_place_of_its_own_and_the_seed_says_which() {
        for words in [0, 1, 2, 15, 16, 17, 400, 401, 6399, 6401, 30_558] {
            for row_bytes in [1, 832, 1 << 30] {
                let grid = Grid::new(words, row_bytes, 1);
                let mut places: Vec<_> = (0..words).map(|rank| grid.place(rank)).collect();
                places.sort_unstable();
                places.dedup();
                assert_eq!(places.len(), words);
                assert!(places.iter().all(|&place| place < grid.places()) && grid.size <= LARGEST_GROUP);
            }
        }
        let places = |seed| (0..99).map(|rank| Grid::new(99, 832, seed).place(rank)).collect::<Vec<_>>();
        assert_eq!(places(1), places(1));
        assert_ne!(places(1), places(2));
    }

    #[test]
    fn a_file_gives_back_what_memory_would_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("malmoi-tiles-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let chunk = || Chunk { entries: (0..9).map(|n| [n, n + 1, n + 2]).collect(), ends: vec![4, 9] };
        let mut prints = Vec::new();
        for memory_bytes in [0, 108, 1 << 20] {
            let collector = Collector::new(2, Storage { memory_bytes, folder: folder.clone() });
            collector.add(1, chunk(), 9).unwrap();
            collector.add(0, chunk(), 9).unwrap();
            let tiles = collector.finish(Grid { words: 2, groups: 2, size: 1, places: vec![0, 1] }, false);
            assert_eq!(tiles.spilled_bytes(), 216 - memory_bytes.min(216) as u64);
            let mut space = Vec::new();
            assert_eq!(tiles.tile(0, 1, &mut space).unwrap().0, &chunk().entries[4..]);
            assert_eq!(tiles.tile(1, 0, &mut space).unwrap().0, &chunk().entries[..4]);
            prints.push(tiles.fingerprint());
        }
        assert_eq!(prints, [prints[0]; 3]);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
        let collector = Collector::new(1, Storage { memory_bytes: 0, folder });
        assert!(collector.add(0, chunk(), 9).is_err());
    }
}
