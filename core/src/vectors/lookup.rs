//! Word vectors from a fastText model: means of rows that are read by position, as needed.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each, split_rows};
use crate::vectors::binary::{broken, shown, BinaryError, Bytes};
use crate::vectors::fasttext::FastText;
use std::io;
use std::ops::Range;

/// Limit of the rows in memory at once, unless a single word needs more.
const BATCH_BYTES: usize = 64 << 20;

/// Source of a word's vector.
pub const NOWHERE: u8 = 0;
pub const DICTIONARY: u8 = 1;
pub const SUBWORDS: u8 = 2;

/// Vectors in the order of the words.
pub struct Found {
    /// (words, dimension), zeros if `how` is `NOWHERE`.
    pub matrix: Vec<f32>,
    pub how: Vec<u8>,
}

/// Words whose rows are read together.
struct Batch<'a> {
    words: &'a [&'a [u8]],
    /// Rows of all words, concatenated; end of each word's rows.
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl<Source: Bytes + Sync> FastText<Source> {
    /// Return the vectors of words; out-of-vocabulary words get one from their n-grams with `subwords`.
    ///
    /// `progress` is called on the calling thread with the number of words done, and may stop the work.
    pub fn vectors(
        &self,
        words: &[&[u8]],
        subwords: bool,
        threads: usize,
        mut progress: impl FnMut(usize) -> bool,
    ) -> Result<Option<Found>, BinaryError> {
        let mut found = Found { matrix: vec![0.0; words.len() * self.dimension], how: vec![NOWHERE; words.len()] };
        let mut done = 0;
        while done < words.len() {
            let batch = self.batch(&words[done..], subwords, &mut found.how[done..]);
            let end = done + batch.ends.len();
            let matrix = &mut found.matrix[done * self.dimension..end * self.dimension];
            self.fill(&batch, threads, matrix)?;
            done = end;
            if !progress(done) {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Collect the rows of as many words as fit.
    fn batch<'a>(&self, words: &'a [&'a [u8]], subwords: bool, how: &mut [u8]) -> Batch<'a> {
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        let first_bucket = self.words.len() as u32;
        for (word, how) in words.iter().zip(how) {
            let start = rows.len();
            check(256);
            let own = self.words.find(word);
            rows.extend(own);
            if own.is_some() || subwords {
                self.subwords.for_each(word, |bucket| rows.push(first_bucket + bucket));
            }
            *how = match own {
                Some(_) => DICTIONARY,
                None if rows.len() > start => SUBWORDS,
                None => NOWHERE,
            };
            ends.push(rows.len());
            if rows.len().saturating_mul(self.dimension * 4) > BATCH_BYTES {
                break;
            }
        }
        Batch { words: &words[..ends.len()], rows, ends }
    }

    fn fill(&self, batch: &Batch, threads: usize, matrix: &mut [f32]) -> Result<(), BinaryError> {
        let mut distinct = batch.rows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let bytes = self.read_rows(&distinct, threads)?;
        let ranges = even_ranges(batch.ends.iter().map(|_| 8 * self.dimension), threads);
        let parts = split_rows(matrix, self.dimension, &ranges);
        let work = ranges.into_iter().zip(parts).collect();
        let results = map_each(work, |(range, part): (Range<usize>, &mut [f32])| {
            range.zip(part.chunks_exact_mut(self.dimension)).try_for_each(|(number, vector)| {
                let start = if number == 0 { 0 } else { batch.ends[number - 1] };
                let rows = &batch.rows[start..batch.ends[number]];
                self.mean(batch.words[number], rows, &distinct, &bytes, vector)
            })
        });
        results.into_iter().collect()
    }

    /// Read rows; those that are adjacent in the file are read at once.
    fn read_rows(&self, rows: &[u32], threads: usize) -> io::Result<Vec<u8>> {
        let width = self.dimension * 4;
        let mut bytes = vec![0; rows.len() * width];
        let ranges = even_ranges(rows.iter().map(|_| 1024 + width), threads);
        let parts = split_rows(&mut bytes, width, &ranges);
        let results = map_each(ranges.into_iter().zip(parts).collect(), |(range, mut part)| {
            for run in rows[range].chunk_by(|left, right| left + 1 == *right) {
                check(1024 + run.len() * width);
                let (now, rest) = part.split_at_mut(run.len() * width);
                self.source.read_at(self.row_start(run[0]), now)?;
                part = rest;
            }
            Ok(())
        });
        results.into_iter().collect::<io::Result<()>>()?;
        Ok(bytes)
    }

    fn row_start(&self, row: u32) -> u64 {
        self.rows_start + u64::from(row) * self.dimension as u64 * 4
    }

    /// The mean of rows in float32, added in order, as in fastText.
    fn mean(
        &self,
        word: &[u8],
        rows: &[u32],
        distinct: &[u32],
        bytes: &[u8],
        vector: &mut [f32],
    ) -> Result<(), BinaryError> {
        let width = self.dimension * 4;
        check(rows.len() * self.dimension);
        for row in rows {
            let place = distinct.partition_point(|other| other < row);
            let numbers = bytes[place * width..(place + 1) * width].chunks_exact(4);
            vector.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number_of(number));
        }
        // Non-finite values stay non-finite in a sum.
        if !vector.iter().all(|sum| sum.is_finite()) {
            return self.refuse_infinite(word, rows, distinct, bytes);
        }
        if rows.len() > 1 {
            let share = 1.0 / rows.len() as f32;
            vector.iter_mut().for_each(|sum| *sum *= share);
        }
        Ok(())
    }

    fn refuse_infinite(&self, word: &[u8], rows: &[u32], distinct: &[u32], bytes: &[u8]) -> Result<(), BinaryError> {
        let (width, word) = (self.dimension * 4, shown(word));
        for &row in rows {
            let place = distinct.partition_point(|&other| other < row);
            let numbers = bytes[place * width..(place + 1) * width].chunks_exact(4).map(number_of);
            if let Some((column, number)) = numbers.enumerate().find(|(_, number)| !number.is_finite()) {
                let offset = self.row_start(row) + 4 * column as u64;
                return broken(offset, format!("every number must be finite, found {number} in a row of {word}"));
            }
        }
        let first = rows.first().map_or(self.rows_start, |&row| self.row_start(row));
        broken(first, format!("the sum of the rows of {word} exceeds the range of float32"))
    }
}

fn number_of(bytes: &[u8]) -> f32 {
    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::fasttext::tests::model;

    #[test]
    fn vectors_are_means_of_a_word_and_its_n_grams() {
        for version in [None, Some(11), Some(12)] {
            let bytes = model(version, 1);
            let opened = FastText::open(bytes.as_slice()).unwrap();
            assert_eq!((opened.words.len(), opened.counts.as_slice(), opened.dimension), (2, [7, 7].as_slice(), 2));
            let words = [b"cat".as_slice(), b"</s>", b"__label__a", b"", b"at"];
            let found = opened.vectors(&words, true, 2, |_| true).unwrap().unwrap();
            assert_eq!(found.how, [DICTIONARY, DICTIONARY, SUBWORDS, SUBWORDS, SUBWORDS]);
            let mut rows = vec![0];
            opened.subwords.for_each(b"cat", |bucket| rows.push(2 + bucket));
            assert_eq!(rows.len(), 5);
            let mean = rows.iter().map(|&row| row as f32 * 10.0).sum::<f32>() / 5.0;
            assert_eq!(&found.matrix[..4], &[mean, mean + 1.0, 10.0, 11.0]);
            let known = opened.vectors(&words, false, 1, |_| true).unwrap().unwrap();
            assert_eq!(known.how, [DICTIONARY, DICTIONARY, NOWHERE, NOWHERE, NOWHERE]);
            assert_eq!((&known.matrix[..4], &known.matrix[4..]), (&found.matrix[..4], [0.0; 6].as_slice()));
        }
    }

    #[test]
    fn a_pass_can_be_stopped() {
        let bytes = model(Some(12), 1);
        assert!(FastText::open(bytes.as_slice()).unwrap().vectors(&[b"cat"], true, 1, |_| false).unwrap().is_none());
    }
}
