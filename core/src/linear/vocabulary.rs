//! Columns of n-grams: from a learned vocabulary, the most frequent first, or hash buckets.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::sort_by_key;
use crate::linear::counter::Counter;
use crate::ngrams::hashed::bucket;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// No column.
pub const NONE: u32 = u32::MAX;

/// Mapping from hashes to columns.
#[derive(Debug)]
pub enum Vocabulary {
    /// One column for each hash of the vocabulary.
    Learned(Table),
    /// The column is the hash's bucket.
    Hashed(u32),
}

/// Hashes of the vocabulary, in the order of the columns.
#[derive(Debug)]
pub struct Table {
    hashes: Vec<u64>,
    /// Columns by the salted hash; linear probing.
    slots: Vec<u32>,
    /// Prevents files with hashes that all map to one slot; no output depends on it.
    salt: [u64; 2],
}

/// Criteria by which n-grams become columns.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub least_texts: u32,
    pub most_texts: u32,
    pub most: usize,
}

impl Table {
    /// Columns in the order of the hashes; `None` if one is repeated.
    pub fn new(hashes: Vec<u64>) -> Option<Self> {
        // The load factor is from 3/8 to 3/4.
        let size = (hashes.len() + hashes.len() / 3 + 1).next_power_of_two();
        let mut slots = vec![NONE; size];
        let random = RandomState::new();
        let salt = [random.hash_one(0), random.hash_one(1) | 1];
        for (column, &hash) in hashes.iter().enumerate() {
            check(16);
            let mut at = place(salt, hash) & (size - 1);
            while slots[at] != NONE {
                if hashes[slots[at] as usize] == hash {
                    return None;
                }
                at = (at + 1) & (size - 1);
            }
            slots[at] = column as u32;
        }
        Some(Self { hashes, slots, salt })
    }

    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    #[inline]
    fn column(&self, hash: u64) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = place(self.salt, hash) & mask;
        loop {
            let column = self.slots[at];
            if column == NONE || self.hashes[column as usize] == hash {
                return column;
            }
            at = (at + 1) & mask;
        }
    }
}

/// First slot of a hash.
#[inline(always)]
fn place(salt: [u64; 2], hash: u64) -> usize {
    let product = u128::from(hash ^ salt[0]) * u128::from(salt[1]);
    (product >> 64) as usize ^ product as usize
}

impl Vocabulary {
    /// Return the n-grams within limits, by descending document frequency, ties by hash; and their document
    /// frequencies.
    pub fn learned(counter: &Counter, limits: Limits, threads: usize) -> (Self, Vec<u32>) {
        let mut counted = counter.counted(limits.least_texts, limits.most_texts);
        sort_by_key(&mut counted, threads, |&(hash, texts)| (Reverse(texts), hash));
        counted.truncate(limits.most);
        let (hashes, texts): (Vec<u64>, Vec<u32>) = counted.into_iter().unzip();
        (Self::Learned(Table::new(hashes).expect("hashes of a counter are distinct")), texts)
    }

    /// Return these columns, with columns for other hashes appended in the given order.
    pub fn extended(&self, hashes: impl Iterator<Item = u64>) -> Self {
        match self {
            Self::Hashed(buckets) => Self::Hashed(*buckets),
            Self::Learned(table) => {
                let mut seen = HashSet::new();
                let new = hashes.filter(|&hash| table.column(hash) == NONE && seen.insert(hash));
                let all = table.hashes.iter().copied().chain(new).collect();
                Self::Learned(Table::new(all).expect("each is new, and there once"))
            }
        }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        match self {
            Self::Learned(table) => table.hashes.len(),
            Self::Hashed(buckets) => *buckets as usize,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column of a hash, or `NONE`.
    #[inline]
    pub fn column(&self, hash: u64) -> u32 {
        match self {
            Self::Learned(table) => table.column(hash),
            Self::Hashed(buckets) => bucket(hash, *buckets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_has_its_column_and_others_have_none() {
        let hashes: Vec<u64> = (1..1000u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let table = Vocabulary::Learned(Table::new(hashes.clone()).expect("distinct"));
        for (column, &hash) in hashes.iter().enumerate() {
            assert_eq!(table.column(hash), column as u32);
            assert_eq!(table.column(hash ^ 1 << 63), NONE);
        }
        assert!(Table::new(vec![3, 5, 3]).is_none());
        // Their own lower bits are equal: without the salt all would map to one slot, which takes minutes.
        let alike: Vec<u64> = (0..200_000).map(|n| n << 32).collect();
        let alike = Vocabulary::Learned(Table::new(alike).expect("distinct"));
        assert_eq!(alike.column(7 << 32), 7);
        assert_eq!(Vocabulary::Learned(Table::new(Vec::new()).expect("none")).column(7), NONE);
        let more = table.extended([hashes[5], 7, 7, 8].into_iter());
        assert_eq!((more.len(), more.column(hashes[5]), more.column(8)), (1001, 5, 1000));
        assert_eq!(Vocabulary::Hashed(10).column(u64::MAX), 9);
    }
}
