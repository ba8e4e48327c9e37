//! The n-grams of a text as 64-bit hashes, for several tokenizers together.
//!
//! A token's hash is XXH3 of its UTF-8, seeded with the number of its kind; that of a longer n-gram combines its
//! tokens' (`ngrams::hashed`). Two n-grams collide with probability 2^-64: among ten million, 3 in a million.

use crate::foundation::interrupts::check;
use crate::ngrams::hashed::{join, token_hash};
use crate::text::prepare::Buffers;
use crate::text::splitter::{Piece, Splitter};

/// Separator of the sections of a text. Tokens made outside the core are in sections of their own, separated by NUL;
/// the text itself, if a kind of the core needs it, is the last section.
const SECTION: &str = "\0\0";
const BLOCK_ITEMS: usize = 1 << 12;

/// One kind of tokens: the section of a text with its tokens, and the sizes of its n-grams.
#[derive(Clone, Debug)]
pub struct Kind {
    pub splitter: Splitter,
    pub section: usize,
    pub shortest: usize,
    pub longest: usize,
}

/// All kinds of tokens whose n-grams are features.
#[derive(Clone, Debug)]
pub struct Features {
    pub kinds: Vec<Kind>,
    pub sections: usize,
}

/// An n-gram of a text: its hash, its kind and its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub hash: u64,
    pub kind: usize,
    pub start: usize,
    pub end: usize,
}

/// Buffers that are reused for all texts.
#[derive(Default)]
pub struct Scratch {
    buffers: Buffers,
    unit: Vec<u64>,
}

impl Features {
    /// Call `each` with the hash of every n-gram of a text, in the order of kinds and positions.
    pub fn hashes(&self, text: &str, scratch: &mut Scratch, mut each: impl FnMut(u64)) {
        for (number, kind) in self.kinds.iter().enumerate() {
            let (buffers, unit) = (&mut scratch.buffers, &mut scratch.unit);
            unit.clear();
            kind.splitter.split(self.section(text, kind), buffers, |piece| match piece {
                Piece::Token(token, ..) => {
                    unit.push(token_hash(&token, number as u64));
                    if unit.len() % BLOCK_ITEMS == 0 {
                        check(16 * BLOCK_ITEMS);
                    }
                }
                Piece::End => {
                    kind.push(unit, |hash, _, _| each(hash));
                    unit.clear();
                }
            });
            kind.push(unit, |hash, _, _| each(hash));
        }
    }

    fn section<'a>(&self, text: &'a str, kind: &Kind) -> &'a str {
        if self.sections == 1 {
            return text;
        }
        text.splitn(self.sections, SECTION).nth(kind.section).unwrap_or("")
    }

    /// Return every n-gram of a text with its position; slower than `hashes`.
    pub fn places(&self, text: &str) -> Vec<Place> {
        let (mut found, mut buffers) = (Vec::new(), Buffers::default());
        for (number, kind) in self.kinds.iter().enumerate() {
            let (mut unit, mut first) = (Vec::new(), 0);
            let mut add = |unit: &mut Vec<u64>, first: &mut usize| {
                kind.push(unit, |hash, start, end| {
                    found.push(Place { hash, kind: number, start: *first + start, end: *first + end });
                });
                *first += unit.len();
                unit.clear();
            };
            kind.splitter.split(self.section(text, kind), &mut buffers, |piece| match piece {
                Piece::Token(token, ..) => unit.push(token_hash(&token, number as u64)),
                Piece::End => add(&mut unit, &mut first),
            });
            add(&mut unit, &mut first);
        }
        found
    }
}

impl Kind {
    /// Append the n-grams of consecutive tokens; if only whole units count, a short one counts as one.
    #[inline(always)]
    fn push(&self, unit: &[u64], mut each: impl FnMut(u64, usize, usize)) {
        let whole_if_short = unit.len() < self.shortest && self.splitter.keeps_short_units();
        for start in 0..unit.len() {
            if start % BLOCK_ITEMS == BLOCK_ITEMS - 1 {
                check(BLOCK_ITEMS * self.longest);
            }
            let mut hash = unit[start];
            for order in 1..=self.longest.min(unit.len() - start) {
                hash = if order == 1 { hash } else { join(hash, unit[start + order - 1]) };
                if order >= self.shortest || (whole_if_short && start == 0 && order == unit.len()) {
                    each(hash, start, start + order);
                }
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::text::prepare::Prepare;

    pub fn words_and_characters() -> Features {
        let prepare = Prepare { lowercase: true, ..Prepare::default() };
        Features {
            kinds: vec![
                Kind { splitter: Splitter::words(prepare.clone(), false, true), section: 0, shortest: 1, longest: 2 },
                Kind { splitter: Splitter::characters(prepare, false, true), section: 0, shortest: 4, longest: 5 },
            ],
            sections: 1,
        }
    }

    #[test]
    fn hashes_are_those_of_the_places_and_kinds_are_distinguished() {
        let features = words_and_characters();
        for text in ["", "a", "So good, so bad", "정말 좋은 영화"] {
            let mut hashes = Vec::new();
            features.hashes(text, &mut Scratch::default(), |hash| hashes.push(hash));
            let places = features.places(text);
            assert_eq!(hashes, places.iter().map(|place| place.hash).collect::<Vec<_>>());
        }
        let places = features.places("a");
        // The word, and the unit of a space, the letter and a space, which is shorter than four.
        assert_eq!(places.iter().map(|p| (p.kind, p.start, p.end)).collect::<Vec<_>>(), [(0, 0, 1), (1, 0, 3)]);
        assert_ne!(places[0].hash, places[1].hash);
    }

    #[test]
    fn every_kind_reads_its_own_section() {
        let mut features = words_and_characters();
        features.sections = 2;
        features.kinds[0].section = 0;
        features.kinds[1].section = 1;
        let of = |places: &[Place], kind| places.iter().filter(|p| p.kind == kind).map(|p| p.hash).collect::<Vec<_>>();
        for (words, characters) in [("so\0good", "\0So\0\0 good"), ("", "a"), ("a\0b", "")] {
            let whole = features.places(&[words, characters].join(SECTION));
            let own = words_and_characters();
            assert_eq!(of(&whole, 0), of(&own.places(words), 0));
            assert_eq!(of(&whole, 1), of(&own.places(characters), 1));
        }
    }
}
