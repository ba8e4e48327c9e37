//! Co-occurrence counts of words, weighted by the inverse distance.
//!
//! Words are counted one after the other: all positions of a word are looked up, and its neighbours are added to one
//! row, which fits in the processor's cache. So no pairs are sorted, and sums are integers.

use crate::foundation::interrupts::check;
use crate::glove::tiles::Grid;

/// Value added for distance 1; for distance d, it is divided by d and rounded.
pub const ONE: u64 = 1 << 24;
/// Mark of the first token of a text.
pub const START: u32 = 1 << 31;
/// A row with fewer neighbours than its length divided by this is not scanned completely.
const SPARSE: usize = 8;
const BLOCK_ITEMS: usize = 1 << 12;

/// Context window.
#[derive(Clone, Copy)]
pub struct Window {
    pub size: usize,
    /// Whether following words count as preceding ones do; otherwise only preceding ones count.
    pub symmetric: bool,
}

/// Texts as word positions, without tokens outside the vocabulary, and the positions of every word.
pub struct Places {
    window: Window,
    weights: Vec<u64>,
    texts: Vec<u32>,
    positions: Vec<u32>,
    starts: Vec<usize>,
}

/// One row while it is computed.
#[derive(Default)]
pub struct Scratch {
    sums: Vec<u64>,
    touched: Vec<u32>,
    /// Positions and sums of the last row, by position.
    pub row: Vec<(u32, u64)>,
}

impl Places {
    /// Take fewer than 2^32 token numbers, the first of each text marked with `START`, and the rank of every number: a
    /// token of rank `u32::MAX` is removed, without a gap.
    pub fn new(mut texts: Vec<u32>, ranks: &[u32], grid: &Grid, window: Window) -> Self {
        let (mut written, mut start) = (0, 0);
        for position in 0..texts.len() {
            if position % BLOCK_ITEMS == 0 {
                check(8 * BLOCK_ITEMS);
            }
            start |= texts[position] & START;
            let rank = ranks[(texts[position] & !START) as usize];
            if rank != u32::MAX {
                texts[written] = grid.place(rank as usize) as u32 | start;
                written += 1;
                start = 0;
            }
        }
        texts.truncate(written);
        let (positions, starts) = positions(&texts, grid.places());
        let weights = (1..=window.size as u64).map(|distance| (ONE + distance / 2) / distance).collect();
        Self { window, weights, texts, positions, starts }
    }

    /// Compute the row of a word; for a symmetric matrix up to its diagonal.
    pub fn count_row(&self, place: usize, scratch: &mut Scratch) {
        let Scratch { sums, touched, row } = scratch;
        let places = self.starts.len() - 1;
        sums.resize(places, 0);
        row.clear();
        let stands = &self.positions[self.starts[place]..self.starts[place + 1]];
        check(places + stands.len().saturating_mul(4 * self.window.size));
        let last = if self.window.symmetric { place } else { places - 1 };
        if stands.len().saturating_mul(self.window.size * 2) < last / SPARSE {
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
        let before = &self.texts[position.saturating_sub(self.window.size)..position];
        for (&near, &weight) in before.iter().rev().zip(&self.weights) {
            if here & START != 0 {
                break;
            }
            each((near & !START) as usize, weight);
            here = near;
        }
        if self.window.symmetric {
            for (&near, &weight) in self.texts[position + 1..].iter().zip(&self.weights) {
                if near & START != 0 {
                    break;
                }
                each(near as usize, weight);
            }
        }
    }
}

/// Positions of every word, concatenated, and the start of each.
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
        if position % BLOCK_ITEMS == 0 {
            check(8 * BLOCK_ITEMS);
        }
        let next = &mut next[(token & !START) as usize];
        positions[*next] = position as u32;
        *next += 1;
    }
    (positions, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&[u32]], words: u32, size: usize, symmetric: bool) -> Vec<Vec<(u32, u64)>> {
        let mut numbers: Vec<u32> = Vec::new();
        for text in texts {
            let start = numbers.len();
            numbers.extend(text.iter());
            if let Some(first) = numbers.get_mut(start) {
                *first |= START;
            }
        }
        let ranks: Vec<u32> = (0..10).map(|rank| if rank < words { rank } else { u32::MAX }).collect();
        let grid = Grid::new(words as usize, 64, 0);
        let places = Places::new(numbers, &ranks, &grid, Window { size, symmetric });
        let mut found = vec![Vec::new(); words as usize];
        let mut scratch = Scratch::default();
        for (row, found) in found.iter_mut().enumerate() {
            places.count_row(grid.place(row), &mut scratch);
            for column in 0..words as usize {
                let near = grid.place(column) as u32;
                found.extend(scratch.row.iter().filter(|pair| pair.0 == near).map(|pair| (column as u32, pair.1)));
                let mirrored = symmetric && near as usize > grid.place(row);
                if mirrored {
                    assert!(scratch.row.iter().all(|pair| pair.0 != near));
                }
            }
        }
        found
    }

    /// Both halves of a symmetric matrix.
    fn whole(rows: Vec<Vec<(u32, u64)>>) -> Vec<Vec<(u32, u64)>> {
        let mut both = rows.clone();
        for (row, pairs) in rows.iter().enumerate() {
            for &(column, sum) in pairs.iter().filter(|pair| pair.0 as usize != row) {
                both[column as usize].push((row as u32, sum));
            }
        }
        both.iter_mut().for_each(|row| row.sort_unstable());
        both
    }

    #[test]
    fn nearer_words_count_more_and_texts_end_windows() {
        // 0 1 2 in the first text, 0 alone in the last; 9 is out of vocabulary and has no position.
        let texts: [&[u32]; 4] = [&[9, 0, 9, 1, 2], &[], &[9], &[9, 0]];
        let both = whole(rows(&texts, 3, 2, true));
        let half = ONE / 2;
        assert_eq!(both, [vec![(1, ONE), (2, half)], vec![(0, ONE), (2, ONE)], vec![(0, half), (1, ONE)]]);
        assert_eq!(rows(&texts, 3, 2, false), [vec![], vec![(0, ONE)], vec![(0, half), (1, ONE)]]);
        assert_eq!(whole(rows(&[&[1, 0, 0]], 2, 1, true)), [vec![(0, 2 * ONE), (1, ONE)], vec![(0, ONE)]]);
        assert_eq!(rows(&[&[1, 0, 0]], 2, 1, false), [vec![(0, ONE), (1, ONE)], vec![]]);
    }

    #[test]
    fn a_window_longer_than_the_text_is_the_text() {
        assert_eq!(whole(rows(&[&[0, 1]], 2, 9, true)), [vec![(1, ONE)], vec![(0, ONE)]]);
    }

    #[test]
    fn nothing_is_near_anything_where_there_are_no_texts() {
        assert_eq!(rows(&[], 2, 3, true), [vec![], vec![]]);
    }
}
