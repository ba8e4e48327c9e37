//! Principal components of a sparse matrix, not centred: latent semantic analysis by a randomised SVD.
//!
//! Halko, Martinsson and Tropp 2011, algorithm 4.4: random directions, a few power iterations, then the remaining small
//! problem.

use crate::documents::dense::{eigen, gram, orthonormal, times};
use crate::documents::sums::sums;
use crate::foundation::interrupts::check;
use crate::foundation::random::Random;
use crate::linear::rows::Rows;
use crate::linear::weights::Scaling;
use crate::ngrams::matrix::Local;

/// Oversampling: number of additional directions.
const SPARE: usize = 10;
const DIRECTIONS: u64 = 1 << 58;

/// Settings of the decomposition.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub columns: usize,
    pub rank: usize,
    /// Number of power iterations.
    pub passes: usize,
    pub seed: u64,
    pub threads: usize,
}

/// Return right singular vectors float32 (columns, rank), and singular values, largest first; `None` if `progress`,
/// called with the passes done and their total, returns `false`. Ranks beyond that of the matrix are zeros.
pub fn components(
    rows: &Rows<'_>,
    scaling: Scaling<'_>,
    settings: Settings,
    progress: &mut dyn FnMut(usize, usize) -> bool,
) -> Option<(Vec<f32>, Vec<f32>)> {
    let Settings { columns, rank, passes, seed, threads } = settings;
    let width = (rank + SPARE).min(columns.min(rows.len()).max(1));
    let turned = transposed(rows, scaling, columns);
    let plain = Scaling { local: Local::Count, factors: None };
    let mut random = Random::new(seed, DIRECTIONS);
    let mut found: Vec<f32> = (0..columns * width)
        .map(|_| {
            check(4);
            random.centred()
        })
        .collect();
    for pass in 0..passes {
        let onto = orthonormal(sums(rows, scaling, &found, width, threads), width, threads);
        let lengths = |number: usize| plain.length(turned.row(number));
        let mut back = sums(&turned, plain, &onto, width, threads);
        for (number, row) in back.chunks_exact_mut(width).enumerate() {
            check(4 * turned.row(number).columns.len() + width);
            let length = lengths(number);
            row.iter_mut().for_each(|value| *value = if length > 0.0 { *value / length } else { 0.0 });
        }
        found = orthonormal(back, width, threads);
        if !progress(pass + 1, passes) {
            return None;
        }
    }
    let projected = sums(rows, scaling, &found, width, threads);
    let (values, vectors) = eigen(gram(&projected, width, threads), width);
    let kept = rank.min(width);
    let turn: Vec<f64> = vectors.chunks_exact(width).flat_map(|row| row[..kept].iter().copied()).collect();
    let narrow = times(&found, width, &turn, kept, threads);
    let table = narrow.chunks_exact(kept).flat_map(|row| padded(row, rank)).collect();
    let singular: Vec<f32> = values.iter().take(kept).map(|value| value.max(0.0).sqrt() as f32).collect();
    Some((table, padded(&singular, rank).collect()))
}

fn padded(row: &[f32], width: usize) -> impl Iterator<Item = f32> + '_ {
    row.iter().copied().chain(std::iter::repeat(0.0)).take(width)
}

/// Transpose of the matrix, with explicit values.
fn transposed(rows: &Rows<'_>, scaling: Scaling<'_>, columns: usize) -> Rows<'static> {
    let mut ends = vec![0; columns + 1];
    rows.columns.iter().for_each(|&column| ends[column as usize + 1] += 1);
    for column in 1..ends.len() {
        ends[column] += ends[column - 1];
    }
    let mut places = ends.clone();
    ends.remove(0);
    let (mut numbers, mut values) = (vec![0; rows.columns.len()], vec![0.0; rows.columns.len()]);
    for number in 0..rows.len() {
        let row = rows.row(number);
        check(8 * row.columns.len());
        let length = scaling.length(row);
        for (column, value) in row.entries() {
            let place = &mut places[column];
            numbers[*place] = number as u32;
            values[*place] = value * length * scaling.factors.map_or(1.0, |factors| factors[column]);
            *place += 1;
        }
    }
    Rows { columns: numbers.into(), values: Some(values.into()), ends: ends.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;

    #[test]
    fn components_make_the_matrix_again_at_any_number_of_threads() {
        let texts: Vec<String> = (0..30).map(|text| format!("a{} b{} c", text % 3, text % 4)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (vocabulary, rows) = example(&texts, Local::Count, 1);
        let columns = vocabulary.len();
        let factors: Vec<f32> = (0..columns).map(|column| 1.0 + (column % 3) as f32).collect();
        let scaling = Scaling { local: Local::Count, factors: Some(&factors) };
        let settings = |threads| Settings { columns, rank: 12, passes: 4, seed: 1, threads };
        let (table, singular) = components(&rows, scaling, settings(1), &mut |_, _| true).unwrap();
        assert!(singular.windows(2).all(|pair| pair[0] >= pair[1]));
        let projected = sums(&rows, scaling, &table, 12, 1);
        let total: f32 = singular.iter().map(|value| value * value).sum();
        assert!((total - 30.0).abs() < 1e-3, "rows have length 1, and the matrix has a rank below 12: {total}");
        for (at, value) in singular.iter().enumerate() {
            let length: f32 = (0..30).map(|row| projected[row * 12 + at].powi(2)).sum();
            assert!((length.sqrt() - value).abs() < 1e-3);
        }
        for threads in 2..4 {
            assert!(
                components(&rows, scaling, settings(threads), &mut |_, _| true).unwrap()
                    == (table.clone(), singular.clone())
            );
        }
        assert!(components(&rows, scaling, settings(1), &mut |_, _| false).is_none());
    }
}
