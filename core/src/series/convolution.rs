//! Convolutions of one series with the kernels of a plan.
//!
//! With three weights of 2 and six of -1, a convolution is -1 times the sum of nine shifted copies, plus 3 times the
//! sum of three of them: the first sum is computed once per dilation, and the sum of two raised copies once per pair.

use super::plan::{Combination, TAPS};
use std::ops::Range;

const HALF: usize = TAPS / 2;

/// One series in channel-major order, padded with zeros on both sides for the reach of the kernels.
pub struct Channels {
    pub length: usize,
    margin: usize,
    /// The values (channels, margin + length + margin), and three times the values.
    plain: Vec<f32>,
    tripled: Vec<f32>,
    width: usize,
}

impl Channels {
    /// Transpose a series (length, channels); no dilation is above `widest`.
    ///
    /// A series with fewer steps than `least` is padded with zeros. Copies shifted by at least the whole length are all
    /// zeros, so a margin of the length is sufficient.
    pub fn new(series: &[f32], channels: usize, widest: usize, least: usize) -> Self {
        let length = (series.len() / channels).max(least);
        let margin = HALF * widest.min(length);
        let width = length + 2 * margin;
        let mut plain = vec![0.0; channels * width];
        for (channel, row) in plain.chunks_exact_mut(width.max(1)).enumerate() {
            let values = series[channel..].iter().step_by(channels);
            row[margin..].iter_mut().zip(values).for_each(|(target, &value)| *target = value);
        }
        let tripled = plain.iter().map(|value| 3.0 * value).collect();
        Self { length, margin, plain, tripled, width }
    }

    /// Offset of a channel shifted by a position of the kernel.
    #[inline(always)]
    fn shifted(&self, channel: usize, dilation: usize, place: usize) -> Range<usize> {
        let start = channel * self.width + self.margin + place * dilation - HALF * dilation;
        start..start + self.length
    }

    /// Three times a shifted channel.
    #[inline(always)]
    fn raised(&self, channel: usize, dilation: usize, place: usize) -> &[f32] {
        &self.tripled[self.shifted(channel, dilation, place)]
    }
}

/// A convolution at some steps, evenly spread over a long series (length, channels).
pub fn at_some_steps(series: &[f32], channels: usize, combination: &Combination, steps: usize) -> Vec<f32> {
    let length = series.len() / channels;
    // A shift by at least the whole length leaves no step.
    let reach = combination.dilation.min(length);
    let at = |number: usize| (number * 2 + 1) * length / (2 * steps);
    let value = |step: usize| {
        let mut sum = 0.0f32;
        for place in 0..TAPS {
            let reached = (step + place * reach).wrapping_sub(HALF * reach);
            if reached < length {
                let weight = if combination.raised.contains(&place) { 2.0 } else { -1.0 };
                let row = &series[reached * channels..(reached + 1) * channels];
                sum += weight * combination.channels.iter().map(|&channel| row[channel]).sum::<f32>();
            }
        }
        sum
    };
    (0..steps).map(|number| value(at(number))).collect()
}

/// Convolutions with the kernels of one dilation, one after the other.
pub struct Convolver<'a> {
    channels: &'a Channels,
    dilation: usize,
    /// For each channel -1 times the sum of all shifted copies; empty if not computed yet.
    lowered: Vec<Vec<f32>>,
    /// The pair of raised positions, and its sum with the lowered copies; for a single channel.
    pair: Option<(usize, usize)>,
    paired: Vec<f32>,
}

impl<'a> Convolver<'a> {
    pub fn new(channels: &'a Channels, number: usize, dilation: usize) -> Self {
        let paired = vec![0.0; channels.length];
        let dilation = dilation.min(channels.length);
        Self { channels, dilation, lowered: vec![Vec::new(); number], pair: None, paired }
    }

