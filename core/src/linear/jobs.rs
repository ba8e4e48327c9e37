//! Many fits in parallel: folds, outputs and penalties, shared among all threads.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::for_each;
use crate::linear::ratios::log_count_ratios;
use crate::linear::rows::Rows;
use crate::linear::solver::{Ending, Loss, Problem};
use crate::linear::weights::{Scaling, Weights};
use std::ops::Range;
use std::sync::Mutex;

/// Maximum number of outputs fitted together.
const TOGETHER: usize = 8;

/// One fit: its training rows, and the rows to score.
pub struct Job {
    /// Row indices.
    pub chosen: Vec<u32>,
    /// (outputs, chosen): -1 and 1, or numbers.
    pub targets: Vec<f32>,
    /// (chosen,); weight of each row.
    pub weights: Vec<f32>,
    /// Factors of the losses relative to the penalty; one fit for each, warm-started from the previous one.
    pub strengths: Vec<f32>,
    /// Rows to score.
    pub held_out: Vec<u32>,
    pub keep_weights: bool,
}

/// Settings of all jobs.
#[derive(Clone, Copy)]
pub struct Method<'a> {
    pub scaling: Scaling<'a>,
    pub columns: usize,
    /// Added to the counts of log-count ratios, by which columns are multiplied; `None` without ratios.
    pub smoothing: Option<f32>,
    pub loss: Loss,
    pub ending: Ending,
    pub seed: u64,
}

/// Result of a job for one strength.
#[derive(Default)]
pub struct Fit {
    pub weights: Weights,
    /// (held out, outputs).
    pub scores: Vec<f32>,
    /// Number of epochs for each block of outputs.
    pub epochs: Vec<usize>,
    /// (outputs,); mean square of the columns' factors.
    pub prior: Vec<f32>,
}

/// Result for some outputs of a job and one strength.
struct Part {
    /// (columns, outputs), or empty.
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// (held out, outputs).
    scores: Vec<f32>,
    epochs: usize,
    prior: Vec<f32>,
}

/// Run jobs; the result does not depend on the number of threads.
pub fn fit_all(rows: &Rows<'_>, jobs: &[&Job], method: Method<'_>, threads: usize) -> Vec<Vec<Fit>> {
    let lengths: Vec<f32> = method.scaling.lengths(rows);
    let blocks = |job: &Job| {
        let outputs = job.targets.len() / job.chosen.len().max(1);
        (0..outputs).step_by(TOGETHER).map(move |start| start..(start + TOGETHER).min(outputs))
    };
    let units: Vec<(&Job, Range<usize>)> =
        jobs.iter().flat_map(|&job| blocks(job).map(move |block| (job, block))).collect();
    let done: Vec<Mutex<Vec<Part>>> = units.iter().map(|_| Mutex::default()).collect();
    for_each(units.into_iter().zip(&done).collect(), threads, |((job, block), done)| {
        let fit = match block.len() {
            1 => fit_block::<1>,
            2 => fit_block::<2>,
            3 | 4 => fit_block::<4>,
            _ => fit_block::<TOGETHER>,
        };
        let parts = fit(rows, &lengths, job, block, method);
        *done.lock().expect("nothing panics while it is held") = parts;
    });
    let mut parts = done.into_iter().map(|done| done.into_inner().expect("no thread is left"));
    jobs.iter().map(|job| joined(job, parts.by_ref().take(blocks(job).count()).collect())).collect()
}

