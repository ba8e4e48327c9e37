//! Texts that were decoded with the wrong encoding, and characters that were lost.

use crate::foundation::interrupts::check;
use crate::foundation::limits::{below_32_bits, TEXT_BYTES};
use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::pieces::{any_pieces, Steps};
use memchr::memmem::Finder;

/// Damage in one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    pub text: usize,
    /// Number of mojibake sequences, and the position of the first in characters.
    pub mojibake: u32,
    pub first_mojibake: u32,
    /// Number of U+FFFD, which replaces undecodable bytes, and the position of the first.
    pub replacements: u32,
    pub first_replacement: u32,
}

const REPLACEMENT: char = '\u{FFFD}';
/// Two U+FFFD whose UTF-8 was decoded as CP949.
const LOST_IN_KOREAN: [char; 3] = ['占', '쏙', '옙'];
/// Minimum number of consecutive EUC-KR pairs.
const FEWEST_PAIRS: usize = 2;
/// Maximum number of pairs checked together; the rest of a longer run is checked separately, so that the time is linear
/// in the length of the text.
const MOST_PAIRS: usize = 100;

/// Return the damage of the texts that have any, in order.
pub fn damage(texts: &[&str], threads: usize) -> Vec<Damage> {
    let lost = Finder::new("占쏙옙");
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let parts = map_each(ranges, |range| {
        let (mut found, mut characters) = (Vec::new(), Vec::new());
        for place in range {
            let text = texts[place];
            check(text.len());
            below_32_bits(text.len(), TEXT_BYTES);
            // Mojibake begins with a non-ASCII character of Latin-1, whose UTF-8 begins with one of two bytes.
            let suspect = memchr::memchr3(0xC2, 0xC3, 0xEF, text.as_bytes()).is_some();
            if suspect || (!text.is_ascii() && lost.find(text.as_bytes()).is_some()) {
                characters.clear();
                any_pieces(text).for_each(|piece| characters.extend(piece.chars()));
                let damage = Damage { text: place, ..damage_of(&characters) };
                if damage.mojibake + damage.replacements > 0 {
                    found.push(damage);
                }
            }
        }
        found
    });
    parts.concat()
}

fn damage_of(characters: &[char]) -> Damage {
    let (mut damage, mut at, mut steps) = (Damage::default(), 0, Steps::default());
    while at < characters.len() {
        steps.at(at);
        if characters[at] == REPLACEMENT {
            if damage.replacements == 0 {
                damage.first_replacement = at as u32;
            }
            damage.replacements += 1;
            at += 1;
            continue;
        }
        let (count, length) = mojibake_at(characters, at);
        if count > 0 && damage.mojibake == 0 {
            damage.first_mojibake = at as u32;
        }
        damage.mojibake += count;
        at += length.max(1);
    }
    damage
}

/// Number of consecutive mojibake sequences at a position, and their number of characters.
fn mojibake_at(characters: &[char], start: usize) -> (u32, usize) {
    let first = characters[start];
    if first < '\u{80}' {
        return (0, 1);
    }
    if characters[start..].starts_with(&LOST_IN_KOREAN) {
        return (1, LOST_IN_KOREAN.len());
    }
    let (mut at, mut count, mut certain) = (start, 0, false);
    while let Some((length, alone)) = sequence_at(characters, at) {
        (at, count, certain) = (at + length, count + 1, certain || alone);
    }
    if certain || count > 1 {
        return (count, at - start);
    }
    let pairs = korean_pairs_at(characters, start);
    if pairs >= FEWEST_PAIRS {
        return (pairs as u32, 2 * pairs);
    }
    // A control character of Latin-1 is a character of CP1252; only U+0085, a line end, is written intentionally.
    let control = ('\u{80}'..'\u{A0}').contains(&first) && first != '\u{85}';
    (u32::from(control), 1)
}

/// A UTF-8 sequence decoded as CP1252: its number of characters, and whether one is enough to be certain.
fn sequence_at(characters: &[char], at: usize) -> Option<(usize, bool)> {
    let lead = *characters.get(at)?;
    let byte = if lead.is_ascii() { None } else { u8::try_from(u32::from(lead)).ok() }?;
    let second = *characters.get(at + 1)?;
    let next = continuation(second)?;
    let before = at.checked_sub(1).map(|place| characters[place]);
    match byte {
        // After a capital, "Â" and "Ã" may end a word in capitals: "AMANHÃ…".
        0xC2 | 0xC3 => Some((2, !is_ordinary(second) || !before.is_some_and(char::is_uppercase))),
        0xC4 | 0xC5 => Some((2, !is_ordinary(second) || before.is_some_and(char::is_lowercase))),
        // Greek, Cyrillic, Hebrew and Arabic: a word gives several sequences.
        0xCE..=0xD1 | 0xD7..=0xD9 => Some((2, false)),
        0xE2 if second == '€' && characters.get(at + 2).and_then(|&third| continuation(third)).is_none() => {
            Some((2, true)) // the third byte, 0x9D, is undefined in CP1252 and often lost
        }
        0xE0..=0xEF => {
            let third = *characters.get(at + 2)?;
            let last = continuation(third)?;
            let valid = (byte != 0xE0 || next >= 0xA0) && (byte != 0xED || next < 0xA0);
            let plain = u8::from(is_ordinary(second)) + u8::from(is_ordinary(third));
            let certain = plain == 0 || (byte == 0xE2 && plain == 1) || (byte, next, last) == (0xEF, 0xBB, 0xBF);
            valid.then_some((3, certain))
        }
        0xF0 if next >= 0x90 => {
            continuation(*characters.get(at + 2)?)?;
            continuation(*characters.get(at + 3)?)?;
            Some((4, true))
        }
        _ => None,
    }
}

