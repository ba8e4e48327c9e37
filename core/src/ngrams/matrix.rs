//! Rows of a sparse matrix (CSR): local weights, norms, and a matrix that grows part by part.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{for_each, worthwhile};

/// Keys summed up between two interrupt checks.
const BLOCK: usize = if cfg!(test) { 2 } else { 1 << 16 };

/// Local weight: value of a count in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    Count,
    Binary,
    /// 1 + ln count.
    Sublinear,
}

impl Local {
    pub fn value(self, count: f64) -> f64 {
        match self {
            Self::Count => count,
            Self::Binary => 1.0,
            Self::Sublinear => 1.0 + count.ln(),
        }
    }
}

/// Norm to which every row is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    None,
    /// Absolute values sum to 1.
    L1,
    /// Squares sum to 1.
    L2,
}

/// Rows in order.
#[derive(Debug, Default, PartialEq)]
pub struct Csr {
    pub values: Vec<f32>,
    pub columns: Vec<i32>,
    /// End of each row.
    pub ends: Vec<i64>,
    /// Values of the current row.
    row: Vec<f64>,
}

impl Csr {
    /// Add a value to the last row.
    #[inline(always)]
    pub fn push(&mut self, column: u32, value: f64) {
        self.columns.push(column as i32);
        self.row.push(value);
    }

    /// Append to the last row the sums of sorted keys with the same column, except zeros.
    pub fn push_sums(&mut self, keys: &[u32], column: impl Fn(u32) -> u32, step: impl Fn(u32) -> i64) {
        let (start, begun) = (self.columns.len(), self.row.len());
        // Branch-free, because the branch would be mispredicted often: an entry is rewritten until its column is
        // complete.
        let (mut count, mut sum) = (0, 0);
        let mut next_columns = keys.iter().skip(1).map(|&key| column(key)).chain([u32::MAX]);
        for block in keys.chunks(BLOCK) {
            check(block.len());
            self.columns.resize(start + count + block.len(), 0);
            self.row.resize(begun + count + block.len(), 0.0);
            let (columns, values) = (&mut self.columns[start..], &mut self.row[begun..]);
            for &key in block {
                let (own, next) = (column(key), next_columns.next().unwrap_or_default());
                sum += step(key);
                (columns[count], values[count]) = (own as i32, sum as f64);
                count += usize::from((own != next) & (sum != 0));
                sum *= i64::from(own == next);
            }
        }
        self.columns.truncate(start + count);
        self.row.truncate(begun + count);
    }

    /// Columns and values of the last row.
    pub fn row_mut(&mut self) -> impl Iterator<Item = (u32, &mut f64)> {
        let start = self.columns.len() - self.row.len();
        self.columns[start..].iter().map(|&column| column as u32).zip(&mut self.row)
    }

    /// End the last row.
    pub fn end_row(&mut self, norm: Norm) {
        let length = match norm {
            Norm::None => 1.0,
            Norm::L1 => self.row.iter().map(|value| value.abs()).sum(),
            Norm::L2 => self.row.iter().map(|value| value * value).sum::<f64>().sqrt(),
        };
        let length = if length > 0.0 { length } else { 1.0 };
        self.values.reserve(self.row.len());
        for block in self.row.chunks(BLOCK) {
            check(block.len());
            self.values.extend(block.iter().map(|value| (value / length) as f32));
        }
        self.row.clear();
        self.ends.push(self.columns.len() as i64);
    }

    /// Remove all rows, and keep the memory.
    fn clear(&mut self) {
        self.values.clear();
        self.columns.clear();
        self.ends.clear();
        self.row.clear();
    }
}

/// Error: the numbers do not fit in memory.
#[derive(Debug, PartialEq, Eq)]
pub struct NoRoom(pub usize);

/// A matrix built part by part. The memory of parts is reused, to avoid allocations.
#[derive(Default)]
pub struct Matrix {
    /// Zeros beyond the values in use.
    csr: Csr,
    used: usize,
    /// Final number of rows.
    rows: usize,
    parts: Vec<Csr>,
}

impl Matrix {
    /// Create a matrix with a known number of rows.
    pub fn new(rows: usize) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Process items, each together with up to `together - 1` of the following ones, and append their rows in order.
    pub fn add<Item: Send>(
        &mut self,
        items: Vec<Item>,
        threads: usize,
        together: usize,
        make: impl Fn(Item, &mut Csr) + Sync,
    ) -> Result<(), NoRoom> {
        let mut items = items.into_iter();
        while items.len() > 0 {
            let count = items.len().min(together.max(1));
            self.parts.resize_with(self.parts.len().max(count), Csr::default);
            for_each(items.by_ref().take(count).zip(&mut self.parts).collect(), threads, |(item, part)| {
                part.clear();
                make(item, part);
            });
            self.append(count, threads)?;
        }
        Ok(())
    }

    /// Return all rows.
    pub fn finish(mut self) -> Csr {
        self.csr.values.truncate(self.used);
        self.csr.columns.truncate(self.used);
        self.csr.values.shrink_to_fit();
        self.csr.columns.shrink_to_fit();
        self.csr
    }

