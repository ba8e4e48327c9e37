//! Fits on subsets of the rows for several penalties, each warm-started from the previous one, and scores of held-out
//! rows.

use super::losses::{Loss, Targets};
use super::minimizer::{Ending, Minimizer, Point, Products};
use super::rows::{write_dots, DenseRows};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, for_each, map_each, split_rows};
use crate::linear::jobs::Job;
use pulp::{Simd, WithSimd};
use std::ops::Range;
use std::sync::Mutex;

/// Rows, and the Gram matrix if it was computed.
pub struct Table {
    pub rows: DenseRows,
    pub products: Option<Vec<f32>>,
}

/// Result of a job for one strength.
pub struct Fit {
    /// float32 (outputs, chosen).
    pub coefficients: Vec<f32>,
    /// float32 (outputs,).
    pub bias: Vec<f32>,
    /// float32 (held out, outputs).
    pub scores: Vec<f32>,
    pub steps: usize,
}

impl Table {
    /// Run jobs; the result does not depend on the number of threads.
    ///
    /// The strength of a job is the factor of the sum of losses relative to half of the squared weights.
    pub fn fit_all(&self, jobs: &[&Job], loss: Loss, ending: Ending, threads: usize) -> Vec<Vec<Fit>> {
        if jobs.len() == 1 || self.products.is_none() {
            return jobs.iter().map(|job| self.fit(job, loss, ending, threads)).collect();
        }
        let done: Vec<Mutex<Vec<Fit>>> = jobs.iter().map(|_| Mutex::default()).collect();
        for_each(jobs.iter().zip(&done).collect(), threads, |(job, done)| {
            let fits = self.fit(job, loss, ending, 1);
            *done.lock().expect("nothing panics while it is held") = fits;
        });
        done.into_iter().map(|done| done.into_inner().expect("no thread is left")).collect()
    }

    fn fit(&self, job: &Job, loss: Loss, ending: Ending, threads: usize) -> Vec<Fit> {
        let targets = Targets { loss, values: &job.targets, weights: &job.weights };
        let own = self.products.as_ref().map(|products| chosen_products(products, self.rows.len(), &job.chosen));
        let products: Box<dyn Products + '_> = match &own {
            Some(own) => Box::new(Matrix { rows: own, width: job.chosen.len(), threads }),
            None => Box::new(Chosen { rows: &self.rows, chosen: &job.chosen, threads }),
        };
        let mut point = Point::zero(targets.samples(), targets.outputs());
        let minimizer = |strength: f32| {
            let penalty = 1.0 / (f64::from(strength) * targets.total());
            Minimizer { products: products.as_ref(), targets: &targets, penalty, ending }
        };
        let first = minimizer(1.0).first();
        let fit = |&strength: &f32| {
            let steps = minimizer(strength).minimize(&mut point, first);
            let coefficients: Vec<f32> = point.coefficients.iter().map(|&value| value as f32).collect();
            let bias: Vec<f32> = point.bias.iter().map(|&value| value as f32).collect();
            let scores = self.scores(job, &coefficients, &bias, threads);
            Fit { coefficients, bias, scores, steps }
        };
        job.strengths.iter().map(fit).collect()
    }

    /// Scores (held out, outputs).
    fn scores(&self, job: &Job, coefficients: &[f32], bias: &[f32], threads: usize) -> Vec<f32> {
        if job.held_out.is_empty() {
            return Vec::new();
        }
        let chosen = job.chosen.len().max(1);
        let Some(products) = &self.products else {
            let table = combined(&self.rows, &job.chosen, coefficients, bias.len(), threads);
            return scores(&self.rows, &job.held_out, &table, bias, threads);
        };
        let own = |&row: &u32| {
            let all = &products[row as usize * self.rows.len()..][..self.rows.len()];
            job.chosen.iter().map(move |&other| all[other as usize])
        };
        let values: Vec<f32> = job.held_out.iter().flat_map(own).collect();
        let rows = DenseRows { values, width: chosen };
        let places: Vec<u32> = (0..job.held_out.len() as u32).collect();
        scores(&rows, &places, coefficients, bias, threads)
    }
}

/// Weighted sums of the chosen rows: the weights float32 (outputs, width).
pub fn combined(rows: &DenseRows, chosen: &[u32], coefficients: &[f32], outputs: usize, threads: usize) -> Vec<f32> {
    let ranges = even_ranges((0..rows.width).map(|_| chosen.len() * outputs / 4), threads);
    let parts = map_each(ranges.clone(), |range| {
        let mut sums = vec![0.0f32; outputs * range.len()];
        pulp::Arch::new().dispatch(|| {
            for (place, &row) in chosen.iter().enumerate() {
                check(range.len() * outputs / 2);
                let own = &rows.row(row as usize)[range.clone()];
                for (output, sums) in sums.chunks_exact_mut(range.len().max(1)).enumerate() {
                    let coefficient = coefficients[output * chosen.len() + place];
                    sums.iter_mut().zip(own).for_each(|(sum, value)| *sum += coefficient * value);
                }
            }
        });
        sums
    });
    let mut found = vec![0.0; outputs * rows.width];
    for (range, part) in ranges.into_iter().zip(parts) {
        for (output, sums) in part.chunks_exact(range.len().max(1)).enumerate() {
            found[output * rows.width..][range.clone()].copy_from_slice(sums);
        }
    }
    found
}

