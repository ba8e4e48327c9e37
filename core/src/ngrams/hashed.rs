//! Feature hashing of tokens and n-grams, without a vocabulary. The hash never changes.
//!
//! A token's hash is seeded XXH3 (64 bits) of its UTF-8. The hash of an n-gram combines the hash of all tokens but the
//! last one with that of the last one; see `join`.

use crate::counting::padding::Padding;
use crate::counting::table::TokenTable;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{bounded_ranges, even_ranges, map_each, sort_by_key, split_rows, worthwhile};
use crate::foundation::sorting::sort_row;
use crate::ngrams::grams::{Gram, Grams};
use crate::ngrams::matrix::{Csr, Local, Matrix, NoRoom, Norm};
use crate::text::pieces::Steps;
use crate::text::prepare::Buffers;
use crate::text::splitter::{Piece, Splitter};
use std::cmp::Reverse;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const BLOCK_ITEMS: usize = 1 << 12;
/// Bytes of text that a thread takes at a time, and the number of such pieces processed before their rows are joined.
const PIECE: usize = if cfg!(test) { 3 } else { 1 << 16 };
const PIECES: usize = 64;

/// Mapping from n-grams to columns.
pub struct Hashing {
    pub seed: u64,
    /// Number of columns; from 1 to 2^31 - 1.
    pub buckets: u32,
    /// Whether half of the n-grams have negative counts, so that collisions cancel out on average.
    pub signed: bool,
    pub shortest: usize,
    pub longest: usize,
    pub stop_words: TokenTable,
}

pub fn token_hash(token: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(token, seed)
}

/// Combine the hash of all tokens but the last one with the hash of the last one.
pub fn join(hash: u64, last: u64) -> u64 {
    let product = u128::from(hash ^ 0x9E37_79B9_7F4A_7C15) * u128::from(last ^ 0xC2B2_AE3D_27D4_EB4F);
    (product >> 64) as u64 ^ product as u64
}

/// Collisions: n-grams in the same bucket.
#[derive(Debug, Default)]
pub struct Collisions {
    /// Number of n-grams, and of distinct n-grams.
    pub seen: u64,
    pub distinct: u64,
    /// Buckets in use.
    pub used: u64,
    /// Distinct n-grams that share their bucket.
    pub sharing: u64,
    /// Examples of n-grams in the same bucket, the most frequent first.
    pub examples: Vec<Vec<Gram>>,
}

/// The upper bits choose the bucket.
pub fn bucket(hash: u64, buckets: u32) -> u32 {
    ((u128::from(hash) * u128::from(buckets)) >> 64) as u32
}

impl Hashing {
    /// Add the rows of a batch to a matrix.
    pub fn add_rows(
        &self,
        matrix: &mut Matrix,
        texts: &[&str],
        splitter: &Splitter,
        local: Local,
        norm: Norm,
        threads: usize,
    ) -> Result<(), NoRoom> {
        let lengths = || texts.iter().map(|text| text.len());
        let threads = worthwhile(lengths().sum(), threads);
        let pieces = bounded_ranges(lengths(), PIECE);
        matrix.add(pieces, threads, PIECES, |range, csr| {
            let (mut buffers, mut unit) = (Buffers::default(), Vec::new());
            let (mut keys, mut spare) = (Vec::new(), Vec::new());
            for text in &texts[range] {
                keys.clear();
                splitter.split(text, &mut buffers, |piece| match piece {
                    Piece::Token(token, ..) => {
                        if self.stop_words.is_empty() || self.stop_words.find(&token).is_none() {
                            unit.push(token_hash(&token, self.seed));
                            if unit.len() % BLOCK_ITEMS == 0 {
                                check(16 * BLOCK_ITEMS);
                            }
                        }
                    }
                    Piece::End => self.push_unit(&mut unit, splitter.keeps_short_units(), &mut keys),
                });
                self.push_unit(&mut unit, splitter.keeps_short_units(), &mut keys);
                check(16 * keys.len());
                sort_row(&mut keys, &mut spare);
                push_row(&keys, local, csr);
                csr.end_row(norm);
            }
        })
    }

