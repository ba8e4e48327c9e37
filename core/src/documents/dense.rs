//! Small dense matrices in row-major order: products of tall ones, orthonormal columns, eigenvectors.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{map_each, split_rows};

/// Number of rows per partial sum; the sums of blocks are added in order.
const BLOCK_ROWS: usize = 4096;
const SWEEPS: usize = 60;

/// Gram matrix of the columns of a tall matrix float32 (rows, width): float64 (width, width).
pub fn gram(matrix: &[f32], width: usize, threads: usize) -> Vec<f64> {
    let blocks: Vec<&[f32]> = matrix.chunks(BLOCK_ROWS * width.max(1)).collect();
    let mut sum = vec![0.0; width * width];
    for together in blocks.chunks(threads.max(1)) {
        for part in map_each(together.to_vec(), |block| block_gram(block, width)) {
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
    for (row, column) in (0..width).flat_map(|row| (0..row).map(move |column| (row, column))) {
        sum[row * width + column] = sum[column * width + row];
    }
    sum
}

/// Upper triangle of the Gram matrix of a block.
fn block_gram(block: &[f32], width: usize) -> Vec<f64> {
    let mut sum = vec![0.0f64; width * width];
    for row in block.chunks_exact(width.max(1)) {
        check(width * width / 4);
        for (left, &value) in row.iter().enumerate() {
            let target = &mut sum[left * width + left..(left + 1) * width];
            target.iter_mut().zip(&row[left..]).for_each(|(sum, &other)| *sum += f64::from(value * other));
        }
    }
    sum
}

/// Multiply a tall matrix (rows, width) by (width, kept).
pub fn times(matrix: &[f32], width: usize, right: &[f64], kept: usize, threads: usize) -> Vec<f32> {
    let rows = matrix.len().checked_div(width).unwrap_or(0);
    let right: Vec<f32> = right.iter().map(|&number| number as f32).collect();
    let mut found = vec![0.0f32; rows * kept];
    let size = rows.div_ceil(threads.max(1)).max(1);
    let ranges: Vec<_> = (0..rows).step_by(size).map(|start| start..(start + size).min(rows)).collect();
    let parts = split_rows(&mut found, kept, &ranges);
    map_each(ranges.into_iter().zip(parts).collect(), |(range, target)| {
        for (row, target) in range.zip(target.chunks_exact_mut(kept.max(1))) {
            check(width * kept / 4);
            for (value, right) in matrix[row * width..(row + 1) * width].iter().zip(right.chunks_exact(kept.max(1))) {
                target.iter_mut().zip(right).for_each(|(sum, number)| *sum += value * number);
            }
        }
    });
    found
}

/// Orthonormalize the columns of a tall matrix; linearly dependent ones become 0.
pub fn orthonormal(matrix: Vec<f32>, width: usize, threads: usize) -> Vec<f32> {
    let once = |matrix: &[f32]| {
        let (values, vectors) = eigen(gram(matrix, width, threads), width);
        let least = values.first().copied().unwrap_or(0.0).max(0.0) * 1e-10;
        let scale = |value: f64| if value > least && value > 0.0 { 1.0 / value.sqrt() } else { 0.0 };
        let scaled: Vec<f64> =
            vectors.iter().enumerate().map(|(at, number)| number * scale(values[at % width.max(1)])).collect();
        times(matrix, width, &scaled, width, threads)
    };
    // A second time, because the first result is inaccurate in single precision.
    once(&once(&matrix))
}

/// Eigenvalues of a symmetric matrix, largest first, and its eigenvectors as columns; by Jacobi rotations.
pub fn eigen(mut matrix: Vec<f64>, width: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0; width * width];
    (0..width).for_each(|at| vectors[at * width + at] = 1.0);
    let total: f64 = matrix.iter().map(|number| number * number).sum();
    for _ in 0..SWEEPS {
        let off: f64 = pairs(width).map(|(p, q)| matrix[p * width + q].powi(2)).sum();
        if off <= total * 1e-24 {
            break;
        }
        pairs(width).for_each(|(p, q)| rotate(&mut matrix, &mut vectors, width, p, q));
    }
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&left, &right| matrix[right * width + right].total_cmp(&matrix[left * width + left]));
    let values = order.iter().map(|&at| matrix[at * width + at]).collect();
    let sorted = (0..width).flat_map(|row| order.iter().map(move |&at| (row, at)));
    let columns = sorted.map(|(row, at)| vectors[at * width + row]).collect();
    (values, columns)
}

fn pairs(width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width).flat_map(move |p| (p + 1..width).map(move |q| (p, q)))
}

/// Rotate two axes so that their product becomes 0; `vectors` has the eigenvectors as rows.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], width: usize, p: usize, q: usize) {
    check(4 * width);
    let mixed = matrix[p * width + q];
    if mixed == 0.0 {
        return;
    }
    let slope = (matrix[q * width + q] - matrix[p * width + p]) / (2.0 * mixed);
    let tangent = slope.signum() / (slope.abs() + (slope * slope + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turn = |left: &mut f64, right: &mut f64| {
        let (first, second) = (*left, *right);
        *left = cosine * first - sine * second;
        *right = sine * first + cosine * second;
    };
    for row in 0..width {
        let (mut left, mut right) = (matrix[row * width + p], matrix[row * width + q]);
        turn(&mut left, &mut right);
        (matrix[row * width + p], matrix[row * width + q]) = (left, right);
    }
    for half in [matrix, vectors] {
        let (upper, lower) = half.split_at_mut(q * width);
        let rows = upper[p * width..(p + 1) * width].iter_mut().zip(&mut lower[..width]);
        rows.for_each(|(left, right)| turn(left, right));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::random::Random;

    #[test]
    fn eigenvectors_make_the_matrix_again() {
        let width = 7;
        let mut random = Random::new(1, 1);
        let half: Vec<f32> = (0..20 * width).map(|_| random.centred()).collect();
        let matrix = gram(&half, width, 2);
        let (values, vectors) = eigen(matrix.clone(), width);
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        for (row, column) in (0..width).flat_map(|row| (0..width).map(move |column| (row, column))) {
            let made: f64 =
                (0..width).map(|at| values[at] * vectors[row * width + at] * vectors[column * width + at]).sum();
            assert!((made - matrix[row * width + column]).abs() < 1e-9);
        }
    }

    #[test]
    fn orthonormal_columns_are_so_at_any_number_of_threads() {
        let width = 5;
        let mut random = Random::new(2, 2);
        let mut matrix: Vec<f32> = (0..9000 * width).map(|_| random.centred()).collect();
        matrix.chunks_exact_mut(width).for_each(|row| row[4] = row[3]); // a linearly dependent column
        let found = orthonormal(matrix.clone(), width, 1);
        let products = gram(&found, width, 1);
        for (row, column) in (0..4).flat_map(|row| (0..4).map(move |column| (row, column))) {
            let expected = if row == column { 1.0 } else { 0.0 };
            assert!((products[row * width + column] - expected).abs() < 1e-5);
        }
        assert!(found.chunks_exact(width).all(|row| row[4] == 0.0));
        assert!((2..4).all(|threads| orthonormal(matrix.clone(), width, threads) == found));
    }
}
