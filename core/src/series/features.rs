//! Features of series: for each convolution and bias the share of steps at which the convolution is above the bias.

use super::convolution::{at_some_steps, Channels, Convolver};
use super::plan::{combinations, Combination, KERNELS, TAPS};
use crate::dense::jobs::Scores;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::for_each;
use crate::foundation::random::Random;
use pulp::{Simd, WithSimd};
use std::ops::Range;

const SAMPLES: u64 = 1 << 60;
/// Number of biases compared with a convolution at once.
const GROUP: usize = 8;
/// Number of steps of longer series from which the quantiles are computed.
const LONGEST: usize = 8192;
/// Number of series scored in one piece of work.
const TOGETHER: usize = 16;

/// Concatenated series, each float32 (time, channels).
#[derive(Clone, Copy)]
pub struct SeriesRows<'a> {
    pub values: &'a [f32],
    /// End of each, in steps.
    pub ends: &'a [usize],
    pub channels: usize,
}

impl<'a> SeriesRows<'a> {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn row(&self, number: usize) -> &'a [f32] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.values[start * self.channels..self.ends[number] * self.channels]
    }
}

/// A fitted transform.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolutions {
    pub channels: usize,
    /// Number of steps to which shorter series are padded with zeros; 0: no padding.
    pub least: usize,
    pub combinations: Vec<Combination>,
    /// float32 (features,), in the order of the combinations.
    pub biases: Vec<f32>,
}

/// Settings of the transform.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub least: usize,
    /// Typical number of steps of a training series, 1 or more.
    pub length: usize,
    /// A multiple of 84, above 0.
    pub features: usize,
    pub seed: u64,
}

impl Convolutions {
    /// Fit the biases: for each combination, quantiles of the convolution of one training series.
    pub fn learn(series: SeriesRows<'_>, settings: Settings, threads: usize) -> Self {
        let plan = combinations(settings.length, settings.features, series.channels, settings.seed);
        let mut biases = vec![0.0f32; plan.iter().map(|one| one.biases).sum()];
        let mut work = Vec::new();
        let (mut rest, mut first, mut start) = (&mut biases[..], 0, 0);
        for group in plan.chunk_by(|one, other| one.dilation == other.dilation) {
            let (part, others) = rest.split_at_mut(group.len() * group[0].biases);
            rest = others;
            work.push((group, part, start, first));
            start += group.len() * group[0].biases;
            first += group.len();
        }
        for_each(work, threads, |(group, part, start, first)| {
            pulp::Arch::new().dispatch(Learning { series, settings, group, part, start, first });
        });
        Self { channels: series.channels, least: settings.least, combinations: plan, biases }
    }

    /// Restore the combinations of a saved transform; `None` if they are inconsistent.
    ///
    /// `dilations` and `counts`, the features of a kernel at each, are those of the dilations; `channel_counts` and
    /// `chosen`, the concatenated channels, are those of the combinations.
    pub fn restored(
        channels: usize,
        least: usize,
        dilations: &[usize],
        counts: &[usize],
        channel_counts: &[usize],
        chosen: &[usize],
        biases: Vec<f32>,
    ) -> Option<Self> {
        let kernels = super::plan::kernels();
        let is_rising = dilations.windows(2).all(|pair| pair[0] < pair[1]) && dilations.first() == Some(&1);
        let fits = counts.len() == dilations.len()
            && channel_counts.len() == dilations.len() * KERNELS
            && channel_counts.iter().all(|&count| count > 0)
            && channel_counts.iter().try_fold(0usize, |sum, &count| sum.checked_add(count)) == Some(chosen.len())
            && chosen.iter().all(|&channel| channel < channels)
            && counts.iter().all(|&count| count > 0 && count <= biases.len())
            && counts.iter().map(|&count| count * KERNELS).sum::<usize>() == biases.len()
            && biases.iter().all(|bias| bias.is_finite());
        if !is_rising || !fits {
            return None;
        }
        let mut rest = chosen;
        let mut plan = Vec::with_capacity(channel_counts.len());
        for (number, (&dilation, &biases)) in dilations.iter().zip(counts).enumerate() {
            for (kernel, &raised) in kernels.iter().enumerate() {
                let (own, others) = rest.split_at(channel_counts[plan.len()]);
                rest = others;
                let is_padded = (number + kernel) % 2 == 0;
                plan.push(Combination { dilation, raised, is_padded, channels: own.to_vec(), biases });
            }
        }
        Some(Self { channels, least, combinations: plan, biases })
    }

