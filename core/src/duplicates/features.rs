//! The features by which texts are compared: words, and runs of characters in scripts whose words spaces do not tell.

use crate::text::characters::{is_hangul, table, ALPHANUMERIC, CLASS, EXTEND, ZWJ};
use std::borrow::Cow;
use unicode_normalization::{is_nfc_quick, IsNormalized, UnicodeNormalization};

/// How FNV-1a (Fowler, Noll, Vo) starts and goes on.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;
/// In `FOLDED`: neither a part of a word nor the end of one.
const IGNORED: u8 = 1;
/// What an ASCII byte is in a word: its lower case, `IGNORED` for an apostrophe, 0 for what ends words.
static FOLDED: [u8; 256] = folded();

const fn folded() -> [u8; 256] {
    let mut folded = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        if (byte as u8).is_ascii_alphanumeric() {
            folded[byte] = (byte as u8).to_ascii_lowercase();
        }
        byte += 1;
    }
    folded[b'\'' as usize] = IGNORED;
    folded
}

/// How a run of letters becomes features.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    /// One feature: the word.
    Word,
    /// Every so many characters in a row; a shorter run as it is. Apart by script.
    Characters { length: usize, script: u8 },
}

/// What a character does.
enum Part {
    /// It belongs to a run of its kind, and ends any other.
    Letter(Run),
    /// It belongs to the run that it stands in.
    Mark,
    /// As if it were not there.
    Ignored,
    /// It ends a run.
    Between,
}

/// Hand over the features of a text as 64-bit hashes that are never 0, repeated ones too.
///
/// Words in lower case without punctuation and apostrophes; Korean, Chinese and Japanese as pairs of neighbouring
/// characters, Thai, Lao, Khmer and Burmese as triples. The text is composed first (NFC).
pub fn each_feature(text: &str, mut visit: impl FnMut(u64)) {
    if text.is_ascii() {
        let mut hash = START;
        for &byte in text.as_bytes() {
            match FOLDED[byte as usize] {
                0 if hash == START => {}
                0 => {
                    visit(mixed(hash));
                    hash = START;
                }
                IGNORED => {}
                letter => hash = joined(hash, u32::from(letter)),
            }
        }
        if hash != START {
            visit(mixed(hash));
        }
        return;
    }
    let composed = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    };
    let mut reader = Reader { visit, run: None, hash: START, recent: [0; 3], length: 0 };
    composed.chars().for_each(|character| reader.read(character));
    reader.end();
}

fn joined(hash: u64, letter: u32) -> u64 {
    (hash ^ u64::from(letter)).wrapping_mul(PRIME)
}

/// Spread the bits of a hash; 0 is left for empty places.
pub fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (hash ^ (hash >> 32)).max(1)
}

fn part_of(character: char) -> Part {
    match u32::from(character) {
        code @ 0..128 => match FOLDED[code as usize] {
            0 => Part::Between,
            IGNORED => Part::Ignored,
            _ => Part::Letter(Run::Word),
        },
        0x2018 | 0x2019 | 0x02BC => Part::Ignored,
        _ if is_hangul(character) => Part::Letter(Run::Characters { length: 2, script: 0 }),
        0x3041..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF66..=0xFF9F
        | 0x2_0000..=0x3_FFFF
            if table()[character as usize] & ALPHANUMERIC != 0 =>
        {
            Part::Letter(Run::Characters { length: 2, script: 1 })
        }
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF if character.is_alphanumeric() || is_mark(character) => {
            Part::Letter(Run::Characters { length: 3, script: 2 })
        }
        code if table()[code as usize] & ALPHANUMERIC != 0 => Part::Letter(Run::Word),
        _ if is_mark(character) => Part::Mark,
        _ => Part::Between,
    }
}

fn is_mark(character: char) -> bool {
    matches!(table()[character as usize] & CLASS, EXTEND | ZWJ)
}

struct Reader<Visit> {
    visit: Visit,
    /// The run that goes on.
    run: Option<Run>,
    /// Of the word so far.
    hash: u64,
    /// The last characters of the run, and how many it has.
    recent: [u32; 3],
    length: usize,
}

