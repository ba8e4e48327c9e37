//! A file in malmoi's own format: words are found by a table of their hashes, and rows are read in place by position.
//!
//! The file may be damaged, malicious, or change while it is read. So every offset is checked each time it is read;
//! missing bytes are an error, and never a memory fault, as in a mapped file that shrinks.

use crate::dense::rows::dot;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{for_each, split_rows};
use crate::vectors::binary::{broken, BinaryError, Bytes};
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;
use std::sync::Mutex;

/// Size of rows read together, so that they stay in a core's cache until they are used.
const TOGETHER_BYTES: usize = 256 << 10;
/// Bytes that a thread takes at a time.
const SHARE_BYTES: usize = 4 << 20;
/// Wanted rows closer than this are read in one call, including the bytes between them.
const GAP_BYTES: u64 = 2 << 10;
/// Storage type of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    F32,
    F16,
    I8,
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::I8 => 1,
        }
    }
}

/// Offsets of the sections of the file, in bytes.
#[derive(Clone, Debug)]
pub struct Layout {
    pub rows: u64,
    pub dimension: usize,
    pub width: Width,
    pub vectors: u64,
    /// Scale factors of `I8` rows.
    pub scales: u64,
    pub hashes: u64,
    pub hash_rows: u64,
    pub ends: u64,
    pub words: u64,
    pub words_bytes: u64,
}

pub struct Stored<Source> {
    pub(super) source: Source,
    pub(super) layout: Layout,
}

impl<Source: Bytes + Sync> Stored<Source> {
    /// Refuse a layout outside the file.
    pub fn new(source: Source, layout: Layout) -> Result<Self, BinaryError> {
        let row_bytes = (layout.dimension as u64).checked_mul(layout.width.bytes() as u64);
        let scales = if layout.width == Width::I8 { 4 } else { 0 };
        let tensors = [
            (layout.vectors, row_bytes),
            (layout.scales, Some(scales)),
            (layout.hashes, Some(8)),
            (layout.hash_rows, Some(4)),
            (layout.ends, Some(8)),
        ];
        let ends = tensors.map(|(start, width)| start.checked_add(width?.checked_mul(layout.rows)?));
        let words = layout.words.checked_add(layout.words_bytes);
        let size = source.len();
        if layout.dimension == 0 || ends.iter().chain([&words]).any(|end| end.is_none_or(|end| end > size)) {
            return broken(0, "the tensors do not fit the file; it is damaged or cut short");
        }
        Ok(Self { source, layout })
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    fn row_bytes(&self) -> usize {
        self.layout.dimension * self.layout.width.bytes()
    }

    pub(super) fn numbers<const N: usize, Number>(
        &self,
        offset: u64,
        count: usize,
        decode: fn([u8; N]) -> Number,
    ) -> Result<Vec<Number>, BinaryError> {
        check(count * N);
        let mut bytes = vec![0; count * N];
        self.source.read_at(offset, &mut bytes)?;
        Ok(bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok().map(decode)).collect())
    }

    /// Write the vectors of consecutive rows into `target`, (rows, dimension).
    pub fn write_block(&self, start: u64, target: &mut [f32]) -> Result<(), BinaryError> {
        let (mut raw, together) = (Vec::new(), self.rows_together());
        for (part, target) in target.chunks_mut(together * self.layout.dimension).enumerate() {
            self.read_rows(start + (part * together) as u64, target, &mut raw)?;
            self.check_finite(start + (part * together) as u64, target)?;
        }
        Ok(())
    }

