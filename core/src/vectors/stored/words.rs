//! The words of a stored file: which each row has, and which row each has, by a table of their hashes.

use super::Stored;
use crate::foundation::hashing::stable_hash;
use crate::vectors::binary::{broken, BinaryError, Bytes};
use std::ops::Range;

/// Hashes that are read together. They are even numbers of 64 bits, so that one guess nearly always hits.
const WINDOW: u64 = 1 << 10;
/// After so many guesses the file's hashes are not even, and the rest is halved.
const GUESSES: usize = 6;
/// Words that may share a hash; of honest words hardly ever two do.
const MOST_TWINS: u64 = 64;

/// Hashes that were read, which rise.
#[derive(Default)]
pub(super) struct Window {
    start: u64,
    hashes: Vec<u64>,
}

impl<Source: Bytes + Sync> Stored<Source> {
    /// The bytes of the words of some rows, and where each ends among them.
    pub fn words(&self, rows: Range<u64>) -> Result<(Vec<u8>, Vec<i64>), BinaryError> {
        let rows = rows.start.min(self.layout.rows)..rows.end.min(self.layout.rows);
        if rows.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let before = rows.start.min(1);
        let first = rows.start - before;
        let mut ends = self.numbers(self.layout.ends + 8 * first, (rows.end - first) as usize, i64::from_le_bytes)?;
        let start = if before == 1 { ends.remove(0) } else { 0 };
        let mut last = start;
        for (row, &end) in rows.zip(&ends) {
            if last < 0 || end < last || end as u64 > self.layout.words_bytes {
                let rule = format!("ends must rise and stay within {} bytes of words", self.layout.words_bytes);
                let message = format!("row {row}: {rule}, found {end} after {last}; the file is damaged");
                return broken(self.layout.ends + 8 * row, message);
            }
            last = end;
        }
        let mut words = vec![0; (last - start) as usize];
        self.source.read_at(self.layout.words + start as u64, &mut words)?;
        ends.iter_mut().for_each(|end| *end -= start);
        Ok((words, ends))
    }

    pub fn word(&self, row: u64) -> Result<Vec<u8>, BinaryError> {
        Ok(self.words(row..row.saturating_add(1))?.0)
    }

    /// The row of each word, -1 where there is none.
    pub fn rows_of(&self, words: &[&[u8]]) -> Result<Vec<i64>, BinaryError> {
        let mut rows = vec![-1; words.len()];
        let mut wanted: Vec<(u64, usize)> = words.iter().map(|word| stable_hash(word)).zip(0..).collect();
        wanted.sort_unstable();
        let mut window = Window::default();
        for (hash, position) in wanted {
            if let Some(row) = self.row_of(words[position], hash, &mut window)? {
                rows[position] = row as i64;
            }
        }
        Ok(rows)
    }

    fn row_of(&self, word: &[u8], hash: u64, window: &mut Window) -> Result<Option<u64>, BinaryError> {
        let first = self.first_place(hash, window)?;
        for place in first..self.layout.rows.min(first + MOST_TWINS) {
            if window.hashes.get((place - window.start) as usize).is_none() {
                self.read_window(window, place, self.layout.rows, 0, u64::MAX)?;
            }
            if window.hashes[(place - window.start) as usize] != hash {
                return Ok(None);
            }
            let offset = self.layout.hash_rows + 4 * place;
            let row = self.numbers(offset, 1, u32::from_le_bytes)?[0];
            if u64::from(row) >= self.layout.rows {
                let rule = format!("the table of words names row {row}, but there are {}", self.layout.rows);
                return broken(offset, format!("{rule}; the file is damaged"));
            }
            let found = self.word(u64::from(row))?;
            if found == word {
                return Ok(Some(u64::from(row)));
            }
            if stable_hash(&found) != hash {
                let rule = format!("the table of words gives row {row} the hash of another word");
                return broken(offset, format!("{rule}; the file is damaged"));
            }
        }
        if first + MOST_TWINS < self.layout.rows {
            let rule = format!("{MOST_TWINS} words have the same hash");
            return broken(self.layout.hashes + 8 * first, format!("{rule}; the file is damaged"));
        }
        Ok(None)
    }

    /// The first place whose hash is not below one; the window holds it, unless it is the end.
    pub(super) fn first_place(&self, hash: u64, window: &mut Window) -> Result<u64, BinaryError> {
        if window.hashes.first().is_some_and(|&first| first < hash) && window.hashes.last() >= Some(&hash) {
            return Ok(window.start + window.hashes.partition_point(|&other| other < hash) as u64);
        }
        let (mut low, mut high) = (0, self.layout.rows);
        let (mut least, mut most) = (0, u64::MAX);
        let mut guesses = 0;
        while low < high {
            let middle = if guesses < GUESSES {
                let share = u128::from(hash.saturating_sub(least)) * u128::from(high - low);
                low + (share / (u128::from(most - least) + 1)) as u64
            } else {
                low + (high - low) / 2
            };
            guesses += 1;
            let start = middle.saturating_sub(WINDOW / 2).clamp(low, high.saturating_sub(WINDOW).max(low));
            self.read_window(window, start, high, least, most)?;
            let end = start + window.hashes.len() as u64;
            let place = window.hashes.partition_point(|&other| other < hash);
            if place == window.hashes.len() {
                (low, least) = (end, window.hashes[place - 1]);
            } else if place == 0 && start > low {
                (high, most) = (start, window.hashes[0]);
            } else {
                return Ok(start + place as u64);
            }
        }
        // The end of what was read last, where a window of its own may begin.
        if low < self.layout.rows {
            self.read_window(window, low, self.layout.rows, least, u64::MAX)?;
        }
        Ok(low)
    }

    /// Read hashes from a place on, before `end`; they must rise, and lie between two that were read before.
    fn read_window(&self, window: &mut Window, start: u64, end: u64, least: u64, most: u64) -> Result<(), BinaryError> {
        let count = WINDOW.min(end - start) as usize;
        let offset = self.layout.hashes + 8 * start;
        *window = Window { start, hashes: self.numbers(offset, count, u64::from_le_bytes)? };
        let mut before = least;
        for (place, &hash) in window.hashes.iter().enumerate() {
            if hash < before || hash > most {
                return broken(offset + 8 * place as u64, "the hashes of the words must rise; the file is damaged");
            }
            before = hash;
        }
        Ok(())
    }
}
