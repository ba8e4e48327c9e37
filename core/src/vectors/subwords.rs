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
        for_each_part(word, self.shortest, self.longest, self.buckets, |bucket, _, _| {
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

/// Call `each` with the bucket of every n-gram of `<word>`, including repetitions, in fastText's order, and with the start
/// and the end of the n-gram in the word.
#[inline(always)]
pub fn for_each_part(word: &[u8], shortest: u32, longest: u32, buckets: u32, mut each: impl FnMut(u32, usize, usize)) {
    if buckets == 0 || longest == 0 || word == END_OF_SENTENCE || word.len() > LONGEST_WORD {
        return;
    }
    let (size, last) = (word.len(), word.len() + 2);
    let byte = |at: usize| match at {
        0 => b'<',
        at if at > size => b'>',
        at => word[at - 1],
    };
    for start in (0..last).filter(|&start| !continues(byte(start))) {
        let (mut end, mut hash) = (start, FNV_START);
        for length in 1..=longest {
            if end == last {
                break;
            }
            hash = add(hash, byte(end));
            end += 1;
            while end < last && continues(byte(end)) {
                hash = add(hash, byte(end));
                end += 1;
            }
            let lone_mark = length == 1 && (start == 0 || end == last);
            if length >= shortest && !lone_mark {
                each(hash % buckets, start.saturating_sub(1), (end - 1).min(size));
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
