//! What goes through a network: sequences of steps, and what is done with them but products.

use super::products::Matrix;
use pulp::Simd;
use std::ops::Range;

/// Steps that are convolved together.
const TOGETHER: usize = 512;

/// Sequences float32 (sequences, steps, channels), one after the other; features are sequences of one step.
pub struct Sequence {
    pub values: Vec<f32>,
    pub steps: usize,
    pub channels: usize,
    /// Which steps are there, (sequences, steps).
    pub real: Vec<bool>,
    /// Of which row of a table each step is, (sequences, steps); empty where there is no table.
    pub ids: Vec<i32>,
}

#[derive(Clone, Copy)]
pub enum Pooling {
    Mean,
    Max,
}

impl Sequence {
    pub fn zeros(steps: usize, channels: usize, real: Vec<bool>) -> Self {
        Self { values: vec![0.0; real.len() * channels], steps, channels, real, ids: Vec::new() }
    }

    pub fn features(values: Vec<f32>, channels: usize) -> Self {
        Self { real: vec![true; values.len() / channels], values, steps: 1, channels, ids: Vec::new() }
    }

    pub fn count(&self) -> usize {
        self.real.len().checked_div(self.steps).unwrap_or(0)
    }

    #[inline(always)]
    pub fn is_real(&self, sequence: usize, step: usize) -> bool {
        self.real[sequence * self.steps + step]
    }

    pub fn is_any_real(&self, sequence: usize, steps: Range<usize>) -> bool {
        let start = sequence * self.steps;
        self.real[start + steps.start..start + steps.end].contains(&true)
    }

    /// The values of one step.
    #[inline(always)]
    pub fn step(&self, sequence: usize, step: usize) -> &[f32] {
        let place = sequence * self.steps + step;
        &self.values[place * self.channels..(place + 1) * self.channels]
    }

    /// The steps from the first real one to the last.
    fn span(&self, sequence: usize) -> Range<usize> {
        let real = &self.real[sequence * self.steps..(sequence + 1) * self.steps];
        let first = real.iter().position(|&real| real).unwrap_or(0);
        first..real.iter().rposition(|&real| real).map_or(0, |last| last + 1)
    }

    /// Convolve windows of `width` steps, with zeros beyond the ends and where no step is, and make negative results 0.
    #[inline(always)]
    pub fn convolved<S: Simd>(&self, simd: S, width: usize, kernel: &Matrix) -> Self {
        let mut found = Self::zeros(self.steps, kernel.columns, self.real.clone());
        let left = (width - 1) / 2;
        let mut windows = Vec::new();
        for sequence in 0..self.count() {
            let span = self.span(sequence);
            for start in span.clone().step_by(TOGETHER) {
                let size = TOGETHER.min(span.end - start);
                windows.clear();
                windows.resize((size + width - 1) * self.channels, 0.0);
                for (place, target) in windows.chunks_exact_mut(self.channels).enumerate() {
                    let step = (start + place).wrapping_sub(left);
                    if step < self.steps && self.is_real(sequence, step) {
                        target.copy_from_slice(self.step(sequence, step));
                    }
                }
                let from = (sequence * self.steps + start) * kernel.columns;
                let target = &mut found.values[from..from + size * kernel.columns];
                let depth = kernel.rows;
                let row = |at: usize| &windows[at * self.channels..at * self.channels + depth];
                kernel.multiply(simd, row, true, target);
            }
        }
        found
    }

    /// The mean or the maximum of each channel over the real steps; zeros where there are none.
    #[inline(always)]
    pub fn pooled(&self, pooling: Pooling) -> Self {
        let mut values = vec![0.0f32; self.count() * self.channels];
        for (sequence, target) in values.chunks_exact_mut(self.channels).enumerate() {
            let mut count = 0;
            for step in self.span(sequence).filter(|&step| self.is_real(sequence, step)) {
                let values = target.iter_mut().zip(self.step(sequence, step));
                match pooling {
                    Pooling::Mean => values.for_each(|(sum, value)| *sum += value),
                    Pooling::Max if count == 0 => target.copy_from_slice(self.step(sequence, step)),
                    // What is not a number stays so.
                    Pooling::Max => values.for_each(|(largest, value)| {
                        *largest = if *value > *largest || value.is_nan() { *value } else { *largest };
                    }),
                }
                count += 1;
            }
            if matches!(pooling, Pooling::Mean) && count > 0 {
                target.iter_mut().for_each(|sum| *sum /= count as f32);
            }
        }
        Self::features(values, self.channels)
    }

    /// The larger of every two steps in a row; zeros where there is none.
    #[inline(always)]
    pub fn halved(&self) -> Self {
        let steps = self.steps.div_ceil(2);
        let pairs = self.real.chunks(self.steps).flat_map(|real| real.chunks(2).map(|pair| pair.contains(&true)));
        let mut found = Self::zeros(steps, self.channels, pairs.collect());
        for (place, target) in found.values.chunks_exact_mut(self.channels).enumerate() {
            let (sequence, first) = (place / steps, place % steps * 2);
            for step in first..self.steps.min(first + 2) {
                if self.is_real(sequence, step) {
                    let values = target.iter_mut().zip(self.step(sequence, step));
                    values.for_each(|(largest, value)| {
                        *largest = if *value > *largest || value.is_nan() { *value } else { *largest };
                    });
                }
            }
        }
        found
    }

    /// Every `stride` steps side by side as one, zeros where there is no step.
    pub fn joined(&self, stride: usize) -> Self {
        let steps = self.steps.div_ceil(stride);
        let groups = self.real.chunks(self.steps).flat_map(|real| real.chunks(stride).map(|part| part.contains(&true)));
        let mut found = Self::zeros(steps, self.channels * stride, groups.collect());
        let width = steps * stride * self.channels;
        for sequence in 0..self.count() {
            for step in self.span(sequence).filter(|&step| self.is_real(sequence, step)) {
                let start = sequence * width + step * self.channels;
                found.values[start..start + self.channels].copy_from_slice(self.step(sequence, step));
            }
        }
        found
    }

    /// The channels of several, side by side, in the order in which they are given; all have the same steps.
    pub fn side_by_side(parts: &[&Self]) -> Self {
        let channels = parts.iter().map(|part| part.channels).sum();
        let real = parts.first().map(|part| part.real.clone()).unwrap_or_default();
        let mut found = Self::zeros(parts.first().map_or(0, |part| part.steps), channels, real);
        let mut start = 0;
        for part in parts {
            let rows = found.values.chunks_exact_mut(channels).zip(part.values.chunks_exact(part.channels));
            rows.for_each(|(target, row)| target[start..start + part.channels].copy_from_slice(row));
            start += part.channels;
        }
        found
    }

    /// All steps of each sequence in one row.
    pub fn flattened(mut self) -> Self {
        self.channels *= self.steps;
        self.real = vec![true; self.count()];
        self.steps = 1;
        self.ids.clear();
        self
    }
}