/// Number of consecutive EUC-KR syllables decoded as Latin-1; 0 if they may be Latin letters.
fn korean_pairs_at(characters: &[char], start: usize) -> usize {
    let byte = |at: usize| characters.get(at).and_then(|&one| u8::try_from(u32::from(one)).ok()).unwrap_or(0);
    let is_letter = |byte: u8| byte >= 0xC0 && byte != 0xD7 && byte != 0xF7;
    let (mut pairs, mut symbols, mut letters) = (0, 0, 0);
    while pairs < MOST_PAIRS
        && (0xB0..=0xC8).contains(&byte(start + 2 * pairs))
        && (0xA1..=0xFE).contains(&byte(start + 2 * pairs + 1))
    {
        let pair = [byte(start + 2 * pairs), byte(start + 2 * pairs + 1)];
        symbols += usize::from(pair.iter().any(|&one| !is_letter(one)));
        letters += usize::from(pair.iter().any(|&one| is_letter(one)));
        pairs += 1;
    }
    if symbols > 0 && 2 * letters >= pairs {
        pairs
    } else {
        0
    }
}

/// The byte of CP1252, or of Latin-1 if CP1252 has none, if it is a continuation byte of UTF-8.
fn continuation(character: char) -> Option<u8> {
    let byte = match character {
        '\u{80}'..='\u{BF}' => u32::from(character) as u8,
        '€' => 0x80,
        '‚' => 0x82,
        'ƒ' => 0x83,
        '„' => 0x84,
        '…' => 0x85,
        '†' => 0x86,
        '‡' => 0x87,
        'ˆ' => 0x88,
        '‰' => 0x89,
        'Š' => 0x8A,
        '‹' => 0x8B,
        'Œ' => 0x8C,
        'Ž' => 0x8E,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        '˜' => 0x98,
        '™' => 0x99,
        'š' => 0x9A,
        '›' => 0x9B,
        'œ' => 0x9C,
        'ž' => 0x9E,
        'Ÿ' => 0x9F,
        _ => return None,
    };
    Some(byte)
}

/// Whether a character may follow a word that ends in an accented letter.
fn is_ordinary(character: char) -> bool {
    "\u{A0}…‘’“”„‚«»‹›–—•·™®©°ºª²³¹".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> (u32, u32) {
        damage(&[text], 1).first().map_or((0, 0), |found| (found.mojibake, found.replacements))
    }

    #[test]
    fn what_a_wrong_decoding_makes_is_counted() {
        for (text, count) in [
            ("cafÃ©", 1),
            ("donâ€™t â€œsoâ€\u{9d}", 3),
            ("itâ€ s", 1),
            ("voilÃ\u{a0} !", 1),
            ("50Â£.Â\u{a0} So", 2),
            ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", 6),
            ("ìž¬ë¯¸ìžˆë‹¤", 4),
            ("ðŸ˜€", 1),
            ("ÃƒÂ©", 2),
            ("so \u{92}good\u{94}", 2),
            ("¾È³çÇÏ¼¼¿ä", 5),
            ("占쏙옙占쏙옙", 2),
            ("ï»¿so", 1),
        ] {
            assert_eq!(counts(text), (count, 0), "{text}");
        }
        assert_eq!(counts("so \u{FFFD}\u{FFFD}good"), (0, 2));
        let found = damage(&["fine", "é", "ab Ã© \u{FFFD}"], 2);
        let expected = Damage { text: 2, mojibake: 1, first_mojibake: 3, replacements: 1, first_replacement: 6 };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn letters_with_accents_are_no_damage() {
        for text in [
            "AMANHÃ… IRMÃ” CORAÇÃO",
            "« Âge » à ½ voilà… café”… naïf",
            "thấy đã”… Ước mơ Ân",
            "ÀÁÂÃÄÅÆÇ éèê",
            "Spaß” ÄÄ… Å…",
            "3×½ ±5° ¿Qué? ¡Sí!",
            "좋아요 영화 ㅋㅋ “좋다”…",
            "»»»» ····",
            "line\u{85}end",
        ] {
            assert_eq!(counts(text), (0, 0), "{text}");
        }
    }
}