    /// The largest dilation.
    pub fn widest(&self) -> usize {
        self.combinations.last().map_or(1, |one| one.dilation)
    }

    /// Features float32 (series, features), between 0 and 1.
    pub fn features(&self, series: SeriesRows<'_>, threads: usize) -> Vec<f32> {
        let width = self.biases.len();
        let mut found = vec![0.0f32; series.len() * width];
        let rows: Vec<_> = found.chunks_exact_mut(width.max(1)).enumerate().collect();
        for_each(rows, threads, |(number, target)| {
            pulp::Arch::new().dispatch(Transform { plan: self, series: series.row(number), target });
        });
        found
    }

    /// Scores float32 (series, outputs) with weights (outputs, features); the features are never all in memory.
    pub fn scores(&self, series: SeriesRows<'_>, table: &[f32], bias: &[f32], threads: usize) -> Vec<f32> {
        let mut found = vec![0.0f32; series.len() * bias.len()];
        let rows: Vec<_> = found.chunks_mut(bias.len().max(1) * TOGETHER).enumerate().collect();
        for_each(rows, threads, |(part, target)| {
            let mut features = vec![0.0; self.biases.len()];
            for (number, target) in target.chunks_exact_mut(bias.len().max(1)).enumerate() {
                let series = series.row(part * TOGETHER + number);
                pulp::Arch::new().dispatch(Transform { plan: self, series, target: &mut features });
                let rows = std::iter::once(&features[..]);
                pulp::Arch::new().dispatch(Scores { rows, table, bias, target });
            }
        });
        found
    }
}

/// Fit the biases of one dilation.
struct Learning<'a> {
    series: SeriesRows<'a>,
    group: &'a [Combination],
    part: &'a mut [f32],
    /// Index of the first bias and of the first combination among all.
    start: usize,
    first: usize,
    settings: Settings,
}

impl pulp::NullaryFnOnce for Learning<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { series, group, part, start, first, settings } = self;
        let dilation = group[0].dilation;
        for (number, (one, biases)) in group.iter().zip(part.chunks_exact_mut(group[0].biases)).enumerate() {
            check(64 * LONGEST.min(series.ends.last().copied().unwrap_or(0)));
            let sample = Random::new(settings.seed, SAMPLES + (first + number) as u64).below(series.len());
            let sample = series.row(sample);
            let mut convolution = if sample.len() > LONGEST * series.channels {
                at_some_steps(sample, series.channels, one, LONGEST)
            } else {
                let channels = Channels::new(sample, series.channels, dilation, settings.least);
                let mut convolution = vec![0.0; channels.length];
                Convolver::new(&channels, series.channels, dilation).convolve(one, &mut convolution);
                convolution
            };
            convolution.sort_unstable_by(f32::total_cmp);
            let place = start + number * group[0].biases;
            for (offset, bias) in biases.iter_mut().enumerate() {
                *bias = quantile(&convolution, low_discrepancy(place + offset + 1));
            }
        }
    }
}

/// The fractional part of multiples of the golden ratio: a low-discrepancy sequence.
fn low_discrepancy(number: usize) -> f64 {
    (number as f64 * ((5f64.sqrt() + 1.0) / 2.0)).fract()
}

/// Quantile of sorted numbers, with linear interpolation.
#[inline(always)]
fn quantile(sorted: &[f32], share: f64) -> f32 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, part) = (place as usize, place.fract());
    let high = (low + 1).min(sorted.len() - 1);
    (f64::from(sorted[low]) * (1.0 - part) + f64::from(sorted[high]) * part) as f32
}

