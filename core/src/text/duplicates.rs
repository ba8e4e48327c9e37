//! Texts that are equal except for case, white space and composition.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::pieces::pieces;
use crate::text::prepare::{Buffers, Form, Prepare};
use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::hash::BuildHasher;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// For every text, the position of the first text equal to it.
pub fn first_equals(texts: &[&str], threads: usize) -> Vec<usize> {
    Equals::default().add(texts, threads)
}

/// Texts seen so far, to find later ones that are equal.
///
/// Texts are compared in lower case and composed form (NFC), with every run of white space as one space and none at the
/// ends, by two salted 64-bit hashes, for which no collision can be constructed.
#[derive(Default)]
pub struct Equals {
    salts: (RandomState, RandomState),
    first: HashMap<(u64, u64), usize, RandomState>,
    texts: usize,
}

impl Equals {
    /// Add texts; return for each the position of the first of all texts equal to it.
    pub fn add(&mut self, texts: &[&str], threads: usize) -> Vec<usize> {
        let salts = &self.salts;
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let keys = map_each(ranges, |range| {
            let (mut buffers, mut folded) = (Buffers::default(), Vec::new());
            let part = texts[range].iter().map(|text| {
                fold(text, &mut buffers, &mut folded);
                (salts.0.hash_one(&folded), salts.1.hash_one(&folded))
            });
            part.collect::<Vec<_>>()
        });
        let keys = keys.into_iter().flatten().zip(self.texts..);
        self.texts += texts.len();
        keys.map(|(key, position)| {
            check(64);
            *self.first.entry(key).or_insert(position)
        })
        .collect()
    }
}

/// For every text, 128 bits that are equal for texts that `first_equals` finds equal, in every process that gives the
/// same seed, which should be random. Other texts have equal bits with a probability of 2^-128.
pub fn equality_keys(texts: &[&str], seed: u64, threads: usize) -> Vec<[u64; 2]> {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let keys = map_each(ranges, |range| {
        let (mut buffers, mut folded) = (Buffers::default(), Vec::new());
        let part = texts[range].iter().map(|text| {
            fold(text, &mut buffers, &mut folded);
            let key = xxh3_128_with_seed(&folded, seed);
            [(key >> 64) as u64, key as u64]
        });
        part.collect::<Vec<_>>()
    });
    keys.concat()
}

fn fold(text: &str, buffers: &mut Buffers, folded: &mut Vec<u8>) {
    folded.clear();
    check(text.len());
    if text.is_ascii() {
        if is_squeezed(text.as_bytes()) {
            folded.extend_from_slice(text.as_bytes());
            folded.make_ascii_lowercase();
            folded.push(b' ');
            return;
        }
        for piece in pieces(text, char::is_whitespace) {
            let words = piece.as_bytes().split(|byte| is_ascii_space(*byte)).filter(|word| !word.is_empty());
            for word in words {
                folded.extend_from_slice(word);
                folded.push(b' ');
            }
        }
        folded.make_ascii_lowercase();
        return;
    }
    let composed = Prepare { form: Some(Form::Nfc), lowercase: true, ..Prepare::default() };
    for piece in pieces(composed.apply(text, buffers), char::is_whitespace) {
        for word in piece.split_whitespace() {
            folded.extend_from_slice(word.as_bytes());
            folded.push(b' ');
        }
    }
}

/// Whether an ASCII text has single spaces between words, and no other white space.
fn is_squeezed(text: &[u8]) -> bool {
    // No early exit, so that many bytes are compared at once.
    let others = text.iter().fold(false, |found, byte| found | (b'\t'..=b'\r').contains(byte));
    let pairs = text.iter().zip(text.iter().skip(1));
    let doubled = pairs.fold(false, |found, (&left, &right)| found | (left == b' ' && right == b' '));
    let ends = [text.first(), text.last()];
    !others && !doubled && ends.iter().all(|end| end.is_some_and(|&byte| byte != b' '))
}

/// `char::is_whitespace` for ASCII.
fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spaces_and_composition_do_not_count() {
        let texts = ["So  good!", "bad", "so good! ", "caf\u{e9}", "CAFE\u{301}", "가", "\u{1100}\u{1161}", "", " \n"];
        for threads in 1..4 {
            let firsts = [0, 1, 0, 3, 3, 5, 5, 7, 7];
            assert_eq!(first_equals(&texts, threads), firsts);
            let keys = equality_keys(&texts, 9, threads);
            let first = |key| keys.iter().position(|one| one == key);
            assert_eq!(keys.iter().map(first).collect::<Option<Vec<_>>>().as_deref(), Some(&firsts[..]));
            assert_ne!(keys, equality_keys(&texts, 8, threads));
        }
    }

    #[test]
    fn both_paths_fold_ascii_alike() {
        let text: String = (0..128u8).map(char::from).collect();
        let (mut ascii, mut general) = (Vec::new(), Vec::new());
        let mut buffers = Buffers::default();
        fold(&text, &mut buffers, &mut ascii);
        fold(&format!("{text}é"), &mut buffers, &mut general);
        assert!(general.starts_with(&ascii[..ascii.len() - 1]));
        for text in ["A b", " A  b", "A b ", "A\tb", "A  b\n"] {
            fold(text, &mut buffers, &mut ascii);
            assert_eq!(ascii, b"a b ");
        }
    }
}
