//! The character n-grams of fastText, as bucket numbers.
//!
//! Source: Bojanowski, Grave, Joulin and Mikolov 2017, "Enriching word vectors with subword information".

use std::collections::HashMap;

const END_OF_SENTENCE: &[u8] = b"</s>";
/// Longer words have no n-grams; natural words are shorter.
pub const LONGEST_WORD: usize = 1 << 16;

/// Sizes of the n-grams, and the indices of their rows.
pub struct Subwords {
    /// Number of characters of the shortest and of the longest n-gram; `longest` 0 means none.
    pub shortest: u32,
    pub longest: u32,
    pub buckets: u32,
    /// If buckets were dropped: the kept ones, and the index of each.
    pub kept: Option<HashMap<u32, u32>>,
}

impl Subwords {
    /// Call `each` with the bucket of every n-gram of `<word>`, including repetitions, in fastText's order.
    pub fn for_each(&self, word: &[u8], mut each: impl FnMut(u32)) {
        for_each_part(word, self.shortest, self.longest, Buckets::new(self.buckets), |bucket, _, _| {
            self.place(bucket).into_iter().for_each(&mut each);
        });
    }

    fn place(&self, bucket: u32) -> Option<u32> {
        match &self.kept {
            Some(kept) => kept.get(&bucket).copied(),
            None => Some(bucket),
        }
    }
}

/// A number of buckets, with what a fast remainder needs.
///
/// Source: Lemire, Kaser and Kurz 2019, "Faster remainder by direct computation".
#[derive(Clone, Copy)]
pub struct Buckets {
    count: u32,
    inverse: u64,
}

impl Buckets {
    pub fn new(count: u32) -> Self {
        Self { count, inverse: (u64::MAX / u64::from(count.max(1))).wrapping_add(1) }
    }

    /// The bucket of a hash: its remainder. There must be a bucket.
    #[inline(always)]
    pub fn of(self, hash: u32) -> u32 {
        let fraction = self.inverse.wrapping_mul(u64::from(hash));
        ((u128::from(fraction) * u128::from(self.count)) >> 64) as u32
    }
}

/// Words with at most so many bytes are copied without an allocation.
const SHORT_WORD: usize = 62;

/// Call `each` with the bucket of every n-gram of `<word>`, including repetitions, in fastText's order, and with the start
/// and the end of the n-gram in the word.
#[inline(always)]
pub fn for_each_part(word: &[u8], shortest: u32, longest: u32, buckets: Buckets, each: impl FnMut(u32, usize, usize)) {
    if buckets.count == 0 || longest == 0 || word == END_OF_SENTENCE || word.len() > LONGEST_WORD {
        return;
    }
    if word.len() > SHORT_WORD {
        return parts_of(&[b"<", word, b">"].concat(), shortest, longest, buckets, each);
    }
    let mut marked = [0; SHORT_WORD + 2];
    marked[0] = b'<';
    marked[1..=word.len()].copy_from_slice(word);
    marked[word.len() + 1] = b'>';
    parts_of(&marked[..word.len() + 2], shortest, longest, buckets, each);
}

#[inline(always)]
fn parts_of(marked: &[u8], shortest: u32, longest: u32, buckets: Buckets, mut each: impl FnMut(u32, usize, usize)) {
    for (start, _) in marked.iter().enumerate().filter(|(_, &byte)| !continues(byte)) {
        let (mut end, mut hash) = (start, FNV_START);
        for length in 1..=longest {
            let Some(&byte) = marked.get(end) else { break };
            hash = add(hash, byte);
            end += 1;
            while let Some(&byte) = marked.get(end).filter(|&&byte| continues(byte)) {
                hash = add(hash, byte);
                end += 1;
            }
            let lone_mark = length == 1 && (start == 0 || end == marked.len());
            if length >= shortest && !lone_mark {
                each(buckets.of(hash), start.saturating_sub(1), (end - 1).min(marked.len() - 2));
            }
        }
    }
}

/// Whether a byte is a continuation byte of UTF-8.
fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

pub const FNV_START: u32 = 2_166_136_261;

/// One step of FNV-1a; fastText sign-extends the byte, and models depend on it.
#[inline(always)]
pub fn add(hash: u32, byte: u8) -> u32 {
    (hash ^ i32::from(byte as i8) as u32).wrapping_mul(16_777_619)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subwords(shortest: u32, longest: u32) -> Subwords {
        Subwords { shortest, longest, buckets: u32::MAX, kept: None }
    }

    fn hash(text: &str) -> u32 {
        text.bytes().fold(FNV_START, add) % u32::MAX
    }

    fn grams(subwords: &Subwords, word: &str) -> Vec<u32> {
        let mut found = Vec::new();
        subwords.for_each(word.as_bytes(), |bucket| found.push(bucket));
        found
    }

    #[test]
    fn hashes_extend_the_sign_of_a_byte() {
        assert_eq!(b"a".iter().fold(FNV_START, |hash, &byte| add(hash, byte)), 0xe40c_292c);
        assert_eq!(add(0, 0xff), 0xffff_ffff_u32.wrapping_mul(16_777_619));
    }

    #[test]
    fn buckets_are_remainders() {
        for count in [1, 2, 3, 1000, 2_000_000, u32::MAX - 1, u32::MAX] {
            let buckets = Buckets::new(count);
            for hash in [0, 1, 2, 999, 1000, 1_999_999, 2_000_000, 0x8000_0000, u32::MAX - 1, u32::MAX] {
                assert_eq!(buckets.of(hash), hash % count);
            }
            let mut hash = 12_345u32;
            for _ in 0..10_000 {
                hash = hash.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
                assert_eq!(buckets.of(hash), hash % count);
            }
        }
    }

    #[test]
    fn characters_stay_whole_and_lone_marks_are_left_out() {
        let expected = ["<가", "가", "가n", "n", "n>"].map(hash);
        assert_eq!(grams(&subwords(1, 2), "가n"), expected);
        assert_eq!(grams(&subwords(3, 3), "ab"), ["<ab", "ab>"].map(hash));
        assert!(grams(&subwords(3, 6), "").is_empty());
        assert_eq!(grams(&subwords(0, 2), ""), [hash("<>")]);
    }

    #[test]
    fn the_end_of_a_sentence_and_models_without_n_grams_have_none() {
        assert!(grams(&subwords(3, 6), "</s>").is_empty());
        assert!(grams(&subwords(0, 0), "word").is_empty());
        assert!(grams(&Subwords { buckets: 0, ..subwords(3, 6) }, "word").is_empty());
        assert!(grams(&subwords(3, 6), &"a".repeat(LONGEST_WORD + 1)).is_empty());
    }

    #[test]
    fn dropped_buckets_are_passed_over() {
        let kept = Some(HashMap::from([(hash("ab>"), 7)]));
        assert_eq!(grams(&Subwords { kept, ..subwords(3, 3) }, "ab"), [7]);
    }
}
