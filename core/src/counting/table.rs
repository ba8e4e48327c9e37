//! A hash table of tokens that keeps them in order of first appearance, with their counts.

use crate::counting::occurrence::{Occurrence, MOST_NUMBERS};
use crate::counting::slots::{Slots, EMPTY};
use crate::foundation::interrupts::check;
use crate::foundation::limits::{below, exceeded};
use crate::foundation::parallel::sort_by_key;
use crate::text::token::Token;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A distinct token and its counts: half a cache line.
struct Entry {
    key: Key,
    last_text: u32,
    /// Modulo 2^32; the upper part is in `carries`.
    count: u32,
    texts: u32,
}

/// The first bytes of a token, and its length: the complete token if it has at most 16 bytes. 32-bit fields, so that an
/// entry has no padding.
#[derive(Clone, Copy)]
struct Key {
    head: [u32; 4],
    length: u32,
}

impl PartialEq for Key {
    /// Branch-free, because the branch would be mispredicted sometimes.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let different = self
            .head
            .iter()
            .zip(other.head)
            .fold(self.length ^ other.length, |bits, (own, other)| bits | (own ^ other));
        different == 0
    }
}

const LONGEST_HEAD: usize = 16;
const TOKEN_BYTES: &str = "a token must have fewer than 2**32 bytes; use a tokenizer that splits such texts";
const DISTINCT_TOKENS: &str = "there must be fewer than 2**31 - 1 distinct tokens; hash them, or use shorter ones";

impl Key {
    /// The key of a token, and its hash.
    #[inline(always)]
    fn of(token: Token, salt: [u64; 2]) -> (Self, u32) {
        let head = token.head();
        let length = u32::try_from(token.len()).unwrap_or_else(|_| exceeded(TOKEN_BYTES));
        (Self { head: bytemuck::cast(head), length }, hash_of(salt, bytemuck::cast(head), &token))
    }

    #[inline(always)]
    fn is_whole(self) -> bool {
        self.length as usize <= LONGEST_HEAD
    }
}

/// A queue of tokens to be counted. The tokens of one text are queued together, so that the processor looks up many at
/// once.
#[derive(Default)]
pub struct Waiting {
    tokens: Vec<WaitingToken>,
    /// Bytes of the tokens that do not fit in the key.
    long: Vec<u8>,
}

struct WaitingToken {
    hash: u32,
    key: Key,
    /// The number of the entry that the first probe found; `EMPTY` otherwise.
    first: u32,
    /// Whether n-grams end after it.
    ends: bool,
}

impl Waiting {
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Call `each` with every token, and with its bytes if it does not fit in the key; the queue is empty afterwards.
    #[inline(always)]
    fn drain(&mut self, mut each: impl FnMut(&WaitingToken, &[u8])) {
        check(16 * self.tokens.len());
        let mut rest = self.long.as_slice();
        for token in &self.tokens {
            let length = if token.key.is_whole() { 0 } else { token.key.length as usize };
            let (bytes, behind) = rest.split_at(length);
            each(token, bytes);
            rest = behind;
        }
        self.tokens.clear();
        self.long.clear();
    }

    /// Mark that n-grams end after the last token.
    pub fn end_unit(&mut self) {
        if let Some(token) = self.tokens.last_mut() {
            token.ends = true;
        }
    }
}

/// Tokens numbered from 0 in order of first appearance. The hash is salted; no output depends on it.
pub struct TokenTable {
    salt: [u64; 2],
    slots: Slots,
    entries: Vec<Entry>,
    /// End of the bytes of every token.
    ends: Vec<usize>,
    bytes: Vec<u8>,
    /// Upper parts of counts, by number: count and texts, in units of 2^32.
    carries: BTreeMap<u32, (u64, u64)>,
}

impl Default for TokenTable {
    fn default() -> Self {
        let random = RandomState::new();
        let salt = [random.hash_one(0), random.hash_one(1)];
        let (entries, ends, bytes, carries) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        Self { salt, slots: Slots::default(), entries, ends, bytes, carries }
    }
}

