//! A hash table of tokens that keeps them in order of first appearance, with their counts.

use crate::counting::occurrence::Occurrence;
use hashbrown::HashTable;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// One distinct token, and how often it was seen.
struct Entry {
    head: Head,
    length: u32,
    last_text: u32,
    /// Modulo 2^32; the rest is in `carries`.
    count: u32,
    texts: u32,
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

impl Head {
    /// The bytes of a token that is no longer than a head.
    fn bytes(self, space: &mut [u8; LONGEST_HEAD], length: usize) -> &[u8] {
        let (first, last) = (self.0.to_le_bytes(), self.1.to_le_bytes());
        match length {
            8.. => {
                space[..8].copy_from_slice(&first);
                space[length - 8..length].copy_from_slice(&last);
            }
            4.. => {
                space[..4].copy_from_slice(&first[..4]);
                space[length - 4..length].copy_from_slice(&last[..4]);
            }
            3 => space[..3].copy_from_slice(&[first[0], first[1], last[0]]),
            _ => space[..2].copy_from_slice(&[first[0], last[0]]),
        }
        &space[..length]
    }
}

/// A token that waits to be counted. All of one text wait together, so that the processor looks for many at once.
#[derive(Default)]
pub struct Waiting {
    keys: Vec<Key>,
    /// Bytes of the tokens that are longer than a head.
    long: Vec<u8>,
}

struct Key {
    head: Head,
    hash: u64,
    length: u32,
    /// Whether n-grams end behind it.
    ends: bool,
}

impl Waiting {
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Hand over every key, with its token's bytes if it is longer than a head; none is left.
    #[inline(always)]
    fn drain(&mut self, mut each: impl FnMut(&Key, &[u8])) {
        let mut rest = self.long.as_slice();
        for key in &self.keys {
            let length = if key.length as usize > LONGEST_HEAD { key.length as usize } else { 0 };
            let (token, behind) = rest.split_at(length);
            each(key, token);
            rest = behind;
        }
        self.keys.clear();
        self.long.clear();
    }

