//! fastText's tokens: runs of bytes between white space, and the hashes from which its n-grams are made.

use crate::vectors::subwords::{add, FNV_START};

/// The token at the end of every text; it is a feature of every text, and part of word n-grams.
pub const END: &[u8] = b"</s>";
/// Beginning of labels in files and in texts; such tokens are no words.
pub const LABEL_PREFIX: &[u8] = b"__label__";
/// Factor of the hash of word n-grams.
const FACTOR: u64 = 116_049_371;

/// White space of fastText: that of C, and NUL.
#[inline(always)]
fn is_space(byte: u8) -> bool {
    matches!(byte, 9..=13 | b' ' | 0)
}

/// Hash of a token, 32-bit FNV-1a.
pub fn hash_of(token: &[u8]) -> u32 {
    token.iter().fold(FNV_START, |hash, &byte| add(hash, byte))
}

/// Call `each` with the start, the end and the hash of every token, including the one at the end of a text, whose start
/// and end are equal. As in fastText, nothing behind a token `</s>` is read.
#[inline(always)]
pub fn for_each_token(text: &[u8], mut each: impl FnMut(usize, usize, u32)) {
    let mut at = 0;
    while at < text.len() {
        if is_space(text[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let mut hash = FNV_START;
        while at < text.len() && !is_space(text[at]) {
            hash = add(hash, text[at]);
            at += 1;
        }
        if &text[start..at] == END {
            break;
        }
        each(start, at, hash);
    }
    each(at, at, hash_of(END));
}

/// Call `each` with the bucket of every word n-gram of 2 to `longest` words, and with its first and last word.
#[inline(always)]
pub fn for_each_ngram(hashes: &[u32], longest: usize, buckets: u32, mut each: impl FnMut(u32, usize, usize)) {
    if buckets == 0 {
        return;
    }
    // fastText keeps hashes as signed numbers.
    let extended = |hash: u32| i64::from(hash as i32) as u64;
    for (first, &hash) in hashes.iter().enumerate() {
        let mut combined = extended(hash);
        for (last, &hash) in hashes.iter().enumerate().take(first.saturating_add(longest)).skip(first + 1) {
            combined = combined.wrapping_mul(FACTOR).wrapping_add(extended(hash));
            each((combined % u64::from(buckets)) as u32, first, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for_each_token(text.as_bytes(), |start, end, _| found.push(&text[start..end]));
        found
    }

    #[test]
    fn texts_are_split_at_white_space_of_c_and_at_nul() {
        assert_eq!(tokens(" so\tgood\n\0film\r "), ["so", "good", "film", ""]);
        assert_eq!(tokens("so\u{a0}good"), ["so\u{a0}good", ""]);
        assert_eq!(tokens(""), [""]);
        assert_eq!(tokens("a </s> b"), ["a", ""]);
    }

    #[test]
    fn ngrams_are_hashed_as_signed_numbers() {
        let hashes = [hash_of(b"good"), hash_of(b"film"), hash_of(END)];
        assert_eq!(hash_of(b"a"), 0xe40c_292c);
        let mut found = Vec::new();
        for_each_ngram(&hashes, 3, 1000, |bucket, first, last| found.push((bucket, first, last)));
        let places: Vec<_> = found.iter().map(|&(_, first, last)| (first, last)).collect();
        assert_eq!(places, [(0, 1), (0, 2), (1, 2)]);
        let signed = |hash: u32| i128::from(hash as i32);
        let pair = (signed(hashes[0]) * i128::from(FACTOR) + signed(hashes[1])).rem_euclid(1 << 64);
        assert_eq!(i128::from(found[0].0), pair % 1000);
        for_each_ngram(&hashes, 3, 0, |_, _, _| panic!("no buckets"));
        for_each_ngram(&hashes, 1, 7, |_, _, _| panic!("single words"));
    }
}
