//! From texts to the tiles of the co-occurrence matrix, in bounded memory.
//!
//! Texts that do not fit are kept in a file, in segments. For each segment the rows of all words are written to another
//! file, sorted; then the rows of all segments are summed, group by group. Sums are integers, so the result does not
//! depend on the division of the texts.

use crate::counting::tally::Runs;
use crate::foundation::limits::below;
use crate::foundation::parallel::for_each;
use crate::foundation::random::Random;
use crate::glove::cooccurrence::{Places, Scratch, Window, ONE, START};
use crate::glove::spill::{Spill, Storage};
use crate::glove::tiles::{Chunk, Collector, Entry, Grid, Tiles};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Limit of the tokens of a batch, so that all kept ones have 32-bit numbers; tested in unit tests.
const MOST_TOKENS: usize = if cfg!(test) { 1 << 18 } else { 1 << 30 };

/// Texts as token numbers, the first of each marked with `START`.
pub struct Texts {
    storage: Storage,
    numbers: Vec<u32>,
    /// Start of each segment in the file, and its length.
    segments: Vec<(u64, usize)>,
    spill: Option<Spill>,
}

/// Conversion of counts to logarithms and weights, and shuffling of rows.
#[derive(Clone, Copy)]
pub struct Weighting {
    pub x_max: f64,
    pub alpha: f64,
    pub seed: u64,
}

/// Settings of counting.
pub struct Count {
    pub grid: Grid,
    pub window: Window,
    pub weighting: Weighting,
    pub threads: usize,
}

/// The rows of all words.
enum Rows {
    /// Computed from all texts at once.
    Whole(Places),
    /// In a file: for every segment, the start of each group's rows and their length.
    Runs(Spill, Vec<Vec<(u64, usize)>>),
}

/// Called with a position in a group, and its row.
type EachRow<'a> = dyn FnMut(usize, &mut [(u32, u64)]) + 'a;

#[derive(Debug)]
pub enum CountError {
    Io(io::Error),
    Stopped,
}

impl From<io::Error> for CountError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A panic leaves no partial state, so a poisoned lock can be used.
fn lock<Item>(mutex: &Mutex<Item>) -> MutexGuard<'_, Item> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Texts {
    pub fn new(storage: Storage) -> Self {
        Self { storage, numbers: Vec::new(), segments: Vec::new(), spill: None }
    }

    /// Add a batch, of less than 2^30 tokens.
    pub fn add(&mut self, runs: Runs) -> io::Result<()> {
        below(runs.tokens.len(), MOST_TOKENS, "a text must have fewer than 2**30 tokens; split it into several texts");
        let mut position = 0;
        for end in runs.ends {
            let text = runs.tokens[position..end].iter().enumerate();
            self.numbers.extend(text.map(|(place, token)| token.number() | if place == 0 { START } else { 0 }));
            position = end;
        }
        // Together with the list of positions, and while the list grows, twice as much is needed.
        if size_of_val(self.numbers.as_slice()) > self.storage.memory_bytes / 4 || self.numbers.len() >= 1 << 31 {
            self.spill_numbers()?;
        }
        Ok(())
    }

    fn spill_numbers(&mut self) -> io::Result<()> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            empty => empty.insert(Spill::create(&self.storage.folder)?),
        };
        self.segments.push((spill.append(&self.numbers)?, self.numbers.len()));
        self.numbers = Vec::new();
        Ok(())
    }
}

