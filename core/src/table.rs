//! A hash table of tokens that keeps them in order of first appearance, with their counts.

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// One distinct token: where its bytes lie, and how often it was seen.
struct Entry {
    head: Head,
    start: usize,
    length: u32,
    last_text: u32,
    count: u64,
    texts: u64,
}

/// The first and the last bytes of a token; with the length, all that there is to know of one of 16 bytes or less.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head(u64, u64);

const LONGEST_HEAD: usize = 16;

impl Head {
    #[inline(always)]
    fn of(token: &[u8]) -> Self {
        if let (Some(first), Some(last)) = (token.first_chunk::<8>(), token.last_chunk::<8>()) {
            return Self(u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        }
        if let (Some(first), Some(last)) = (token.first_chunk::<4>(), token.last_chunk::<4>()) {
            return Self(u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
        }
        match *token {
            [] => Self(0, 0),
            [only] => Self(u64::from(only), 0),
            [first, second] => Self(u64::from(first), u64::from(second)),
            [first, second, ..] => Self(u64::from(first) | u64::from(second) << 8, u64::from(token[token.len() - 1])),
        }
    }
}

/// The high half of a token's hash, and its number.
#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    number: u32,
}

/// Tokens numbered from 0 in order of first appearance. The hash is salted, which no output depends on.
pub struct TokenTable {
    salt: [u64; 2],
    slots: HashTable<Slot>,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

impl Default for TokenTable {
    fn default() -> Self {
        let random = RandomState::new();
        let salt = [random.hash_one(0), random.hash_one(1)];
        Self { salt, slots: HashTable::new(), entries: Vec::new(), bytes: Vec::new() }
    }
}

impl TokenTable {
    /// Distinct tokens so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes of token `number`.
    pub fn token(&self, number: u32) -> &[u8] {
        let entry = &self.entries[number as usize];
        &self.bytes[entry.start..][..entry.length as usize]
    }

    /// How often token `number` was seen.
    pub fn count(&self, number: u32) -> u64 {
        self.entries[number as usize].count
    }

    /// How many texts hold token `number`.
    pub fn texts(&self, number: u32) -> u64 {
        self.entries[number as usize].texts
    }

    /// The number of a token, if it was ever seen.
    pub fn find(&self, token: &[u8]) -> Option<u32> {
        let head = Head::of(token);
        let hash = self.hash(head, token);
        let same = |slot: &Slot| slot.tag == (hash >> 32) as u32 && self.holds(slot.number, head, token);
        self.slots.find(hash, same).map(|slot| slot.number)
    }

    /// Count a token of the text numbered `text`; texts must come one after the other.
    pub fn count_token(&mut self, token: &[u8], text: u32) -> u32 {
        let number = self.insert(token);
        let entry = &mut self.entries[number as usize];
        entry.count += 1;
        if entry.last_text != text || entry.texts == 0 {
            entry.last_text = text;
            entry.texts += 1;
        }
        number
    }

    /// Let token `number` have been seen so often more.
    pub fn add_counts(&mut self, number: u32, count: u64, texts: u64) {
        let entry = &mut self.entries[number as usize];
        (entry.count, entry.texts) = (entry.count + count, entry.texts + texts);
    }

    /// Add another table's counts; returns its tokens' numbers here. New tokens keep their order.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(other.len());
        for entry in &other.entries {
            let number = self.insert(&other.bytes[entry.start..][..entry.length as usize]);
            let merged = &mut self.entries[number as usize];
            merged.count += entry.count;
            merged.texts += entry.texts;
            numbers.push(number);
        }
        numbers
    }

    /// Token numbers, most frequent first, ties by first appearance.
    pub fn by_count(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.len() as u32).collect();
        numbers.sort_by_key(|&number| std::cmp::Reverse(self.count(number)));
        numbers
    }

    /// The number of a token, which is added with a count of 0 if it is new.
    pub fn insert(&mut self, token: &[u8]) -> u32 {
        let head = Head::of(token);
        let hash = self.hash(head, token);
        let tag = (hash >> 32) as u32;
        let same = |slot: &Slot| slot.tag == tag && self.holds(slot.number, head, token);
        if let Some(slot) = self.slots.find(hash, same) {
            return slot.number;
        }
        self.push(head, token, hash)
    }

    #[cold]
    fn push(&mut self, head: Head, token: &[u8], hash: u64) -> u32 {
        let number = u32::try_from(self.entries.len()).expect("more than 4,294,967,295 distinct tokens");
        let length = u32::try_from(token.len()).expect("a token longer than 4 GiB");
        self.entries.push(Entry { head, start: self.bytes.len(), length, last_text: 0, count: 0, texts: 0 });
        self.bytes.extend_from_slice(token);
        let (salt, entries, bytes) = (self.salt, &self.entries, &self.bytes);
        let rehash = |slot: &Slot| {
            let entry = &entries[slot.number as usize];
            hash_of(salt, entry.head, &bytes[entry.start..entry.start + entry.length as usize])
        };
        self.slots.insert_unique(hash, Slot { tag: (hash >> 32) as u32, number }, rehash);
        number
    }

    #[inline(always)]
    fn hash(&self, head: Head, token: &[u8]) -> u64 {
        hash_of(self.salt, head, token)
    }

    #[inline(always)]
    fn holds(&self, number: u32, head: Head, token: &[u8]) -> bool {
        let entry = &self.entries[number as usize];
        entry.head == head
            && entry.length as usize == token.len()
            && (token.len() <= LONGEST_HEAD || self.token(number) == token)
    }
}

#[inline(always)]
fn hash_of(salt: [u64; 2], head: Head, token: &[u8]) -> u64 {
    if token.len() > LONGEST_HEAD {
        return xxh3_64_with_seed(token, salt[0]);
    }
    let product = u128::from(head.0 ^ salt[0]) * u128::from(head.1 ^ salt[1] ^ (token.len() as u64) << 56);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_once_a_text_and_ranked() {
        let mut table = TokenTable::default();
        for (text, token) in [(0, "b"), (0, "a"), (0, "a"), (1, "c"), (1, "b"), (2, "c")] {
            table.count_token(token.as_bytes(), text);
        }
        let ranked: Vec<_> =
            table.by_count().iter().map(|&n| (table.token(n).to_vec(), table.count(n), table.texts(n))).collect();
        assert_eq!(ranked, [(b"b".to_vec(), 2, 2), (b"a".to_vec(), 2, 1), (b"c".to_vec(), 2, 2)]);
        assert_eq!(table.find(b"zzz"), None);
    }

    #[test]
    fn tokens_of_every_length_are_told_apart() {
        let mut table = TokenTable::default();
        let tokens: Vec<Vec<u8>> =
            (0..40).flat_map(|n| [vec![b'a'; n], [vec![b'a'; n], vec![b'b']].concat()]).collect();
        let numbers: Vec<u32> = tokens.iter().map(|token| table.insert(token)).collect();
        assert_eq!(table.len(), 80);
        for (token, number) in tokens.iter().zip(numbers) {
            assert_eq!((table.find(token), table.token(number)), (Some(number), token.as_slice()));
        }
    }

    #[test]
    fn merging_equals_counting_at_once() {
        let (mut left, mut right) = (TokenTable::default(), TokenTable::default());
        for token in ["x", "y"] {
            left.count_token(token.as_bytes(), 0);
        }
        for token in ["z", "y"] {
            right.count_token(token.as_bytes(), 0);
        }
        assert_eq!(left.merge(&right), [2, 1]);
        assert_eq!((left.count(1), left.texts(1), left.token(2)), (2, 2, b"z".as_slice()));
    }
}
