//! How often words stand near each other, nearer ones counting more.
//!
//! Words are counted one after the other: all places where a word stands are looked up, and what is around them is
//! added to one row, which fits the processor's cache. So no pair is ever sorted, and sums are whole numbers.

use crate::parallel::for_each;
use crate::tally::{Runs, LAST};
use crate::tiles::{Chunk, Collector, Entry, Grid, Limits, Tiles};
use std::io;
use std::sync::{Mutex, PoisonError};

/// What a word at distance 1 adds; at distance d it is this by d, rounded.
pub const ONE: u64 = 1 << 24;
/// The first token of a text.
const START: u32 = 1 << 31;
/// A row of a word that has fewer neighbours than the row has places by this is not searched through.
const SPARSE: usize = 8;

/// Texts as places of words, those without words of the vocabulary left out, and where every word stands.
pub struct Places {
    pub grid: Grid,
    window: usize,
    symmetric: bool,
    weights: Vec<u64>,
    texts: Vec<u32>,
    positions: Vec<u32>,
    starts: Vec<usize>,
}

/// One row while it is summed up.
#[derive(Default)]
pub struct Scratch {
    sums: Vec<u64>,
    touched: Vec<u32>,
    /// Places and sums of the row that was counted last, by place.
    pub row: Vec<(u32, u64)>,
}

/// How counts become logarithms and weights, and how rows are shuffled.
#[derive(Clone, Copy)]
pub struct Weighting {
    pub x_max: f64,
    pub alpha: f64,
    pub seed: u64,
}

pub enum CountError {
    Io(io::Error),
    Stopped,
}

impl Places {
    /// Take texts of token numbers, with the rank of every number; `u32::MAX` has none and leaves no gap.
    ///
    /// There must be fewer than 2^32 tokens.
    pub fn new(runs: Runs, ranks: &[u32], grid: Grid, window: usize, symmetric: bool) -> Self {
        let Runs { numbers: mut texts, ends } = runs;
        let (mut written, mut read) = (0, 0);
        for end in ends {
            let mut start = START;
            for position in read..end {
                let rank = ranks[(texts[position] & !LAST) as usize];
                if rank != u32::MAX {
                    texts[written] = grid.place(rank as usize) as u32 | start;
                    written += 1;
                    start = 0;
                }
            }
            read = end;
        }
        texts.truncate(written);
        let (positions, starts) = positions(&texts, grid.places());
        let weights = (1..=window as u64).map(|distance| (ONE + distance / 2) / distance).collect();
        Self { grid, window, symmetric, weights, texts, positions, starts }
    }

    /// Sum up the row of the word at a place; a symmetric matrix up to its diagonal.
    pub fn count_row(&self, place: usize, scratch: &mut Scratch) {
        let Scratch { sums, touched, row } = scratch;
        sums.resize(self.grid.places(), 0);
        row.clear();
        let stands = &self.positions[self.starts[place]..self.starts[place + 1]];
        let last = if self.symmetric { place } else { self.grid.places() - 1 };
        if stands.len() * self.window * 2 < last / SPARSE {
            for &position in stands {
                self.around(position as usize, |near, weight| {
                    if sums[near] == 0 {
                        touched.push(near as u32);
                    }
                    sums[near] += weight;
                });
            }
            touched.sort_unstable();
            for near in touched.drain(..) {
                let sum = std::mem::take(&mut sums[near as usize]);
                if near as usize <= last {
                    row.push((near, sum));
                }
            }
            return;
        }
        for &position in stands {
            self.around(position as usize, |near, weight| sums[near] += weight);
        }
        row.extend(sums[..=last].iter().enumerate().filter(|(_, &sum)| sum > 0).map(|(near, &sum)| (near as u32, sum)));
        sums.fill(0);
    }

    #[inline(always)]
    fn around(&self, position: usize, mut each: impl FnMut(usize, u64)) {
        let mut here = self.texts[position];
        let before = &self.texts[position.saturating_sub(self.window)..position];
        for (&near, &weight) in before.iter().rev().zip(&self.weights) {
            if here & START != 0 {
                break;
            }
            each((near & !START) as usize, weight);
            here = near;
        }
        if self.symmetric {
            for (&near, &weight) in self.texts[position + 1..].iter().zip(&self.weights) {
                if near & START != 0 {
                    break;
                }
                each(near as usize, weight);
            }
        }
    }

    /// Count everything. `heard` is told how many groups of words are done, of how many; it may say no.
    pub fn count(
        &self,
        weighting: Weighting,
        threads: usize,
        limits: Limits,
        mut heard: impl FnMut(usize, usize) -> bool,
    ) -> Result<Tiles, CountError> {
        let collector = Collector::new(self.grid.groups, limits);
        let pool = Mutex::new(Vec::new());
        let groups: Vec<usize> = (0..self.grid.groups).collect();
        for wave in groups.chunks(2 * threads.max(1)) {
            for_each(wave.to_vec(), threads, |group| {
                let mut scratch = pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
                let (chunk, total) = self.chunk(group, weighting, &mut scratch);
                collector.add(group, chunk, total);
                pool.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
            });
            if collector.has_failed() {
                break;
            }
            if !heard(wave[wave.len() - 1] + 1, self.grid.groups) {
                return Err(CountError::Stopped);
            }
        }
        collector.finish(self.grid, self.symmetric).map_err(CountError::Io)
    }