/// Compute the features of one series.
struct Transform<'a> {
    plan: &'a Convolutions,
    series: &'a [f32],
    target: &'a mut [f32],
}

impl WithSimd for Transform<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, series, target } = self;
        let channels = Channels::new(series, plan.channels, plan.widest(), plan.least);
        let mut convolution = vec![0.0f32; channels.length];
        let (mut target, mut biases) = (target, &plan.biases[..]);
        for group in plan.combinations.chunk_by(|one, other| one.dilation == other.dilation) {
            let mut convolver = Convolver::new(&channels, plan.channels, group[0].dilation);
            for one in group {
                check((one.channels.len() + one.biases / 8) * channels.length);
                convolver.convolve(one, &mut convolution);
                let (own, others) = biases.split_at(one.biases);
                let (shares, rest) = target.split_at_mut(one.biases);
                write_shares(simd, &convolution[counted(one, channels.length)], own, shares);
                (biases, target) = (others, rest);
            }
        }
    }
}

/// Steps that count: all, or those at which the kernel stays inside the series, if there are any.
#[inline(always)]
fn counted(one: &Combination, length: usize) -> Range<usize> {
    let margin = (TAPS / 2).saturating_mul(one.dilation);
    if one.is_padded || length <= margin.saturating_mul(2) {
        0..length
    } else {
        margin..length - margin
    }
}

#[inline(always)]
fn write_shares<S: Simd>(simd: S, convolution: &[f32], biases: &[f32], shares: &mut [f32]) {
    let (mut biases, mut shares) = (biases, shares);
    while biases.len() >= GROUP {
        write_counts::<GROUP, S>(simd, convolution, &mut biases, &mut shares);
    }
    if biases.len() >= 4 {
        write_counts::<4, S>(simd, convolution, &mut biases, &mut shares);
    }
    while !biases.is_empty() {
        write_counts::<1, S>(simd, convolution, &mut biases, &mut shares);
    }
}