    /// Append the first parts.
    fn append(&mut self, count: usize, threads: usize) -> Result<(), NoRoom> {
        if count == 1 && self.csr.ends.is_empty() && self.parts[0].ends.len() >= self.rows {
            self.csr = std::mem::take(&mut self.parts[0]); // nothing is left
            self.used = self.csr.columns.len();
            return Ok(());
        }
        let parts = &self.parts[..count];
        let added: usize = parts.iter().map(|part| part.columns.len()).sum();
        let mut before = self.used;
        for part in parts {
            self.csr.ends.extend(part.ends.iter().map(|end| before as i64 + end));
            before += part.columns.len();
        }
        grow(&mut self.csr.values, self.used + added, self.csr.ends.len(), self.rows)?;
        grow(&mut self.csr.columns, self.used + added, self.csr.ends.len(), self.rows)?;
        let (mut values, mut columns) = (&mut self.csr.values[self.used..], &mut self.csr.columns[self.used..]);
        let mut copies = Vec::with_capacity(count);
        for part in parts {
            let (own_values, other_values) = std::mem::take(&mut values).split_at_mut(part.values.len());
            let (own_columns, other_columns) = std::mem::take(&mut columns).split_at_mut(part.columns.len());
            (values, columns) = (other_values, other_columns);
            copies.push((part, own_values, own_columns));
        }
        for_each(copies, worthwhile(8 * added, threads), |(part, values, columns)| {
            values.copy_from_slice(&part.values);
            columns.copy_from_slice(&part.columns);
        });
        self.used += added;
        Ok(())
    }
}

/// Grow the arrays to at least this length, with zeros at the end; to the length expected for all rows from the rows so
/// far. Memory that is never written costs nothing.
fn grow<Number: bytemuck::Zeroable + Clone>(
    numbers: &mut Vec<Number>,
    needed: usize,
    rows: usize,
    all_rows: usize,
) -> Result<(), NoRoom> {
    if needed <= numbers.len() {
        return Ok(());
    }
    let expected = if rows < all_rows { (needed as f64 * 1.05 * all_rows as f64 / rows as f64) as usize } else { 0 };
    let wanted = expected.max(needed);
    if numbers.is_empty() {
        let zeros = bytemuck::try_zeroed_vec(wanted).or_else(|_| bytemuck::try_zeroed_vec(needed));
        *numbers = zeros.map_err(|_| NoRoom(needed))?;
        return Ok(());
    }
    let more = |wanted: usize| wanted - numbers.len();
    let (wanted, needed) = (more(wanted), more(needed));
    if numbers.try_reserve_exact(wanted).is_ok() {
        numbers.resize(numbers.len() + wanted, Number::zeroed());
    } else {
        numbers.try_reserve_exact(needed).map_err(|_| NoRoom(numbers.len() + needed))?;
        numbers.resize(numbers.len() + needed, Number::zeroed());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_rows_in_order_however_they_are_cut() {
        // The length of rows increases, so the estimate from the first ones is too low.
        let row = |number: usize, csr: &mut Csr| {
            (0..number * number % 97).for_each(|column| csr.push(column as u32, number as f64));
            csr.end_row(Norm::None);
        };
        let mut expected = Csr::default();
        (0..60).for_each(|number| row(number, &mut expected));
        for (threads, together, batch, rows) in [(1, 1, 60, 60), (2, 3, 7, 60), (3, 60, 60, 0), (2, 4, 1, 1000)] {
            let mut matrix = Matrix::new(rows);
            for start in (0..60).step_by(batch) {
                let items = (start..60.min(start + batch)).collect();
                matrix.add(items, threads, together, row).expect("it is small");
            }
            let found = matrix.finish();
            assert_eq!(found, expected);
        }
        assert!(Matrix::new(5).finish().ends.is_empty());
    }

    #[test]
    fn sums_of_columns_without_those_that_are_zero() {
        // A key is a column times 2, plus 1 for a negative count.
        let signed = |keys: &[u32]| {
            let mut csr = Csr::default();
            csr.push(0, 9.0);
            csr.push_sums(keys, |key| key >> 1, |key| 1 - 2 * i64::from(key & 1));
            csr.row_mut().for_each(|(column, value)| *value += f64::from(column) / 100.0);
            csr.end_row(Norm::None);
            (csr.columns, csr.values)
        };
        assert_eq!(signed(&[]), (vec![0], vec![9.0]));
        assert_eq!(signed(&[2, 3, 4, 4, 5, 7]), (vec![0, 2, 3], vec![9.0, 1.02, -0.97]));
        assert_eq!(signed(&[2, 2, 6, 7]), (vec![0, 1], vec![9.0, 2.01]));
    }

    #[test]
    fn a_matrix_of_one_part_is_that_part() {
        let mut matrix = Matrix::new(2);
        let make = |(), csr: &mut Csr| {
            csr.push(3, 4.0);
            csr.push(5, 3.0);
            csr.end_row(Norm::L2);
            csr.end_row(Norm::L1);
        };
        matrix.add(vec![()], 4, 8, make).expect("it is small");
        let found = matrix.finish();
        assert_eq!((found.values, found.columns, found.ends), (vec![0.8, 0.6], vec![3, 5], vec![2, 2]));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let mut numbers = vec![1f32];
        assert_eq!(grow(&mut numbers, 1 << 62, 1, 1), Err(NoRoom(1 << 62)));
        assert_eq!(grow(&mut Vec::<f32>::new(), 1 << 62, 1, 1), Err(NoRoom(1 << 62)));
        grow(&mut numbers, 2, 1, 1 << 60).expect("what is needed fits");
        assert_eq!(numbers, [1.0, 0.0]);
    }
}
