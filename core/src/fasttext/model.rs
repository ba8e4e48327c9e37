//! Predictions of a classifier.

use crate::fasttext::dictionary::{Dictionary, Kind, Scratch, Span};
use crate::fasttext::outputs::{Outputs, Transposed};
use crate::fasttext::tables::Table;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};

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

impl Model<'_> {
    /// Predict texts; the result does not depend on the number of threads.
    pub fn predict(&self, texts: &[&str], threads: usize) -> Predictions {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let mut found = Predictions::default();
        for part in map_each(ranges, |range| pulp::Arch::new().dispatch(|| self.predict_some(&texts[range.clone()]))) {
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
        rows.clear();
        let (mut zeros, mut known) = (0, false);
        self.dictionary.for_each(text.as_bytes(), scratch, |feature, span| match self.dictionary.row(feature) {
            Some(row) => {
                known |= is_known(span);
                rows.push(row);
            }
            None => zeros += 1,
        });
        mean.fill(0.0);
        rows.iter().for_each(|&row| self.input.add(row as usize, mean));
        let count = rows.len() + if self.dictionary.counts_zeros() { zeros } else { 0 };
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

/// Whether a feature with a row is a word or a part of one; a bucket of a word n-gram may be another one's.
fn is_known(span: Span) -> bool {
    span.start < span.end && span.kind != Kind::Words
}
