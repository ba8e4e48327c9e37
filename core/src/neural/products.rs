//! Matrix products in which no row depends on another: a sample gets the same bits in every batch.

use pulp::Simd;

/// Number of columns stored together.
const PANEL: usize = 16;
/// Number of rows multiplied with a panel together.
const ROWS: usize = 6;

/// A matrix (rows, columns), stored in panels of columns, and a bias for each column.
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    panels: Vec<f32>,
    bias: Vec<f32>,
}

impl Matrix {
    /// Take a row-major matrix (rows, columns); `None` if it does not match its bias (columns,).
    pub fn new(values: &[f32], bias: &[f32]) -> Option<Self> {
        let columns = bias.len();
        if columns == 0 || values.is_empty() || values.len() % columns != 0 {
            return None;
        }
        let rows = values.len() / columns;
        let padded = columns.div_ceil(PANEL) * PANEL;
        let mut panels = vec![0.0; rows * padded];
        for (number, panel) in panels.chunks_exact_mut(rows * PANEL).enumerate() {
            let first = number * PANEL;
            let width = PANEL.min(columns - first);
            for (target, row) in panel.chunks_exact_mut(PANEL).zip(values.chunks_exact(columns)) {
                target[..width].copy_from_slice(&row[first..first + width]);
            }
        }
        let mut padded_bias = bias.to_vec();
        padded_bias.resize(padded, 0.0);
        Some(Self { rows, columns, panels, bias: padded_bias })
    }

    /// Multiply rows of `self.rows` values, and write them into `target` (rows, columns); with `relu` negative results
    /// become 0.
    #[inline(always)]
    pub fn multiply<'a, S: Simd>(&self, simd: S, row: impl Fn(usize) -> &'a [f32], relu: bool, target: &mut [f32]) {
        let count = target.len() / self.columns;
        for first in (0..count).step_by(ROWS) {
            // If fewer are left, the last one is computed again.
            let own: [&[f32]; ROWS] = std::array::from_fn(|at| row((first + at).min(count - 1)));
            let panels = self.panels.chunks_exact(self.rows * PANEL).zip(self.bias.chunks_exact(PANEL));
            for (number, (panel, bias)) in panels.enumerate() {
                let mut found = [[0.0f32; PANEL]; ROWS];
                tile(simd, own, panel, bias, &mut found);
                let column = number * PANEL;
                let width = PANEL.min(self.columns - column);
                for (at, found) in found.iter().enumerate().take(count - first) {
                    let start = (first + at) * self.columns + column;
                    let target = &mut target[start..start + width];
                    target.copy_from_slice(&found[..width]);
                    if relu {
                        // NaN stays NaN.
                        target.iter_mut().for_each(|value| *value = if *value < 0.0 { 0.0 } else { *value });
                    }
                }
            }
        }
    }
}

/// Products of some rows with one panel.
#[inline(always)]
fn tile<S: Simd>(simd: S, rows: [&[f32]; ROWS], panel: &[f32], bias: &[f32], found: &mut [[f32; PANEL]; ROWS]) {
    let lanes = std::mem::size_of::<S::f32s>() / std::mem::size_of::<f32>();
    let depth = panel.len() / PANEL;
    let rows = rows.map(|row| &row[..depth]);
    let [one, two, three, four, five, six] = rows;
    let pairs = || one.iter().zip(two).zip(three.iter().zip(four)).zip(five.iter().zip(six));
    if lanes * 2 > PANEL {
        for start in (0..PANEL).step_by(lanes) {
            let [bias] = vectors::<S, 1>(&bias[start..]);
            let mut sums = [bias; ROWS];
            for (part, (((a, b), (c, d)), (e, f))) in panel.chunks_exact(PANEL).zip(pairs()) {
                let [part] = vectors::<S, 1>(&part[start..]);
                for (sum, value) in sums.iter_mut().zip([a, b, c, d, e, f]) {
                    *sum = simd.mul_add_e_f32s(simd.splat_f32s(*value), part, *sum);
                }
            }
            for (target, sum) in found.iter_mut().zip(sums) {
                S::as_mut_simd_f32s(&mut target[start..]).0[0] = sum;
            }
        }
        return;
    }
    for start in (0..PANEL).step_by(2 * lanes) {
        let bias: [S::f32s; 2] = vectors::<S, 2>(&bias[start..]);
        let mut sums = [bias; ROWS];
        for (part, (((a, b), (c, d)), (e, f))) in panel.chunks_exact(PANEL).zip(pairs()) {
            let [left, right] = vectors::<S, 2>(&part[start..]);
            for (sum, value) in sums.iter_mut().zip([a, b, c, d, e, f]) {
                let value = simd.splat_f32s(*value);
                *sum = [simd.mul_add_e_f32s(value, left, sum[0]), simd.mul_add_e_f32s(value, right, sum[1])];
            }
        }
        for (target, sum) in found.iter_mut().zip(sums) {
            S::as_mut_simd_f32s(&mut target[start..]).0[..2].copy_from_slice(&sum);
        }
    }
}

/// The first vectors of a slice.
#[inline(always)]
fn vectors<S: Simd, const N: usize>(values: &[f32]) -> [S::f32s; N] {
    let parts = S::as_simd_f32s(values).0;
    std::array::from_fn(|at| parts[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd;

    struct Product<'a>(&'a Matrix, &'a [f32], bool);

    impl WithSimd for Product<'_> {
        type Output = Vec<f32>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
            let Self(matrix, rows, relu) = self;
            let mut target = vec![0.0; rows.len() / matrix.rows * matrix.columns];
            matrix.multiply(simd, |at| &rows[at * matrix.rows..(at + 1) * matrix.rows], relu, &mut target);
            target
        }
    }

    fn example(size: usize) -> Vec<f32> {
        (0..size).map(|at| ((at * 7919 + at * at) % 101) as f32 / 50.0 - 1.0).collect()
    }

    #[test]
    fn products_are_those_of_the_definition_and_rows_depend_on_no_other() {
        for (count, depth, columns) in [(1, 1, 1), (5, 3, 2), (6, 7, 16), (13, 40, 33)] {
            let (rows, values, bias) = (example(count * depth), example(depth * columns), example(columns));
            let matrix = Matrix::new(&values, &bias).expect("fits");
            let found = pulp::Arch::new().dispatch(Product(&matrix, &rows, false));
            let cut = pulp::Arch::new().dispatch(Product(&matrix, &rows, true));
            let portable = pulp::Scalar::new();
            let plain = Product(&matrix, &rows, false).with_simd(portable);
            for (row, column) in (0..count).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let products = (0..depth).map(|at| rows[row * depth + at] * values[at * columns + column]);
                let expected = bias[column] + products.sum::<f32>();
                let place = row * columns + column;
                assert!((found[place] - expected).abs() < 1e-4 && (plain[place] - expected).abs() < 1e-4);
                assert_eq!(cut[place], found[place].max(0.0));
            }
            for row in 0..count {
                let alone = pulp::Arch::new().dispatch(Product(&matrix, &rows[row * depth..(row + 1) * depth], false));
                assert_eq!(alone, found[row * columns..(row + 1) * columns]);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_no_matrix() {
        assert!(Matrix::new(&[1.0, 2.0, 3.0], &[0.0, 0.0]).is_none());
        assert!(Matrix::new(&[], &[0.0]).is_none());
        assert!(Matrix::new(&[1.0], &[]).is_none());
    }
}