    /// Write the vectors of arbitrary rows into `target`, (rows, dimension).
    pub fn write_rows(&self, rows: &[i64], target: &mut [f32]) -> Result<(), BinaryError> {
        let dimension = self.layout.dimension;
        if let Some(row) = rows.iter().find(|&&row| !u64::try_from(row).is_ok_and(|row| row < self.layout.rows)) {
            return broken(0, format!("row {row} does not exist"));
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_unstable_by_key(|&at| rows[at]);
        let gap = GAP_BYTES / self.row_bytes() as u64;
        let together = self.rows_together() as u64;
        let (mut block, mut left) = (Vec::new(), order.as_slice());
        while let Some(&at) = left.first() {
            let first = rows[at] as u64;
            let mut last = first;
            let near = left.iter().take_while(|&&at| {
                let row = rows[at] as u64;
                let near = row - last <= gap + 1 && row - first < together;
                last = if near { row } else { last };
                near
            });
            let (these, rest) = left.split_at(near.count());
            block.resize((last - first + 1) as usize * dimension, 0.0);
            self.write_block(first, &mut block)?;
            for &at in these {
                let from = (rows[at] as u64 - first) as usize * dimension;
                target[at * dimension..(at + 1) * dimension].copy_from_slice(&block[from..from + dimension]);
            }
            left = rest;
        }
        Ok(())
    }

    /// Write the product of a vector with every row from `start` on into `target`, (rows,).
    pub fn write_scores(
        &self,
        vector: &[f32],
        start: u64,
        threads: usize,
        target: &mut [f32],
    ) -> Result<(), BinaryError> {
        self.each_block(start, threads, target, |block, target| {
            Arch::new().dispatch(Products { block, vector, target });
        })
    }

    /// Write the sum of squares of every row from `start` on into `target`, (rows,).
    pub fn write_squares(&self, start: u64, threads: usize, target: &mut [f64]) -> Result<(), BinaryError> {
        self.each_block(start, threads, target, |block, target| {
            for (row, square) in block.chunks_exact(self.layout.dimension).zip(target) {
                *square = row.iter().map(|&number| f64::from(number) * f64::from(number)).sum();
            }
        })
    }

    /// Call `work` with rows from `start` on, on several threads, with the part of `target` for them.
    fn each_block<Number: Send>(
        &self,
        start: u64,
        threads: usize,
        target: &mut [Number],
        work: impl Fn(&[f32], &mut [Number]) + Sync,
    ) -> Result<(), BinaryError> {
        let together = self.rows_together();
        let share = (SHARE_BYTES / self.row_bytes()).max(together);
        let count = target.len();
        let ranges: Vec<Range<usize>> = (0..count).step_by(share).map(|at| at..(at + share).min(count)).collect();
        let parts = split_rows(target, 1, &ranges);
        let first_error = Mutex::new(None::<(usize, BinaryError)>);
        let threads = threads.min(ranges.len());
        for_each(ranges.into_iter().zip(parts).collect(), threads, |(range, target)| {
            let (mut raw, mut block) = (Vec::new(), vec![0.0; together.min(range.len()) * self.layout.dimension]);
            for (part, target) in target.chunks_mut(together).enumerate() {
                let block = &mut block[..target.len() * self.layout.dimension];
                let row = range.start + part * together;
                let read = self.read_rows(start + row as u64, block, &mut raw);
                if let (Err(error), Ok(mut first)) = (read, first_error.lock()) {
                    if first.as_ref().is_none_or(|(other, _)| row < *other) {
                        *first = Some((row, error));
                    }
                    return;
                }
                work(block, target);
            }
        });
        first_error.into_inner().ok().flatten().map_or(Ok(()), |(_, error)| Err(error))
    }

    fn rows_together(&self) -> usize {
        (TOGETHER_BYTES / self.row_bytes()).max(1)
    }

    /// Fill `target` with rows from `start` on, as float32.
    fn read_rows(&self, start: u64, target: &mut [f32], raw: &mut Vec<u8>) -> Result<(), BinaryError> {
        check(target.len());
        let offset = self.layout.vectors + start * self.row_bytes() as u64;
        if self.layout.width == Width::F32 {
            self.source.read_at(offset, bytemuck::cast_slice_mut(target))?;
            if cfg!(target_endian = "big") {
                target.iter_mut().for_each(|number| *number = f32::from_bits(number.to_bits().swap_bytes()));
            }
            return Ok(());
        }
        raw.resize(target.len() * self.layout.width.bytes(), 0);
        self.source.read_at(offset, raw)?;
        if self.layout.width == Width::F16 {
            let halves = raw.chunks_exact(2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
            target.iter_mut().zip(halves).for_each(|(number, half)| *number = single(half));
            return Ok(());
        }
        let offset = self.layout.scales + 4 * start;
        let scales = self.numbers(offset, target.len() / self.layout.dimension, f32::from_le_bytes)?;
        let rows = target.chunks_exact_mut(self.layout.dimension).zip(raw.chunks_exact(self.layout.dimension));
        for (place, (&scale, (row, raw))) in scales.iter().zip(rows).enumerate() {
            if !scale.is_finite() || scale < 0.0 {
                let row = start + place as u64;
                let rule = format!("row {row}: its scale must be finite and 0 or more, found {scale}");
                return broken(offset + 4 * place as u64, format!("{rule}; the file is damaged"));
            }
            row.iter_mut().zip(raw).for_each(|(number, &byte)| *number = f32::from(byte as i8) * scale);
        }
        Ok(())
    }

    fn check_finite(&self, start: u64, block: &[f32]) -> Result<(), BinaryError> {
        // Branch-free for each number, so that many are checked in one step.
        if block.iter().fold(true, |finite, number| finite & number.is_finite()) {
            return Ok(());
        }
        let at = block.iter().position(|number| !number.is_finite()).unwrap_or(0);
        let row = start + (at / self.layout.dimension) as u64;
        let offset = self.layout.vectors + row * self.row_bytes() as u64;
        broken(offset, format!("row {row} has a number that is not finite; the file is damaged"))
    }
}

struct Products<'a> {
    block: &'a [f32],
    vector: &'a [f32],
    target: &'a mut [f32],
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, score) in self.block.chunks_exact(self.vector.len()).zip(self.target) {
            *score = dot(simd, row, self.vector);
        }
    }
}

/// A 16-bit float as a 32-bit float, exactly.
#[inline(always)]
fn single(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let rest = u32::from(half & 0x7FFF) << 13;
    // The exponents have different biases; a multiplication converts them, also for subnormal numbers.
    let moved = (f32::from_bits(rest) * f32::from_bits((127 + 112) << 23)).to_bits();
    let bits = if rest >= 0x7C00 << 13 { rest | 0x7F80_0000 } else { moved };
    f32::from_bits(sign | bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        for (half, expected) in [
            (0, 0.0),
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (1, 2f32.powi(-24)),
            (0x03FF, 1023.0 / 2f32.powi(24)),
        ] {
            assert_eq!(single(half), expected);
        }
        assert_eq!(single(0xFC00), f32::NEG_INFINITY);
        assert!(single(0x7E00).is_nan() && single(0x7C01).is_nan());
    }
}
