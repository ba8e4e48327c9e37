//! Scripts of texts.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::characters::{is_hangul, is_ideograph, is_unspaced, table, ALPHANUMERIC};
use crate::text::pieces::any_pieces;

/// Numbers of letters by the way in which their script separates words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    /// Korean: words with their endings, between spaces.
    pub hangul: u64,
    /// Japanese and Chinese: no spaces.
    pub ideographs: u64,
    /// Thai, Lao, Khmer, Burmese: no spaces between words.
    pub unspaced: u64,
    /// All others.
    pub spaced: u64,
}

/// Count the letters of texts.
pub fn count_letters(texts: &[&str], threads: usize) -> Letters {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let parts = map_each(ranges, |range| {
        let mut letters = Letters::default();
        texts[range].iter().for_each(|text| letters.add(text));
        letters
    });
    parts.into_iter().fold(Letters::default(), Letters::and)
}

/// Letters of each text.
pub fn letters_of_each(texts: &[&str], threads: usize) -> Vec<Letters> {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let parts = map_each(ranges, |range| {
        let of_text = |text: &&str| {
            let mut letters = Letters::default();
            letters.add(text);
            letters
        };
        texts[range].iter().map(of_text).collect::<Vec<_>>()
    });
    parts.concat()
}

impl Letters {
    /// Sum of two counts.
    pub fn and(self, other: Self) -> Self {
        Self {
            hangul: self.hangul + other.hangul,
            ideographs: self.ideographs + other.ideographs,
            unspaced: self.unspaced + other.unspaced,
            spaced: self.spaced + other.spaced,
        }
    }

    fn add(&mut self, text: &str) {
        check(text.len());
        if text.is_ascii() {
            // Small blocks, so that a count fits in a byte and the processor handles many at once.
            let blocks = text.as_bytes().chunks(255);
            let letters = |block: &[u8]| block.iter().map(|byte| u8::from(byte.is_ascii_alphabetic())).sum::<u8>();
            self.spaced += blocks.map(|block| u64::from(letters(block))).sum::<u64>();
            return;
        }
        let classes = table();
        for character in any_pieces(text).flat_map(str::chars) {
            let counter = match character {
                _ if is_hangul(character) => &mut self.hangul,
                _ if is_ideograph(character) => &mut self.ideographs,
                _ if is_unspaced(character) => &mut self.unspaced,
                _ if character.is_ascii_digit() || classes[character as usize] & ALPHANUMERIC == 0 => continue,
                _ => &mut self.spaced,
            };
            *counter += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_of_letters_are_counted() {
        for length in [254, 255, 256, 1_000] {
            let letters = count_letters(&["a".repeat(length).as_str(), "Z1".repeat(length).as_str()], 1);
            assert_eq!(letters.spaced, 2 * length as u64);
        }
    }

    #[test]
    fn letters_are_distinguished() {
        let texts = ["The 3 cats!", "영화 good", "映画はかな", "หนัง", "Ça"];
        let expected = Letters { hangul: 2, ideographs: 5, unspaced: 4, spaced: 7 + 4 + 2 };
        for threads in 1..4 {
            assert_eq!(count_letters(&texts, threads), expected);
            let each = letters_of_each(&texts, threads);
            assert_eq!((each.len(), each[0].spaced, each[1].hangul, each[1].spaced), (5, 7, 2, 4));
            assert_eq!(each.into_iter().fold(Letters::default(), Letters::and), expected);
        }
    }
}
