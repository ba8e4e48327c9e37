//! Regression with an L2 penalty in terms of the Gram matrix of the rows, by L-BFGS.
//!
//! Minimizes the mean loss plus penalty / 2 * |w|^2 for each output. At the minimum the weights w are linear
//! combinations of the rows (the representer theorem), so the variables are the coefficients, one per row; scores are
//! products of rows times coefficients. Inner products are those of the weights, not of the coefficients, so the steps
//! are those of L-BFGS on the weights (Liu and Nocedal 1989), with one product with the rows for each.

use super::losses::Targets;

const MEMORY: usize = 8;
const LINE_STEPS: usize = 20;
/// Line search ends when the slope is at most this fraction of the first one.
const LEFT_SLOPE: f64 = 0.3;
const LEAST_GROWTH: f64 = 1.5;
const MOST_GROWTH: f64 = 10.0;

/// Gram matrix of the rows, as a linear map.
pub trait Products: Sync {
    /// For each output, multiply the Gram matrix by coefficients: float32 (outputs, rows) in and out.
    fn times(&self, coefficients: &[f32], outputs: usize) -> Vec<f32>;
}

/// A point or a direction: coefficients of the rows, their products with the rows, and biases.
#[derive(Clone)]
pub struct Point {
    /// float64 (outputs, rows).
    pub coefficients: Vec<f64>,
    products: Vec<f64>,
    /// float64 (outputs,).
    pub bias: Vec<f64>,
}

impl Point {
    pub fn zero(samples: usize, outputs: usize) -> Self {
        let zeros = || vec![0.0; samples * outputs];
        Self { coefficients: zeros(), products: zeros(), bias: vec![0.0; outputs] }
    }

    /// Inner product of the weights and of the biases.
    fn dot(&self, other: &Self) -> f64 {
        self.weights_dot(other) + dot(&self.bias, &other.bias)
    }

    fn weights_dot(&self, other: &Self) -> f64 {
        dot(&self.coefficients, &other.products)
    }

    fn add(&mut self, factor: f64, other: &Self) {
        add(&mut self.coefficients, factor, &other.coefficients);
        add(&mut self.products, factor, &other.products);
        add(&mut self.bias, factor, &other.bias);
    }

    fn scale(&mut self, factor: f64) {
        for numbers in [&mut self.coefficients, &mut self.products, &mut self.bias] {
            numbers.iter_mut().for_each(|number| *number *= factor);
        }
    }

    /// Scores (outputs, rows).
    fn scores(&self) -> Vec<f64> {
        let samples = self.products.len() / self.bias.len().max(1);
        let with_bias = |(at, product): (usize, &f64)| product + self.bias[at / samples.max(1)];
        self.products.iter().enumerate().map(with_bias).collect()
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(one, two)| one * two).sum()
}

fn add(target: &mut [f64], factor: f64, other: &[f64]) {
    target.iter_mut().zip(other).for_each(|(target, value)| *target += factor * value);
}

/// Stopping criteria.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    pub steps: usize,
    /// Norm of the gradient relative to that at zero.
    pub tolerance: f64,
}

/// Minimizer for one penalty.
pub struct Minimizer<'a> {
    pub products: &'a dyn Products,
    pub targets: &'a Targets<'a>,
    /// Factor of the squared weights.
    pub penalty: f64,
    pub ending: Ending,
}