/// Fit at most `K` outputs.
fn fit_block<const K: usize>(
    rows: &Rows<'_>,
    lengths: &[f32],
    job: &Job,
    block: Range<usize>,
    method: Method<'_>,
) -> Vec<Part> {
    let (samples, used) = (job.chosen.len(), block.len());
    let mut targets = vec![[0.0; K]; samples];
    let mut factors = vec![[0.0; K]; method.columns];
    for (k, output) in block.enumerate() {
        let own = &job.targets[output * samples..(output + 1) * samples];
        targets.iter_mut().zip(own).for_each(|(targets, &target)| targets[k] = target);
        match (method.smoothing, method.scaling.factors) {
            (Some(smoothing), _) => {
                let ratios = log_count_ratios(rows, method.columns, &job.chosen, own, &job.weights, smoothing);
                factors.iter_mut().zip(ratios).for_each(|(factors, ratio)| factors[k] = ratio);
            }
            (None, Some(own)) => factors.iter_mut().zip(own).for_each(|(factors, &factor)| factors[k] = factor),
            (None, None) => factors.iter_mut().for_each(|factors| factors[k] = 1.0),
        }
    }
    let prior: Vec<f32> = (0..used).map(|k| mean_square(&factors, k)).collect();
    let mut before: Option<(f32, Vec<[f32; K]>)> = None;
    let fit = |&strength: &f32| {
        let costs: Vec<f32> = job.weights.iter().map(|weight| strength * weight).collect();
        let (chosen, loss) = (job.chosen.as_slice(), method.loss);
        let constant = [1.0; K];
        let problem =
            Problem { rows, lengths, chosen, targets: &targets, costs: &costs, factors: &factors, constant, loss };
        // The same weights as before, because a row's part of them is strength * dual.
        let start = before.take().map(|(old, dual)| {
            dual.into_iter().map(|row| row.map(|v| v * (old / strength).min(1.0))).collect::<Vec<_>>()
        });
        let solution = problem.solve(start.as_deref(), method.ending, method.seed);
        let mut scores = Vec::with_capacity(job.held_out.len() * used);
        for &row in &job.held_out {
            check(2 * K * rows.row(row as usize).columns.len());
            let sums = rows.row(row as usize).sums(|column| solution.weights[column]);
            scores.extend((0..used).map(|k| solution.bias[k] + lengths[row as usize] * sums[k]));
        }
        before = Some((strength, solution.dual));
        let weights = if job.keep_weights {
            solution.weights.iter().flat_map(|w| w[..used].to_vec()).collect()
        } else {
            Vec::new()
        };
        Part { weights, bias: solution.bias[..used].to_vec(), scores, epochs: solution.epochs, prior: prior.clone() }
    };
    job.strengths.iter().map(fit).collect()
}

fn mean_square<const K: usize>(factors: &[[f32; K]], output: usize) -> f32 {
    let sum: f64 = factors.iter().map(|factors| f64::from(factors[output] * factors[output])).sum();
    (sum / factors.len().max(1) as f64) as f32
}

fn joined(job: &Job, blocks: Vec<Vec<Part>>) -> Vec<Fit> {
    let mut blocks: Vec<_> = blocks.into_iter().map(Vec::into_iter).collect();
    let next = |_| {
        let parts: Vec<Part> = blocks.iter_mut().filter_map(Iterator::next).collect();
        let epochs = parts.iter().map(|part| part.epochs).collect();
        let prior = parts.iter().flat_map(|part| part.prior.iter().copied()).collect();
        let of_row = |row: usize| {
            parts
                .iter()
                .flat_map(move |part| part.scores.chunks_exact(part.bias.len()).nth(row).unwrap_or(&[]).iter().copied())
        };
        let scores = (0..job.held_out.len()).flat_map(of_row).collect();
        let kept = if job.keep_weights {
            Weights::side_by_side(parts.into_iter().map(|part| (part.weights, part.bias)).collect())
        } else {
            Weights::default()
        };
        Fit { weights: kept, scores, epochs, prior }
    };
    job.strengths.iter().map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;
    use crate::ngrams::matrix::Local;

    #[test]
    fn every_number_of_threads_gives_the_same_fits_and_the_scores_are_those_of_the_weights() {
        let texts = ["so good", "good fun", "bad", "so bad", "dull and bad", "good"];
        let (vocabulary, rows) = example(&texts, Local::Binary, 1);
        for outputs in [1, 3, 9] {
            let target = |place: usize| if (place * 7 + place / 6) % 3 == 0 { 1.0 } else { -1.0 };
            let job = Job {
                chosen: vec![0, 1, 3, 4],
                targets: (0..4 * outputs).map(target).collect(),
                weights: vec![1.0, 2.0, 1.0, 0.5],
                strengths: vec![1.0, 8.0],
                held_out: vec![2, 5],
                keep_weights: true,
            };
            let scaling = Scaling { local: Local::Binary, factors: None };
            let ending = Ending { epochs: 50, tolerance: 1e-3 };
            let (columns, smoothing, loss) = (vocabulary.len(), Some(1.0), Loss::Logistic);
            let method = Method { scaling, columns, smoothing, loss, ending, seed: 3 };
            let fits: Vec<_> = (1..4).map(|threads| fit_all(&rows, &[&job, &job], method, threads)).collect();
            for other in &fits {
                for (one, first) in other.iter().flatten().zip(fits[0].iter().flatten()) {
                    assert_eq!(
                        (&one.weights, &one.scores, &one.epochs),
                        (&first.weights, &first.scores, &first.epochs)
                    );
                }
            }
            let fit = &fits[0][0][1];
            assert_eq!((fit.weights.outputs(), fit.scores.len()), (outputs, 2 * outputs));
            let mut scores = vec![0.0; outputs];
            let row = rows.row(5);
            fit.weights.score(row, scaling.length(row), &mut scores);
            assert!(scores.iter().zip(&fit.scores[outputs..]).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}
