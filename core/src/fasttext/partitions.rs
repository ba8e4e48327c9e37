//! Rows of embeddings divided among partitions, each with the features of the training texts that are its own.

use crate::fasttext::documents::Documents;
use crate::fasttext::lanes::{add, Lane};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each, map_queued};
use crate::foundation::random::Random;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Texts prepared by one task.
const TEXTS_A_TASK: usize = if cfg!(test) { 2 } else { 256 };

/// A part of the rows, and the features in it. Row `r` of the model is row `r / partitions` of partition
/// `r % partitions`.
#[derive(Default)]
pub struct Partition {
    pub rows: Vec<Lane>,
    /// Rows of the features of all texts, and the end of each text.
    features: Vec<u32>,
    ends: Vec<usize>,
    /// Sums of the rows of the texts of a batch.
    pub sums: Vec<Lane>,
}

/// Features of consecutive texts, by partition, with the end of each text.
struct Part(Vec<(Vec<u32>, Vec<usize>)>);

pub struct Partitions {
    pub all: Vec<Mutex<Partition>>,
    /// Number of groups of a row.
    pub width: usize,
    pub rows: usize,
}

pub fn locked<Value>(mutex: &Mutex<Value>) -> MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Partitions {
    pub fn new(count: usize, width: usize) -> Self {
        let mut all = Vec::new();
        all.resize_with(count, Mutex::default);
        Self { all, width, rows: 0 }
    }

    /// Add rows up to a number. `fill` writes a row, given its number.
    pub fn grow(&mut self, rows: usize, threads: usize, fill: impl Fn(usize, &mut [Lane]) + Sync) {
        let (before, count, width) = (self.rows, self.all.len(), self.width);
        map_queued((0..count).collect(), threads, |number| {
            let own = &mut locked(&self.all[number]).rows;
            let size = (rows + count - 1 - number) / count;
            let first = own.len() / width;
            own.resize(size * width, Lane::default());
            for (local, row) in own.chunks_exact_mut(width).enumerate().skip(first) {
                check(16 * width);
                debug_assert!(local * count + number >= before);
                fill(local * count + number, row);
            }
        });
        self.rows = rows;
    }

    /// Distribute the features of texts; `rows_of` lists the rows of a symbol.
    pub fn prepare<'a>(
        &mut self,
        documents: &Documents,
        chosen: &[u32],
        threads: usize,
        rows_of: impl Fn(u32) -> &'a [u32] + Sync,
    ) {
        let count = self.all.len();
        let tasks: Vec<&[u32]> = chosen.chunks(TEXTS_A_TASK).collect();
        let parts = map_queued(tasks, threads, |texts| {
            let mut part = Part(vec![(Vec::new(), Vec::with_capacity(texts.len())); count]);
            for &text in texts {
                let symbols = documents.symbols_of(text as usize);
                check(4 * symbols.len() + 64);
                for row in symbols.iter().flat_map(|&symbol| rows_of(symbol)) {
                    part.0[*row as usize % count].0.push(*row / count as u32);
                }
                part.0.iter_mut().for_each(|(rows, ends)| ends.push(rows.len()));
            }
            part
        });
        map_each(even_ranges((0..count).map(|_| 1 << 16), threads), |range| {
            for number in range {
                let mut own = locked(&self.all[number]);
                own.features.clear();
                own.ends.clear();
                for (rows, ends) in parts.iter().map(|part| &part.0[number]) {
                    check(4 * rows.len());
                    let before = own.features.len();
                    own.features.extend(rows);
                    own.ends.extend(ends.iter().map(|end| before + end));
                }
            }
        });
    }

    /// Copy rows in an order, without the zeros at their ends.
    pub fn copied(&self, order: impl Iterator<Item = usize>, dimension: usize) -> Vec<f32> {
        let all: Vec<_> = self.all.iter().map(locked).collect();
        let mut values = Vec::with_capacity(self.rows * dimension);
        for row in order {
            check(dimension);
            let start = row / all.len() * self.width;
            let lanes = &all[row % all.len()].rows[start..start + self.width];
            values.extend(lanes.iter().flat_map(|lane| lane.0).take(dimension));
        }
        values
    }
}

impl Partition {
    /// Number of features of all texts.
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Rows of the features of a text.
    pub fn features_of(&self, text: usize) -> &[u32] {
        let start = if text == 0 { 0 } else { self.ends[text - 1] };
        &self.features[start..self.ends[text]]
    }

    /// Sum the rows of the features of some texts.
    #[inline(always)]
    pub fn gather(&mut self, texts: std::ops::Range<usize>, width: usize) {
        let mut sums = std::mem::take(&mut self.sums);
        sums.clear();
        sums.resize(texts.len() * width, Lane::default());
        for (text, sum) in texts.zip(sums.chunks_exact_mut(width)) {
            for &row in self.features_of(text) {
                let start = row as usize * width;
                add(sum, &self.rows[start..start + width]);
            }
        }
        self.sums = sums;
    }

    /// Add the gradient of each text to the rows of its features.
    #[inline(always)]
    pub fn scatter(&mut self, texts: std::ops::Range<usize>, width: usize, gradients: &[Lane]) {
        for (text, gradient) in texts.zip(gradients.chunks_exact(width)) {
            let start = if text == 0 { 0 } else { self.ends[text - 1] };
            for &row in &self.features[start..self.ends[text]] {
                let start = row as usize * width;
                add(&mut self.rows[start..start + width], gradient);
            }
        }
    }
}

/// Fill a row with random components from -1/dimension to 1/dimension, determined by the seed and a key.
pub fn fill_randomly(row: &mut [Lane], dimension: usize, seed: u64, key: u64) {
    let mut random = Random::new(seed, key);
    let scale = 2.0 / dimension as f32;
    for value in row.iter_mut().flat_map(|lane| &mut lane.0).take(dimension) {
        *value = random.centred() * scale;
    }
}
