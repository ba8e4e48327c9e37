//! Counting n-grams of tokens, and looking them up.
//!
//! A batch of texts is processed one part of the tree at a time, so that the part stays in the processor's cache.

use crate::counting::occurrence::Occurrence;
use crate::counting::table::{TokenTable, Waiting};
use crate::counting::tally::{count_batch, end_unit, Runs, COUNTED_TOGETHER};
use crate::foundation::interrupts::check;
use crate::foundation::limits::{below, below_32_bits, TEXTS};
use crate::foundation::parallel::{even_ranges, for_each, map_each, sort_by_key, worthwhile};
use crate::ngrams::codes::{code, place, Coded, Start, TooMany, UNKNOWN};
use crate::ngrams::tree::{part_of, Part, IS_NODE, PARTS};
use crate::ngrams::walk::{shares, Batch, Shape};
use crate::text::prepare::Buffers;
use crate::text::splitter::{Piece, Splitter};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};

/// Token positions of a batch are 32-bit numbers; a lower limit in unit tests, so that it can be tested.
const MOST_POSITIONS: usize = if cfg!(test) { 1 << 18 } else { u32::MAX as usize };
const POSITIONS: &str = "a text must have fewer than 2**32 - 1 tokens; split it into several texts";

/// N-grams that were counted.
pub struct Grams {
    pub splitter: Splitter,
    pub threads: usize,
    shortest: usize,
    longest: usize,
    /// The first tokens of the table are stop words, which are ignored.
    stop_words: usize,
    pub tokens: TokenTable,
    /// First occurrence of every token except stop words, as in `Node`.
    firsts: Vec<u64>,
    parts: Vec<Part>,
    salt: u64,
    texts: u64,
    positions: u64,
}

/// An n-gram: a token, or a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gram {
    Token(u32),
    Code(u32),
}

/// An n-gram with its counts.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub gram: Gram,
    pub count: u64,
    pub texts: u64,
    pub first: u64,
}

impl Grams {
    /// Orders from `shortest`, 1 or more, to `longest`, 255 or less.
    pub fn new(splitter: Splitter, threads: usize, shortest: usize, longest: usize, stop_words: &[&str]) -> Self {
        let mut tokens = TokenTable::default();
        for word in stop_words {
            tokens.insert(word.as_bytes());
        }
        let parts = if longest > 1 { PARTS } else { 0 };
        Self {
            splitter,
            threads: threads.max(1),
            shortest,
            longest,
            stop_words: tokens.len(),
            tokens,
            firsts: Vec::new(),
            parts: (0..parts).map(|_| Part::default()).collect(),
            salt: RandomState::new().hash_one(0),
            texts: 0,
            positions: 0,
        }
    }

    /// Texts counted.
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// Count a batch; with `keep`, return it as n-grams. The result does not depend on the threads or the division into
    /// batches.
    pub fn add(&mut self, texts: &[&str], keep: bool) -> Result<Option<Coded>, TooMany> {
        self.check_texts(self.texts + texts.len() as u64);
        let (segments, _) = count_batch(&self.splitter, texts, self.threads, true, &mut self.tokens);
        let mut runs = Runs::joined(segments, self.threads);
        if self.tokens.len() >= UNKNOWN as usize {
            return Err(TooMany);
        }
        self.drop_stop_words(&mut runs);
        for (position, token) in (self.positions..).zip(&runs.tokens) {
            if token.number() as usize >= self.stop_words + self.firsts.len() {
                self.firsts.push(position << 8 | 1);
            }
        }
        let positions = runs.tokens.len() as u64;
        let coded = self.coded(runs, keep)?;
        self.texts += texts.len() as u64;
        self.positions += positions;
        Ok(keep.then_some(coded))
    }

    fn coded(&mut self, runs: Runs, keep: bool) -> Result<Coded, TooMany> {
        let width = if keep { self.longest - 1 } else { 0 };
        let (mut coded, starts) = self.scattered(runs, width);
        let grams = self.shape();
        let batch = Batch { tokens: &coded.runs.tokens, texts: self.texts, positions: self.positions, grams };
        let full = AtomicBool::new(false);
        let threads = self.threads_for(&coded);
        let parts = self.parts.iter_mut().zip(shares(&mut coded.ranges, &starts, width));
        for_each(parts.filter(|(_, share)| !share.is_empty()).collect(), threads, |(part, share)| {
            if batch.count(part, share, width).is_err() {
                full.store(true, Ordering::Relaxed);
            }
        });
        if full.into_inner() {
            return Err(TooMany);
        }
        Ok(coded)
    }