    /// Number of n-gram sizes.
    pub fn sizes(&self) -> usize {
        self.longest + 1 - self.shortest
    }

    /// Write the buckets of every n-gram, counted from 1, into `rows`: `padding.length` for each size, one size after
    /// the other. Return the number of tokens of each text.
    pub fn padded(
        &self,
        texts: &[&str],
        splitter: &Splitter,
        padding: Padding,
        threads: usize,
        rows: &mut [i32],
    ) -> Vec<i64> {
        let whole = Padding { length: padding.length * self.sizes(), ..padding };
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = split_rows(rows, whole.length, &ranges);
        let written = map_each(ranges.into_iter().zip(parts).collect(), |(range, rows)| {
            let (mut lengths, mut buffers) = (Vec::with_capacity(range.len()), Buffers::default());
            let (mut hashes, mut ids, mut row) = (Vec::new(), Vec::new(), Vec::new());
            for (text, target) in texts[range].iter().zip(rows.chunks_exact_mut(whole.length.max(1))) {
                hashes.clear();
                splitter.split(text, &mut buffers, |piece| match piece {
                    Piece::Token(token, ..) => hashes.push(Some(token_hash(&token, self.seed))),
                    Piece::End => hashes.push(None),
                });
                row.clear();
                check(whole.length + 8 * self.sizes() * hashes.len());
                for size in self.shortest..=self.longest {
                    ids.clear();
                    let mut steps = Steps::default();
                    ids.extend(hashes.windows(size).enumerate().filter_map(|(place, window)| {
                        steps.at(place);
                        self.bucket_of(window)
                    }));
                    let kept = ids.len().min(padding.length);
                    row.extend(if padding.keep_last { &ids[ids.len() - kept..] } else { &ids[..kept] });
                }
                whole.write(&row, target);
                lengths.push(hashes.iter().flatten().count() as i64);
            }
            lengths
        });
        written.concat()
    }

    /// Return the bucket, counted from 1, of consecutive tokens.
    fn bucket_of(&self, window: &[Option<u64>]) -> Option<i32> {
        let hashes: Option<u64> = window.iter().copied().reduce(|hash, last| Some(join(hash?, last?)))?;
        hashes.map(|hash| bucket(hash, self.buckets) as i32 + 1)
    }

    /// Return the buckets of every token, concatenated over texts, and the end of each text.
    pub fn sequences(&self, texts: &[&str], splitter: &Splitter, threads: usize) -> (Vec<i32>, Vec<i64>) {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = map_each(ranges, |range| {
            let (mut ids, mut ends, mut buffers) = (Vec::new(), Vec::new(), Buffers::default());
            for text in &texts[range] {
                splitter.split(text, &mut buffers, |piece| {
                    if let Piece::Token(token, ..) = piece {
                        ids.push(bucket(token_hash(&token, self.seed), self.buckets) as i32);
                    }
                });
                ends.push(ids.len() as i64);
            }
            (ids, ends)
        });
        let (mut ids, mut ends) = (Vec::new(), Vec::with_capacity(texts.len()));
        for (part, part_ends) in parts {
            let start = ids.len() as i64;
            ids.extend(part);
            ends.extend(part_ends.iter().map(|end| start + end));
        }
        (ids, ends)
    }

