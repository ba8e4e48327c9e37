//! Similarity of each text to the others of its language: letter trigrams, and the most frequent words.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::characters::is_space;
use foldhash::fast::{FixedState, RandomState};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

/// Bits per letter number: a space, the 26 of ASCII, and all others by their code point.
const BITS: u32 = 6;
const LETTERS: u32 = 1 << BITS;
const OTHER_LETTERS: u32 = LETTERS - 27;
const TRIGRAMS: usize = 1 << (3 * BITS);
/// Number of words that count as frequent, and their minimum frequency; in few texts, words of one text in another
/// language are among the 100 most frequent.
const FREQUENT_WORDS: usize = 100;
const ONCE_IN: u64 = 2000;
/// Number of bytes read of each text.
const LONGEST: usize = 2000;

/// Similarity of one text to the profile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    pub words: u32,
    /// Number of words that are among the most frequent of the profile.
    pub frequent: u32,
    pub trigrams: u32,
    /// Mean log probability of its trigrams.
    pub score: f32,
}

/// Profile of a sample of the texts.
struct Profile {
    scores: Vec<f32>,
    frequent: HashSet<u64, RandomState>,
}

/// Fit the profile on a sample of the texts, and return the similarity of all.
pub fn likeness(texts: &[&str], sample: &[usize], threads: usize) -> Vec<Likeness> {
    let profile = Profile::of(texts, sample, threads);
    let ranges = even_ranges(texts.iter().map(|text| text.len().min(LONGEST)), threads);
    let parts = map_each(ranges, |range| {
        let mut letters = Vec::new();
        texts[range].iter().map(|text| profile.likeness(text, &mut letters)).collect::<Vec<_>>()
    });
    parts.concat()
}

impl Profile {
    fn of(texts: &[&str], sample: &[usize], threads: usize) -> Self {
        let ranges = even_ranges(sample.iter().map(|&place| texts[place].len().min(LONGEST)), threads);
        let parts = map_each(ranges, |range| {
            let (mut trigrams, mut words, mut letters) = (vec![0u64; TRIGRAMS], Words::default(), Vec::new());
            for &place in &sample[range] {
                each_word(texts[place], &mut letters, |word| {
                    *words.entry(hash(word)).or_default() += 1;
                    each_trigram(word, |trigram| trigrams[trigram] += 1);
                });
            }
            (trigrams, words)
        });
        let (mut trigrams, mut words) = (vec![0u64; TRIGRAMS], Words::default());
        for (more, others) in parts {
            trigrams.iter_mut().zip(more).for_each(|(count, more)| *count += more);
            others.into_iter().for_each(|(word, count)| *words.entry(word).or_default() += count);
        }
        let total = trigrams.iter().sum::<u64>() as f64 + TRIGRAMS as f64 / 2.0;
        let scores = trigrams.iter().map(|&count| ((count as f64 + 0.5) / total).ln() as f32).collect();
        let mut words: Vec<(u64, u64)> = words.into_iter().collect();
        let all = words.iter().map(|&(_, count)| count).sum::<u64>();
        words.retain(|&(_, count)| count * ONCE_IN >= all);
        words.sort_unstable_by_key(|&(word, count)| (std::cmp::Reverse(count), word));
        Self { scores, frequent: words.into_iter().take(FREQUENT_WORDS).map(|(word, _)| word).collect() }
    }

    fn likeness(&self, text: &str, letters: &mut Vec<u8>) -> Likeness {
        let (mut found, mut sum) = (Likeness::default(), 0.0f64);
        each_word(text, letters, |word| {
            found.words += 1;
            found.frequent += u32::from(self.frequent.contains(&hash(word)));
            each_trigram(word, |trigram| {
                sum += f64::from(self.scores[trigram]);
                found.trigrams += 1;
            });
        });
        found.score = if found.trigrams > 0 { (sum / f64::from(found.trigrams)) as f32 } else { 0.0 };
        found
    }
}

type Words = HashMap<u64, u64, RandomState>;

fn hash(word: &[u8]) -> u64 {
    FixedState::default().hash_one(word)
}

/// Trigrams of a word with a space on both sides.
fn each_trigram(word: &[u8], mut each: impl FnMut(usize)) {
    let (mut first, mut second) = (0, 0);
    for (place, &letter) in word.iter().chain([&0]).enumerate() {
        if place > 0 {
            each((first << (2 * BITS)) | (second << BITS) | usize::from(letter));
        }
        (first, second) = (second, usize::from(letter));
    }
}

/// Call `each` with every word at the beginning of a text, as numbers of its letters.
///
/// A word is a run between white space, without punctuation at its ends, that consists of letters; apostrophes and
/// hyphens divide it. So numbers, addresses and lines of code are not words.
fn each_word(text: &str, letters: &mut Vec<u8>, mut each: impl FnMut(&[u8])) {
    let end = (0..=text.len().min(LONGEST)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let text = &text[..end];
    check(4 * end);
    let mut words =
        |letters: &[u8]| letters.split(|&letter| letter == 0).filter(|word| !word.is_empty()).for_each(&mut each);
    if text.is_ascii() {
        for piece in text.as_bytes().split(|&byte| byte <= b' ') {
            let is_inner = |byte: &u8| byte.is_ascii_alphanumeric();
            let (Some(start), Some(last)) = (piece.iter().position(is_inner), piece.iter().rposition(is_inner)) else {
                continue;
            };
            letters.clear();
            let is_word = piece[start..=last].iter().all(|&byte| {
                letters.push(if byte.is_ascii_alphabetic() { (byte | 32) - b'a' + 1 } else { 0 });
                byte.is_ascii_alphabetic() || byte == b'\'' || byte == b'-'
            });
            if is_word {
                words(letters);
            }
        }
        return;
    }
    for piece in text.split(is_space) {
        let piece = piece.trim_matches(|character: char| !character.is_alphanumeric());
        letters.clear();
        let is_word = piece.chars().all(|character| {
            let lower = character.to_lowercase().next().unwrap_or(character);
            letters.push(match lower {
                'a'..='z' => lower as u8 - b'a' + 1,
                _ if character.is_alphabetic() => (27 + u32::from(lower) % OTHER_LETTERS) as u8,
                _ => 0,
            });
            character.is_alphabetic() || matches!(character, '\'' | '-' | '’')
        });
        if is_word {
            words(letters);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_other_letters_and_words_is_less_alike() {
        let texts = ["the film is good", "the film is bad", "le film n'est pas bon", "x_1 a@b.c 12", ""];
        for threads in 1..4 {
            let found = likeness(&texts, &[0, 1], threads);
            assert_eq!((found[0].words, found[0].frequent, found[0].trigrams), (4, 4, 13));
            assert_eq!((found[2].words, found[2].frequent), (6, 1));
            assert!(found[2].score < found[0].score);
            assert_eq!(found[3..], [Likeness::default(); 2]);
        }
    }

    #[test]
    fn letters_beyond_ascii_have_a_case_too() {
        let found = likeness(&["ÉTÉ été", "ДА да"], &[0, 1], 1);
        assert_eq!((found[0].words, found[0].frequent), (2, 2));
        assert_eq!((found[1].words, found[1].frequent), (2, 2));
    }
}
