//! Matrices of embeddings and of outputs: float32 in memory or in the bytes of a file, or product-quantised.

use crate::foundation::interrupts::check;

/// Number of centroids of every part of a vector.
pub const CENTROIDS: usize = 256;

/// A borrowed matrix.
#[derive(Clone, Copy)]
pub enum Table<'a> {
    /// (rows, columns), row-major.
    Dense {
        values: &'a [f32],
        columns: usize,
    },
    /// The same as little-endian bytes, at any alignment.
    Bytes {
        values: &'a [u8],
        columns: usize,
    },
    Quantised(Quantised<'a>),
}

/// Product quantisation: each part of a row is one of 256 centroids of this part.
///
/// Source: Jegou, Douze and Schmid 2011, "Product quantization for nearest neighbor search".
#[derive(Clone, Copy)]
pub struct Quantised<'a> {
    /// (rows, parts).
    pub codes: &'a [u8],
    /// The centroids of each part, as in fastText's files: (256, `part`), the last (256, the remaining columns).
    pub centroids: &'a [f32],
    pub columns: usize,
    /// Number of columns of a part.
    pub part: usize,
    /// Codes (rows,) of the rows' norms, and the 256 norms; rows have length 1 then.
    pub norms: Option<(&'a [u8], &'a [f32])>,
}

impl<'a> Quantised<'a> {
    pub fn parts(&self) -> usize {
        self.columns.div_ceil(self.part)
    }

    /// Call `each` with the first column and the centroid of every part of a row.
    #[inline(always)]
    fn for_each_part(&self, row: usize, mut each: impl FnMut(usize, &[f32])) {
        let parts = self.parts();
        let codes = &self.codes[row * parts..(row + 1) * parts];
        for (number, &code) in codes.iter().enumerate() {
            let first = number * self.part;
            let width = self.part.min(self.columns - first);
            let start = first * CENTROIDS + usize::from(code) * width;
            each(first, &self.centroids[start..start + width]);
        }
    }

    #[inline(always)]
    fn norm(&self, row: usize) -> f32 {
        self.norms.map_or(1.0, |(codes, norms)| norms[usize::from(codes[row])])
    }
}

impl<'a> Table<'a> {
    pub fn columns(&self) -> usize {
        match *self {
            Self::Dense { columns, .. } | Self::Bytes { columns, .. } => columns,
            Self::Quantised(table) => table.columns,
        }
    }

    pub fn rows(&self) -> usize {
        match *self {
            Self::Dense { values, columns } => values.len() / columns.max(1),
            Self::Bytes { values, columns } => values.len() / (4 * columns.max(1)),
            Self::Quantised(table) => table.codes.len() / table.parts().max(1),
        }
    }

    /// Add rows to a vector, in order.
    #[inline(always)]
    pub fn add_all(&self, rows: &[u32], sum: &mut [f32]) {
        match *self {
            Self::Dense { values, columns } => {
                for &row in rows {
                    let values = &values[row as usize * columns..][..columns];
                    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            }
            Self::Bytes { values, columns } => {
                for &row in rows {
                    let values = &values[row as usize * 4 * columns..][..4 * columns];
                    sum.iter_mut().zip(values.chunks_exact(4)).for_each(|(sum, value)| *sum += number_of(value));
                }
            }
            Self::Quantised(table) => {
                for &row in rows {
                    let norm = table.norm(row as usize);
                    table.for_each_part(row as usize, |first, values| {
                        sum[first..].iter_mut().zip(values).for_each(|(sum, value)| *sum += norm * value);
                    });
                }
            }
        }
    }

    /// The rows of a range as float32, concatenated.
    pub fn decoded(&self, rows: std::ops::Range<usize>) -> Vec<f32> {
        let columns = self.columns();
        let mut found = vec![0.0; rows.len() * columns];
        for (row, target) in rows.zip(found.chunks_exact_mut(columns.max(1))) {
            check(columns);
            self.add_all(&[row as u32], target);
        }
        found
    }
}

#[inline(always)]
fn number_of(bytes: &[u8]) -> f32 {
    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_give_the_same_rows() {
        let values: Vec<f32> = (0..15).map(|number| number as f32 / 4.0).collect();
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let mut centroids = vec![0.0; 5 * CENTROIDS];
        for row in 0..3 {
            centroids[row * 2..row * 2 + 2].copy_from_slice(&values[row * 5..row * 5 + 2]);
            centroids[512 + row * 2..514 + row * 2].copy_from_slice(&values[row * 5 + 2..row * 5 + 4]);
            centroids[1024 + row] = values[row * 5 + 4];
        }
        let codes = [0, 0, 0, 1, 1, 1, 2, 2, 2];
        let (norm_codes, norms) = ([3; 3], [1.0; CENTROIDS]);
        let norms = Some((norm_codes.as_slice(), norms.as_slice()));
        let quantised = Quantised { codes: &codes, centroids: &centroids, columns: 5, part: 2, norms };
        let tables = [
            Table::Dense { values: &values, columns: 5 },
            Table::Bytes { values: &bytes, columns: 5 },
            Table::Quantised(quantised),
        ];
        for table in tables {
            assert_eq!((table.rows(), table.columns()), (3, 5));
            assert_eq!(table.decoded(0..3), values);
            assert_eq!(table.decoded(1..2), values[5..10]);
        }
    }
}
