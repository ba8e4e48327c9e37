//! Online update of a model's weights with a few more rows: a fit with a penalty on the change of each weight by its
//! variance.

use crate::foundation::parallel::for_each;
use crate::linear::rows::Rows;
use crate::linear::solver::{Ending, Loss, Problem};
use crate::linear::weights::{Scaling, Weights};
use std::sync::Mutex;

/// Additional rows, and the variance of each weight.
pub struct Refinement<'a> {
    pub rows: &'a Rows<'a>,
    /// (outputs, rows): -1 and 1, or numbers.
    pub targets: &'a [f32],
    /// (rows,); factor of each loss.
    pub costs: &'a [f32],
    /// (columns, outputs) and (outputs,): the variance of each weight and of each bias after the previous rows.
    pub variances: &'a [f32],
    pub bias_variances: &'a [f32],
    pub scaling: Scaling<'a>,
    pub loss: Loss,
    pub ending: Ending,
    pub seed: u64,
}

impl Refinement<'_> {
    /// Return the weights that minimize the losses of these rows plus the squared distance from the old weights divided
    /// by the variances.
    pub fn refined(&self, weights: &Weights<&[f32]>, threads: usize) -> Weights {
        let outputs = weights.outputs();
        let lengths: Vec<f32> = self.scaling.lengths(self.rows);
        let done: Vec<Mutex<(Vec<f32>, Vec<f32>)>> = (0..outputs).map(|_| Mutex::default()).collect();
        for_each((0..outputs).zip(&done).collect(), threads, |(output, done)| {
            *done.lock().expect("nothing panics while it is held") = self.of_output(weights, &lengths, output);
        });
        Weights::side_by_side(done.into_iter().map(|done| done.into_inner().expect("no thread is left")).collect())
    }

    fn of_output(&self, weights: &Weights<&[f32]>, lengths: &[f32], output: usize) -> (Vec<f32>, Vec<f32>) {
        let (outputs, samples) = (weights.outputs(), self.rows.len());
        let pick =
            |values: &[f32]| -> Vec<[f32; 1]> { values.iter().skip(output).step_by(outputs).map(|&v| [v]).collect() };
        let factors: Vec<[f32; 1]> = pick(self.variances).into_iter().map(|[variance]| [variance.sqrt()]).collect();
        let targets: Vec<[f32; 1]> =
            self.targets[output * samples..(output + 1) * samples].iter().map(|&t| [t]).collect();
        let chosen: Vec<u32> = (0..samples as u32).collect();
        let problem = Problem {
            rows: self.rows,
            lengths,
            chosen: &chosen,
            targets: &targets,
            costs: self.costs,
            factors: &factors,
            constant: [self.bias_variances[output].sqrt()],
            loss: self.loss,
        };
        let center = pick(weights.table);
        let solution = problem.solve_near(Some((&center, [weights.bias[output]])), None, self.ending, self.seed);
        (solution.weights.into_iter().map(|[weight]| weight).collect(), solution.bias.to_vec())
    }
}
