//! Naive-Bayes log-count ratios of one class against the rest.

use crate::foundation::interrupts::check;
use crate::linear::rows::Rows;

/// Return the log-count ratio of each n-gram: its frequency in texts of the class relative to the others; (columns,).
///
/// `targets` are 1 for the class, -1 for the rest; `weights` are the weights of rows. Wang and Manning 2012, section
/// 2.1, with `smoothing` added to every count.
pub fn log_count_ratios(
    rows: &Rows<'_>,
    columns: usize,
    chosen: &[u32],
    targets: &[f32],
    weights: &[f32],
    smoothing: f32,
) -> Vec<f32> {
    let mut counts = vec![[smoothing; 2]; columns];
    for ((&row, &target), &weight) in chosen.iter().zip(targets).zip(weights) {
        check(4 * rows.row(row as usize).columns.len());
        let side = usize::from(target > 0.0);
        for &column in rows.row(row as usize).columns {
            counts[column as usize][side] += weight;
        }
    }
    let sum = |side: usize| counts.iter().map(|pair| f64::from(pair[side])).sum::<f64>();
    let shift = (libm::log(sum(0)) - libm::log(sum(1))) as f32;
    counts.iter().map(|[rest, own]| libm::logf(own / rest) + shift).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;
    use crate::ngrams::matrix::Local;

    #[test]
    fn ratios_are_those_of_the_counts() {
        let texts = ["a b", "a", "b", "b c"];
        let (vocabulary, rows) = example(&texts, Local::Binary, 1);
        let found = log_count_ratios(&rows, vocabulary.len(), &[0, 1, 2], &[1.0, 1.0, -1.0], &[1.0, 2.0, 1.0], 1.0);
        let entries = |row: usize| rows.row(row).columns.len() as f32;
        let columns = vocabulary.len() as f32;
        let (own, rest) = (columns + entries(0) + 2.0 * entries(1), columns + entries(2));
        // The columns of "a" are only in the first two texts.
        for &column in rows.row(1).columns {
            let in_first = rows.row(0).columns.contains(&column);
            let count = if in_first { 4.0 } else { 3.0 };
            assert!((found[column as usize] - (count / own / (1.0 / rest)).ln()).abs() < 1e-5);
        }
    }
}
