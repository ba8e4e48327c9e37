//! A linear model: one weight per column and output, and scores of rows.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::linear::features::Features;
use crate::linear::rows::{Builder, Row, Rows};
use crate::linear::vocabulary::Vocabulary;
use crate::ngrams::matrix::Local;
use std::ops::Deref;

/// Weights and biases.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights<Numbers = Vec<f32>> {
    /// (columns, outputs).
    pub table: Numbers,
    /// (outputs,).
    pub bias: Numbers,
}

/// Scaling of a row: each value times its column's factor, then the row to unit length.
#[derive(Clone, Copy, Debug)]
pub struct Scaling<'a> {
    pub local: Local,
    /// (columns,); `None` if all are 1.
    pub factors: Option<&'a [f32]>,
}

impl Scaling<'_> {
    /// Factor that scales a row to unit length; 0 for an empty row.
    pub fn length(&self, row: Row<'_>) -> f32 {
        let squares: f64 = match (self.factors, row.values) {
            (None, None) => row.columns.len() as f64,
            _ => row.entries().map(|(column, value)| f64::from(value * self.factor(column)).powi(2)).sum(),
        };
        if squares > 0.0 {
            (1.0 / squares.sqrt()) as f32
        } else {
            0.0
        }
    }

    /// Factor of each row, as of `length`.
    pub fn lengths(&self, rows: &Rows<'_>) -> Vec<f32> {
        let length = |row| {
            check(rows.row(row).columns.len());
            self.length(rows.row(row))
        };
        (0..rows.len()).map(length).collect()
    }

    /// Sum of squares of each column over rows of unit length.
    pub fn squares(&self, rows: &Rows<'_>, columns: usize) -> Vec<f32> {
        let mut sums = vec![0.0f32; columns];
        for number in 0..rows.len() {
            let row = rows.row(number);
            check(4 * row.columns.len());
            let length = self.length(row);
            for (column, value) in row.entries() {
                sums[column] += (length * value * self.factor(column)).powi(2);
            }
        }
        sums
    }

    fn factor(&self, column: usize) -> f32 {
        self.factors.map_or(1.0, |factors| factors[column])
    }
}

impl Weights {
    /// Join the weights of some outputs: (columns, outputs of the part) and their biases.
    pub fn side_by_side(mut parts: Vec<(Vec<f32>, Vec<f32>)>) -> Self {
        let bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        if let [(weights, _)] = parts.as_mut_slice() {
            return Self { table: std::mem::take(weights), bias };
        }
        let columns = parts.first().map_or(0, |(weights, bias)| weights.len() / bias.len());
        let mut table = Vec::with_capacity(columns * bias.len());
        for column in 0..columns {
            check(4 * parts.len());
            for (weights, bias) in &parts {
                table.extend_from_slice(&weights[column * bias.len()..(column + 1) * bias.len()]);
            }
        }
        Self { table, bias }
    }
}

impl<Numbers: Deref<Target = [f32]> + Sync> Weights<Numbers> {
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Write the scores of a row into `target`, (outputs,). The table includes the columns' factors.
    pub fn score(&self, row: Row<'_>, length: f32, target: &mut [f32]) {
        let outputs = self.outputs();
        check(row.columns.len() * outputs);
        if outputs == 1 {
            target[0] = self.bias[0] + length * row.sums(|column| [self.table[column]])[0];
            return;
        }
        target.fill(0.0);
        for (column, value) in row.entries() {
            let weights = &self.table[column * outputs..(column + 1) * outputs];
            for (sum, &weight) in target.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
        for (sum, &bias) in target.iter_mut().zip(self.bias.iter()) {
            *sum = bias + length * *sum;
        }
    }

    /// Scores float32 (texts, outputs).
    pub fn scores(
        &self,
        features: &Features,
        vocabulary: &Vocabulary,
        texts: &[&str],
        scaling: Scaling<'_>,
        threads: usize,
    ) -> Vec<f32> {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = map_each(ranges, |range| {
            let mut scores = vec![0.0; range.len() * self.outputs()];
            let mut builder = Builder::default();
            let mut rows = Rows::default();
            for (text, target) in texts[range].iter().zip(scores.chunks_exact_mut(self.outputs())) {
                rows.clear(scaling.local);
                builder.push(features, vocabulary, text, scaling.local, &mut rows);
                let row = rows.row(0);
                self.score(row, scaling.length(row), target);
            }
            scores
        });
        parts.concat()
    }
}