impl<Visit: FnMut(u64)> Reader<Visit> {
    fn read(&mut self, character: char) {
        match part_of(character) {
            Part::Letter(run) => {
                if self.run != Some(run) {
                    self.end();
                    self.run = Some(run);
                }
                self.add(run, character);
            }
            Part::Mark => {
                if let Some(run) = self.run {
                    self.add(run, character);
                }
            }
            Part::Ignored => {}
            Part::Between => self.end(),
        }
    }

    fn add(&mut self, run: Run, character: char) {
        match run {
            // The lower case of a capital sigma depends on where it stands.
            Run::Word if matches!(character, 'Σ' | 'ς') => self.hash = joined(self.hash, u32::from('σ')),
            Run::Word if character.is_ascii() => {
                self.hash = joined(self.hash, u32::from(character.to_ascii_lowercase()));
            }
            Run::Word => {
                character.to_lowercase().for_each(|letter| self.hash = joined(self.hash, u32::from(letter)));
            }
            Run::Characters { length, .. } => {
                self.recent = [self.recent[1], self.recent[2], u32::from(character)];
                self.length += 1;
                if self.length >= length {
                    self.visit_recent(length);
                }
            }
        }
    }

    fn end(&mut self) {
        match self.run.take() {
            Some(Run::Word) => (self.visit)(mixed(self.hash)),
            Some(Run::Characters { length, .. }) if self.length < length => self.visit_recent(self.length),
            _ => {}
        }
        (self.hash, self.length) = (START, 0);
    }

    fn visit_recent(&mut self, length: usize) {
        let hash = self.recent[3 - length..].iter().fold(START, |hash, &letter| joined(hash, letter));
        (self.visit)(mixed(hash));
    }
}

/// The distinct features of one text at a time, in the order in which they come.
#[derive(Default)]
pub struct FeatureSet {
    /// Open addressing; 0 is an empty place. At most half of the places are taken.
    places: Vec<u64>,
    features: Vec<u64>,
}

impl FeatureSet {
    /// Take the features of another text.
    pub fn fill(&mut self, text: &str) {
        self.clear();
        each_feature(text, |feature| self.insert(feature));
    }

    pub fn features(&self) -> &[u64] {
        &self.features
    }

    pub fn contains(&self, feature: u64) -> bool {
        !self.places.is_empty() && self.places[self.place_of(feature)] == feature
    }

    /// A hash of the set, whatever the order.
    pub fn key(&self) -> u64 {
        self.features.iter().fold(0, |sum: u64, &feature| sum.wrapping_add(mixed(feature)))
    }

    /// How many features both sets hold.
    pub fn shared(&self, other: &FeatureSet) -> usize {
        other.features.iter().filter(|&&feature| self.contains(feature)).count()
    }

    fn insert(&mut self, feature: u64) {
        if self.features.len() * 2 >= self.places.len() {
            self.places = vec![0; (self.places.len() * 2).max(1024)];
            for at in 0..self.features.len() {
                let place = self.place_of(self.features[at]);
                self.places[place] = self.features[at];
            }
        }
        let place = self.place_of(feature);
        if self.places[place] == 0 {
            self.places[place] = feature;
            self.features.push(feature);
        }
    }

    /// Where a feature stands, or the empty place for it.
    fn place_of(&self, feature: u64) -> usize {
        let mask = self.places.len() - 1;
        let mut place = feature as usize & mask;
        while self.places[place] != 0 && self.places[place] != feature {
            place = (place + 1) & mask;
        }
        place
    }

    fn clear(&mut self) {
        // From the last on, so that every place is found on its way.
        while let Some(feature) = self.features.pop() {
            let place = self.place_of(feature);
            self.places[place] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        each_feature(text, |feature| found.push(feature));
        found
    }

    #[test]
    fn case_punctuation_and_composition_do_not_count() {
        assert_eq!(features("Don't  STOP,now!"), features("dont stop now"));
        assert_eq!(features("don’t stop"), features("don't\tstop."));
        assert_eq!(features("Cafe\u{301} ÉTÉ"), features("CAFÉ, été"));
        assert_eq!(features("ΟΔΟΣ"), features("οδος"));
        assert_eq!(features("one two é")[..2], features("ONE - two!"));
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