    /// Write the convolution (length,) of a combination of this dilation.
    #[inline(always)]
    pub fn convolve(&mut self, combination: &Combination, target: &mut [f32]) {
        let [first, second, third] = combination.raised;
        if let [channel] = combination.channels[..] {
            if self.lowered.len() > 1 || self.pair != Some((first, second)) {
                self.lower(channel);
                let copies = [first, second].map(|place| self.channels.raised(channel, self.dilation, place));
                add_both(&mut self.paired, &self.lowered[channel], copies);
                self.pair = Some((first, second));
            }
            let last = self.channels.raised(channel, self.dilation, third);
            let sums = self.paired.iter().zip(last);
            target.iter_mut().zip(sums).for_each(|(target, (sum, value))| *target = sum + value);
            return;
        }
        target.fill(0.0);
        for &channel in &combination.channels {
            self.lower(channel);
            let copies = combination.raised.map(|place| self.channels.raised(channel, self.dilation, place));
            add_all(target, &self.lowered[channel], copies);
        }
    }

    #[inline(always)]
    fn lower(&mut self, channel: usize) {
        if !self.lowered[channel].is_empty() {
            return;
        }
        let mut sum = vec![0.0f32; self.channels.length];
        for place in 0..TAPS {
            let copy = &self.channels.plain[self.channels.shifted(channel, self.dilation, place)];
            sum.iter_mut().zip(copy).for_each(|(sum, value)| *sum -= value);
        }
        self.lowered[channel] = sum;
    }
}

#[inline(always)]
fn add_both(target: &mut [f32], lowered: &[f32], [first, second]: [&[f32]; 2]) {
    let values = lowered.iter().zip(first.iter().zip(second));
    target.iter_mut().zip(values).for_each(|(target, (sum, (one, two)))| *target = sum + one + two);
}

#[inline(always)]
fn add_all(target: &mut [f32], lowered: &[f32], [first, second, third]: [&[f32]; 3]) {
    let values = lowered.iter().zip(first.iter().zip(second.iter().zip(third)));
    target.iter_mut().zip(values).for_each(|(target, (sum, (one, (two, three))))| *target += sum + one + two + three);
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::series::plan::combinations;

    /// The convolution by its definition: weights of 2 and -1, zeros beyond the ends.
    pub fn by_definition(series: &[f32], channels: usize, one: &Combination) -> Vec<f32> {
        let length = series.len() / channels;
        let value = |step: i64, channel: usize| match usize::try_from(step) {
            Ok(step) if step < length => series[step * channels + channel],
            _ => 0.0,
        };
        let weight = |place: usize| if one.raised.contains(&place) { 2.0 } else { -1.0 };
        (0..length as i64)
            .map(|step| {
                let places = (0..TAPS).flat_map(|place| one.channels.iter().map(move |&channel| (place, channel)));
                let shift = |place: usize| (place as i64 - HALF as i64) * one.dilation as i64;
                places.map(|(place, channel)| weight(place) * value(step + shift(place), channel)).sum()
            })
            .collect()
    }

    #[test]
    fn convolutions_are_those_of_the_definition() {
        for (length, channels) in [(1, 1), (5, 1), (9, 2), (40, 1), (33, 4)] {
            let series: Vec<f32> = (0..length * channels).map(|at| ((at * 7919) % 31) as f32 - 15.0).collect();
            let plan = combinations(length, 840, channels, 1);
            let widest = plan.iter().map(|one| one.dilation).max().unwrap_or(1);
            let apart = Channels::new(&series, channels, widest, 0);
            for group in plan.chunk_by(|one, other| one.dilation == other.dilation) {
                let mut convolver = Convolver::new(&apart, channels, group[0].dilation);
                for one in group {
                    let mut found = vec![f32::NAN; length];
                    convolver.convolve(one, &mut found);
                    let expected = by_definition(&series, channels, one);
                    assert_eq!(at_some_steps(&series, channels, one, length), expected);
                    assert!(found.iter().zip(&expected).all(|(one, other)| (one - other).abs() < 1e-3), "{one:?}");
                }
            }
        }
    }
}
