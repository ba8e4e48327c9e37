//! Basic facts of each text: number of characters, number of letters, and the most frequent script.

use crate::foundation::interrupts::check;
use crate::foundation::limits::{below_32_bits, TEXT_BYTES};
use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::characters::{is_hangul, is_space};
use crate::text::pieces::any_pieces;

pub const SCRIPTS: usize = 11;
/// Scripts by number. Chinese and Japanese are one, because a short Japanese text may have no kana.
pub const NONE: usize = 0;
const LATIN: usize = 1;
const HANGUL: usize = 2;
const CHINESE_OR_JAPANESE: usize = 3;
const CYRILLIC: usize = 4;
const GREEK: usize = 5;
const ARABIC: usize = 6;
const HEBREW: usize = 7;
const INDIC: usize = 8;
const SOUTHEAST_ASIAN: usize = 9;
const OTHER: usize = 10;

/// Facts of one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Characters except white space.
    pub characters: u32,
    pub letters: u32,
    /// The script with the most letters (the first one on a tie), and its number of letters.
    pub script: u8,
    pub of_script: u32,
}

/// Return the facts of every text.
pub fn facts(texts: &[&str], threads: usize) -> Vec<Facts> {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    map_each(ranges, |range| texts[range].iter().map(|text| Facts::of(text)).collect::<Vec<_>>()).concat()
}

impl Facts {
    fn of(text: &str) -> Self {
        check(text.len());
        below_32_bits(text.len(), TEXT_BYTES);
        let mut counts = [0u32; SCRIPTS];
        let characters = if text.is_ascii() {
            counts[LATIN] = count(text, |byte| byte.is_ascii_alphabetic());
            count(text, |byte| byte > 32 || (byte < 28 && !(9..=13).contains(&byte)))
        } else {
            let mut characters = 0;
            for piece in any_pieces(text) {
                for character in piece.chars() {
                    characters += u32::from(!is_space(character));
                    counts[script(character)] += 1;
                }
            }
            counts[NONE] = 0;
            characters
        };
        let most = (1..SCRIPTS).rev().max_by_key(|&script| counts[script]).unwrap_or(NONE);
        Self {
            characters,
            letters: counts.iter().sum(),
            script: if counts[most] > 0 { most as u8 } else { NONE as u8 },
            of_script: counts[most],
        }
    }
}

/// Count the bytes of a kind, in partial sums that fit in a byte.
fn count(text: &str, is_of_kind: impl Fn(u8) -> bool) -> u32 {
    let sums =
        text.as_bytes().chunks(255).map(|chunk| chunk.iter().map(|&byte| u8::from(is_of_kind(byte))).sum::<u8>());
    sums.map(u32::from).sum()
}

/// Return the script of a letter; `NONE` for other characters.
pub fn script(character: char) -> usize {
    match u32::from(character) {
        0x41..=0x5A | 0x61..=0x7A => LATIN,
        0..=0xA9 => NONE,
        0xD7 | 0xF7 => NONE,
        0xAA | 0xBA | 0xC0..=0x2AF | 0x1E00..=0x1EFF | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => LATIN,
        _ if is_hangul(character) => HANGUL,
        0x3041..=0x3096 | 0x30A1..=0x30FA | 0x31F0..=0x31FF | 0xFF66..=0xFF9D => CHINESE_OR_JAPANESE,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF => CHINESE_OR_JAPANESE,
        _ if !character.is_alphabetic() => NONE,
        0x400..=0x52F | 0x1C80..=0x1C8F => CYRILLIC,
        0x370..=0x3FF | 0x1F00..=0x1FFF => GREEK,
        0x600..=0x6FF | 0x750..=0x77F | 0x8A0..=0x8FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC => ARABIC,
        0x590..=0x5FF | 0xFB1D..=0xFB4F => HEBREW,
        0x900..=0xDFF => INDIC,
        0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF => SOUTHEAST_ASIAN,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_scripts_are_counted() {
        let texts = ["The 3 cats!", "영화 good ㅋㅋㅋ", "映画はかな", "हिन्दी", "", " \u{3000}1 2", "×÷", "ДА ok"];
        let expected = [(9, 7, 1, 7), (9, 9, 2, 5), (5, 5, 3, 5), (6, 4, 8, 4), (0, 0, 0, 0), (2, 0, 0, 0)];
        for threads in 1..4 {
            let found = facts(&texts, threads);
            for (place, &(characters, letters, script, of_script)) in expected.iter().enumerate() {
                // Vowel signs of Indic scripts are alphabetic, the virama is not.
                let letters = if place == 3 { found[place].letters } else { letters };
                let of_script = if place == 3 { letters } else { of_script };
                assert_eq!(found[place], Facts { characters, letters, script, of_script });
            }
            assert_eq!(found[6].letters, 0);
            // On a tie the first script wins.
            assert_eq!((found[7].script, found[7].of_script), (LATIN as u8, 2));
        }
    }
}
