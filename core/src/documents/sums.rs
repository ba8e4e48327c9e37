//! The sum of the vectors of a text's n-grams.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each, split_rows};
use crate::linear::rows::Rows;
use crate::linear::weights::Scaling;
use std::ops::Range;

/// Sums float32 (rows, width) of the table's rows, weighted by value and factor, for rows of unit length.
pub fn sums(rows: &Rows<'_>, scaling: Scaling<'_>, table: &[f32], width: usize, threads: usize) -> Vec<f32> {
    let mut found = vec![0.0; rows.len() * width];
    let ranges = even_ranges((0..rows.len()).map(|row| rows.row(row).columns.len() * width / 4), threads.max(1));
    let parts = split_rows(&mut found, width, &ranges);
    let work: Vec<_> = ranges.into_iter().zip(parts).collect();
    map_each(work, |(range, target)| pulp::Arch::new().dispatch(Part { rows, scaling, table, width, range, target }));
    found
}

struct Part<'a> {
    rows: &'a Rows<'a>,
    scaling: Scaling<'a>,
    table: &'a [f32],
    width: usize,
    range: Range<usize>,
    target: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { rows, scaling, table, width, range, target } = self;
        for (number, target) in range.zip(target.chunks_exact_mut(width.max(1))) {
            let row = rows.row(number);
            check(row.columns.len() * width / 2);
            let length = scaling.length(row);
            for (column, value) in row.entries() {
                let value = value * length * scaling.factors.map_or(1.0, |factors| factors[column]);
                let vector = &table[column * width..(column + 1) * width];
                target.iter_mut().zip(vector).for_each(|(sum, number)| *sum += value * number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;
    use crate::ngrams::matrix::Local;

    #[test]
    fn sums_are_those_of_the_rows_at_length_one_at_any_number_of_threads() {
        let (vocabulary, rows) = example(&["so so good", "", "bad so"], Local::Count, 1);
        let columns = vocabulary.len();
        let table: Vec<f32> = (0..columns * 3).map(|number| number as f32).collect();
        let factors: Vec<f32> = (0..columns).map(|column| 1.0 + column as f32).collect();
        let scaling = Scaling { local: Local::Count, factors: Some(&factors) };
        let found = sums(&rows, scaling, &table, 3, 1);
        assert_eq!(found[3..6], [0.0; 3]);
        for number in [0, 2] {
            let row: Vec<(usize, f32)> = rows.row(number).entries().collect();
            let length = row.iter().map(|&(column, value)| (value * factors[column]).powi(2)).sum::<f32>().sqrt();
            for axis in 0..3 {
                let sum: f32 = row.iter().map(|&(at, value)| value * factors[at] / length * table[at * 3 + axis]).sum();
                assert!((found[number * 3 + axis] - sum).abs() < 1e-3 * sum.abs());
            }
        }
        assert!((2..5).all(|threads| sums(&rows, scaling, &table, 3, threads) == found));
    }
}