    /// Look up the n-grams of a batch; those that were never counted are left out.
    pub fn find(&self, texts: &[&str]) -> Coded {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), self.threads);
        let mut runs = Runs::default();
        for part in map_each(ranges, |range| self.find_tokens(&texts[range])) {
            runs.append(part);
        }
        self.drop_stop_words(&mut runs);
        let width = self.longest - 1;
        let (mut coded, starts) = self.scattered(runs, width);
        let threads = self.threads_for(&coded);
        let batch = Batch { tokens: &coded.runs.tokens, texts: 0, positions: 0, grams: self.shape() };
        let parts = self.parts.iter().zip(shares(&mut coded.ranges, &starts, width));
        for_each(parts.filter(|(_, share)| !share.is_empty()).collect(), threads, |(part, share)| {
            batch.find(part, share, width);
        });
        coded
    }

    /// Every n-gram with its counts.
    pub fn counted(&self) -> Vec<Counted> {
        let mut all = Vec::new();
        self.each_counted(|gram| all.push(gram));
        all
    }

    /// Call `each` with every n-gram and its counts.
    pub fn each_counted(&self, mut each: impl FnMut(Counted)) {
        if self.shortest == 1 {
            for (&first, number) in self.firsts.iter().zip(self.stop_words as u32..) {
                let (count, texts) = (self.tokens.count(number), self.tokens.texts(number));
                each(Counted { gram: Gram::Token(number), count, texts, first });
            }
        }
        for (part, number) in self.parts.iter().zip(0..) {
            check(8 * part.nodes.len());
            for (node, local) in part.nodes.iter().zip(0..) {
                let (count, texts) = (part.count(local), u64::from(node.texts));
                if count > 0 {
                    each(Counted { gram: Gram::Code(code(local, number)), count, texts, first: node.first });
                }
            }
        }
    }

    /// Token numbers of an n-gram.
    pub fn path(&self, gram: Gram) -> Vec<u32> {
        let code = match gram {
            Gram::Token(number) => return vec![number],
            Gram::Code(code) => code,
        };
        let (part, local) = place(code);
        let nodes = &self.parts[part].nodes;
        let mut node = nodes[local];
        let mut path = vec![node.token];
        while node.parent & IS_NODE != 0 {
            node = nodes[(node.parent & !IS_NODE) as usize];
            path.push(node.token);
        }
        path.push(node.parent);
        path.reverse();
        path
    }

    /// Count of an n-gram.
    pub fn count(&self, gram: Gram) -> u64 {
        match gram {
            Gram::Token(number) => self.tokens.count(number),
            Gram::Code(code) => self.parts[place(code).0].count(place(code).1 as u32),
        }
    }

    /// A random number that identifies this set of n-grams.
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// Maximum number of tokens in an n-gram.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Number of nodes in each part.
    pub fn node_counts(&self) -> Vec<usize> {
        self.parts.iter().map(|part| part.nodes.len()).collect()
    }

    /// Add to an n-gram's counts; `path` is its token numbers.
    pub fn insert(&mut self, path: &[u32], count: u64, texts: u64, first: u64) -> Result<Gram, TooMany> {
        for &token in path {
            while self.stop_words + self.firsts.len() <= token as usize {
                self.firsts.push(first);
            }
        }
        let [token] = path else { return self.insert_path(path, count, texts, first) };
        if self.tokens.count(*token) == 0 {
            self.firsts[*token as usize - self.stop_words] = first;
        }
        self.tokens.add_counts(*token, count, texts);
        Ok(Gram::Token(*token))
    }

    fn insert_path(&mut self, path: &[u32], count: u64, texts: u64, first: u64) -> Result<Gram, TooMany> {
        let number = part_of(self.salt, path[0], path[1]);
        let part = &mut self.parts[number as usize];
        let mut parent = path[0];
        for &token in &path[1..] {
            parent = IS_NODE | part.insert(self.salt, parent, token, first).ok_or(TooMany)?;
        }
        part.add(parent & !IS_NODE, count, texts, first);
        Ok(Gram::Code(code(parent & !IS_NODE, number)))
    }

    /// Add the counts of another object, whose texts follow.
    pub fn merge(&mut self, other: &Self) -> Result<(), TooMany> {
        let numbers: Vec<u32> =
            (0..other.tokens.len() as u32).map(|n| self.tokens.insert(other.tokens.token(n))).collect();
        let mut counted = other.counted();
        sort_by_key(&mut counted, self.threads, |gram| gram.first);
        self.check_texts(self.texts + other.texts);
        for gram in counted {
            check(256);
            let path: Vec<u32> = other.path(gram.gram).iter().map(|&token| numbers[token as usize]).collect();
            self.insert(&path, gram.count, gram.texts, (self.positions << 8) + gram.first)?;
        }
        self.add_totals(other.texts, other.positions);
        Ok(())
    }

    /// Add texts and tokens that were counted elsewhere.
    pub fn add_totals(&mut self, texts: u64, positions: u64) {
        self.texts += texts;
        self.positions += positions;
    }

    /// Number of tokens counted, except stop words.
    pub fn positions(&self) -> u64 {
        self.positions
    }

    /// Check that the number of texts fits in 32 bits, as in nodes.
    pub fn check_texts(&self, texts: u64) {
        if !self.parts.is_empty() {
            below_32_bits(usize::try_from(texts).unwrap_or(usize::MAX), TEXTS);
        }
    }

    /// Number of threads that are worth using for the n-grams of a batch.
    fn threads_for(&self, coded: &Coded) -> usize {
        worthwhile(32 * coded.runs.tokens.len(), self.threads)
    }

    fn shape(&self) -> Shape {
        let whole_short_units = self.splitter.keeps_short_units();
        Shape { shortest: self.shortest, longest: self.longest, salt: self.salt, whole_short_units }
    }

    /// A batch whose n-grams have no codes yet, and the starts of its n-grams.
    fn scattered(&self, runs: Runs, width: usize) -> (Coded, Vec<Vec<Start>>) {
        if self.parts.is_empty() {
            return (Coded::of_tokens(runs, self.threads), Vec::new());
        }
        below(runs.tokens.len(), MOST_POSITIONS, POSITIONS);
        Coded::scattered(runs, width, self.salt, self.threads)
    }

    fn find_tokens(&self, texts: &[&str]) -> Runs {
        let (mut runs, mut buffers, mut waiting) = (Runs::default(), Buffers::default(), Waiting::default());
        for text in texts {
            let find = |runs: &mut Runs, waiting: &mut Waiting| {
                self.tokens.find_waiting(waiting, |number, ends| {
                    runs.tokens.push(Occurrence::with_end(number.unwrap_or(UNKNOWN), ends));
                });
            };
            self.splitter.split(text, &mut buffers, |piece| match piece {
                Piece::Token(token, ..) => {
                    self.tokens.wait(token, &mut waiting);
                    if waiting.len() >= COUNTED_TOGETHER {
                        find(&mut runs, &mut waiting);
                    }
                }
                Piece::End if waiting.is_empty() => end_unit(&mut runs),
                Piece::End => waiting.end_unit(),
            });
            find(&mut runs, &mut waiting);
            end_unit(&mut runs);
            runs.ends.push(runs.tokens.len());
        }
        runs
    }

    fn drop_stop_words(&self, runs: &mut Runs) {
        if self.stop_words == 0 {
            return;
        }
        let (mut kept, mut start, mut unit) = (Vec::with_capacity(runs.tokens.len()), 0, 0);
        for end in &mut runs.ends {
            for &token in &runs.tokens[start..*end] {
                if token.number() as usize >= self.stop_words {
                    kept.push(token);
                } else if token.ends_unit() && kept.len() > unit {
                    let last = kept.last_mut().expect("longer than `unit`");
                    *last = last.ending();
                }
                if token.ends_unit() {
                    unit = kept.len();
                }
            }
            start = *end;
            *end = kept.len();
        }
        runs.tokens = kept;
    }
}
