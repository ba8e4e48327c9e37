//! Training: stochastic gradient descent on batches of texts, with the same result at any number of threads.
//!
//! The rows of a batch's features are read before any of them is changed, so threads can share the work; the outputs
//! are updated text by text, as in fastText. A row changes little with one text (the gradient is divided by the number
//! of the text's features), so a batch learns nearly as much as its texts one after the other.

use crate::fasttext::dictionary::Dictionary;
use crate::fasttext::documents::Documents;
use crate::fasttext::head::{Example, Head, Loss};
use crate::fasttext::lanes::{flat, lanes_of, width_of, Lane};
use crate::fasttext::partitions::{fill_randomly, locked, Partition, Partitions};
use crate::foundation::interrupts::check;
use crate::foundation::lockstep;
use crate::foundation::parallel::bounded_ranges;
use pulp::NullaryFnOnce;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// Texts of a batch: few, because the rows of a batch are those before it.
const BATCH: usize = 4;
/// Number of partitions of the rows, which bounds the number of threads, for short and for long rows.
const PARTITIONS: [usize; 2] = [8, 16];
/// Number of groups of a long row.
const WIDE: usize = 8;
/// Groups added per batch for which threads are worth their meetings.
const SHARED_WORK: usize = if cfg!(test) { 0 } else { 1_000 };
/// No row.
const NONE: u32 = u32::MAX;
/// Features prepared together: 4 bytes each.
const MOST_FEATURES: usize = if cfg!(test) { 64 } else { 1 << 28 };

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub dimension: usize,
    pub labels: usize,
    pub loss: Loss,
    pub seed: u64,
    pub threads: usize,
}

/// The learning rate at the beginning and at the end of a pass; linear in between.
pub type Rates = [f32; 2];

/// Rows and outputs in training.
pub struct Trainer {
    dictionary: Arc<Dictionary>,
    settings: Settings,
    partitions: Partitions,
    head: RwLock<Head>,
    /// The row of every bucket, or `NONE`.
    bucket_rows: Vec<u32>,
    /// The buckets that have rows, in the order of their rows.
    buckets: Vec<u32>,
    /// The rows of every word, its own first, and their ends.
    word_rows: Vec<u32>,
    word_ends: Vec<usize>,
}

/// A trained model.
pub struct Trained {
    /// (rows, dimension): those of words, then those of buckets, which ascend.
    pub rows: Vec<f32>,
    pub buckets: Vec<u32>,
    /// (labels, dimension).
    pub output: Vec<f32>,
}

/// What training starts from: rows of words (words, dimension), buckets with rows (buckets, dimension), and outputs.
#[derive(Clone, Copy, Default)]
pub struct Start<'a> {
    pub rows: &'a [f32],
    pub buckets: &'a [u32],
    pub output: &'a [f32],
    /// Number of rows of words in `rows`; other words start at random.
    pub words: usize,
}

impl Trainer {
    pub fn new(dictionary: Arc<Dictionary>, settings: Settings, start: Start) -> Self {
        let width = width_of(settings.dimension);
        let mut trainer = Self {
            bucket_rows: vec![NONE; dictionary.features.buckets as usize],
            dictionary,
            settings,
            partitions: Partitions::new(if width < WIDE { PARTITIONS[0] } else { PARTITIONS[1] }, width),
            head: RwLock::new(Head::new(settings.loss, settings.labels, width, settings.dimension, start.output)),
            buckets: Vec::new(),
            word_rows: Vec::new(),
            word_ends: Vec::new(),
        };
        start.buckets.iter().for_each(|&bucket| trainer.add_bucket(bucket));
        trainer.list_word_rows();
        trainer.grow(start);
        trainer
    }

    fn add_bucket(&mut self, bucket: u32) {
        let row = &mut self.bucket_rows[bucket as usize];
        if *row == NONE {
            *row = self.dictionary.words() + self.buckets.len() as u32;
            self.buckets.push(bucket);
        }
    }

    fn list_word_rows(&mut self) {
        let dictionary = Arc::clone(&self.dictionary);
        for word in 0..dictionary.words() {
            check(256);
            self.word_rows.push(word);
            let mut buckets = Vec::new();
            dictionary.for_each_part(dictionary.entry(word), |bucket, _, _| buckets.push(bucket));
            for bucket in buckets {
                self.add_bucket(bucket);
                self.word_rows.push(self.bucket_rows[bucket as usize]);
            }
            self.word_ends.push(self.word_rows.len());
        }
    }

    /// Add rows for new buckets: given ones, or random ones.
    fn grow(&mut self, start: Start) {
        let Settings { dimension, seed, threads, .. } = self.settings;
        let words = self.dictionary.words() as usize;
        let buckets = &self.buckets;
        let given = |row: usize| match row {
            row if row < start.words => Some(row),
            row if row >= words && row - words < start.buckets.len() => Some(row - words + start.words),
            _ => None,
        };
        self.partitions.grow(words + buckets.len(), threads, |row, target| match given(row) {
            Some(place) => {
                let values = &start.rows[place * dimension..(place + 1) * dimension];
                target.iter_mut().zip(lanes_of(values)).for_each(|(target, lane)| *target = lane);
            }
            None => {
                let key = if row < words { row as u64 } else { 1 << 32 | u64::from(buckets[row - words]) };
                fill_randomly(target, dimension, seed, key);
            }
        });
    }