    /// N-grams end behind the token that came last.
    pub fn end_unit(&mut self) {
        if let Some(key) = self.keys.last_mut() {
            key.ends = true;
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
    /// Where the bytes of every token begin.
    starts: Vec<usize>,
    bytes: Vec<u8>,
    /// What counts have above 2^32, by number: count and texts, in units of 2^32.
    carries: BTreeMap<u32, (u64, u64)>,
}

impl Default for TokenTable {
    fn default() -> Self {
        let random = RandomState::new();
        let salt = [random.hash_one(0), random.hash_one(1)];
        let (entries, starts, bytes, carries) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        Self { salt, slots: HashTable::new(), entries, starts, bytes, carries }
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
        &self.bytes[self.starts[number as usize]..][..self.entries[number as usize].length as usize]
    }

    /// How often token `number` was seen.
    pub fn count(&self, number: u32) -> u64 {
        u64::from(self.entries[number as usize].count) + (self.carry(number).0 << 32)
    }

    /// How many texts hold token `number`.
    pub fn texts(&self, number: u32) -> u64 {
        u64::from(self.entries[number as usize].texts) + (self.carry(number).1 << 32)
    }

    fn carry(&self, number: u32) -> (u64, u64) {
        if self.carries.is_empty() {
            return (0, 0);
        }
        self.carries.get(&number).copied().unwrap_or_default()
    }

    /// The number of a token, if it was ever seen; for many tokens see `find_waiting`.
    pub fn find(&self, token: &[u8]) -> Option<u32> {
        let head = Head::of(token);
        let hash = self.hash(head, token);
        let same = |slot: &Slot| slot.tag == (hash >> 32) as u32 && self.holds(slot.number, head, token);
        self.slots.find(hash, same).map(|slot| slot.number)
    }

    /// Let a token of a text wait until `count_waiting`.
    #[inline(always)]
    pub fn wait(&self, token: &[u8], waiting: &mut Waiting) {
        let head = Head::of(token);
        if token.len() > LONGEST_HEAD {
            waiting.long.extend_from_slice(token);
        }
        let length = u32::try_from(token.len()).expect("a token longer than 4 GiB");
        waiting.keys.push(Key { head, hash: self.hash(head, token), length, ends: false });
    }

    /// Count the tokens that wait, all of the text numbered `text`; texts must come one after the other.
    pub fn count_waiting(&mut self, waiting: &mut Waiting, text: u32, mut each: impl FnMut(Occurrence)) {
        let mut short = [0; LONGEST_HEAD];
        waiting.drain(|key, token| {
            let number = match self.find_key(key, token) {
                Some(number) => number,
                None if token.is_empty() => {
                    self.push(key.head, key.head.bytes(&mut short, key.length as usize), key.hash)
                }
                None => self.push(key.head, token, key.hash),
            };
            let entry = &mut self.entries[number as usize];
            entry.count = entry.count.wrapping_add(1);
            if entry.count == 0 {
                self.carries.entry(number).or_default().0 += 1;
            }
            if entry.last_text != text || entry.texts == 0 {
                entry.last_text = text;
                entry.texts += 1;
            }
            each(Occurrence::with_end(number, key.ends));
        });
    }

    /// The numbers of the tokens that wait, where they were ever seen; with each, whether n-grams end behind it.
    pub fn find_waiting(&self, waiting: &mut Waiting, mut each: impl FnMut(Option<u32>, bool)) {
        waiting.drain(|key, token| each(self.find_key(key, token), key.ends));
    }

    #[inline(always)]
    fn find_key(&self, key: &Key, token: &[u8]) -> Option<u32> {
        let tag = (key.hash >> 32) as u32;
        let same = |slot: &Slot| slot.tag == tag && self.is(slot.number, key.head, key.length as usize, token);
        self.slots.find(key.hash, same).map(|slot| slot.number)
    }

    /// Let token `number` have been seen so often more.
    pub fn add_counts(&mut self, number: u32, count: u64, texts: u64) {
        let (count, texts) = (self.count(number) + count, self.texts(number) + texts);
        let entry = &mut self.entries[number as usize];
        (entry.count, entry.texts) = (count as u32, texts as u32);
        if (count | texts) >> 32 > 0 {
            self.carries.insert(number, (count >> 32, texts >> 32));
        }
    }

    /// Add another table's counts; returns its tokens' numbers here. New tokens keep their order.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(other.len());
        for number in 0..other.len() as u32 {
            let own = self.insert(other.token(number));
            self.add_counts(own, other.count(number), other.texts(number));
            numbers.push(own);
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
        self.entries.push(Entry { head, length, last_text: 0, count: 0, texts: 0 });
        self.starts.push(self.bytes.len());
        self.bytes.extend_from_slice(token);
        let (salt, entries, starts, bytes) = (self.salt, &self.entries, &self.starts, &self.bytes);
        let rehash = |slot: &Slot| {
            let entry = &entries[slot.number as usize];
            hash_of(salt, entry.head, &bytes[starts[slot.number as usize]..][..entry.length as usize])
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
        self.is(number, head, token.len(), token)
    }

    /// Whether this is the token; its bytes are looked at only where the head does not say all.
    #[inline(always)]
    fn is(&self, number: u32, head: Head, length: usize, token: &[u8]) -> bool {
        let entry = &self.entries[number as usize];
        entry.head == head && entry.length as usize == length && (length <= LONGEST_HEAD || self.token(number) == token)
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

    fn count(table: &mut TokenTable, token: &str, text: u32) -> u32 {
        let (mut waiting, mut found) = (Waiting::default(), 0);
        table.wait(token.as_bytes(), &mut waiting);
        table.count_waiting(&mut waiting, text, |token| found = token.number());
        found
    }

    #[test]
    fn counts_go_beyond_32_bits() {
        let mut table = TokenTable::default();
        count(&mut table, "a", 0);
        table.add_counts(0, u64::from(u32::MAX), 1 << 40);
        assert_eq!((table.count(0), table.texts(0)), (1 << 32, (1 << 40) + 1));
        count(&mut table, "a", 1);
        assert_eq!((table.count(0), table.texts(0)), ((1 << 32) + 1, (1 << 40) + 2));
        let mut merged = TokenTable::default();
        merged.merge(&table);
        merged.merge(&table);
        assert_eq!(merged.count(0), (1 << 33) + 2);
    }

    #[test]
    fn tokens_are_counted_once_a_text_and_ranked() {
        let mut table = TokenTable::default();
        for (text, token) in [(0, "b"), (0, "a"), (0, "a"), (1, "c"), (1, "b"), (2, "c")] {
            count(&mut table, token, text);
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
        let text: Vec<String> = tokens.iter().map(|token| String::from_utf8_lossy(token).into_owned()).collect();
        let numbers: Vec<u32> = text.iter().map(|token| count(&mut table, token, 0)).collect();
        assert_eq!(table.len(), 80);
        for (token, number) in tokens.iter().zip(numbers) {
            assert_eq!((table.find(token), table.token(number)), (Some(number), token.as_slice()));
        }
    }

    #[test]
    fn merging_equals_counting_at_once() {
        let (mut left, mut right) = (TokenTable::default(), TokenTable::default());
        for token in ["x", "y"] {
            count(&mut left, token, 0);
        }
        for token in ["z", "y"] {
            count(&mut right, token, 0);
        }
        assert_eq!(left.merge(&right), [2, 1]);
        assert_eq!((left.count(1), left.texts(1), left.token(2)), (2, 2, b"z".as_slice()));
    }
}