/// Scores (indices, outputs) of rows by weights (outputs, width).
fn scores(rows: &DenseRows, places: &[u32], table: &[f32], bias: &[f32], threads: usize) -> Vec<f32> {
    let outputs = bias.len();
    let mut found = vec![0.0; places.len() * outputs];
    let ranges = even_ranges((0..places.len()).map(|_| rows.width * outputs / 4), threads);
    let parts = split_rows(&mut found, outputs, &ranges);
    map_each(ranges.into_iter().zip(parts).collect(), |(range, target): (Range<usize>, _)| {
        let rows = places[range].iter().map(|&place| rows.row(place as usize));
        pulp::Arch::new().dispatch(Scores { rows, table, bias, target });
    });
    found
}

/// Scores of consecutive rows.
pub struct Scores<'a, Rows> {
    pub rows: Rows,
    /// float32 (outputs, width).
    pub table: &'a [f32],
    pub bias: &'a [f32],
    /// float32 (rows, outputs).
    pub target: &'a mut [f32],
}

impl<'a, Rows: Iterator<Item = &'a [f32]>> WithSimd for Scores<'a, Rows> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, table, bias, target } = self;
        for (row, target) in rows.zip(target.chunks_exact_mut(bias.len().max(1))) {
            check(table.len() / 2);
            write_dots(simd, row, table.chunks_exact(row.len().max(1)), target);
            target.iter_mut().zip(bias).for_each(|(target, bias)| *target += bias);
        }
    }
}

/// Gram matrix of the chosen rows.
fn chosen_products(products: &[f32], width: usize, chosen: &[u32]) -> Vec<f32> {
    let row = |one: &u32| &products[*one as usize * width..][..width];
    chosen.iter().flat_map(|one| chosen.iter().map(move |&other| row(one)[other as usize])).collect()
}

/// Products with a computed Gram matrix.
struct Matrix<'a> {
    rows: &'a [f32],
    width: usize,
    threads: usize,
}

impl Products for Matrix<'_> {
    fn times(&self, coefficients: &[f32], outputs: usize) -> Vec<f32> {
        let mut turned = vec![0.0; self.width * outputs];
        let ranges = even_ranges((0..self.width).map(|_| self.width * outputs / 4), self.threads);
        let parts = split_rows(&mut turned, outputs, &ranges);
        let bias = vec![0.0; outputs];
        map_each(ranges.into_iter().zip(parts).collect(), |(range, target): (Range<usize>, _)| {
            let rows = self.rows[range.start * self.width..range.end * self.width].chunks_exact(self.width.max(1));
            pulp::Arch::new().dispatch(Scores { rows, table: coefficients, bias: &bias, target });
        });
        transposed(&turned, outputs)
    }
}

/// Products computed through the weights.
struct Chosen<'a> {
    rows: &'a DenseRows,
    chosen: &'a [u32],
    threads: usize,
}

impl Products for Chosen<'_> {
    fn times(&self, coefficients: &[f32], outputs: usize) -> Vec<f32> {
        let table = combined(self.rows, self.chosen, coefficients, outputs, self.threads);
        let zeros = vec![0.0; outputs];
        transposed(&scores(self.rows, self.chosen, &table, &zeros, self.threads), outputs)
    }
}

/// Transpose (rows, outputs) to (outputs, rows).
fn transposed(values: &[f32], outputs: usize) -> Vec<f32> {
    (0..outputs).flat_map(|output| values[output..].iter().step_by(outputs).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::rows::tests::example;
    use super::*;

    #[test]
    fn products_that_are_made_and_those_by_way_of_the_weights_give_the_same_fits_at_any_number_of_threads() {
        let job = |outputs: usize, chosen: Vec<u32>| Job {
            targets: (0..chosen.len() * outputs)
                .map(|at| if at % chosen.len() % outputs.max(2) == at / chosen.len() { 1.0 } else { -1.0 })
                .collect(),
            weights: vec![1.0; chosen.len()],
            strengths: vec![0.1, 10.0],
            held_out: vec![0, 39],
            keep_weights: true,
            chosen,
        };
        let rows = example(40, 70);
        let made = Table { products: Some(rows.products(1)), rows };
        let plain = Table { rows: example(40, 70), products: None };
        let ending = Ending { steps: 200, tolerance: 1e-5 };
        for (loss, outputs) in [(Loss::Softmax, 3), (Loss::Logistic, 1), (Loss::Squared, 2)] {
            let jobs = [job(outputs, (1..30).collect()), job(outputs, (5..39).collect())];
            let jobs: Vec<&Job> = jobs.iter().collect();
            let fits = |table: &Table, threads| table.fit_all(&jobs, loss, ending, threads);
            let (first, second) = (fits(&made, 1), fits(&plain, 1));
            for (one, other) in first.iter().flatten().zip(second.iter().flatten()) {
                let pairs = one.scores.iter().zip(&other.scores);
                assert!(pairs.into_iter().all(|(one, other)| (one - other).abs() < 2e-3 * one.abs().max(1.0)));
            }
            for (table, first) in [(&made, &first), (&plain, &second)] {
                for (one, other) in fits(table, 3).iter().flatten().zip(first.iter().flatten()) {
                    assert_eq!((&one.coefficients, &one.scores), (&other.coefficients, &other.scores));
                }
            }
        }
    }
}