    /// Bucket and sign of an n-gram; `None` without tokens.
    pub fn place<'a>(&self, tokens: impl Iterator<Item = &'a [u8]>) -> Option<(u32, i8)> {
        let hash = tokens.map(|token| token_hash(token, self.seed)).reduce(join)?;
        Some((bucket(hash, self.buckets), if self.signed && hash & 1 == 1 { -1 } else { 1 }))
    }

    /// Measure the collisions of counted n-grams.
    pub fn collisions(&self, grams: &Grams, most_examples: usize) -> Collisions {
        let mut counted = grams.counted();
        sort_by_key(&mut counted, grams.threads, |gram| (Reverse(gram.count), gram.first));
        let token_hashes: Vec<u64> =
            (0..grams.tokens.len() as u32).map(|number| token_hash(grams.tokens.token(number), self.seed)).collect();
        let mut placed: Vec<(u32, u32)> = counted
            .iter()
            .zip(0..)
            .map(|(gram, rank)| {
                check(64);
                let hashes = grams.path(gram.gram).into_iter().map(|token| token_hashes[token as usize]);
                (bucket(hashes.reduce(join).unwrap_or(0), self.buckets), rank)
            })
            .collect();
        sort_by_key(&mut placed, grams.threads, |&place| place);
        let mut collisions = Collisions { distinct: counted.len() as u64, ..Collisions::default() };
        let mut examples = Vec::new();
        for same in placed.chunk_by(|left, right| left.0 == right.0) {
            check(8 * same.len());
            collisions.used += 1;
            collisions.seen += same.iter().map(|&(_, rank)| counted[rank as usize].count).sum::<u64>();
            if same.len() > 1 {
                collisions.sharing += same.len() as u64;
                examples.push(same);
            }
        }
        // The worst collisions are those whose second most frequent n-gram is frequent.
        examples.sort_unstable_by_key(|same| same[1].1);
        let gram = |&(_, rank): &(u32, u32)| counted[rank as usize].gram;
        collisions.examples = examples.iter().take(most_examples).map(|same| same.iter().map(gram).collect()).collect();
        collisions
    }

    /// Append the n-grams of a run of tokens, and clear it. A key is the bucket times 2, plus 1 for a negative count.
    fn push_unit(&self, unit: &mut Vec<u64>, whole_if_short: bool, keys: &mut Vec<u32>) {
        let key = |hash: u64| bucket(hash, self.buckets) << 1 | u32::from(self.signed && hash & 1 == 1);
        for begun in (0..unit.len()).step_by(BLOCK_ITEMS) {
            let end = unit.len().min(begun + BLOCK_ITEMS);
            check((end - begun) * self.longest);
            for start in begun..end {
                let mut hash = unit[start];
                let whole = whole_if_short && start == 0 && unit.len() < self.shortest;
                for order in 1..=self.longest.min(unit.len() - start) {
                    hash = if order == 1 { hash } else { join(hash, unit[start + order - 1]) };
                    if order >= self.shortest || (whole && order == unit.len()) {
                        keys.push(key(hash));
                    }
                }
            }
        }
        unit.clear();
    }
}

/// Sum up sorted keys; zero sums are left out.
fn push_row(keys: &[u32], local: Local, csr: &mut Csr) {
    if local == Local::Count {
        return csr.push_sums(keys, |key| key >> 1, |key| 1 - 2 * i64::from(key & 1));
    }
    let mut steps = Steps::default();
    for (place, same) in keys.chunk_by(|left, right| left >> 1 == right >> 1).enumerate() {
        steps.at(place);
        let below = same.iter().filter(|&&key| key & 1 == 1).count();
        let value = |count: usize| if count == 0 { 0.0 } else { local.value(count as f64) };
        let sum = value(same.len() - below) - value(below);
        if sum != 0.0 {
            csr.push(same[0] >> 1, sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::prepare::Prepare;

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(token_hash("말모이".as_bytes(), 0), 1600486883436895897);
        assert_eq!(token_hash("말모이".as_bytes(), 7), 9132765534853866159);
        assert_eq!(join(1, 2), 10250113031998454389);
        assert_eq!(bucket(u64::MAX, 1000), 999);
    }

    #[test]
    fn rows_are_the_same_at_any_number_of_threads() {
        let splitter = Splitter::whitespace(Prepare::default());
        let hashing =
            Hashing { seed: 1, buckets: 50, signed: true, shortest: 1, longest: 2, stop_words: TokenTable::default() };
        let texts = ["a b c a", "", "b b", "a"];
        let rows = |threads| {
            let mut matrix = Matrix::new(texts.len());
            hashing.add_rows(&mut matrix, &texts, &splitter, Local::Count, Norm::None, threads).expect("few");
            matrix.finish()
        };
        let one = rows(1);
        assert_eq!(one.ends.len(), 4);
        for threads in 2..6 {
            assert_eq!(rows(threads), one);
            assert_eq!(hashing.sequences(&texts, &splitter, threads).1, [4, 4, 6, 7]);
        }
    }
}