impl Count {
    /// Count everything. `progress` is called with the number of groups done and the total, and may stop it.
    pub fn tiles(
        &self,
        texts: Texts,
        ranks: &[u32],
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Tiles, CountError> {
        let mut storage = texts.storage.clone();
        let (rows, passes) = self.rows(texts, ranks, progress)?;
        storage.memory_bytes /= 2;
        let collector = Collector::new(self.grid.groups, storage);
        let groups = self.grid.groups;
        self.in_waves(&mut |done| progress(passes * groups + done, (passes + 1) * groups), &|group, scratch| {
            let (chunk, total) = self.chunk(group, &rows, scratch)?;
            collector.add(group, chunk, total)
        })?;
        Ok(collector.finish(self.grid.clone(), self.window.symmetric))
    }

    /// All counts, as ranks of words, ranks of contexts, and sums; half of a symmetric matrix.
    pub fn pairs(&self, texts: Texts, ranks: &[u32]) -> Result<Vec<(u32, u32, u64)>, CountError> {
        let (rows, _) = self.rows(texts, ranks, &mut |_, _| true)?;
        let mut words = vec![0; self.grid.places()];
        (0..self.grid.words).for_each(|rank| words[self.grid.place(rank)] = rank as u32);
        let (mut pairs, mut scratch) = (Vec::new(), Scratch::default());
        for group in 0..self.grid.groups {
            rows.of_group(group, self.grid.size, &mut scratch, &mut |local, row| {
                let word = words[group * self.grid.size + local];
                pairs.extend(row.iter().map(|&(near, sum)| (word, words[near as usize], sum)));
            })?;
        }
        Ok(pairs)
    }

    /// The rows of all words, and the number of passes over the groups so far.
    fn rows(
        &self,
        mut texts: Texts,
        ranks: &[u32],
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<(Rows, usize), CountError> {
        if texts.spill.is_none() {
            return Ok((Rows::Whole(Places::new(texts.numbers, ranks, &self.grid, self.window)), 0));
        }
        texts.spill_numbers()?;
        let (groups, passes) = (self.grid.groups, texts.segments.len());
        let spill = Mutex::new(Spill::create(&texts.storage.folder)?);
        let mut runs = Vec::new();
        for (pass, &(start, length)) in texts.segments.iter().enumerate() {
            let mut numbers = Vec::new();
            texts.spill.as_ref().map_or(Ok(()), |spill| spill.read(start, length, &mut numbers))?;
            let rows = Rows::Whole(Places::new(numbers, ranks, &self.grid, self.window));
            let places = Mutex::new(vec![(0, 0); groups]);
            self.in_waves(&mut |done| progress(pass * groups + done, (passes + 1) * groups), &|group, scratch| {
                let mut run: Vec<u32> = Vec::new();
                rows.of_group(group, self.grid.size, scratch, &mut |_, row| {
                    run.push(row.len() as u32);
                    run.extend(row.iter().flat_map(|&(near, sum)| [near, sum as u32, (sum >> 32) as u32]));
                })?;
                let start = lock(&spill).append(&run)?;
                lock(&places)[group] = (start, run.len());
                Ok(())
            })?;
            runs.push(places.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        Ok((Rows::Runs(spill.into_inner().unwrap_or_else(PoisonError::into_inner), runs), passes))
    }

    /// Process all groups, some at a time. `progress` is called with the number done, and may stop it.
    fn in_waves(
        &self,
        progress: &mut dyn FnMut(usize) -> bool,
        work: &(dyn Fn(usize, &mut Scratch) -> io::Result<()> + Sync),
    ) -> Result<(), CountError> {
        let (pool, failed) = (Mutex::new(Vec::new()), Mutex::new(None));
        let groups: Vec<usize> = (0..self.grid.groups).collect();
        for wave in groups.chunks(2 * self.threads.max(1)) {
            for_each(wave.to_vec(), self.threads, |group| {
                let mut scratch = lock(&pool).pop().unwrap_or_default();
                if let Err(error) = work(group, &mut scratch) {
                    lock(&failed).get_or_insert(error);
                }
                lock(&pool).push(scratch);
            });
            if let Some(error) = lock(&failed).take() {
                return Err(CountError::Io(error));
            }
            if !progress(wave[wave.len() - 1] + 1) {
                return Err(CountError::Stopped);
            }
        }
        Ok(())
    }

    /// The rows of a group in random order, each in random order, sorted by tile; and the number of entries.
    fn chunk(&self, group: usize, rows: &Rows, scratch: &mut Scratch) -> io::Result<(Chunk, u64)> {
        let Grid { groups, size, .. } = self.grid;
        let mut random = Random::new(self.weighting.seed, group as u64);
        let log_x_max = libm::log(self.weighting.x_max);
        let (mut entries, mut row_ends, mut total) = (Vec::new(), Vec::new(), 0);
        let mut ends = vec![0; groups];
        rows.of_group(group, size, scratch, &mut |local, row| {
            random.shuffle(row);
            for &mut (near, sum) in row {
                let (tile, column) = (near as usize / size, near as usize % size);
                ends[tile] += 1;
                total += 1 + u64::from(self.window.symmetric && near as usize != group * size + local);
                entries.push((tile as u32, self.weighting.entry((local << 16 | column) as u32, sum, log_x_max)));
            }
            row_ends.push(entries.len());
        })?;
        let mut next = 0;
        for end in &mut ends {
            next += std::mem::replace(end, next);
        }
        let mut sorted = vec![[0; 3]; entries.len()];
        for local in random.order(size) {
            let start = if local == 0 { 0 } else { row_ends[local - 1] };
            for &(tile, entry) in &entries[start..row_ends[local]] {
                sorted[ends[tile as usize]] = entry;
                ends[tile as usize] += 1;
            }
        }
        Ok((Chunk { entries: sorted, ends }, total))
    }
}

impl Rows {
    /// Call `each` with the position and the row of every word in the group, in order.
    fn of_group(&self, group: usize, size: usize, scratch: &mut Scratch, each: &mut EachRow) -> io::Result<()> {
        let (spill, runs) = match self {
            Self::Whole(places) => {
                for local in 0..size {
                    places.count_row(group * size + local, scratch);
                    each(local, &mut scratch.row);
                }
                return Ok(());
            }
            Self::Runs(spill, runs) => (spill, runs),
        };
        let mut parts = Vec::with_capacity(runs.len());
        for run in runs {
            let (start, length) = run[group];
            let mut numbers: Vec<u32> = Vec::new();
            spill.read(start, length, &mut numbers)?;
            parts.push((numbers, 0));
        }
        for local in 0..size {
            scratch.row.clear();
            for (numbers, read) in &mut parts {
                let end = *read + 1 + 3 * numbers[*read] as usize;
                let pairs = numbers[*read + 1..end].chunks_exact(3);
                scratch.row.extend(pairs.map(|pair| (pair[0], u64::from(pair[1]) | u64::from(pair[2]) << 32)));
                *read = end;
            }
            add_up(&mut scratch.row);
            each(local, &mut scratch.row);
        }
        Ok(())
    }
}

/// Sort by position, and sum up equal positions.
fn add_up(row: &mut Vec<(u32, u64)>) {
    row.sort_unstable_by_key(|pair| pair.0);
    row.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 += later.1;
        }
        same
    });
}

impl Weighting {
    /// An entry with the logarithm of a count, and its weight. `libm` gives the same result on every machine.
    fn entry(&self, places: u32, sum: u64, log_x_max: f64) -> Entry {
        let logarithm = libm::log(sum as f64 / ONE as f64);
        let weight = libm::exp(self.alpha * (logarithm - log_x_max)).min(1.0);
        [places, (logarithm as f32).to_bits(), (weight as f32).to_bits()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counting::occurrence::Occurrence;
    use std::path::PathBuf;

    const WORDS: usize = 50;

    fn texts(memory_bytes: usize) -> Texts {
        let mut random = Random::new(3, 0);
        let mut texts = Texts::new(Storage { memory_bytes, folder: std::env::temp_dir() });
        for _ in 0..20 {
            let tokens = (0..100).map(|_| Occurrence::new((random.number() % WORDS as u64) as u32)).collect();
            texts.add(Runs { tokens, ends: vec![40, 40, 100] }).unwrap();
        }
        texts
    }

    fn count(threads: usize, symmetric: bool) -> Count {
        let weighting = Weighting { x_max: 10.0, alpha: 0.75, seed: 1 };
        Count { grid: Grid::new(WORDS, 64, 1), window: Window { size: 5, symmetric }, weighting, threads }
    }

    #[test]
    fn counts_are_the_same_at_any_number_of_threads_and_in_any_memory() {
        let ranks: Vec<u32> = (0..WORDS as u32).collect();
        for symmetric in [false, true] {
            let whole = count(1, symmetric).pairs(texts(1 << 30), &ranks).unwrap();
            let in_parts = count(1, symmetric).pairs(texts(4000), &ranks).unwrap();
            assert_eq!(whole, in_parts);
            let print = |threads, memory| count(threads, symmetric).tiles(texts(memory), &ranks, &mut |_, _| true);
            let prints =
                [(1, 1 << 30), (4, 1 << 30), (3, 4000)].map(|(threads, memory)| print(threads, memory).unwrap());
            assert_eq!(prints.each_ref().map(Tiles::fingerprint), [prints[0].fingerprint(); 3]);
            assert!(prints[0].spilled_bytes() == 0 && prints[2].spilled_bytes() > 0);
        }
    }

    #[test]
    fn progress_covers_all_of_the_work_and_can_stop_it() {
        let ranks: Vec<u32> = (0..WORDS as u32).collect();
        for memory_bytes in [1 << 30, 4000] {
            let mut told = Vec::new();
            let done = count(1, true).tiles(texts(memory_bytes), &ranks, &mut |done, total| {
                told.push((done, total));
                true
            });
            assert!(done.is_ok() && told.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert_eq!(told[told.len() - 1].0, told[0].1);
            let stopped = count(1, true).tiles(texts(memory_bytes), &ranks, &mut |_, _| false);
            assert!(matches!(stopped, Err(CountError::Stopped)));
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut texts = Texts::new(Storage { memory_bytes: 0, folder: PathBuf::from("no such folder") });
        assert!(texts.add(Runs { tokens: vec![Occurrence::default()], ends: vec![1] }).is_err());
    }
}
