//! Features for comparing texts: words, and runs of characters in scripts without spaces between words.

use crate::foundation::interrupts::check;
use crate::foundation::limits::below;
use crate::text::characters::{is_hangul, is_ideograph, is_unspaced, table, ALPHANUMERIC, CLASS, EXTEND, ZWJ};
use std::borrow::Cow;
use unicode_normalization::{is_nfc_quick, IsNormalized, UnicodeNormalization};

/// Words are read in blocks of this many bytes, and hashed eight bytes at a time.
const BLOCK: usize = 64;
const PIECE: usize = 8;
/// Initial value of a hash; it is multiplied by odd numbers without a pattern.
const START: u64 = 0x2545_f491_4f6c_dd1d;
const JOIN: u64 = 0x9e37_79b9_7f4a_7c15;
const MIX: u64 = 0xd6e8_feb8_6659_fd93;

/// Number of consecutive characters of one script in a feature; a shorter run is one feature.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Script {
    name: char,
    length: usize,
}

/// Role of a character.
enum Part {
    /// Part of a word.
    Letter,
    /// Part of a run of its script.
    Character(Script),
    /// Mark, part of the current word or run.
    Mark,
    /// Skipped.
    Ignored,
    /// End of a word or run.
    Between,
}

/// Call `each` with the features of a text as nonzero 64-bit hashes, including repeated ones.
///
/// Words in lower case without punctuation and apostrophes; Korean, Chinese and Japanese as pairs of neighbouring
/// characters, Thai, Lao, Khmer and Burmese as triples. The text is composed first (NFC). `words` is a reusable buffer.
pub fn each_feature(text: &str, words: &mut Vec<u8>, mut visit: impl FnMut(u64)) {
    check(text.len());
    words.clear();
    if text.is_ascii() {
        let mut kept = 0;
        for apostrophe in memchr::memchr_iter(b'\'', text.as_bytes()) {
            words.extend_from_slice(&text.as_bytes()[kept..apostrophe]);
            kept = apostrophe + 1;
        }
        words.extend_from_slice(&text.as_bytes()[kept..]);
        words.iter_mut().for_each(|byte| *byte = folded(*byte));
    } else {
        // Text below U+0300, where combining marks begin, is already composed.
        let latin = text.bytes().fold(true, |latin, byte| latin & (byte < 0xCC));
        let composed = match latin || is_nfc_quick(text.chars()) == IsNormalized::Yes {
            true => Cow::Borrowed(text),
            false => Cow::Owned(text.nfc().collect()),
        };
        let mut reader = Reader { visit: &mut visit, words, script: None, recent: [0; 3], length: 0 };
        composed.chars().for_each(|character| reader.read(character));
        reader.end();
    }
    each_word(words, visit);
}

/// The lower case of an ASCII letter or digit, 0 for other bytes.
fn folded(byte: u8) -> u8 {
    let lower = byte | 0x20;
    let letter = u8::from(lower.wrapping_sub(b'a') < 26);
    let digit = u8::from(byte.wrapping_sub(b'0') < 10);
    lower * letter + byte * digit
}

/// Call `each` with the hashes of words separated by zeros.
fn each_word(words: &mut Vec<u8>, mut visit: impl FnMut(u64)) {
    // At least as many zeros after the last word as a piece is long.
    words.resize(((words.len() + PIECE) / BLOCK + 1) * BLOCK, 0);
    let (mut start, mut inside, mut last) = (0, false, 0);
    for (number, block) in words.chunks_exact(BLOCK).enumerate() {
        let mask = filled(block);
        let mut edges = mask ^ (mask << 1 | last);
        last = mask >> (BLOCK - 1);
        while edges != 0 {
            let at = number * BLOCK + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if inside {
                visit(word_hash(words, start, at));
            }
            (start, inside) = (at, !inside);
        }
    }
}

/// One bit for each nonzero byte of a block, the first one lowest.
fn filled(block: &[u8]) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    block.chunks_exact(PIECE).zip((0u32..).step_by(PIECE)).fold(0, |mask, (bytes, shift)| {
        let piece = bytes.try_into().map_or(0, u64::from_le_bytes);
        let high = (((piece & LOW) + LOW) | piece) & !LOW;
        mask | (high.wrapping_mul(0x0002_0408_1020_4081) >> 56) << shift
    })
}

