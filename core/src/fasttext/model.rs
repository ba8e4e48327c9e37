//! Predictions of a classifier.

use crate::fasttext::dictionary::{Dictionary, Scratch, Span};
use crate::fasttext::outputs::{Outputs, Transposed};
use crate::fasttext::tables::Table;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use pulp::NullaryFnOnce;
use std::ops::Range;

/// A classifier; its matrices are borrowed.
pub struct Model<'a> {
    pub dictionary: &'a Dictionary,
    pub outputs: &'a Outputs,
    pub input: Table<'a>,
    /// (labels, dimension); for a tree a row per node.
    pub output: &'a Transposed,
}

/// What is predicted for texts.
#[derive(Default)]
pub struct Predictions {
    /// (texts, labels).
    pub outputs: Vec<f32>,
    /// (texts,): 1 if the model knows a word of the text, or a character n-gram.
    pub known: Vec<u8>,
}

/// The prediction of some texts, compiled for the processor.
struct Prediction<'a> {
    model: &'a Model<'a>,
    texts: &'a [&'a str],
}

impl NullaryFnOnce for Prediction<'_> {
    type Output = Predictions;

    #[inline(always)]
    fn call(self) -> Predictions {
        self.model.predict_some(self.texts)
    }
}

impl Model<'_> {
    /// Predict texts; the result does not depend on the number of threads.
    pub fn predict(&self, texts: &[&str], threads: usize) -> Predictions {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let mut found = Predictions::default();
        let work = |range: Range<usize>| pulp::Arch::new().dispatch(Prediction { model: self, texts: &texts[range] });
        for part in map_each(ranges, work) {
            found.outputs.extend(part.outputs);
            found.known.extend(part.known);
        }
        found
    }

    #[inline(always)]
    fn predict_some(&self, texts: &[&str]) -> Predictions {
        let (mut scratch, mut mean) = (Scratch::default(), vec![0.0; self.input.columns()]);
        let mut rows = Vec::new();
        let mut found = Predictions::default();
        for text in texts {
            check(4 * text.len() + 64);
            let known = self.mean(text, &mut scratch, &mut rows, &mut mean);
            found.known.push(u8::from(known));
            found.outputs.extend(self.outputs.of(&mean, self.output));
        }
        found
    }

    /// Compute the mean of a text's rows; return whether a word, or a part of one, is known.
    #[inline(always)]
    fn mean(&self, text: &str, scratch: &mut Scratch, rows: &mut Vec<u32>, mean: &mut [f32]) -> bool {
        let of_words = self.dictionary.symbols(text.as_bytes(), scratch, rows);
        let all = rows.len();
        let known = self.dictionary.knows(&rows[..of_words]);
        self.dictionary.keep_rows(rows);
        mean.fill(0.0);
        self.input.add_all(rows, mean);
        let count = if self.dictionary.counts_zeros() { all } else { rows.len() };
        if count > 0 {
            let share = 1.0 / count as f32;
            mean.iter_mut().for_each(|value| *value *= share);
        }
        known
    }

    /// Return the features of a text with their rows, and the number of features that count in the mean.
    pub fn features(&self, text: &str) -> (Vec<(u32, Span)>, usize) {
        let (mut found, mut zeros) = (Vec::new(), 0);
        self.dictionary.for_each(text.as_bytes(), &mut Scratch::default(), |feature, span| {
            match self.dictionary.row(feature) {
                Some(row) => found.push((row, span)),
                None => zeros += 1,
            }
        });
        let count = found.len() + if self.dictionary.counts_zeros() { zeros } else { 0 };
        (found, count)
    }

    /// The products (rows, labels) of rows and the outputs, for models without a tree.
    pub fn contributions(&self, rows: &[u32]) -> Vec<f32> {
        let mut found = Vec::new();
        for &row in rows {
            let row = self.input.decoded(row as usize..row as usize + 1);
            found.extend(Outputs::Scores.of(&row, self.output));
        }
        found
    }

    /// Count the words of texts, and those that are not in the dictionary.
    pub fn unknown_words(&self, texts: &[&str]) -> (u64, u64) {
        let (mut words, mut unknown) = (0, 0);
        for text in texts {
            check(text.len());
            let (tokens, known) = self.dictionary.count_words(text.as_bytes());
            words += tokens;
            unknown += tokens - known;
        }
        (words, unknown)
    }
}