    /// Pass over texts in an order; return the mean loss. `again`: the previous call had the same texts and order.
    pub fn train(&mut self, documents: &Documents, order: &[u32], rates: Rates, again: bool) -> f64 {
        if !again {
            self.add_buckets(documents, order);
        }
        let chunks = self.chunks(documents, order);
        let mut done = 0;
        for chunk in &chunks {
            let chosen = &order[chunk.clone()];
            if chunks.len() > 1 || !again {
                self.prepare(documents, chosen);
            }
            let rate = |text: usize| {
                let share = (done + text) as f32 / order.len() as f32;
                rates[0] + (rates[1] - rates[0]) * share
            };
            self.descend(documents, chosen, rate);
            done += chosen.len();
        }
        self.head.get_mut().unwrap_or_else(PoisonError::into_inner).mean_loss()
    }

    /// Add rows for the buckets of texts, in the order of their first appearance.
    fn add_buckets(&mut self, documents: &Documents, order: &[u32]) {
        for &text in order {
            check(documents.symbols_of(text as usize).len());
            for at in 0..documents.symbols_of(text as usize).len() {
                let symbol = documents.symbols_of(text as usize)[at];
                if symbol >= self.dictionary.words() {
                    self.add_bucket(symbol - self.dictionary.words());
                }
            }
        }
        self.grow(Start::default());
    }

    /// Runs of texts with a bounded number of features.
    fn chunks(&self, documents: &Documents, order: &[u32]) -> Vec<Range<usize>> {
        let features = order.iter().map(|&text| {
            let symbols = documents.symbols_of(text as usize).iter();
            symbols.map(|&symbol| self.rows_of(symbol).len()).sum::<usize>()
        });
        bounded_ranges(features, MOST_FEATURES)
    }

    fn prepare(&mut self, documents: &Documents, chosen: &[u32]) {
        let mut partitions = std::mem::replace(&mut self.partitions, Partitions::new(0, 0));
        partitions.prepare(documents, chosen, self.settings.threads, |symbol| self.rows_of(symbol));
        self.partitions = partitions;
    }

    #[inline(always)]
    fn rows_of(&self, symbol: u32) -> &[u32] {
        let words = self.dictionary.words();
        if symbol < words {
            let start = if symbol == 0 { 0 } else { self.word_ends[symbol as usize - 1] };
            &self.word_rows[start..self.word_ends[symbol as usize]]
        } else {
            let bucket = (symbol - words) as usize;
            &self.bucket_rows[bucket..=bucket]
        }
    }

    fn descend(&self, documents: &Documents, chosen: &[u32], rate: impl Fn(usize) -> f32 + Sync) {
        let width = self.partitions.width;
        let starts = (0..chosen.len()).step_by(BATCH);
        let batches: Vec<Range<usize>> = starts.map(|start| start..chosen.len().min(start + BATCH)).collect();
        let features: usize = self.partitions.all.iter().map(|part| locked(part).features()).sum();
        let threads = if features * width < SHARED_WORK * batches.len() { 1 } else { self.settings.threads };
        let task = |step: usize, number: usize| {
            let mut partition = locked(&self.partitions.all[number]);
            let head = self.head.read().unwrap_or_else(PoisonError::into_inner);
            let before = step.checked_sub(1).map(|before| batches[before].clone());
            let next = batches.get(step).cloned();
            let partition = &mut *partition;
            pulp::Arch::new().dispatch(Step { partition, before, next, width, gradients: &head.gradients });
        };
        let between = |step: usize| {
            if let Some(batch) = batches.get(step) {
                let rate = &rate;
                pulp::Arch::new().dispatch(Learning { trainer: self, documents, chosen, batch: batch.clone(), rate });
            }
        };
        lockstep::run(batches.len() + 1, self.partitions.all.len(), threads, task, between);
    }

    /// Learn the outputs of a batch, whose rows were added up by the partitions, and compute its gradients.
    #[inline(always)]
    fn learn(&self, documents: &Documents, chosen: &[u32], batch: Range<usize>, rate: &impl Fn(usize) -> f32) {
        let width = self.partitions.width;
        let parts: Vec<_> = self.partitions.all.iter().map(locked).collect();
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        head.gradients.clear();
        for text in batch.clone() {
            let (place, document) = ((text - batch.start) * width, chosen[text] as usize);
            head.sum(parts.iter().map(|part| &part.sums[place..place + width]));
            let example = Example {
                labels: documents.labels_of(document),
                weight: documents.weights[document],
                features: parts.iter().map(|part| part.features_of(text).len()).sum(),
            };
            head.learn(&example, rate(text));
        }
    }