/// Count for `NUMBER` biases at once, and advance.
#[inline(always)]
fn write_counts<const NUMBER: usize, S: Simd>(
    simd: S,
    convolution: &[f32],
    biases: &mut &[f32],
    shares: &mut &mut [f32],
) {
    let mut own = [0.0f32; NUMBER];
    own.copy_from_slice(&biases[..NUMBER]);
    let wide = own.map(|bias| simd.splat_f32s(bias));
    let (zero, one) = (simd.splat_u32s(0), simd.splat_u32s(1));
    let mut sums = [zero; NUMBER];
    let (blocks, rest) = S::as_simd_f32s(convolution);
    for &values in blocks {
        for number in 0..NUMBER {
            let above = simd.select_u32s(simd.less_than_f32s(wide[number], values), one, zero);
            sums[number] = simd.add_u32s(sums[number], above);
        }
    }
    let (target, others) = std::mem::take(shares).split_at_mut(NUMBER);
    for number in 0..NUMBER {
        let counted = bytemuck::cast_slice::<S::u32s, u32>(&sums[number..=number]).iter().sum::<u32>();
        let left = rest.iter().filter(|&&value| value > own[number]).count() as u32;
        target[number] = (counted + left) as f32 / convolution.len().max(1) as f32;
    }
    *shares = others;
    *biases = &biases[NUMBER..];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::convolution::tests::by_definition;

    fn example(lengths: &[usize], channels: usize) -> (Vec<f32>, Vec<usize>) {
        let steps = lengths.iter().sum::<usize>();
        let values = (0..steps * channels).map(|at| ((at * 7919) % 31) as f32 - 15.0).collect();
        let ends = lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        (values, ends.collect())
    }

    fn learned(lengths: &[usize], channels: usize) -> (Vec<f32>, Vec<usize>, Convolutions) {
        let (values, ends) = example(lengths, channels);
        let series = SeriesRows { values: &values, ends: &ends, channels };
        let longest = lengths.iter().copied().max().unwrap_or(1);
        let settings = Settings { least: 0, length: longest, features: 84 * 13, seed: 1 };
        let found = Convolutions::learn(series, settings, 1);
        assert!((2..4).all(|threads| Convolutions::learn(series, settings, threads) == found));
        (values, ends, found)
    }

    #[test]
    fn features_are_shares_of_steps_above_the_bias_at_any_number_of_threads() {
        for (lengths, channels) in [(&[40usize, 40, 40][..], 1), (&[30, 7, 1, 64], 1), (&[20, 33], 3), (&[3, 5], 2)] {
            let (values, ends, plan) = learned(lengths, channels);
            let series = SeriesRows { values: &values, ends: &ends, channels };
            let found = plan.features(series, 1);
            assert!((2..5).all(|threads| plan.features(series, threads) == found));
            let width = plan.biases.len();
            let table: Vec<f32> = (0..2 * width).map(|at| (at % 7) as f32 - 3.0).collect();
            let scores = plan.scores(series, &table, &[1.0, -1.0], 2);
            for (row, scores) in found.chunks_exact(width).zip(scores.chunks_exact(2)) {
                let product: f32 = row.iter().zip(&table[width..]).map(|(value, weight)| value * weight).sum();
                assert!((scores[1] - (product - 1.0)).abs() < 1e-2);
            }
            for (number, row) in found.chunks_exact(plan.biases.len()).enumerate() {
                let mut at = 0;
                for one in &plan.combinations {
                    let convolution = by_definition(series.row(number), channels, one);
                    let kept = &convolution[counted(one, convolution.len())];
                    for _ in 0..one.biases {
                        let above = kept.iter().filter(|&&value| value > plan.biases[at]).count();
                        // A convolution may equal a bias that was computed from it.
                        let equal = kept.iter().filter(|&&value| (value - plan.biases[at]).abs() < 1e-3).count();
                        assert!((row[at] * kept.len() as f32 - above as f32).abs() <= equal as f32 + 1e-3);
                        at += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn filled_up_series_have_the_features_of_series_with_zeros_behind_them() {
        let (values, ends) = example(&[20, 13], 2);
        let filled: Vec<f32> = values.iter().copied().chain(vec![0.0; 14]).collect();
        let settings = Settings { least: 20, length: 20, features: 840, seed: 3 };
        let (short, long) = (
            SeriesRows { values: &values, ends: &ends, channels: 2 },
            SeriesRows { values: &filled, ends: &[20, 40], channels: 2 },
        );
        let plan = Convolutions::learn(short, settings, 1);
        assert_eq!(plan, Convolutions { least: 20, ..Convolutions::learn(long, settings, 1) });
        assert_eq!(plan.features(short, 1), Convolutions { least: 0, ..plan.clone() }.features(long, 1));
    }

    #[test]
    fn plans_are_put_together_again_and_others_are_refused() {
        let (_, _, plan) = learned(&[20, 33], 3);
        let groups: Vec<_> = plan.combinations.chunk_by(|one, other| one.dilation == other.dilation).collect();
        let dilations: Vec<usize> = groups.iter().map(|group| group[0].dilation).collect();
        let counts: Vec<usize> = groups.iter().map(|group| group[0].biases).collect();
        let numbers: Vec<usize> = plan.combinations.iter().map(|one| one.channels.len()).collect();
        let chosen: Vec<usize> = plan.combinations.iter().flat_map(|one| one.channels.clone()).collect();
        let again = |dilations: &[usize], counts: &[usize], chosen: &[usize]| {
            Convolutions::restored(3, 0, dilations, counts, &numbers, chosen, plan.biases.clone())
        };
        assert_eq!(again(&dilations, &counts, &chosen), Some(plan.clone()));
        assert_eq!(again(&dilations[1..], &counts, &chosen), None);
        assert_eq!(again(&dilations, &counts, &chosen[1..]), None);
        assert_eq!(again(&dilations, &vec![1; counts.len()], &chosen), None);
        assert_eq!(again(&dilations, &counts, &vec![3; chosen.len()]), None);
    }

    #[test]
    fn quantiles_lie_on_straight_lines() {
        assert_eq!([0.0, 0.5, 0.75, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0], share)), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
    }
}
