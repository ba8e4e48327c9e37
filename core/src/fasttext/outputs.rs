//! Outputs of a classifier from the mean of a text's rows: softmax, one-vs-all, or a Huffman tree of binary decisions.
//!
//! Source: Joulin et al. 2017; the tree is that of Goodman 2001, "Classes for fast maximum entropy training".

use crate::fasttext::tables::Table;
use crate::foundation::interrupts::check;

/// Added by fastText to a probability before its logarithm.
const LOG_SHIFT: f32 = 1e-5;
/// Larger than any count of a label.
const NO_COUNT: i64 = 1_000_000_000_000_000;

/// How outputs are computed.
pub enum Outputs {
    /// One score per label; the link function is applied elsewhere.
    Scores,
    /// The logarithm of the probability of every label.
    Tree(Tree),
}

/// A binary tree whose leaves are the labels; the nodes that follow them have their two children before them.
pub struct Tree {
    labels: usize,
    children: Vec<[usize; 2]>,
}

impl Tree {
    /// The tree for labels with these counts; `None` if a count is out of range.
    pub fn new(counts: &[i64]) -> Option<Self> {
        let labels = counts.len();
        if labels == 0 || counts.iter().any(|count| !(0..NO_COUNT).contains(count)) {
            return None;
        }
        let mut sums = counts.to_vec();
        sums.resize(2 * labels - 1, NO_COUNT);
        let (mut leaf, mut node) = (labels, labels);
        let mut children = Vec::with_capacity(labels - 1);
        for parent in labels..2 * labels - 1 {
            let mut next = || {
                if leaf > 0 && (node >= parent || sums[leaf - 1] < sums[node]) {
                    leaf -= 1;
                    leaf
                } else {
                    node += 1;
                    node - 1
                }
            };
            let pair = [next(), next()];
            sums[parent] = sums[pair[0]].saturating_add(sums[pair[1]]);
            children.push(pair);
        }
        Some(Self { labels, children })
    }

    /// Replace the scores of the nodes (labels - 1 of them) by the logarithms of the labels' probabilities.
    fn log_probabilities(&self, scores: &[f32]) -> Vec<f32> {
        let mut logs = vec![0.0; 2 * self.labels - 1];
        for (number, pair) in self.children.iter().enumerate().rev() {
            let right = 1.0 / (1.0 + libm::expf(-scores[number]));
            let own = logs[self.labels + number];
            logs[pair[0]] = own + libm::logf(1.0 - right + LOG_SHIFT);
            logs[pair[1]] = own + libm::logf(right + LOG_SHIFT);
        }
        logs.truncate(self.labels);
        logs
    }
}

/// Outputs (labels, dimension), transposed and filled with zeros: a row of labels per component of a text's mean.
pub struct Transposed {
    labels: usize,
    /// Number of groups of eight labels.
    width: usize,
    columns: Vec<[f32; 8]>,
}

impl Transposed {
    pub fn new(output: &Table) -> Self {
        let (labels, dimension) = (output.rows(), output.columns());
        let width = labels.div_ceil(8);
        let mut columns = vec![[0.0; 8]; width * dimension];
        for label in 0..labels {
            check(dimension);
            for (column, value) in output.decoded(label..label + 1).into_iter().enumerate() {
                columns[column * width + label / 8][label % 8] = value;
            }
        }
        Self { labels, width, columns }
    }

    /// The inner products of a vector and the rows of the matrix; each is summed in order, as in fastText.
    #[inline(always)]
    fn scores(&self, mean: &[f32]) -> Vec<f32> {
        let mut sums = vec![[0.0f32; 8]; self.width];
        for (&value, column) in mean.iter().zip(self.columns.chunks_exact(self.width.max(1))) {
            for (sums, weights) in sums.iter_mut().zip(column) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += weight * value;
                }
            }
        }
        sums.into_iter().flatten().take(self.labels).collect()
    }
}

impl Outputs {
    /// Outputs of a text, one per label, from the mean of its rows.
    #[inline(always)]
    pub fn of(&self, mean: &[f32], output: &Transposed) -> Vec<f32> {
        let scores = output.scores(mean);
        match self {
            Self::Scores => scores,
            Self::Tree(tree) => tree.log_probabilities(&scores),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_joins_the_rarest_labels_first_and_its_probabilities_sum_to_1() {
        let tree = Tree::new(&[5, 4, 3, 1]).expect("counts in range");
        assert_eq!(tree.children, [[3, 2], [4, 1], [0, 5]]);
        let logs = tree.log_probabilities(&[0.3, -1.0, 2.0]);
        let sum: f32 = logs.iter().map(|log| log.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        assert!(Tree::new(&[]).is_none() && Tree::new(&[-1, 2]).is_none() && Tree::new(&[NO_COUNT]).is_none());
        assert_eq!(Tree::new(&[7]).expect("one").log_probabilities(&[]), [0.0]);
    }

    #[test]
    fn scores_are_inner_products() {
        let values: Vec<f32> = (0..18).map(|number| number as f32).collect();
        let mean: Vec<f32> = (0..9).map(|number| number as f32 / 8.0).collect();
        let table = Table::Dense { values: &values, columns: 9 };
        assert_eq!(Outputs::Scores.of(&mean, &Transposed::new(&table)), [25.5, 66.0]);
    }
}
