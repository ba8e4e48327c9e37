//! Losses of scores, with their derivatives, for several outputs per sample.

use crate::foundation::interrupts::check;

/// What is minimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Log loss over classes; the target of the sample's class is the only one above 0.
    Softmax,
    /// Log loss of each output independently; targets are -1 and 1.
    Logistic,
    /// Half the squared difference.
    Squared,
}

/// Targets and weights of samples.
pub struct Targets<'a> {
    pub loss: Loss,
    /// float32 (outputs, samples).
    pub values: &'a [f32],
    /// float32 (samples,), with a sum above 0.
    pub weights: &'a [f32],
}

impl Targets<'_> {
    pub fn samples(&self) -> usize {
        self.weights.len()
    }

    pub fn outputs(&self) -> usize {
        self.values.len() / self.weights.len().max(1)
    }

    /// Sum of the weights.
    pub fn total(&self) -> f64 {
        self.weights.iter().map(|&weight| f64::from(weight)).sum()
    }

    /// Return the mean loss at scores (outputs, samples); write its derivatives if requested.
    pub fn mean_loss(&self, scores: &[f64], mut derivatives: Option<&mut [f64]>) -> f64 {
        let (samples, total) = (self.samples(), self.total());
        let mut sum = 0.0;
        let mut shares = vec![0.0; self.outputs()];
        for (sample, &weight) in self.weights.iter().enumerate() {
            check(32 * shares.len());
            let weight = f64::from(weight) / total;
            let target = |output: usize| f64::from(self.values[output * samples + sample]);
            let score = |output: usize| scores[output * samples + sample];
            let loss = match self.loss {
                Loss::Softmax => softmax(&mut shares, score, target),
                Loss::Logistic => logistic(&mut shares, score, target),
                Loss::Squared => squared(&mut shares, score, target),
            };
            sum += weight * loss;
            if let Some(derivatives) = derivatives.as_deref_mut() {
                for (output, share) in shares.iter().enumerate() {
                    derivatives[output * samples + sample] = weight * share;
                }
            }
        }
        sum
    }
}

#[inline(always)]
fn softmax(shares: &mut [f64], score: impl Fn(usize) -> f64, target: impl Fn(usize) -> f64) -> f64 {
    let highest = (0..shares.len()).map(&score).fold(f64::NEG_INFINITY, f64::max);
    shares.iter_mut().enumerate().for_each(|(output, share)| *share = (score(output) - highest).exp());
    let sum: f64 = shares.iter().sum();
    let mut loss = 0.0;
    for (output, share) in shares.iter_mut().enumerate() {
        *share /= sum;
        if target(output) > 0.0 {
            loss = sum.ln() - (score(output) - highest);
            *share -= 1.0;
        }
    }
    loss
}

#[inline(always)]
fn logistic(shares: &mut [f64], score: impl Fn(usize) -> f64, target: impl Fn(usize) -> f64) -> f64 {
    let mut loss = 0.0;
    for (output, share) in shares.iter_mut().enumerate() {
        let margin = score(output) * target(output);
        let small = (-margin.abs()).exp();
        loss += small.ln_1p() + (-margin).max(0.0);
        *share = -target(output) * if margin > 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
    }
    loss
}

#[inline(always)]
fn squared(shares: &mut [f64], score: impl Fn(usize) -> f64, target: impl Fn(usize) -> f64) -> f64 {
    let mut loss = 0.0;
    for (output, share) in shares.iter_mut().enumerate() {
        *share = score(output) - target(output);
        loss += *share * *share / 2.0;
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_differences_of_the_loss() {
        let values = [1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, 1.0];
        let weights = [1.0, 2.0, 0.5];
        let scores: Vec<f64> = (0..9).map(|at| f64::from(at * at % 7) / 2.0 - 1.0).collect();
        for loss in [Loss::Softmax, Loss::Logistic, Loss::Squared] {
            let targets = Targets { loss, values: &values, weights: &weights };
            let mut derivatives = vec![0.0; 9];
            let before = targets.mean_loss(&scores, Some(&mut derivatives));
            for at in 0..9 {
                let mut moved = scores.clone();
                moved[at] += 1e-6;
                let difference = (targets.mean_loss(&moved, None) - before) / 1e-6;
                assert!((difference - derivatives[at]).abs() < 1e-5, "{loss:?} {at}");
            }
        }
    }

    #[test]
    fn large_scores_have_finite_losses() {
        let values = [1.0, -1.0];
        for loss in [Loss::Softmax, Loss::Logistic] {
            let targets = Targets { loss, values: &values, weights: &[1.0] };
            assert!((targets.mean_loss(&[-1000.0, 1000.0], None) - 2000.0).abs() < 1e-6);
            assert!(targets.mean_loss(&[1000.0, -1000.0], None) < 1e-12);
        }
    }
}
