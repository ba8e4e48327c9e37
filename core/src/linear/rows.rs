//! Texts as rows of a sparse matrix.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::foundation::sorting::sort_row;
use crate::linear::features::{Features, Scratch};
use crate::linear::vocabulary::{Vocabulary, NONE};
use crate::ngrams::matrix::Local;
use crate::text::pieces::{Steps, PIECE};
use std::borrow::Cow;
use std::collections::HashMap;

/// Number of columns read between two checks for an interrupt.
const COLUMNS_TOGETHER: usize = 1 << 16;

/// Rows in order; columns are sorted within a row. They are owned, or borrowed, also from a mapped file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows<'a> {
    pub columns: Cow<'a, [u32]>,
    /// Weighted counts; `None` if all are 1.
    pub values: Option<Cow<'a, [f32]>>,
    /// End of each row.
    pub ends: Cow<'a, [usize]>,
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub columns: &'a [u32],
    pub values: Option<&'a [f32]>,
}

impl Rows<'_> {
    /// Return the rows of texts.
    pub fn of(
        features: &Features,
        vocabulary: &Vocabulary,
        texts: &[&str],
        local: Local,
        threads: usize,
    ) -> Rows<'static> {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = map_each(ranges, |range| {
            let mut part = Rows { values: (local != Local::Binary).then(Cow::default), ..Rows::default() };
            let mut builder = Builder::default();
            for text in &texts[range] {
                builder.push(features, vocabulary, text, local, &mut part);
            }
            part
        });
        let mut parts = parts.into_iter();
        let mut rows = parts.next().unwrap_or_default();
        parts.for_each(|part| rows.append(&part));
        rows
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Remove all rows, and set whether further rows have values.
    pub fn clear(&mut self, local: Local) {
        self.columns.to_mut().clear();
        self.ends.to_mut().clear();
        self.values.get_or_insert_default().to_mut().clear();
        if local == Local::Binary {
            self.values = None;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn row(&self, number: usize) -> Row<'_> {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        let range = start..self.ends[number];
        Row { columns: &self.columns[range.clone()], values: self.values.as_ref().map(|values| &values[range]) }
    }

    /// Return the first row with each of these columns, or -1.
    pub fn first_rows(&self, columns: &[u32]) -> Vec<i64> {
        let places: HashMap<u32, usize> = columns.iter().enumerate().map(|(place, &column)| (column, place)).collect();
        let mut found = vec![-1; columns.len()];
        for (row, number) in (0..self.len()).zip(0..) {
            check(8 * self.row(row).columns.len());
            for column in self.row(row).columns {
                if let Some(&place) = places.get(column) {
                    found[place] = if found[place] < 0 { number } else { found[place] };
                }
            }
        }
        found
    }

    /// Return the document frequency of each column.
    pub fn text_counts(&self, columns: usize) -> Vec<u32> {
        let mut counts = vec![0; columns];
        for some in self.columns.chunks(COLUMNS_TOGETHER) {
            check(some.len());
            some.iter().for_each(|&column| counts[column as usize] += 1);
        }
        counts
    }

    /// Return the least number of columns of a matrix with these rows.
    pub fn width(&self) -> usize {
        let largest = self.columns.chunks(COLUMNS_TOGETHER).filter_map(|some| {
            check(some.len());
            some.iter().max()
        });
        largest.max().map_or(0, |&column| column as usize + 1)
    }

    /// Return the same rows, borrowed.
    pub fn borrowed(&self) -> Rows<'_> {
        let values = self.values.as_ref().map(|values| Cow::Borrowed(&**values));
        Rows { columns: Cow::Borrowed(&self.columns), values, ends: Cow::Borrowed(&self.ends) }
    }

    /// Append rows.
    pub fn append(&mut self, other: &Rows<'_>) {
        let start = self.columns.len();
        self.columns.to_mut().extend_from_slice(&other.columns);
        if let (Some(values), Some(more)) = (&mut self.values, &other.values) {
            values.to_mut().extend_from_slice(more);
        }
        self.ends.to_mut().extend(other.ends.iter().map(|end| start + end));
    }
}

