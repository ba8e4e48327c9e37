//! What is learned text by text: outputs, and the gradients of the texts of a batch.

use crate::fasttext::lanes::{add, add_scaled, dot, lanes_of, scale, Lane};
use crate::neural::functions::{exponential, sigmoid};

/// Lower bound of a probability in the loss that is reported.
const SMALLEST_PROBABILITY: f32 = 1e-10;

/// The loss function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    Softmax,
    /// The sum of the binary losses of all labels.
    OneVsAll,
}

/// A text whose outputs are learned.
pub struct Example<'a> {
    pub labels: &'a [u32],
    /// Its weight in the loss.
    pub weight: f32,
    /// Number of its features.
    pub features: usize,
}

/// Outputs, gradients and the loss.
pub struct Head {
    loss: Loss,
    width: usize,
    /// (labels, width).
    pub output: Vec<Lane>,
    /// Gradients of the texts of a batch, divided by the number of their features.
    pub gradients: Vec<Lane>,
    scores: Vec<f32>,
    hidden: Vec<Lane>,
    gradient: Vec<Lane>,
    total_loss: f64,
    total_weight: f64,
}

impl Head {
    /// Outputs that start from given ones (labels, dimension); further labels start at zero.
    pub fn new(loss: Loss, labels: usize, width: usize, dimension: usize, given: &[f32]) -> Self {
        let mut output: Vec<Lane> = given.chunks_exact(dimension).flat_map(lanes_of).collect();
        output.resize(labels * width, Lane::default());
        let zeros = vec![Lane::default(); width];
        Self {
            loss,
            width,
            output,
            gradients: Vec::new(),
            scores: vec![0.0; labels],
            hidden: zeros.clone(),
            gradient: zeros,
            total_loss: 0.0,
            total_weight: 0.0,
        }
    }

    /// Add up the parts of the sum of a text's rows.
    #[inline(always)]
    pub fn sum<'a>(&mut self, parts: impl Iterator<Item = &'a [Lane]>) {
        self.hidden.fill(Lane::default());
        parts.for_each(|part| add(&mut self.hidden, part));
    }

    /// Learn the outputs of the text whose rows were added up, and append its gradient.
    #[inline(always)]
    pub fn learn(&mut self, example: &Example, rate: f32) {
        let share = 1.0 / example.features.max(1) as f32;
        scale(&mut self.hidden, share);
        self.predict();
        self.gradient.fill(Lane::default());
        let step = rate * example.weight;
        let outputs = self.output.chunks_exact_mut(self.width).zip(&self.scores);
        for (number, (output, &probability)) in outputs.enumerate() {
            let is_label = example.labels.contains(&(number as u32));
            self.total_loss += f64::from(example.weight * loss_of(self.loss, is_label, probability));
            let factor = step * (f32::from(u8::from(is_label)) - probability);
            add_scaled(&mut self.gradient, factor, output);
            add_scaled(output, factor, &self.hidden);
        }
        self.total_weight += f64::from(example.weight);
        scale(&mut self.gradient, share);
        self.gradients.extend_from_slice(&self.gradient);
    }

    #[inline(always)]
    fn predict(&mut self) {
        let scores = self.output.chunks_exact(self.width).map(|output| dot(output, &self.hidden));
        self.scores.iter_mut().zip(scores).for_each(|(own, score)| *own = score);
        match self.loss {
            Loss::OneVsAll => self.scores.iter_mut().for_each(|score| *score = sigmoid(*score)),
            Loss::Softmax => {
                let largest = self.scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                self.scores.iter_mut().for_each(|score| *score = exponential(*score - largest));
                let sum: f32 = self.scores.iter().sum();
                self.scores.iter_mut().for_each(|score| *score /= sum);
            }
        }
    }

    /// The mean loss since the last call, per unit of weight, in nats.
    pub fn mean_loss(&mut self) -> f64 {
        let (loss, weight) = (std::mem::take(&mut self.total_loss), std::mem::take(&mut self.total_weight));
        loss / weight.max(f64::MIN_POSITIVE)
    }
}

#[inline(always)]
fn loss_of(loss: Loss, is_label: bool, probability: f32) -> f32 {
    match (loss, is_label) {
        (_, true) => -log(probability),
        (Loss::Softmax, false) => 0.0,
        (Loss::OneVsAll, false) => -log(1.0 - probability),
    }
}

fn log(probability: f32) -> f32 {
    libm::logf(if probability > SMALLEST_PROBABILITY { probability } else { SMALLEST_PROBABILITY })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradient of the loss by finite differences.
    fn numerical(loss: Loss, output: &[f32], hidden: &[f32], label: usize) -> Vec<f32> {
        let labels = output.len() / hidden.len();
        let value = |hidden: &[f64]| {
            let score = |row: usize| -> f64 {
                let row = &output[row * hidden.len()..(row + 1) * hidden.len()];
                row.iter().zip(hidden).map(|(&left, &right)| f64::from(left) * right).sum()
            };
            let scores: Vec<f64> = (0..labels).map(score).collect();
            match loss {
                Loss::Softmax => scores.iter().map(|score| score.exp()).sum::<f64>().ln() - scores[label],
                Loss::OneVsAll => {
                    let signed = scores.iter().enumerate().map(|(row, &one)| if row == label { one } else { -one });
                    signed.map(|score| (1.0 + (-score).exp()).ln()).sum()
                }
            }
        };
        let hidden: Vec<f64> = hidden.iter().copied().map(f64::from).collect();
        let slope = |place: usize| {
            let [mut up, mut down] = [hidden.clone(), hidden.clone()];
            up[place] += 1e-4;
            down[place] -= 1e-4;
            ((value(&up) - value(&down)) / 2e-4) as f32
        };
        (0..hidden.len()).map(slope).collect()
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        for loss in [Loss::Softmax, Loss::OneVsAll] {
            let output = [0.5, -1.0, 0.25, 0.0, 0.75, -0.5];
            let hidden = [0.3, -0.2];
            let mut head = Head::new(loss, 3, 1, 2, &output);
            let rows: Vec<Lane> = lanes_of(&[0.6, -0.4]).collect();
            head.sum([rows.as_slice()].into_iter());
            head.learn(&Example { labels: &[1], weight: 2.0, features: 2 }, 0.5);
            let expected = numerical(loss, &output, &hidden, 1);
            for (place, slope) in expected.into_iter().enumerate() {
                let found = head.gradients[0].0[place];
                assert!((found + 0.5 * slope).abs() < 1e-4, "{loss:?}: {found} {slope}");
            }
            assert!(head.mean_loss() > 0.0);
        }
    }
}
