//! A hash table of tokens that keeps them in order of first appearance, with their counts.

use foldhash::quality::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// One distinct token: where its bytes lie, and how often it was seen.
struct Entry {
    hash: u64,
    start: usize,
    length: u32,
    last_text: u32,
    count: u64,
    texts: u64,
}

/// Tokens numbered from 0 in order of first appearance. The hash is salted, which no output depends on.
pub struct TokenTable {
    hasher: RandomState,
    slots: HashTable<u32>,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

impl Default for TokenTable {
    fn default() -> Self {
        Self { hasher: RandomState::default(), slots: HashTable::new(), entries: Vec::new(), bytes: Vec::new() }
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
        &self.bytes[entry.start..entry.start + entry.length as usize]
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
        let hash = self.hasher.hash_one(token);
        self.slots.find(hash, |&number| self.holds(number, hash, token)).copied()
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

    /// Add another table's counts; returns its tokens' numbers here. New tokens keep their order.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(other.len());
        for entry in &other.entries {
            let number = self.insert(&other.bytes[entry.start..entry.start + entry.length as usize]);
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
        let hash = self.hasher.hash_one(token);
        if let Some(&number) = self.slots.find(hash, |&number| self.holds(number, hash, token)) {
            return number;
        }
        let number = u32::try_from(self.entries.len()).expect("more than 4,294,967,295 distinct tokens");
        let length = u32::try_from(token.len()).expect("a token longer than 4 GiB");
        self.entries.push(Entry { hash, start: self.bytes.len(), length, last_text: 0, count: 0, texts: 0 });
        self.bytes.extend_from_slice(token);
        let entries = &self.entries;
        self.slots.insert_unique(hash, number, |&number| entries[number as usize].hash);
        number
    }

    fn holds(&self, number: u32, hash: u64, token: &[u8]) -> bool {
        self.entries[number as usize].hash == hash && self.token(number) == token
    }
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
