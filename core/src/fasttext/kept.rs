//! The rows of the buckets that have one.

use std::collections::HashMap;

/// No row.
const NONE: u32 = u32::MAX;
/// A table of all buckets is used if at least one of so many has a row.
const SPARSE: usize = 16;

/// Rows by bucket.
pub struct KeptRows {
    len: usize,
    places: Places,
}

enum Places {
    /// A row for every bucket, or `NONE`.
    Table(Vec<u32>),
    Map(HashMap<u32, u32, foldhash::fast::RandomState>),
}

impl KeptRows {
    /// The rows from `first` on for buckets, in their order; `None` if one occurs twice or is not below `buckets`.
    pub fn new(kept: &[u32], buckets: u32, first: u32) -> Option<Self> {
        if kept.iter().any(|&bucket| bucket >= buckets) {
            return None;
        }
        let numbered = kept.iter().zip(first..);
        let places = if kept.len() >= buckets as usize / SPARSE {
            let mut table = vec![NONE; buckets as usize];
            for (&bucket, row) in numbered {
                if std::mem::replace(&mut table[bucket as usize], row) != NONE {
                    return None;
                }
            }
            Places::Table(table)
        } else {
            let map: HashMap<_, _, _> = numbered.map(|(&bucket, row)| (bucket, row)).collect();
            if map.len() < kept.len() {
                return None;
            }
            Places::Map(map)
        };
        Some(Self { len: kept.len(), places })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Return the row of a bucket, which is below the number of buckets.
    #[inline(always)]
    pub fn get(&self, bucket: u32) -> Option<u32> {
        match &self.places {
            Places::Table(table) => Some(table[bucket as usize]).filter(|&row| row != NONE),
            Places::Map(map) => map.get(&bucket).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_tables_and_maps() {
        for buckets in [10, 10_000] {
            let rows = KeptRows::new(&[7, 2], buckets, 5).expect("distinct");
            assert_eq!([rows.get(7), rows.get(2), rows.get(3)], [Some(5), Some(6), None]);
            assert_eq!((rows.len(), rows.is_empty()), (2, false));
            assert!(KeptRows::new(&[7, 7], buckets, 5).is_none() && KeptRows::new(&[buckets], buckets, 5).is_none());
        }
    }
}