impl Minimizer<'_> {
    /// Move a point to the minimum; return the number of steps. `first` is the norm of the gradient at zero.
    pub fn minimize(&self, point: &mut Point, first: f64) -> usize {
        let mut pairs: Vec<(Point, Point, f64)> = Vec::new();
        let (mut scores, mut gradient) = (point.scores(), self.gradient(point));
        for step in 0..self.ending.steps {
            if gradient.dot(&gradient).max(0.0).sqrt() <= self.ending.tolerance * first {
                return step;
            }
            let mut direction = self.direction(&gradient, &pairs);
            if gradient.dot(&direction) >= 0.0 {
                pairs.clear();
                direction = self.direction(&gradient, &pairs);
            }
            let change = direction.scores();
            let size = self.line(point, &direction, &scores, &change);
            if size == 0.0 {
                return step;
            }
            point.add(size, &direction);
            add(&mut scores, size, &change);
            let mut difference = self.gradient(point);
            std::mem::swap(&mut difference, &mut gradient);
            difference.scale(-1.0);
            difference.add(1.0, &gradient);
            direction.scale(size);
            let curvature = direction.dot(&difference);
            if curvature > 1e-12 * difference.dot(&difference) {
                if pairs.len() == MEMORY {
                    pairs.remove(0);
                }
                pairs.push((direction, difference, curvature));
            }
        }
        self.ending.steps
    }

    /// Norm of the gradient at zero.
    pub fn first(&self) -> f64 {
        let gradient = self.gradient(&Point::zero(self.targets.samples(), self.targets.outputs()));
        gradient.dot(&gradient).max(0.0).sqrt()
    }

    fn gradient(&self, point: &Point) -> Point {
        let (samples, outputs) = (self.targets.samples(), self.targets.outputs());
        let mut found = Point::zero(samples, outputs);
        self.targets.mean_loss(&point.scores(), Some(&mut found.coefficients));
        for (bias, derivatives) in found.bias.iter_mut().zip(found.coefficients.chunks_exact(samples.max(1))) {
            *bias = derivatives.iter().sum();
        }
        let single: Vec<f32> = found.coefficients.iter().map(|&value| value as f32).collect();
        let products = self.products.times(&single, outputs);
        found.products = products.into_iter().map(f64::from).collect();
        add(&mut found.products, self.penalty, &point.products);
        add(&mut found.coefficients, self.penalty, &point.coefficients);
        found
    }

    /// Direction of L-BFGS: the negative gradient times an estimate of the inverse Hessian.
    fn direction(&self, gradient: &Point, pairs: &[(Point, Point, f64)]) -> Point {
        let mut found = gradient.clone();
        let mut shares = Vec::with_capacity(pairs.len());
        for (step, difference, curvature) in pairs.iter().rev() {
            let share = step.dot(&found) / curvature;
            found.add(-share, difference);
            shares.push(share);
        }
        if let Some((_, difference, curvature)) = pairs.last() {
            found.scale(curvature / difference.dot(difference));
        }
        for ((step, difference, curvature), share) in pairs.iter().zip(shares.into_iter().rev()) {
            let other = difference.dot(&found) / curvature;
            found.add(share - other, step);
        }
        found.scale(-1.0);
        found
    }

    /// Line search: return a step with a slope that is small relative to the first one and a smaller sum; 0 if there is
    /// none.
    fn line(&self, point: &Point, direction: &Point, scores: &[f64], change: &[f64]) -> f64 {
        let (squares, cross) = (direction.weights_dot(direction), point.weights_dot(direction));
        let mut derivatives = vec![0.0; scores.len()];
        let mut at = |size: f64| {
            let moved: Vec<f64> = scores.iter().zip(change).map(|(score, change)| score + size * change).collect();
            let loss = self.targets.mean_loss(&moved, Some(&mut derivatives));
            let penalty = self.penalty * size * (cross + size * squares / 2.0);
            (loss + penalty, dot(&derivatives, change) + self.penalty * (cross + size * squares))
        };
        let (value, slope) = at(0.0);
        let (mut low, mut high) = ((0.0, slope), None);
        let mut size = 1.0;
        for _ in 0..LINE_STEPS {
            let (new, new_slope) = at(size);
            let is_lower = new <= value + 1e-4 * size * slope;
            if is_lower && new_slope.abs() <= LEFT_SLOPE * slope.abs() {
                return size;
            }
            if new_slope > 0.0 || !is_lower {
                high = Some((size, new_slope));
            } else {
                low = (size, new_slope);
            }
            size = match high {
                Some(high) => between(low, high),
                None => beyond(size, slope, new_slope),
            };
        }
        low.0
    }
}

/// Secant step between two slopes, kept away from the ends.
fn between(low: (f64, f64), high: (f64, f64)) -> f64 {
    let share = if high.1 > low.1 { -low.1 / (high.1 - low.1) } else { 0.5 };
    low.0 + (high.0 - low.0) * share.clamp(0.1, 0.9)
}

/// Secant step beyond a slope that is still negative.
fn beyond(size: f64, first: f64, slope: f64) -> f64 {
    let growth = if slope > first { first / (first - slope) } else { MOST_GROWTH };
    size * growth.clamp(LEAST_GROWTH, MOST_GROWTH)
}

#[cfg(test)]
mod tests {
    use super::super::losses::Loss;
    use super::super::rows::tests::example;
    use super::*;

    struct Matrix(Vec<f32>, usize);

    impl Products for Matrix {
        fn times(&self, coefficients: &[f32], outputs: usize) -> Vec<f32> {
            let rows = |output: usize| &coefficients[output * self.1..(output + 1) * self.1];
            let product = |output: usize, row: &[f32]| row.iter().zip(rows(output)).map(|(a, b)| a * b).sum();
            (0..outputs).flat_map(|output| self.0.chunks_exact(self.1).map(move |row| product(output, row))).collect()
        }
    }

    #[test]
    fn the_gradient_at_the_minimum_is_almost_zero_and_ridge_regression_has_its_closed_form() {
        let rows = example(30, 50);
        let products = Matrix(rows.products(1), 30);
        let weights: Vec<f32> = (0..30).map(|at| 1.0 + (at % 3) as f32).collect();
        for (loss, outputs) in [(Loss::Softmax, 3), (Loss::Logistic, 1), (Loss::Logistic, 2), (Loss::Squared, 2)] {
            let sign = |at: usize| if at % 30 % outputs.max(2) == at / 30 { 1.0 } else { -1.0 };
            let values: Vec<f32> = (0..30 * outputs).map(sign).collect();
            let targets = Targets { loss, values: &values, weights: &weights };
            for penalty in [1.0, 1e-3] {
                let ending = Ending { steps: 500, tolerance: 1e-5 };
                let minimizer = Minimizer { products: &products, targets: &targets, penalty, ending };
                let first = minimizer.first();
                let mut point = Point::zero(30, outputs);
                let steps = minimizer.minimize(&mut point, first);
                assert!(steps < 200, "{loss:?} {outputs} {penalty}: {steps}");
                let gradient = minimizer.gradient(&point);
                assert!(gradient.dot(&gradient).sqrt() <= 1e-4 * first, "{loss:?} {outputs} {penalty}");
                // At the minimum the derivatives of the loss are -penalty times the coefficients, and their mean is 0.
                let mut derivatives = vec![0.0; 30 * outputs];
                targets.mean_loss(&point.scores(), Some(&mut derivatives));
                let pairs = derivatives.iter().zip(&point.coefficients);
                let largest = derivatives.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
                assert!(pairs.into_iter().all(|(one, other)| (one + penalty * other).abs() < 0.02 * largest.max(1e-3)));
            }
        }
    }
}
