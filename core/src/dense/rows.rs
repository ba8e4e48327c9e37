//! Dense rows: moments, scaling, and Gram matrices.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, for_each, map_each, split_rows};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Number of columns of which a few rows fit in the L1 cache.
const BLOCK: usize = 1024;
/// Rows per piece of work.
const PANEL: usize = 32;

/// Rows float32 (rows, width), concatenated.
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
        let ranges = even_ranges((0..self.width).map(|_| 2 * self.len()), threads);
        let parts = map_each(ranges, |range| {
            let count = self.len().max(1) as f64;
            let sums = |term: &dyn Fn(usize, f32) -> f64| {
                let mut sums = vec![0.0f64; range.len()];
                for row in 0..self.len() {
                    check(range.len());
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

    /// Subtract a mean from every column, then multiply it by a factor.
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

    /// Gram matrix of the rows, float32 (rows, rows).
    pub fn products(&self, threads: usize) -> Vec<f32> {
        let rows = self.len();
        let mut found = vec![0.0f32; rows * rows];
        let ranges: Vec<Range<usize>> =
            (0..rows).step_by(PANEL).map(|start| start..(start + PANEL).min(rows)).collect();
        let parts = split_rows(&mut found, rows, &ranges);
        // The last panels have the most pairs, so they are started first.
        let work: Vec<_> = ranges.into_iter().zip(parts).rev().collect();
        for_each(work, threads, |(range, target)| pulp::Arch::new().dispatch(Panel { rows: self, range, target }));
        for row in 0..rows {
            check(4 * row);
            for column in 0..row {
                found[column * rows + row] = found[row * rows + column];
            }
        }
        found
    }
}

/// Products of a range of rows with all rows up to the end of the range.
struct Panel<'a> {
    rows: &'a DenseRows,
    range: Range<usize>,
    target: &'a mut [f32],
}

impl WithSimd for Panel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, range, target } = self;
        let number = rows.len();
        for start in (0..rows.width).step_by(BLOCK) {
            let columns = start..(start + BLOCK).min(rows.width);
            let part = |row: usize| &rows.row(row)[columns.clone()];
            for other in (0..range.end).step_by(2) {
                check(columns.len() * range.len() / 4);
                for first in range.clone().step_by(4) {
                    // If fewer are left, the last ones are computed again.
                    let own: [usize; 4] = std::array::from_fn(|at| (first + at).min(range.end - 1));
                    let others: [usize; 2] = std::array::from_fn(|at| (other + at).min(range.end - 1));
                    let sums = tile(simd, own.map(part), others.map(part));
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

/// Products of four vectors with two, all of the same length.
#[inline(always)]
fn tile<S: Simd>(simd: S, own: [&[f32]; 4], others: [&[f32]; 2]) -> [[f32; 2]; 4] {
    let ([a, b, c, d], [x, y]) = (own.map(|row| S::as_simd_f32s(row)), others.map(|row| S::as_simd_f32s(row)));
    let zero = simd.splat_f32s(0.0);
    let (mut ax, mut ay, mut bx, mut by) = (zero, zero, zero, zero);
    let (mut cx, mut cy, mut dx, mut dy) = (zero, zero, zero, zero);
    let rows = a.0.iter().zip(b.0).zip(c.0.iter().zip(d.0));
    for (((&a, &b), (&c, &d)), (&x, &y)) in rows.zip(x.0.iter().zip(y.0)) {
        ax = simd.mul_add_e_f32s(a, x, ax);
        ay = simd.mul_add_e_f32s(a, y, ay);
        bx = simd.mul_add_e_f32s(b, x, bx);
        by = simd.mul_add_e_f32s(b, y, by);
        cx = simd.mul_add_e_f32s(c, x, cx);
        cy = simd.mul_add_e_f32s(c, y, cy);
        dx = simd.mul_add_e_f32s(d, x, dx);
        dy = simd.mul_add_e_f32s(d, y, dy);
    }
    let sums = [[ax, ay], [bx, by], [cx, cy], [dx, dy]].map(|pair| pair.map(|sum| simd.reduce_sum_f32s(sum)));
    let rest = [a.1, b.1, c.1, d.1].map(|row| [x.1, y.1].map(|other| plain_dot(row, other)));
    std::array::from_fn(|row| std::array::from_fn(|column| sums[row][column] + rest[row][column]))
}

/// Products of a vector with several others of its length, four at a time.
#[inline(always)]
pub fn write_dots<'a, S: Simd>(simd: S, row: &[f32], mut others: impl Iterator<Item = &'a [f32]>, target: &mut [f32]) {
    for target in target.chunks_mut(4) {
        let mut next = || others.next().unwrap_or(row);
        match target {
            [one] => *one = dot(simd, row, next()),
            _ => {
                let vectors: [&[f32]; 4] = std::array::from_fn(|at| if at < target.len() { next() } else { row });
                target.copy_from_slice(&dots(simd, row, vectors)[..target.len()]);
            }
        }
    }
}

/// Products of a vector with four others.
#[inline(always)]
fn dots<S: Simd>(simd: S, row: &[f32], others: [&[f32]; 4]) -> [f32; 4] {
    let (row, [a, b, c, d]) = (S::as_simd_f32s(row), others.map(|other| S::as_simd_f32s(other)));
    let zero = simd.splat_f32s(0.0);
    let (mut ar, mut br, mut cr, mut dr) = (zero, zero, zero, zero);
    for (&row, ((&a, &b), (&c, &d))) in row.0.iter().zip(a.0.iter().zip(b.0).zip(c.0.iter().zip(d.0))) {
        ar = simd.mul_add_e_f32s(a, row, ar);
        br = simd.mul_add_e_f32s(b, row, br);
        cr = simd.mul_add_e_f32s(c, row, cr);
        dr = simd.mul_add_e_f32s(d, row, dr);
    }
    let sums = [ar, br, cr, dr].map(|sum| simd.reduce_sum_f32s(sum));
    let rest = [a.1, b.1, c.1, d.1].map(|other| plain_dot(row.1, other));
    std::array::from_fn(|at| sums[at] + rest[at])
}

/// Product of two vectors of the same length.
#[inline(always)]
pub fn dot<S: Simd>(simd: S, left: &[f32], right: &[f32]) -> f32 {
    let (lefts, rights) = (S::as_simd_f32s(left), S::as_simd_f32s(right));
    let (left_fours, left_ones) = pulp::as_arrays::<4, _>(lefts.0);
    let (right_fours, right_ones) = pulp::as_arrays::<4, _>(rights.0);
    let mut sums = [simd.splat_f32s(0.0); 4];
    for (left, right) in left_fours.iter().zip(right_fours) {
        for (sum, (&one, &two)) in sums.iter_mut().zip(left.iter().zip(right)) {
            *sum = simd.mul_add_e_f32s(one, two, *sum);
        }
    }
    for (&one, &two) in left_ones.iter().zip(right_ones) {
        sums[0] = simd.mul_add_e_f32s(one, two, sums[0]);
    }
    sums.iter().map(|&sum| simd.reduce_sum_f32s(sum)).sum::<f32>() + plain_dot(lefts.1, rights.1)
}

#[inline(always)]
fn plain_dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(one, two)| one * two).sum()
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
            }
        }
    }

    struct Dots<'a>(&'a DenseRows, usize);

    impl WithSimd for Dots<'_> {
        type Output = (f32, Vec<f32>);

        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let Self(rows, number) = self;
            let mut found = vec![0.0; number];
            write_dots(simd, rows.row(0), (0..number).map(|row| rows.row(row)), &mut found);
            (dot(simd, rows.row(0), rows.row(number - 1)), found)
        }
    }

    #[test]
    fn products_with_one_row_are_those_of_all_pairs() {
        let rows = example(7, 1003);
        let products = rows.products(1);
        for number in 1..8 {
            let (last, found) = pulp::Arch::new().dispatch(Dots(&rows, number));
            assert!(found.iter().zip(&products).all(|(one, other)| (one - other).abs() < 1e-3));
            assert!((last - products[number - 1]).abs() < 1e-3);
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