impl Row<'_> {
    /// Columns with their values.
    pub fn entries(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        let values = self.values;
        self.columns.iter().enumerate().map(move |(at, &column)| (column as usize, values.map_or(1.0, |v| v[at])))
    }

    /// Sparse dot product with per-column values; four partial sums per output, so that they overlap.
    #[inline(always)]
    pub fn sums<const K: usize>(&self, weights: impl Fn(usize) -> [f32; K]) -> [f32; K] {
        let mut sums = [[0.0f32; K]; 4];
        let mut add = |at: usize, column: u32, value: f32| {
            let weights = weights(column as usize);
            for k in 0..K {
                sums[at % 4][k] += value * weights[k];
            }
        };
        match self.values {
            None => self.columns.iter().enumerate().for_each(|(at, &column)| add(at, column, 1.0)),
            Some(values) => {
                self.columns.iter().zip(values).enumerate().for_each(|(at, (&column, &value))| add(at, column, value));
            }
        }
        std::array::from_fn(|k| (sums[0][k] + sums[1][k]) + (sums[2][k] + sums[3][k]))
    }

    /// As `sums`, with squared values.
    pub fn squared_sums<const K: usize>(&self, weights: impl Fn(usize) -> [f32; K]) -> [f32; K] {
        let Some(values) = self.values else { return self.sums(weights) };
        let mut sums = [0.0; K];
        for (&column, &value) in self.columns.iter().zip(values) {
            let weights = weights(column as usize);
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += value * value * weight);
        }
        sums
    }
}

/// Builder of rows.
#[derive(Default)]
pub struct Builder {
    scratch: Scratch,
    hashes: Vec<u64>,
    found: Vec<u32>,
    spare: Vec<u32>,
}

impl Builder {
    /// Add the row of a text.
    pub fn push(
        &mut self,
        features: &Features,
        vocabulary: &Vocabulary,
        text: &str,
        local: Local,
        rows: &mut Rows<'_>,
    ) {
        let found = &mut self.found;
        found.clear();
        let hashes = &mut self.hashes;
        hashes.clear();
        features.hashes(text, &mut self.scratch, |hash| hashes.push(hash));
        for some in hashes.chunks(PIECE) {
            check(16 * some.len());
            found.extend(some.iter().map(|&hash| vocabulary.column(hash)).filter(|&column| column != NONE));
        }
        check(16 * found.len());
        sort_row(found, &mut self.spare);
        let columns = rows.columns.to_mut();
        if let Some(values) = &mut rows.values {
            let values = values.to_mut();
            let mut steps = Steps::default();
            for (place, same) in found.chunk_by(|left, right| left == right).enumerate() {
                steps.at(place);
                columns.push(same[0]);
                values.push(local.value(same.len() as f64) as f32);
            }
        } else {
            found.dedup();
            columns.extend_from_slice(found);
        }
        rows.ends.to_mut().push(columns.len());
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::linear::counter::Counter;
    use crate::linear::features::tests::words_and_characters;
    use crate::linear::vocabulary::Limits;

    pub fn example(texts: &[&str], local: Local, threads: usize) -> (Vocabulary, Rows<'static>) {
        let (features, mut counter) = (words_and_characters(), Counter::default());
        counter.add(&features, texts, threads);
        let limits = Limits { least_texts: 1, most_texts: u32::MAX, most: usize::MAX };
        let (vocabulary, _) = Vocabulary::learned(&counter, limits, threads);
        let rows = Rows::of(&features, &vocabulary, texts, local, threads);
        (vocabulary, rows)
    }

    #[test]
    fn rows_hold_every_ngram_once_with_its_count_at_any_number_of_threads() {
        let texts = ["so so good", "", "bad so", "so so so"];
        let (vocabulary, rows) = example(&texts, Local::Count, 1);
        assert_eq!(rows.len(), 4);
        assert!(rows.row(1).columns.is_empty());
        let so = vocabulary.column(words_and_characters().places("so")[0].hash);
        assert_eq!(rows.row(3).entries().find(|&(column, _)| column == so as usize), Some((so as usize, 3.0)));
        for threads in 2..5 {
            assert_eq!(example(&texts, Local::Count, threads).1, rows);
        }
        let (_, binary) = example(&texts, Local::Binary, 2);
        assert_eq!((binary.columns, binary.values), (rows.columns, None));
    }
}