/// A word's hash, eight bytes at a time; a word has no zeros, so padding with zeros is unambiguous.
fn word_hash(words: &[u8], start: usize, end: usize) -> u64 {
    let piece = |at: usize| words[at..at + PIECE].try_into().map_or(0, u64::from_le_bytes);
    let (mut hash, mut at) = (START, start);
    while end - at > PIECE {
        hash = joined(hash, piece(at));
        at += PIECE;
    }
    mixed(joined(hash, piece(at) & (u64::MAX >> (64 - 8 * (end - at)))))
}

fn joined(hash: u64, piece: u64) -> u64 {
    (hash.rotate_left(25) ^ piece).wrapping_mul(JOIN)
}

/// Mix the bits of a hash; 0 is reserved for empty slots.
pub fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(MIX);
    (hash ^ (hash >> 32)).max(1)
}

fn part_of(character: char) -> Part {
    match u32::from(character) {
        code @ 0..128 => match folded(code as u8) {
            0 if character == '\'' => Part::Ignored,
            0 => Part::Between,
            _ => Part::Letter,
        },
        0x2018 | 0x2019 | 0x02BC => Part::Ignored,
        _ if is_hangul(character) => Part::Character(Script { name: '가', length: 2 }),
        _ if !is_letter(character) && !is_mark(character) => Part::Between,
        _ if is_ideograph(character) => Part::Character(Script { name: '字', length: 2 }),
        _ if is_unspaced(character) => Part::Character(Script { name: 'ก', length: 3 }),
        _ if is_letter(character) => Part::Letter,
        _ => Part::Mark,
    }
}

fn is_letter(character: char) -> bool {
    table()[character as usize] & ALPHANUMERIC != 0
}

fn is_mark(character: char) -> bool {
    matches!(table()[character as usize] & CLASS, EXTEND | ZWJ)
}

/// Reader of non-ASCII texts: runs of characters become features immediately, words are collected.
struct Reader<'a, Visit> {
    visit: Visit,
    words: &'a mut Vec<u8>,
    /// Script of the current run, its last characters, and its length.
    script: Option<Script>,
    recent: [u32; 3],
    length: usize,
}

impl<Visit: FnMut(u64)> Reader<'_, Visit> {
    fn read(&mut self, character: char) {
        match part_of(character) {
            Part::Letter => {
                if self.script.is_some() {
                    self.end();
                }
                self.add_letter(character);
            }
            Part::Character(script) => {
                if self.script != Some(script) {
                    self.end();
                    self.script = Some(script);
                }
                self.add_character(script, character);
            }
            Part::Mark => match self.script {
                Some(script) => self.add_character(script, character),
                None if self.words.last().is_some_and(|&byte| byte != 0) => self.add_letter(character),
                None => {}
            },
            Part::Ignored => {}
            Part::Between => self.end(),
        }
    }

    fn add_letter(&mut self, character: char) {
        if character.is_ascii() {
            self.words.push(folded(character as u8));
            return;
        }
        // The lower case of a capital sigma depends on its position.
        let letters = if character == 'ς' { 'Σ' } else { character }.to_lowercase();
        letters.for_each(|letter| self.words.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()));
    }

    fn add_character(&mut self, script: Script, character: char) {
        self.recent = [self.recent[1], self.recent[2], u32::from(character)];
        self.length += 1;
        if self.length >= script.length {
            self.visit_recent(script.length);
        }
    }

    fn end(&mut self) {
        if self.script.take().is_some_and(|script| self.length < script.length) {
            self.visit_recent(self.length);
        }
        self.length = 0;
        self.words.push(0);
    }

    fn visit_recent(&mut self, length: usize) {
        let recent = self.recent[3 - length..].iter();
        (self.visit)(mixed(recent.fold(START, |hash, &letter| joined(hash, u64::from(letter)))));
    }
}

/// The distinct features of one text at a time, in order of appearance.
#[derive(Default)]
pub struct FeatureSet {
    /// Open addressing; 0 is an empty slot. The load factor is at most 1/2.
    places: Vec<u64>,
    /// Used slots.
    taken: Vec<u32>,
    features: Vec<u64>,
    words: Vec<u8>,
}

impl FeatureSet {
    /// Replace the features by those of another text.
    pub fn fill(&mut self, text: &str) {
        self.features.clear();
        let features = &mut self.features;
        each_feature(text, &mut self.words, |feature| features.push(feature));
        self.settle();
    }

    /// Replace the features by other nonzero ones; repeated ones count once.
    pub fn fill_with(&mut self, features: impl Iterator<Item = u64>) {
        self.features.clear();
        self.features.extend(features);
        self.settle();
    }

