//! The words of a stored file: the word of each row, and the row of each word, by a table of their hashes.

use crate::foundation::hashing::stable_hash;
use crate::vectors::binary::{broken, BinaryError, Bytes};
use crate::vectors::stored::Stored;
use std::ops::Range;

/// Number of hashes read together. They are uniform 64-bit numbers, so one interpolation step nearly always hits.
const WINDOW: u64 = 1 << 10;
/// After this many interpolation steps the file's hashes are not uniform, and bisection is used.
const GUESSES: usize = 6;
/// Maximum number of words with the same hash; in regular files it is practically never above 1.
const MOST_EQUAL_HASHES: u64 = 64;

/// Hashes read from the file, in ascending order.
#[derive(Default)]
struct Window {
    start: u64,
    hashes: Vec<u64>,
}

impl<Source: Bytes + Sync> Stored<Source> {
    /// The bytes of the words of some rows, and the end of each.
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
                let rule =
                    format!("ends must be in ascending order and within {} bytes of words", self.layout.words_bytes);
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

    /// The row of each word, -1 if it is missing.
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
        for place in first..self.layout.rows.min(first + MOST_EQUAL_HASHES) {
            if window.hashes.get((place - window.start) as usize).is_none() {
                self.read_window(window, place, self.layout.rows, 0, u64::MAX)?;
            }
            if window.hashes[(place - window.start) as usize] != hash {
                return Ok(None);
            }
            let offset = self.layout.hash_rows + 4 * place;
            let row = self.numbers(offset, 1, u32::from_le_bytes)?[0];
            if u64::from(row) >= self.layout.rows {
                let rule = format!("the table of words refers to row {row}, but there are {}", self.layout.rows);
                return broken(offset, format!("{rule}; the file is damaged"));
            }
            let found = self.word(u64::from(row))?;
            if found == word {
                return Ok(Some(u64::from(row)));
            }
            if stable_hash(&found) != hash {
                let rule = format!("the table of words has a wrong hash for row {row}");
                return broken(offset, format!("{rule}; the file is damaged"));
            }
        }
        if first + MOST_EQUAL_HASHES < self.layout.rows {
            let rule = format!("{MOST_EQUAL_HASHES} words have the same hash");
            return broken(self.layout.hashes + 8 * first, format!("{rule}; the file is damaged"));
        }
        Ok(None)
    }

    /// The first position whose hash is not below `hash`; it is in the window, unless it is the end.
    fn first_place(&self, hash: u64, window: &mut Window) -> Result<u64, BinaryError> {
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
        // The end of the last window, where another window may begin.
        if low < self.layout.rows {
            self.read_window(window, low, self.layout.rows, least, u64::MAX)?;
        }
        Ok(low)
    }

    /// Read hashes from a position on, before `end`; they must be in ascending order, and between two hashes read
    /// before.
    fn read_window(&self, window: &mut Window, start: u64, end: u64, least: u64, most: u64) -> Result<(), BinaryError> {
        let count = WINDOW.min(end - start) as usize;
        let offset = self.layout.hashes + 8 * start;
        *window = Window { start, hashes: self.numbers(offset, count, u64::from_le_bytes)? };
        let mut before = least;
        for (place, &hash) in window.hashes.iter().enumerate() {
            if hash < before || hash > most {
                return broken(
                    offset + 8 * place as u64,
                    "the hashes of the words must be in ascending order; the file is damaged",
                );
            }
            before = hash;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::stored::{Layout, Width};

    /// A file of words whose vectors count up from 0 in steps of a half.
    fn file(words: &[&str], dimension: usize, width: Width) -> (Vec<u8>, Layout) {
        let rows = words.len() as u64;
        let mut order: Vec<(u64, u32)> = words.iter().map(|word| stable_hash(word.as_bytes())).zip(0..).collect();
        order.sort_unstable();
        let mut bytes = b"head".to_vec();
        let mut starts = Vec::new();
        let mut add = |part: Vec<u8>| {
            starts.push(bytes.len() as u64);
            bytes.extend(part);
        };
        let numbers = 0..words.len() * dimension;
        add(match width {
            Width::F32 => numbers.flat_map(|number| (number as f32 / 2.0).to_le_bytes()).collect(),
            Width::F16 => numbers.flat_map(|number| [0, 0x3C + (number % 8) as u8]).collect(),
            Width::I8 => numbers.map(|number| number as u8).collect(),
        });
        add(order.iter().flat_map(|(hash, _)| hash.to_le_bytes()).collect());
        add(order.iter().flat_map(|(_, row)| row.to_le_bytes()).collect());
        let mut end = 0i64;
        add(words
            .iter()
            .flat_map(|word| {
                end += word.len() as i64;
                end.to_le_bytes()
            })
            .collect());
        add(if width == Width::I8 { 0.5f32.to_le_bytes().repeat(words.len()) } else { Vec::new() });
        add(words.concat().into_bytes());
        let layout = Layout {
            rows,
            dimension,
            width,
            vectors: starts[0],
            hashes: starts[1],
            hash_rows: starts[2],
            ends: starts[3],
            scales: starts[4],
            words: starts[5],
            words_bytes: end as u64,
        };
        (bytes, layout)
    }

    fn many(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("word{number}")).collect()
    }

    fn message<Value>(outcome: Result<Value, BinaryError>) -> String {
        match outcome {
            Err(BinaryError::Format { offset, message }) => format!("byte {offset}: {message}"),
            Err(BinaryError::Io(error)) => error.to_string(),
            Ok(_) => panic!("not refused"),
        }
    }

    #[test]
    fn every_word_is_found_alone_and_among_all_and_no_other() {
        let words = many(5000);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for count in [1, 2, 3, 1023, 1024, 1025, 5000] {
            let (bytes, layout) = file(&words[..count], 1, Width::I8);
            let stored = Stored::new(&bytes, layout).unwrap();
            let wanted: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            let expected: Vec<i64> = (0..5000).map(|row| if row < count as i64 { row } else { -1 }).collect();
            assert_eq!(stored.rows_of(&wanted).unwrap(), expected);
            for row in (0..5000).step_by(97) {
                assert_eq!(stored.rows_of(&wanted[row..=row]).unwrap(), [expected[row]]);
            }
            assert_eq!(stored.words(0..count as u64).unwrap().0, words[..count].concat().into_bytes());
            assert_eq!(stored.word(count as u64 - 1).unwrap(), wanted[count - 1]);
        }
        let (bytes, layout) = file(&[], 1, Width::F32);
        assert_eq!(Stored::new(&bytes, layout).unwrap().rows_of(&[b"a"]).unwrap(), [-1]);
    }

    #[test]
    fn hashes_that_are_not_even_are_found_by_halves() {
        let words = many(9000);
        let (bytes, mut layout) = file(&words.iter().map(String::as_str).collect::<Vec<_>>(), 1, Width::I8);
        // The lower half of the hashes: half of the words are missing, and interpolation fails.
        layout.rows = 4500;
        let stored = Stored::new(&bytes, layout).unwrap();
        let mut window = Window::default();
        let hashes = stored.numbers(stored.layout.hashes, 4500, u64::from_le_bytes).unwrap();
        for (place, &hash) in hashes.iter().enumerate().step_by(53) {
            assert_eq!(stored.first_place(hash, &mut Window::default()).unwrap(), place as u64);
            assert_eq!(stored.first_place(hash, &mut window).unwrap(), place as u64);
        }
        assert_eq!(stored.first_place(u64::MAX, &mut window).unwrap(), 4500);
        assert_eq!(stored.first_place(0, &mut window).unwrap(), 0);
    }

    #[test]
    fn rows_are_the_same_by_blocks_by_place_and_in_products() {
        let words = many(3000);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for width in [Width::F32, Width::F16, Width::I8] {
            let (bytes, layout) = file(&words, 150, width);
            let stored = Stored::new(&bytes, layout).unwrap();
            let mut all = vec![0.0; 3000 * 150];
            stored.write_block(0, &mut all).unwrap();
            let row = |row: i64| &all[row as usize * 150..(row as usize + 1) * 150];
            let wanted = [2999, 0, 1, 7, 7, 1500, 1502, 40];
            let mut found = vec![0.0; wanted.len() * 150];
            stored.write_rows(&wanted, &mut found).unwrap();
            assert_eq!(found, wanted.map(row).concat());
            let vector: Vec<f32> = (0..150).map(|number| (number % 5) as f32).collect();
            for (threads, start) in [(1, 0), (3, 0), (2, 11)] {
                let mut scores = vec![0.0; 3000 - start];
                stored.write_scores(&vector, start as u64, threads, &mut scores).unwrap();
                let mut squares = vec![0.0; 3000 - start];
                stored.write_squares(start as u64, threads, &mut squares).unwrap();
                for at in [0, 1, 2000, 2999 - start] {
                    let row = row((start + at) as i64);
                    let expected: f32 = row.iter().zip(&vector).map(|(one, two)| one * two).sum();
                    assert!((scores[at] - expected).abs() <= expected.abs() * 1e-5);
                    let square: f64 = row.iter().map(|&number| f64::from(number).powi(2)).sum();
                    assert_eq!(squares[at], square);
                }
            }
            assert!(message(stored.write_rows(&[3000], &mut found)).contains("row 3000 does not exist"));
            assert!(message(stored.write_rows(&[-1], &mut found)).contains("row -1 does not exist"));
        }
    }

    #[test]
    fn a_file_that_lies_is_refused_with_its_place() {
        let (bytes, layout) = file(&["the", "cat", "zebra"], 2, Width::I8);
        let (ends, rows, hashes, scales) = (layout.ends, layout.hash_rows, layout.hashes, layout.scales);
        let changed = |offset: u64, part: &[u8]| {
            let mut bytes = bytes.clone();
            bytes[offset as usize..offset as usize + part.len()].copy_from_slice(part);
            Stored::new(bytes, layout.clone()).unwrap()
        };
        let all: [&[u8]; 3] = [b"the", b"cat", b"zebra"];
        for end in [-1i64, 2, 12, i64::MAX, i64::MIN] {
            let stored = changed(ends + 8, &end.to_le_bytes());
            assert!(message(stored.words(0..3))
                .contains(&format!("byte {}: row 1: ends must be in ascending order", ends + 8)));
            let _ = (stored.word(2), stored.rows_of(&all));
        }
        let stored = changed(rows, &9u32.to_le_bytes());
        assert!(message(stored.rows_of(&all)).contains("refers to row 9, but there are 3"));
        let stored = changed(rows, &bytes[rows as usize + 4..rows as usize + 8]);
        assert!(message(stored.rows_of(&all)).contains("a wrong hash for row"));
        let stored = changed(hashes, &u64::MAX.to_le_bytes());
        assert!(message(stored.rows_of(&all))
            .contains(&format!("byte {}: the hashes of the words must be in ascending order", hashes + 8)));
        let mut block = [0.0; 6];
        for scale in [f32::NAN, f32::INFINITY, -1.0] {
            let stored = changed(scales + 4, &scale.to_le_bytes());
            assert!(message(stored.write_block(0, &mut block)).contains("row 1: its scale must be finite"));
            assert!(message(stored.write_scores(&[1.0, 1.0], 0, 2, &mut [0.0; 3])).contains("row 1"));
        }
        let (mut bytes, layout) = file(&["the", "cat"], 2, Width::F32);
        bytes[layout.vectors as usize + 8..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
        let stored = Stored::new(bytes, layout).unwrap();
        assert!(message(stored.write_block(0, &mut [0.0; 4])).contains("row 1 has a number that is not finite"));
    }

    #[test]
    fn a_layout_outside_the_file_is_refused() {
        let (bytes, layout) = file(&["the", "cat"], 2, Width::F16);
        for size in 0..bytes.len() {
            assert!(Stored::new(&bytes[..size], layout.clone()).is_err());
        }
        assert!(Stored::new(&bytes, Layout { rows: u64::MAX, ..layout.clone() }).is_err());
        assert!(Stored::new(&bytes, Layout { dimension: usize::MAX, ..layout.clone() }).is_err());
        assert!(Stored::new(&bytes, Layout { dimension: 0, ..layout.clone() }).is_err());
        assert!(Stored::new(&bytes, Layout { words: u64::MAX, ..layout }).is_err());
    }
}