    /// The rows of a group in random order, each in random order, sorted by tile; and how many numbers that makes.
    fn chunk(&self, group: usize, weighting: Weighting, scratch: &mut Scratch) -> (Chunk, u64) {
        let Grid { groups, size, .. } = self.grid;
        let mut random = Random::new(weighting.seed, group as u64);
        let mut order: Vec<usize> = (0..size).collect();
        random.shuffle(&mut order);
        let (mut entries, mut total) = (Vec::new(), 0);
        let mut ends = vec![0; groups];
        for local in order {
            let place = group * size + local;
            self.count_row(place, scratch);
            random.shuffle(&mut scratch.row);
            for &(near, sum) in &scratch.row {
                let (tile, column) = (near as usize / size, near as usize % size);
                ends[tile] += 1;
                total += 1 + u64::from(self.symmetric && near as usize != place);
                entries.push((tile as u32, weighting.entry((local << 16 | column) as u32, sum)));
            }
        }
        let mut next = 0;
        for end in &mut ends {
            next += std::mem::replace(end, next);
        }
        let mut sorted = vec![[0; 3]; entries.len()];
        for (tile, entry) in entries {
            sorted[ends[tile as usize]] = entry;
            ends[tile as usize] += 1;
        }
        (Chunk { entries: sorted, ends }, total)
    }
}

/// Where every word stands, one word after the other, and where each begins.
fn positions(texts: &[u32], places: usize) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0; places + 1];
    for &token in texts {
        starts[(token & !START) as usize + 1] += 1;
    }
    for place in 0..places {
        starts[place + 1] += starts[place];
    }
    let mut next = starts.clone();
    let mut positions = vec![0; texts.len()];
    for (position, &token) in texts.iter().enumerate() {
        let next = &mut next[(token & !START) as usize];
        positions[*next] = position as u32;
        *next += 1;
    }
    (positions, starts)
}

impl Weighting {
    /// An entry with the logarithm of a count, and its weight. `libm` gives the same on every machine.
    fn entry(&self, places: u32, sum: u64) -> Entry {
        let logarithm = libm::log(sum as f64 / ONE as f64);
        let weight = libm::exp(self.alpha * (logarithm - libm::log(self.x_max))).min(1.0);
        [places, (logarithm as f32).to_bits(), (weight as f32).to_bits()]
    }
}

/// SplitMix64, by Steele, Lea and Flood 2014.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, stream: u64) -> Self {
        let start = Self(stream).next();
        Self(Self(seed).next() ^ start.rotate_left(17))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from -0.5 to 0.5, in steps of 2^-24.
    pub fn centred(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5
    }

    pub fn shuffle<Item>(&mut self, items: &mut [Item]) {
        for last in (1..items.len()).rev() {
            let other = (u128::from(self.next()) * (last as u128 + 1)) >> 64;
            items.swap(last, other as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(texts: &[&[u32]], words: usize, window: usize, symmetric: bool) -> Places {
        let mut runs = Runs::default();
        for text in texts {
            runs.numbers.extend(text.iter());
            runs.ends.push(runs.numbers.len());
        }
        let ranks: Vec<u32> = (0..10).map(|rank| if rank < words as u32 { rank } else { u32::MAX }).collect();
        Places::new(runs, &ranks, Grid::new(words), window, symmetric)
    }

    fn rows(places: &Places) -> Vec<Vec<(u32, u64)>> {
        let mut scratch = Scratch::default();
        let count = |place| {
            places.count_row(place, &mut scratch);
            scratch.row.clone()
        };
        (0..places.grid.places()).map(count).collect()
    }

    #[test]
    fn nearer_words_count_more_and_texts_end_windows() {
        // 0 1 2 in the first text, 0 alone in the second; 9 is no word and takes no place.
        let texts: [&[u32]; 4] = [&[0, 9, 1, 2], &[], &[9], &[0]];
        let both = rows(&places(&texts, 3, 2, true));
        assert_eq!(both, [vec![], vec![(0, ONE)], vec![(0, ONE / 2), (1, ONE)]]);
        let left = rows(&places(&texts, 3, 2, false));
        assert_eq!(left, [vec![], vec![(0, ONE)], vec![(0, ONE / 2), (1, ONE)]]);
        assert_eq!(rows(&places(&[&[1, 0, 0]], 2, 1, true)), [vec![(0, 2 * ONE)], vec![(0, ONE)]]);
        assert_eq!(rows(&places(&[&[1, 0, 0]], 2, 1, false)), [vec![(0, ONE), (1, ONE)], vec![]]);
    }

    #[test]
    fn a_window_longer_than_the_text_is_the_text() {
        assert_eq!(rows(&places(&[&[0, 1]], 2, 9, true)), [vec![], vec![(0, ONE)]]);
    }

    #[test]
    fn tiles_are_the_same_at_any_number_of_threads() {
        let mut random = Random::new(3, 0);
        let text: Vec<u32> = (0..2000).map(|_| (random.next() % 50) as u32).collect();
        let runs = || Runs { numbers: text.clone(), ends: vec![1000, 2000] };
        let ranks: Vec<u32> = (0..50).collect();
        let weighting = Weighting { x_max: 10.0, alpha: 0.75, seed: 1 };
        let counted = |threads, memory_bytes| {
            let places = Places::new(runs(), &ranks, Grid::new(50), 5, true);
            let limits = Limits { memory_bytes, folder: &std::env::temp_dir() };
            places.count(weighting, threads, limits, |_, _| true).map_or(0, |tiles| tiles.fingerprint())
        };
        let prints = [counted(1, 1 << 30), counted(4, 1 << 30), counted(3, 1000)];
        assert_eq!(prints, [prints[0]; 3]);
        assert_ne!(prints[0], 0);
        let places = Places::new(runs(), &ranks, Grid::new(50), 5, true);
        let limits = Limits { memory_bytes: 0, folder: &std::env::temp_dir() };
        assert!(matches!(places.count(weighting, 1, limits, |_, _| false), Err(CountError::Stopped)));
    }
}
