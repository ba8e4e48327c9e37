//! Logistic regression and ridge regression with an L2 penalty, by dual coordinate descent, for several outputs at
//! once.
//!
//! Minimizes |w|^2 / 2 + sum over rows of cost * loss(w . x, target) for each output. The dual has one variable per
//! row; each step solves for one of them exactly, as in Shalev-Shwartz and Zhang 2013 ("Stochastic dual coordinate
//! ascent") and, for the logistic loss, Yu, Huang and Lin 2011 ("Dual coordinate descent methods for logistic
//! regression"). The variable of the logistic loss is p, the probability of the wrong label; a step finds u = logit(p)
//! with u + margin + cost * |x|^2 * (sigmoid(u) - p before) = 0, by Newton's method inside a bracket. A row whose
//! variable hardly changes is skipped in some of the next epochs.

use crate::foundation::interrupts::check;
use crate::foundation::random::Random;
use crate::linear::rows::Rows;

/// What is minimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Targets are -1 and 1.
    Logistic,
    /// Half the squared difference.
    Squared,
}

/// Rows with their targets, for `K` outputs.
pub struct Problem<'a, const K: usize> {
    pub rows: &'a Rows<'a>,
    /// Factor of the values of each row.
    pub lengths: &'a [f32],
    /// Row indices.
    pub chosen: &'a [u32],
    /// (chosen,).
    pub targets: &'a [[f32; K]],
    /// (chosen,); factor of each loss.
    pub costs: &'a [f32],
    /// (columns,); factor of each column.
    pub factors: &'a [[f32; K]],
    /// Value of the constant feature of every row.
    pub constant: [f32; K],
    pub loss: Loss,
}

/// Weights and biases at which the penalty is zero, instead of at zero.
pub type Center<'a, const K: usize> = (&'a [[f32; K]], [f32; K]);

/// Stopping criteria.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    pub epochs: usize,
    /// Limit of the mean change of scores in an epoch.
    pub tolerance: f32,
}

/// A solution; `dual` is the warm start of the next one.
#[derive(Clone, Debug)]
pub struct Solution<const K: usize> {
    /// (columns,), times the columns' factors.
    pub weights: Vec<[f32; K]>,
    pub bias: [f32; K],
    /// (chosen,).
    pub dual: Vec<[f32; K]>,
    pub epochs: usize,
}

/// A column's weights times its factors, and its squared factors.
#[derive(Clone, Copy)]
struct Cell<const K: usize> {
    weight: [f32; K],
    square: [f32; K],
}

/// Maximum number of consecutive epochs in which a row is skipped.
const LONGEST_REST: u8 = 7;

