//! Dense rows: their moments, scaling, and the products of all pairs.

use crate::foundation::parallel::{even_ranges, for_each, map_each, split_rows};
use std::ops::Range;

const LANES: usize = 8;
/// Columns of which a few rows fit the nearest cache.
const BLOCK: usize = 1024;
/// Rows of one piece of work.
const PANEL: usize = 32;

/// Rows float32 (rows, width), one after the other.
pub struct DenseRows {
    pub values: Vec<f32>,
    pub width: usize,
}

impl DenseRows {
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    #[inline(always)]
    pub fn row(&self, number: usize) -> &[f32] {
        &self.values[number * self.width..(number + 1) * self.width]
    }

    /// Mean and standard deviation of every column, float64 (width,).
    pub fn moments(&self, threads: usize) -> (Vec<f64>, Vec<f64>) {
        let ranges = even_ranges((0..self.width).map(|_| 1), threads);
        let parts = map_each(ranges, |range| {
            let count = self.len().max(1) as f64;
            let sums = |term: &dyn Fn(usize, f32) -> f64| {
                let mut sums = vec![0.0f64; range.len()];
                for row in 0..self.len() {
                    let own = sums.iter_mut().zip(&self.row(row)[range.clone()]);
                    own.enumerate().for_each(|(at, (sum, &value))| *sum += term(at, value));
                }
                sums.iter().map(|sum| sum / count).collect::<Vec<f64>>()
            };
            let means = sums(&|_, value| f64::from(value));
            let variances = sums(&|at, value| (f64::from(value) - means[at]).powi(2));
            (means, variances.into_iter().map(f64::sqrt).collect::<Vec<f64>>())
        });
        let (means, deviations): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        (means.concat(), deviations.concat())
    }

    /// Take a mean from every column, then multiply it by a factor.
    pub fn scale(&mut self, means: &[f32], factors: &[f32], threads: usize) {
        let width = self.width.max(1);
        let rows: Vec<&mut [f32]> = self.values.chunks_mut(width * PANEL).collect();
        for_each(rows, threads, |panel| {
            for row in panel.chunks_exact_mut(width) {
                let numbers = row.iter_mut().zip(means.iter().zip(factors));
                numbers.for_each(|(value, (mean, factor))| *value = (*value - mean) * factor);
            }
        });
    }

    /// The products of all pairs of rows, float32 (rows, rows).
    pub fn products(&self, threads: usize) -> Vec<f32> {
        let rows = self.len();
        let mut found = vec![0.0f32; rows * rows];
        let ranges: Vec<Range<usize>> =
            (0..rows).step_by(PANEL).map(|start| start..(start + PANEL).min(rows)).collect();
        let parts = split_rows(&mut found, rows, &ranges);
        // The last panels have the most pairs, and are begun first.
        let work: Vec<_> = ranges.into_iter().zip(parts).rev().collect();
        for_each(work, threads, |(range, target)| pulp::Arch::new().dispatch(Panel { rows: self, range, target }));
        for (row, column) in (0..rows).flat_map(|row| (0..row).map(move |column| (row, column))) {
            found[column * rows + row] = found[row * rows + column];
        }
        found
    }
}

/// Products of the rows of a range with all rows up to its end.
struct Panel<'a> {
    rows: &'a DenseRows,
    range: Range<usize>,
    target: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Panel<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { rows, range, target } = self;
        let number = rows.len();
        for start in (0..rows.width).step_by(BLOCK) {
            let columns = start..(start + BLOCK).min(rows.width);
            let part = |row: usize| &rows.row(row)[columns.clone()];
            for other in (0..range.end).step_by(2) {
                for first in range.clone().step_by(4) {
                    // Where fewer are left, the last ones are computed again.
                    let own: [usize; 4] = std::array::from_fn(|at| (first + at).min(range.end - 1));
                    let others: [usize; 2] = std::array::from_fn(|at| (other + at).min(range.end - 1));
                    let sums = tile(own.map(part), others.map(part));
                    for (at, sums) in sums.iter().enumerate().take(range.end - first) {
                        for (by, sum) in sums.iter().enumerate().take(range.end - other) {
                            target[(own[at] - range.start) * number + others[by]] += sum;
                        }
                    }
                }
            }
        }
    }
}

/// Products of four rows with two.
#[inline(always)]
fn tile(own: [&[f32]; 4], others: [&[f32]; 2]) -> [[f32; 2]; 4] {
    let mut sums = [[[0.0f32; LANES]; 2]; 4];
    let length = own[0].len();
    let whole = length / LANES * LANES;
    let own = own.map(|row| &row[..length]);
    let others = others.map(|row| &row[..length]);
    for start in (0..whole).step_by(LANES) {
        for (sums, row) in sums.iter_mut().zip(&own) {
            for (sums, other) in sums.iter_mut().zip(&others) {
                for lane in 0..LANES {
                    sums[lane] += row[start + lane] * other[start + lane];
                }
            }
        }
    }
    let mut found = [[0.0f32; 2]; 4];
    for (at, (found, row)) in found.iter_mut().zip(&own).enumerate() {
        for (by, (found, other)) in found.iter_mut().zip(&others).enumerate() {
            let rest = row[whole..].iter().zip(&other[whole..]).map(|(one, two)| one * two).sum::<f32>();
            *found = sums[at][by].iter().sum::<f32>() + rest;
        }
    }
    found
}

/// The product of two vectors of the same length.
#[inline(always)]
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [[0.0f32; LANES]; 4];
    let (lefts, rights) = (left.chunks_exact(4 * LANES), right.chunks_exact(4 * LANES));
    let rest = lefts.remainder().iter().zip(rights.remainder()).map(|(one, two)| one * two).sum::<f32>();
    for (left, right) in lefts.zip(rights) {
        for (part, sums) in sums.iter_mut().enumerate() {
            for lane in 0..LANES {
                sums[lane] += left[part * LANES + lane] * right[part * LANES + lane];
            }
        }
    }
    sums.iter().map(|sums| sums.iter().sum::<f32>()).sum::<f32>() + rest
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn example(rows: usize, width: usize) -> DenseRows {
        let values = (0..rows * width).map(|at| ((at * 7919 + at * at) % 101) as f32 / 50.0 - 1.0).collect();
        DenseRows { values, width }
    }

    #[test]
    fn products_are_those_of_the_definition_at_any_number_of_threads() {
        for (rows, width) in [(1, 1), (3, 7), (34, 50), (70, 1100)] {
            let example = example(rows, width);
            let found = example.products(1);
            assert!((2..4).all(|threads| example.products(threads) == found));
            for (row, column) in (0..rows).flat_map(|row| (0..rows).map(move |column| (row, column))) {
                let pairs = example.row(row).iter().zip(example.row(column));
                let expected: f32 = pairs.map(|(one, two)| one * two).sum();
                assert!((found[row * rows + column] - expected).abs() < 1e-3, "{row} {column}");
                assert!((dot(example.row(row), example.row(column)) - expected).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn scaled_columns_have_mean_0_and_deviation_1() {
        let mut rows = example(40, 9);
        let (means, deviations) = rows.moments(3);
        assert_eq!(rows.moments(1), (means.clone(), deviations.clone()));
        let single = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
        let factors: Vec<f64> = deviations.iter().map(|deviation| 1.0 / deviation).collect();
        rows.scale(&single(&means), &single(&factors), 2);
        let (means, deviations) = rows.moments(2);
        assert!(means.iter().all(|mean| mean.abs() < 1e-6));
        assert!(deviations.iter().all(|deviation| (deviation - 1.0).abs() < 1e-5));
    }
}
