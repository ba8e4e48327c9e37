//! Pairs of texts and their n-grams, in tiles that fit in the processor's cache.

use crate::foundation::interrupts::check;
use crate::foundation::random::Random;
use crate::linear::rows::Rows;

/// The vectors of a group stay in the processor's cache.
const GROUP_BYTES: usize = 512 << 10;
/// Minimum number of groups, so that several threads have work even if there are few texts.
const LEAST_GROUPS: usize = 16;
/// Indices within a group have 16 bits.
const LARGEST_GROUP: usize = 1 << 16;
/// Streams of random numbers that assign texts and n-grams to groups.
const DEALING: u64 = 1 << 63;

/// Random assignment of texts, or of n-grams, to groups.
#[derive(Debug)]
pub struct Groups {
    pub count: usize,
    /// Number of positions per group; those of the last may be empty.
    pub size: usize,
    /// Position of each text or n-gram.
    pub places: Vec<u32>,
}

impl Groups {
    fn new(members: usize, row_bytes: usize, seed: u64, stream: u64) -> Self {
        let most = (GROUP_BYTES / row_bytes.max(1)).clamp(1, LARGEST_GROUP);
        let count = members.div_ceil(most).max(LEAST_GROUPS).min(members.max(1));
        let size = members.div_ceil(count).max(1);
        let count = members.div_ceil(size).max(1);
        let order = Random::new(seed, DEALING | stream).order(members);
        Self { count, size, places: order.into_iter().map(|place| place as u32).collect() }
    }
}

/// A text and an n-gram: their indices in their groups.
pub type Pair = [u16; 2];

/// All pairs, in tiles of a group of texts by a group of n-grams.
#[derive(Debug)]
pub struct Pairs {
    pub texts: Groups,
    pub ngrams: Groups,
    pairs: Vec<Pair>,
    /// Start of each tile, and the end of the last.
    starts: Vec<usize>,
}

impl Pairs {
    /// Pairs of rows; n-grams whose column is `false` in `wanted` are left out.
    pub fn new(rows: &Rows<'_>, wanted: &[bool], row_bytes: usize, seed: u64) -> Self {
        let texts = Groups::new(rows.len(), row_bytes, seed, 1);
        let ngrams = Groups::new(wanted.len(), row_bytes, seed, 2);
        let each = |row: usize, take: &mut dyn FnMut(usize, Pair)| {
            check(8 * rows.row(row).columns.len());
            let text = texts.places[row] as usize;
            for &column in rows.row(row).columns.iter().filter(|&&column| wanted[column as usize]) {
                let ngram = ngrams.places[column as usize] as usize;
                let tile = text / texts.size * ngrams.count + ngram / ngrams.size;
                take(tile, [(text % texts.size) as u16, (ngram % ngrams.size) as u16]);
            }
        };
        let mut starts = vec![0; texts.count * ngrams.count + 1];
        (0..rows.len()).for_each(|row| each(row, &mut |tile, _| starts[tile + 1] += 1));
        for tile in 1..starts.len() {
            starts[tile] += starts[tile - 1];
        }
        let mut ends = starts.clone();
        let mut pairs = vec![[0; 2]; *starts.last().unwrap_or(&0)];
        // Texts are in the order of their positions, so that a tile processes one text after the other.
        let mut order = vec![0; rows.len()];
        (0..rows.len()).for_each(|row| order[texts.places[row] as usize] = row);
        for row in order {
            each(row, &mut |tile, pair| {
                pairs[ends[tile]] = pair;
                ends[tile] += 1;
            });
        }
        Self { texts, ngrams, pairs, starts }
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Rounds in which every group of texts is paired with every group of n-grams once, and no group is used twice in a
    /// round.
    pub fn rounds(&self) -> usize {
        self.texts.count.max(self.ngrams.count)
    }

    pub fn tile(&self, texts: usize, ngrams: usize) -> &[Pair] {
        let tile = texts * self.ngrams.count + ngrams;
        &self.pairs[self.starts[tile]..self.starts[tile + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;
    use crate::ngrams::matrix::Local;

    #[test]
    fn every_pair_is_in_its_tile_once() {
        let texts: Vec<String> = (0..40).map(|text| format!("so {} good {}", text % 7, text % 5)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (vocabulary, rows) = example(&texts, Local::Binary, 1);
        let mut wanted = vec![true; vocabulary.len()];
        wanted[3] = false;
        let pairs = Pairs::new(&rows, &wanted, 16, 7);
        let mut found = Vec::new();
        for (text, ngram) in
            (0..pairs.texts.count).flat_map(|text| (0..pairs.ngrams.count).map(move |ngram| (text, ngram)))
        {
            for &[inner, other] in pairs.tile(text, ngram) {
                found.push((text * pairs.texts.size + inner as usize, ngram * pairs.ngrams.size + other as usize));
            }
        }
        let mut expected = Vec::new();
        for row in 0..rows.len() {
            for &column in rows.row(row).columns.iter().filter(|&&column| column != 3) {
                expected.push((pairs.texts.places[row] as usize, pairs.ngrams.places[column as usize] as usize));
            }
        }
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(pairs.len(), expected.len());
    }
}