impl TokenTable {
    /// Number of distinct tokens so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes of token `number`.
    pub fn token(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    /// Number of occurrences of token `number`.
    pub fn count(&self, number: u32) -> u64 {
        u64::from(self.entries[number as usize].count) + (self.carry(number).0 << 32)
    }

    /// Number of texts that contain token `number`.
    pub fn texts(&self, number: u32) -> u64 {
        u64::from(self.entries[number as usize].texts) + (self.carry(number).1 << 32)
    }

    fn carry(&self, number: u32) -> (u64, u64) {
        if self.carries.is_empty() {
            return (0, 0);
        }
        self.carries.get(&number).copied().unwrap_or_default()
    }

    /// Return the number of a token, if it is in the table; for many tokens see `find_waiting`.
    pub fn find(&self, token: &[u8]) -> Option<u32> {
        let (key, hash) = Key::of(Token::of(token), self.salt);
        self.find_key(key, hash, token)
    }

    /// Queue a token of a text for `count_waiting`.
    #[inline(always)]
    pub fn wait(&self, token: Token, waiting: &mut Waiting) {
        let (key, hash) = Key::of(token, self.salt);
        if !key.is_whole() {
            waiting.long.extend_from_slice(&token);
        }
        waiting.tokens.push(WaitingToken { hash, key, first: EMPTY, ends: false });
    }

    /// Count the queued tokens, all of the text numbered `text`; texts must be counted in order.
    pub fn count_waiting(&mut self, waiting: &mut Waiting, text: u32, mut each: impl FnMut(Occurrence)) {
        self.probe(waiting);
        waiting.drain(|&WaitingToken { hash, key, first, ends }, token| {
            let number = if first != EMPTY && self.has_bytes(first, key, token) {
                first
            } else {
                self.find_key(key, hash, token).unwrap_or_else(|| self.push(key, hash, token))
            };
            let entry = &mut self.entries[number as usize];
            entry.count = entry.count.wrapping_add(1);
            if entry.count == 0 {
                self.carries.entry(number).or_default().0 += 1;
            }
            // Branch-free, because the branch would be mispredicted half of the time.
            entry.texts += u32::from((entry.last_text != text) | (entry.texts == 0));
            entry.last_text = text;
            each(Occurrence::with_end(number, ends));
        });
    }

    /// Call `each` with the number of every queued token, if it is in the table, and with whether n-grams end after it.
    pub fn find_waiting(&self, waiting: &mut Waiting, mut each: impl FnMut(Option<u32>, bool)) {
        self.probe(waiting);
        waiting.drain(|&WaitingToken { hash, key, first, ends }, token| {
            let is_first = first != EMPTY && self.has_bytes(first, key, token);
            each(if is_first { Some(first) } else { self.find_key(key, hash, token) }, ends);
        });
    }

    /// Probe the first slot of every token, and the entry that it refers to. Branch-free, so that many memory accesses
    /// overlap.
    #[inline(always)]
    fn probe(&self, waiting: &mut Waiting) {
        if self.entries.is_empty() {
            return;
        }
        for token in &mut waiting.tokens {
            token.first = self.slots.first(token.hash);
        }
        for token in &mut waiting.tokens {
            let entry = &self.entries[(token.first as usize).min(self.entries.len() - 1)];
            token.first |= u32::from(entry.key != token.key).wrapping_neg();
        }
    }

    #[inline(always)]
    fn find_key(&self, key: Key, hash: u32, token: &[u8]) -> Option<u32> {
        self.slots.find(hash, |number| self.is(number, key, token))
    }

    #[inline(always)]
    fn is(&self, number: u32, key: Key, token: &[u8]) -> bool {
        self.entries[number as usize].key == key && self.has_bytes(number, key, token)
    }

    /// Return whether an entry with this key has a token's bytes, which are compared only if the key is not complete.
    #[inline(always)]
    fn has_bytes(&self, number: u32, key: Key, token: &[u8]) -> bool {
        key.is_whole() || self.token(number) == token
    }

    /// Add to the counts of token `number`.
    pub fn add_counts(&mut self, number: u32, count: u64, texts: u64) {
        let (count, texts) = (self.count(number) + count, self.texts(number) + texts);
        let entry = &mut self.entries[number as usize];
        (entry.count, entry.texts) = (count as u32, texts as u32);
        if (count | texts) >> 32 > 0 {
            self.carries.insert(number, (count >> 32, texts >> 32));
        }
    }

    /// Add another table's counts; return the numbers of its tokens in this table. New tokens keep their order.
    pub fn merge(&mut self, other: &Self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(other.len());
        for (entry, number) in other.entries.iter().zip(0..) {
            check(64);
            let token = other.token(number);
            let hash = hash_of(self.salt, bytemuck::cast(entry.key.head), token);
            let own = self.find_key(entry.key, hash, token).unwrap_or_else(|| self.push(entry.key, hash, token));
            self.add_counts(own, other.count(number), other.texts(number));
            numbers.push(own);
        }
        numbers
    }

    /// Token numbers, most frequent first, ties by first appearance.
    pub fn by_count(&self, threads: usize) -> Vec<u32> {
        let numbers = 0..self.len() as u32;
        if self.carries.is_empty() {
            let counted = self.entries.iter().zip(numbers);
            let mut keys: Vec<u64> =
                counted.map(|(entry, number)| u64::from(!entry.count) << 32 | u64::from(number)).collect();
            sort_by_key(&mut keys, threads, |&key| key);
            return keys.into_iter().map(|key| key as u32).collect();
        }
        let mut numbers: Vec<u32> = numbers.collect();
        sort_by_key(&mut numbers, threads, |&number| (Reverse(self.count(number)), number));
        numbers
    }

    /// Return the number of a token, which is added with a count of 0 if it is new.
    pub fn insert(&mut self, token: &[u8]) -> u32 {
        let (key, hash) = Key::of(Token::of(token), self.salt);
        self.find_key(key, hash, token).unwrap_or_else(|| self.push(key, hash, token))
    }

    /// Add a token; its bytes are needed only if the key is not complete.
    #[cold]
    fn push(&mut self, key: Key, hash: u32, token: &[u8]) -> u32 {
        // The highest numbers have other meanings for the tokens of a batch.
        below(self.entries.len(), MOST_NUMBERS as usize - 1, DISTINCT_TOKENS);
        let number = self.entries.len() as u32;
        self.entries.push(Entry { key, last_text: 0, count: 0, texts: 0 });
        let head: &[u8; LONGEST_HEAD] = bytemuck::cast_ref(&key.head);
        self.bytes.extend_from_slice(if key.is_whole() { &head[..key.length as usize] } else { token });
        self.ends.push(self.bytes.len());
        self.slots.insert(hash);
        number
    }
}

#[inline(always)]
fn hash_of(salt: [u64; 2], head: [u64; 2], token: &[u8]) -> u32 {
    if token.len() > LONGEST_HEAD {
        return xxh3_64_with_seed(token, salt[0]) as u32;
    }
    let product = u128::from(head[0] ^ salt[0]) * u128::from(head[1] ^ salt[1] ^ (token.len() as u64) << 56);
    ((product >> 64) as u64 ^ product as u64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(table: &mut TokenTable, token: &str, text: u32) -> u32 {
        let (mut waiting, mut found) = (Waiting::default(), 0);
        table.wait(Token::of(token.as_bytes()), &mut waiting);
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
        for (token, expected) in [("b", vec![0, 1]), ("a", vec![0, 1]), ("c", vec![0, 1, 2])] {
            count(&mut merged, token, 2);
            assert_eq!(merged.by_count(2), expected);
        }
        merged.add_counts(2, 1 << 40, 0);
        assert_eq!(merged.by_count(1), [2, 0, 1]);
    }

    #[test]
    fn tokens_are_counted_once_a_text_and_ranked() {
        let mut table = TokenTable::default();
        for (text, token) in [(0, "b"), (0, "a"), (0, "a"), (1, "c"), (1, "b"), (2, "c")] {
            count(&mut table, token, text);
        }
        let ranked: Vec<_> =
            table.by_count(2).iter().map(|&n| (table.token(n).to_vec(), table.count(n), table.texts(n))).collect();
        assert_eq!(ranked, [(b"b".to_vec(), 2, 2), (b"a".to_vec(), 2, 1), (b"c".to_vec(), 2, 2)]);
        assert_eq!(table.find(b"zzz"), None);
    }

    #[test]
    fn tokens_of_every_length_are_distinguished() {
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
