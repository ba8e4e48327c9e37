//! The rows of the buckets that have one.

use std::collections::HashMap;

/// No row.
pub const NO_ROW: u32 = u32::MAX;
/// A bitmap is used if at least one of so many buckets has a row.
const SPARSE: usize = 64;

/// Rows by bucket.
pub struct KeptRows {
    len: usize,
    first: u32,
    places: Places,
}

enum Places {
    /// For 64 buckets each: those with a row, and the number of rows before them. Small enough for a cache.
    Bitmap(Vec<(u64, u32)>),
    Map(HashMap<u32, u32, foldhash::fast::RandomState>),
}

impl KeptRows {
    /// The rows from `first` on for buckets, in their order; `None` if one occurs twice or is not below `buckets`.
    pub fn new(kept: &[u32], buckets: u32, first: u32) -> Option<Self> {
        if kept.iter().any(|&bucket| bucket >= buckets) {
            return None;
        }
        let is_ascending = kept.is_sorted_by(|left, right| left < right);
        let places = if is_ascending && kept.len() >= buckets as usize / SPARSE {
            Places::Bitmap(bitmap_of(kept, buckets))
        } else {
            let map: HashMap<_, _, _> = kept.iter().zip(first..).map(|(&bucket, row)| (bucket, row)).collect();
            if map.len() < kept.len() {
                return None;
            }
            Places::Map(map)
        };
        Some(Self { len: kept.len(), first, places })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Return the row of a bucket, which is below the number of buckets; or `NO_ROW`.
    #[inline(always)]
    pub fn row(&self, bucket: u32) -> u32 {
        match &self.places {
            Places::Bitmap(bitmap) => {
                let (bits, before) = bitmap[(bucket / 64) as usize];
                let shift = bucket % 64;
                let row = self.first + before + (bits & ((1 << shift) - 1)).count_ones();
                row | u32::from(bits >> shift & 1 == 0).wrapping_neg()
            }
            Places::Map(map) => map.get(&bucket).copied().unwrap_or(NO_ROW),
        }
    }
}

fn bitmap_of(kept: &[u32], buckets: u32) -> Vec<(u64, u32)> {
    let mut bitmap = vec![(0u64, 0); buckets as usize / 64 + 1];
    kept.iter().for_each(|&bucket| bitmap[(bucket / 64) as usize].0 |= 1 << (bucket % 64));
    let mut before = 0;
    for (bits, count) in &mut bitmap {
        *count = before;
        before += bits.count_ones();
    }
    bitmap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_bitmaps_and_maps() {
        for (kept, buckets) in [([2, 7, 64], 65), ([2, 7, 64], 100_000), ([64, 2, 7], 65)] {
            let rows = KeptRows::new(&kept, buckets, 5).expect("distinct");
            for bucket in 0..65 {
                let expected = kept.iter().zip(5..).find(|(&one, _)| one == bucket).map_or(NO_ROW, |(_, row)| row);
                assert_eq!(rows.row(bucket), expected, "{bucket} of {buckets}");
            }
            assert_eq!((rows.len(), rows.is_empty()), (3, false));
        }
        assert!(KeptRows::new(&[7, 7], 10, 5).is_none() && KeptRows::new(&[10], 10, 5).is_none());
    }
}