impl<const K: usize> Problem<'_, K> {
    /// Solve, with a warm start from the dual variables of a similar problem, if given.
    pub fn solve(&self, before: Option<&[[f32; K]]>, ending: Ending, seed: u64) -> Solution<K> {
        self.solve_near(None, before, ending, seed)
    }

    /// Solve, with a penalty on the distance from a center.
    pub fn solve_near(
        &self,
        center: Option<Center<'_, K>>,
        before: Option<&[[f32; K]]>,
        ending: Ending,
        seed: u64,
    ) -> Solution<K> {
        let mut cells: Vec<Cell<K>> =
            self.factors.iter().map(|factors| Cell { weight: [0.0; K], square: factors.map(|f| f * f) }).collect();
        let mut bias = [0.0; K];
        if let Some((weights, biases)) = center {
            cells.iter_mut().zip(weights).for_each(|(cell, weights)| cell.weight = *weights);
            bias = biases;
        }
        let squares: Vec<[f32; K]> = (0..self.chosen.len()).map(|place| self.square(place, &cells)).collect();
        let mut dual = before.map_or_else(|| vec![[0.0; K]; self.chosen.len()], <[_]>::to_vec);
        for (place, values) in dual.iter().enumerate().filter(|(_, values)| **values != [0.0; K]) {
            self.add(&mut cells, &mut bias, place, *values);
        }
        let mut rests = vec![(0u8, 0u8); self.chosen.len()];
        let mut order: Vec<u32> = (0..self.chosen.len() as u32).collect();
        let mut random = Random::new(seed, 0x6c69_6e65_6172);
        let mut epochs = 0;
        while epochs < ending.epochs {
            epochs += 1;
            random.shuffle(&mut order);
            let mut moved = 0.0;
            for &place in &order {
                let place = place as usize;
                let (waits, length) = &mut rests[place];
                if *waits > 0 {
                    *waits -= 1;
                    continue;
                }
                let scores = self.scores(place, &cells, bias);
                let changes = self.step(place, scores, dual[place], squares[place]);
                let change = self.moved(place, &changes, &squares[place]);
                *length = if change < ending.tolerance { (2 * *length + 1).min(LONGEST_REST) } else { 0 };
                *waits = *length;
                if change > 0.0 {
                    self.add(&mut cells, &mut bias, place, changes);
                    dual[place].iter_mut().zip(changes).for_each(|(value, change)| *value += change);
                    moved += change;
                }
            }
            if moved <= ending.tolerance * self.chosen.len() as f32 {
                break;
            }
        }
        let weights = cells.iter().map(|cell| cell.weight).collect();
        Solution { weights, bias, dual, epochs }
    }

    #[inline(always)]
    fn scores(&self, place: usize, cells: &[Cell<K>], bias: [f32; K]) -> [f32; K] {
        let number = self.chosen[place] as usize;
        check(4 * K * self.rows.row(number).columns.len() + 64);
        let sums = self.rows.row(number).sums(|column| cells[column].weight);
        std::array::from_fn(|k| bias[k] + self.lengths[number] * sums[k])
    }

    /// Squared norm of a row, including the constant.
    fn square(&self, place: usize, cells: &[Cell<K>]) -> [f32; K] {
        let number = self.chosen[place] as usize;
        check(2 * K * self.rows.row(number).columns.len());
        let sums = self.rows.row(number).squared_sums(|column| cells[column].square);
        let scale = self.lengths[number] * self.lengths[number];
        std::array::from_fn(|k| self.constant[k] * self.constant[k] + scale * sums[k])
    }

    /// Add multiples of a row to the weights.
    #[inline(always)]
    fn add(&self, cells: &mut [Cell<K>], bias: &mut [f32; K], place: usize, changes: [f32; K]) {
        let number = self.chosen[place] as usize;
        let (targets, cost) = (&self.targets[place], self.costs[place]);
        let signed = |k: usize| if self.loss == Loss::Logistic { targets[k] } else { 1.0 };
        let factors: [f32; K] = std::array::from_fn(|k| changes[k] * cost * signed(k));
        let squares = self.constant.map(|constant| constant * constant);
        bias.iter_mut().zip(factors).zip(squares).for_each(|((bias, factor), square)| *bias += factor * square);
        let factors = factors.map(|factor| factor * self.lengths[number]);
        let row = self.rows.row(number);
        match row.values {
            None => {
                for &column in row.columns {
                    let cell = &mut cells[column as usize];
                    let changes = factors.iter().zip(&cell.square);
                    cell.weight.iter_mut().zip(changes).for_each(|(weight, (f, square))| *weight += f * square);
                }
            }
            Some(values) => {
                for (&column, &value) in row.columns.iter().zip(values) {
                    let cell = &mut cells[column as usize];
                    let changes = factors.iter().zip(&cell.square);
                    cell.weight.iter_mut().zip(changes).for_each(|(weight, (f, square))| *weight += value * f * square);
                }
            }
        }
    }

    /// Change of the row's own scores by a step, the mean over the outputs.
    #[inline(always)]
    fn moved(&self, place: usize, changes: &[f32; K], squares: &[f32; K]) -> f32 {
        let sum: f32 = changes.iter().zip(squares).map(|(change, square)| change.abs() * square).sum();
        self.costs[place] * sum / K as f32
    }

    /// Change of the dual variables of a row.
    #[inline(always)]
    fn step(&self, place: usize, scores: [f32; K], old: [f32; K], squares: [f32; K]) -> [f32; K] {
        let (targets, cost) = (&self.targets[place], self.costs[place]);
        std::array::from_fn(|k| {
            let pull = cost * squares[k];
            match self.loss {
                // The residual: at the optimum the variable is target - score.
                Loss::Squared => (targets[k] - scores[k] - old[k]) / (1.0 + pull),
                Loss::Logistic => wrong_probability(targets[k] * scores[k], old[k], pull) - old[k],
            }
        })
    }
}