    pub fn features(&self) -> &[u64] {
        &self.features
    }

    pub fn contains(&self, feature: u64) -> bool {
        !self.places.is_empty() && self.places[place_of(&self.places, feature)] == feature
    }

    /// A hash of the set, independent of the order.
    pub fn key(&self) -> u64 {
        self.features.iter().fold(0, |sum: u64, &feature| sum.wrapping_add(mixed(feature)))
    }

    /// Number of features in both sets.
    pub fn shared(&self, other: &FeatureSet) -> usize {
        other.features.iter().filter(|&&feature| self.contains(feature)).count()
    }

    /// Rebuild the table from the features, each once.
    fn settle(&mut self) {
        check(8 * self.features.len());
        below(self.features.len(), 1 << 31, "a text must have fewer than 2**31 words; split it into several texts");
        self.taken.drain(..).for_each(|place| self.places[place as usize] = 0);
        let size = (self.features.len() * 2).next_power_of_two().max(1024);
        if self.places.len() < size {
            self.places = vec![0; size];
        }
        let mut kept = 0;
        for at in 0..self.features.len() {
            let feature = self.features[at];
            let place = place_of(&self.places, feature);
            if self.places[place] == 0 {
                self.places[place] = feature;
                self.taken.push(place as u32);
                self.features[kept] = feature;
                kept += 1;
            }
        }
        self.features.truncate(kept);
    }
}

/// Return the slot of a feature, or an empty slot for it.
fn place_of(places: &[u64], feature: u64) -> usize {
    let mask = places.len() - 1;
    let mut place = feature as usize & mask;
    while places[place] != 0 && places[place] != feature {
        place = (place + 1) & mask;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        each_feature(text, &mut Vec::new(), |feature| found.push(feature));
        found
    }

    #[test]
    fn words_of_any_length_and_place_are_distinguished() {
        let words: Vec<String> = (1..150).map(|length| "abcdefghij".repeat(15)[..length].to_owned()).collect();
        let found = features(&words.join(" "));
        assert_eq!(found.len(), words.len());
        assert_eq!(found.iter().collect::<std::collections::HashSet<_>>().len(), words.len());
        for (word, &feature) in words.iter().zip(&found) {
            assert_eq!(features(word), [feature]);
            assert_eq!(features(&format!("{}{word}'s", " ".repeat(word.len()))), features(&format!("{word}S")));
            assert_eq!(features(&format!("é {word} é"))[1], feature);
        }
        for byte in 0..=127u8 {
            let letter = byte.is_ascii_alphanumeric();
            assert_eq!(folded(byte), if letter { byte.to_ascii_lowercase() } else { 0 });
        }
    }

    #[test]
    fn case_punctuation_and_composition_do_not_count() {
        assert_eq!(features("Don't  STOP,now!"), features("dont stop now"));
        assert_eq!(features("don’t stop"), features("don't\tstop."));
        assert_eq!(features("Cafe\u{301} ÉTÉ"), features("CAFÉ, été"));
        assert_eq!(features("ΟΔΟΣ"), features("οδος"));
        assert_eq!(features("one two é")[..2], features("ONE - two!"));
        assert_eq!(features("e\u{301}x\u{323}\u{301} हिन्दी").len(), 2);
        assert!(features("?! 😀 ... '").is_empty() && features("").is_empty());
    }

    #[test]
    fn scripts_without_spaces_between_words_are_cut_into_characters() {
        assert_eq!(features("재밌는 영화").len(), 3);
        assert_eq!(features("재밌는영화").len(), 4);
        assert_eq!(features("안 재밌다!").len(), 3);
        assert_eq!(features("這部電影").len(), 3);
        assert_eq!(features("หนังสือ").len(), 5);
        assert_eq!(features("10점 good").len(), 3);
        assert_eq!(features("\u{1112}\u{1161}\u{11ab}국"), features("한국"));
    }

    #[test]
    fn sets_hold_every_feature_once() {
        let (mut set, mut other) = (FeatureSet::default(), FeatureSet::default());
        for words in [3000, 5, 0, 700] {
            let text: Vec<String> = (0..words * 2).map(|word| (word % words).to_string()).collect();
            set.fill(&text.join(" "));
            assert_eq!(set.features().len(), words);
            other.fill(&text.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" "));
            assert_eq!((set.key(), set.shared(&other)), (other.key(), words));
            other.fill("1 x");
            assert_eq!(set.shared(&other), usize::from(words > 0));
        }
    }
}