    /// Copy what was learned.
    pub fn trained(&mut self) -> Trained {
        let dimension = self.settings.dimension;
        let head = self.head.get_mut().unwrap_or_else(PoisonError::into_inner);
        let words = self.dictionary.words() as usize;
        let mut buckets: Vec<(u32, usize)> = self.buckets.iter().copied().zip(words..).collect();
        buckets.sort_unstable();
        let order = (0..words).chain(buckets.iter().map(|&(_, row)| row));
        Trained {
            rows: self.partitions.copied(order, dimension),
            buckets: buckets.into_iter().map(|(bucket, _)| bucket).collect(),
            output: flat(&head.output, dimension),
        }
    }
}

/// A step of a partition: add the gradients of a batch, then sum the rows of the next one. Compiled for the processor.
struct Step<'a> {
    partition: &'a mut Partition,
    before: Option<Range<usize>>,
    next: Option<Range<usize>>,
    width: usize,
    gradients: &'a [Lane],
}

impl NullaryFnOnce for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        if let Some(before) = self.before {
            self.partition.scatter(before, self.width, self.gradients);
        }
        if let Some(next) = self.next {
            self.partition.gather(next, self.width);
        }
    }
}

/// The outputs of a batch. Compiled for the processor.
struct Learning<'a, Rate> {
    trainer: &'a Trainer,
    documents: &'a Documents,
    chosen: &'a [u32],
    batch: Range<usize>,
    rate: &'a Rate,
}

impl<Rate: Fn(usize) -> f32> NullaryFnOnce for Learning<'_, Rate> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.trainer.learn(self.documents, self.chosen, self.batch, self.rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fasttext::dictionary::tests::dictionary;
    use crate::fasttext::dictionary::Features;
    use crate::fasttext::documents::Targets;

    fn settings(threads: usize) -> Settings {
        Settings { dimension: 5, labels: 2, loss: Loss::Softmax, seed: 3, threads }
    }

    fn trained(threads: usize) -> (Trained, Vec<f64>) {
        let features = Features { shortest: 2, longest: 3, words: 2, buckets: 60 };
        let dictionary = dictionary(&["</s>", "good", "bad", "film"], &["__label__a", "__label__b"], features);
        let texts = ["good film", "bad film", "a good one", "so bad", "film", ""];
        let mut documents = Documents::default();
        let targets = Targets {
            labels: &[0, 1, 0, 1, 1, 0],
            ends: &[1, 2, 3, 4, 5, 6],
            weights: &[1.0, 2.0, 1.0, 1.0, 1.0, 1.0],
        };
        documents.add(&dictionary, &texts, targets, threads);
        let mut trainer = Trainer::new(Arc::new(dictionary), settings(threads), Start::default());
        let rate = |pass: usize| 0.5 * (1.0 - pass as f32 / 20.0);
        let train = |pass| trainer.train(&documents, &[3, 1, 4, 0, 5, 2], [rate(pass), rate(pass + 1)], pass > 0);
        let losses = (0..20).map(train).collect();
        (trainer.trained(), losses)
    }

    #[test]
    fn training_lowers_the_loss_and_gives_the_same_bits_at_any_number_of_threads() {
        let (expected, losses) = trained(1);
        assert!(losses[19] < 0.8 * losses[0], "{losses:?}");
        assert_eq!(expected.rows.len() % 5, 0);
        for threads in [2, 3, 5] {
            let (found, again) = trained(threads);
            assert_eq!((&found.rows, &found.output), (&expected.rows, &expected.output));
            assert_eq!((found.buckets, again), (expected.buckets.clone(), losses.clone()));
        }
    }

    #[test]
    fn training_goes_on_from_what_was_learned() {
        let (before, _) = trained(1);
        let features = Features { shortest: 2, longest: 3, words: 2, buckets: 60 };
        let dictionary = dictionary(&["</s>", "good", "bad", "film", "new"], &["a", "b", "c"], features);
        let start = Start { rows: &before.rows, buckets: &before.buckets, output: &before.output, words: 4 };
        let settings = Settings { labels: 3, ..settings(1) };
        let after = Trainer::new(Arc::new(dictionary), settings, start).trained();
        assert_eq!(after.rows[..20], before.rows[..20]);
        assert!(after.buckets.is_sorted());
        for (place, bucket) in before.buckets.iter().enumerate() {
            let found = after.buckets.binary_search(bucket).expect("a bucket keeps its row");
            let rows = [(&before.rows, 20 + 5 * place), (&after.rows, 25 + 5 * found)];
            let [left, right] = rows.map(|(rows, start)| &rows[start..start + 5]);
            assert_eq!(left, right);
        }
        assert_eq!(after.output[..10], before.output);
        assert!(after.output[10..].iter().all(|&value| value == 0.0));
        assert!(after.rows[20..25].iter().any(|&value| value != 0.0));
    }
}