/// Solve u + margin + pull * (sigmoid(u) - old) = 0 for a target of weight above 0, and return sigmoid(u).
#[inline]
fn wrong_probability(margin: f32, old: f32, pull: f32) -> f32 {
    if pull <= 0.0 {
        return old;
    }
    let (mut low, mut high) = (-margin - pull * (1.0 - old), -margin + pull * old);
    let mut u = -margin;
    let mut p = sigmoid(u);
    for _ in 0..30 {
        let value = u + margin + pull * (p - old);
        if value > 0.0 {
            high = u;
        } else {
            low = u;
        }
        let step = value / (1.0 + pull * p * (1.0 - p));
        if step.abs() < 1e-3 {
            return sigmoid(u - step);
        }
        let next = u - step;
        u = if next > low && next < high { next } else { 0.5 * (low + high) };
        p = sigmoid(u);
    }
    p
}

fn sigmoid(u: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-u))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;
    use crate::ngrams::matrix::Local;

    #[test]
    fn a_step_solves_its_equation() {
        for margin in [-8.0, -2.0, 0.0, 0.3, 5.0, 10.0] {
            for old in [0.0, 1e-6, 0.4, 0.99] {
                for pull in [0.01, 1.0, 50.0, 1e4] {
                    let p = f64::from(wrong_probability(margin, old, pull));
                    let u = libm::log(p / (1.0 - p));
                    let value = u + f64::from(margin) + f64::from(pull) * (p - f64::from(old));
                    assert!(value.abs() < 5e-3 * (1.0 + f64::from(pull)), "{margin} {old} {pull}: {value}");
                }
            }
        }
        assert_eq!(wrong_probability(3.0, 0.2, 0.0), 0.2);
    }

    /// Gradient of the objective at a solution, for all outputs.
    fn gradient<const K: usize>(problem: &Problem<'_, K>, solution: &Solution<K>) -> Vec<[f32; K]> {
        let inverse = |(weights, factors): (&[f32; K], &[f32; K])| std::array::from_fn(|k| weights[k] / factors[k]);
        let mut gradient: Vec<[f32; K]> = solution.weights.iter().zip(problem.factors).map(inverse).collect();
        for place in 0..problem.chosen.len() {
            let number = problem.chosen[place] as usize;
            let (row, length) = (problem.rows.row(number), problem.lengths[number]);
            let sums = row.sums(|column| solution.weights[column]);
            for k in 0..K {
                let (score, target) = (solution.bias[k] + length * sums[k], problem.targets[place][k]);
                let slope = match problem.loss {
                    Loss::Squared => score - target,
                    Loss::Logistic => -target / (1.0 + (target * score).exp()),
                };
                for (column, value) in row.entries() {
                    gradient[column][k] += problem.costs[place] * slope * length * value * problem.factors[column][k];
                }
            }
        }
        gradient
    }

    #[test]
    fn the_gradient_is_zero_at_the_end() {
        let texts = ["so good", "good fun", "bad", "so bad", "dull and bad", "good"];
        for local in [Local::Count, Local::Binary] {
            let (vocabulary, rows) = example(&texts, local, 1);
            let factors: Vec<[f32; 2]> =
                (0..vocabulary.len()).map(|column| [0.5 + (column % 3) as f32, 1.0 + (column % 2) as f32]).collect();
            let targets = [[1.0, -1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0], [-1.0, 1.0], [1.0, 1.0]];
            for loss in [Loss::Logistic, Loss::Squared] {
                let problem = Problem {
                    rows: &rows,
                    lengths: &[0.5; 6],
                    chosen: &[0, 1, 2, 3, 4, 5],
                    targets: &targets,
                    costs: &[3.0, 1.0, 2.0, 3.0, 0.5, 1.0],
                    factors: &factors,
                    constant: [1.0; 2],
                    loss,
                };
                let solution = problem.solve(None, Ending { epochs: 3000, tolerance: 0.0 }, 1);
                let gradient = gradient(&problem, &solution);
                assert!(gradient.iter().flatten().all(|g| g.abs() < 5e-3), "{loss:?} {gradient:?}");
                let again = problem.solve(Some(&solution.dual), Ending { epochs: 1, tolerance: 0.0 }, 2);
                let pairs = again.weights.iter().flatten().zip(solution.weights.iter().flatten());
                let farthest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(farthest < 5e-3, "{farthest}");
                // All costs are 0: the result is the center.
                let idle = Problem { costs: &[0.0; 6], ..problem };
                let center = (solution.weights.as_slice(), solution.bias);
                let stayed = idle.solve_near(Some(center), None, Ending { epochs: 3, tolerance: 0.0 }, 1);
                assert_eq!((stayed.weights, stayed.bias), (solution.weights, solution.bias));
            }
        }
    }
}
