//! Sequences of steps, and operations on them other than products.

use super::products::Matrix;
use pulp::Simd;
use std::ops::Range;

/// Number of steps convolved together.
const TOGETHER: usize = 512;

/// Sequences float32 (sequences, steps, channels), concatenated; features are sequences of one step.
pub struct Sequence {
    pub values: Vec<f32>,
    pub steps: usize,
    pub channels: usize,
    /// Mask of real steps, (sequences, steps).
    pub real: Vec<bool>,
    /// Row of the table for each step, (sequences, steps); empty without a table.
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

    /// Range from the first real step to the last.
    fn span(&self, sequence: usize) -> Range<usize> {
        let real = &self.real[sequence * self.steps..(sequence + 1) * self.steps];
        let first = real.iter().position(|&real| real).unwrap_or(0);
        first..real.iter().rposition(|&real| real).map_or(0, |last| last + 1)
    }

    /// Convolve windows of `width` steps, with zeros for padding and beyond the ends, and apply a relu.
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

    /// Mean or maximum pooling of each channel over the real steps; zeros if there are none.
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
                    // NaN stays NaN.
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

    /// Maximum pooling of pairs of steps; zeros if both are padding.
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

    /// Concatenate every `stride` steps into one, with zeros for padding.
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

    /// Concatenate the channels of several values in the given order; all have the same steps.
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

    /// Concatenate all steps of each sequence into one row.
    pub fn flattened(mut self) -> Self {
        self.channels *= self.steps;
        self.real = vec![true; self.count()];
        self.steps = 1;
        self.ids.clear();
        self
    }
}
