//! Character properties used by the core, in one byte each, by code point.

use icu_properties::props::{
    Alphabetic, Emoji, EmojiPresentation, ExtendedPictographic, GeneralCategory, GraphemeClusterBreak, WordBreak,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// Classes of the word-boundary rules (UAX #29, table 3), in the low five bits.
pub const OTHER: u8 = 0;
pub const CR: u8 = 1;
pub const LF: u8 = 2;
pub const NEWLINE: u8 = 3;
pub const KATAKANA: u8 = 4;
pub const HEBREW: u8 = 5;
pub const LETTER: u8 = 6;
pub const SINGLE_QUOTE: u8 = 7;
pub const DOUBLE_QUOTE: u8 = 8;
pub const MID_NUM_LET: u8 = 9;
pub const MID_LETTER: u8 = 10;
pub const MID_NUM: u8 = 11;
pub const NUMERIC: u8 = 12;
pub const EXTEND_NUM_LET: u8 = 13;
pub const SPACE: u8 = 14;
/// Pictographs that are not emoji by themselves.
pub const PICTURE: u8 = 15;
/// Marks, which belong to the preceding character; the last are the variation selectors and the keycap.
pub const EXTEND: u8 = 16;
pub const ZWJ: u8 = 17;
pub const EMOJI_MARK: u8 = 18;
/// Letters that are pictographs, and pictographs that are emoji by themselves. Emoji have a class from `EMOJI_MARK` on.
pub const LETTER_PICTURE: u8 = 19;
pub const REGIONAL: u8 = 20;
pub const EMOJI: u8 = 21;
pub const CLASS: u8 = 31;

/// Flags in the upper bits: a letter or a digit; has a different lower case; one code point that never joins another
/// such.
pub const ALPHANUMERIC: u8 = 32;
pub const CASED: u8 = 64;
pub const PLAIN: u8 = 128;

/// Selectors of text or emoji presentation.
pub const TEXT_SELECTOR: char = '\u{FE0E}';
pub const EMOJI_SELECTOR: char = '\u{FE0F}';
pub const KEYCAP: char = '\u{20E3}';
/// From here on every emoji is a pictograph, including squared letters.
pub const FIRST_EMOJI_BLOCK: u32 = 0x1_F000;

const CODE_POINTS: usize = 0x11_0000;

/// One byte for every code point; computed on first use, in a few milliseconds.
pub fn table() -> &'static [u8] {
    static TABLE: OnceLock<Box<[u8]>> = OnceLock::new();
    if let Some(table) = TABLE.get() {
        return table;
    }
    // Computed before it is stored, so that a child forked meanwhile does not wait for a thread that it does not have.
    let mut table = vec![OTHER; CODE_POINTS].into_boxed_slice();
    put_classes(&mut table);
    put_flags(&mut table);
    TABLE.get_or_init(|| table)
}

fn put_classes(table: &mut [u8]) {
    for range in CodePointMapData::<WordBreak>::new().iter_ranges() {
        table[*range.range.start() as usize..=*range.range.end() as usize].fill(match range.value {
            WordBreak::CR => CR,
            WordBreak::LF => LF,
            WordBreak::Newline => NEWLINE,
            WordBreak::Extend | WordBreak::Format => EXTEND,
            WordBreak::ZWJ => ZWJ,
            WordBreak::RegionalIndicator => REGIONAL,
            WordBreak::Katakana => KATAKANA,
            WordBreak::HebrewLetter => HEBREW,
            WordBreak::ALetter => LETTER,
            WordBreak::SingleQuote => SINGLE_QUOTE,
            WordBreak::DoubleQuote => DOUBLE_QUOTE,
            WordBreak::MidNumLet => MID_NUM_LET,
            WordBreak::MidLetter => MID_LETTER,
            WordBreak::MidNum => MID_NUM,
            WordBreak::Numeric => NUMERIC,
            WordBreak::ExtendNumLet => EXTEND_NUM_LET,
            WordBreak::WSegSpace => SPACE,
            _ => OTHER,
        });
    }
    for range in CodePointSetData::new::<ExtendedPictographic>().iter_ranges() {
        for entry in &mut table[*range.start() as usize..=*range.end() as usize] {
            *entry = match *entry {
                LETTER => LETTER_PICTURE,
                OTHER => PICTURE,
                other => other,
            };
        }
    }
    // Emoji with emoji presentation by default, and all of the pictograph blocks: people type U+2764 as a heart. Other
    // signs, arrows and shapes are text unless a selector follows.
    let pictures = CodePointSetData::new::<EmojiPresentation>().iter_ranges();
    let emoji = CodePointSetData::new::<Emoji>();
    for point in pictures.chain([0x2600..=0x27BF, FIRST_EMOJI_BLOCK..=0x1_FFFF]).flatten() {
        let entry = &mut table[point as usize];
        if *entry == PICTURE && emoji.contains32(point) {
            *entry = EMOJI;
        }
    }
    for mark in [TEXT_SELECTOR, EMOJI_SELECTOR, KEYCAP] {
        table[mark as usize] = EMOJI_MARK;
    }
}

fn put_flags(table: &mut [u8]) {
    let mut put = |range: RangeInclusive<u32>, flag: u8| {
        table[*range.start() as usize..=*range.end() as usize].iter_mut().for_each(|entry| *entry |= flag);
    };
    CodePointSetData::new::<Alphabetic>().iter_ranges().for_each(|range| put(range, ALPHANUMERIC));
    for range in CodePointMapData::<GeneralCategory>::new().iter_ranges() {
        use GeneralCategory as Category;
        if matches!(range.value, Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber) {
            put(range.range, ALPHANUMERIC);
        }
    }
    for range in CodePointMapData::<GraphemeClusterBreak>::new().iter_ranges() {
        use GraphemeClusterBreak as Break;
        if matches!(range.value, Break::Other | Break::LF | Break::LV | Break::LVT) {
            put(range.range, PLAIN);
        }
    }
    // Pictographs join over a joiner, and Indic consonants over a linker.
    let pictures = CodePointSetData::new::<ExtendedPictographic>().iter_ranges();
    for range in pictures.chain([0x0900..=0x10FF, 0x1700..=0x1CFF, 0xA800..=0xABFF, 0x1_0000..=0x10_FFFF]) {
        table[*range.start() as usize..=*range.end() as usize].iter_mut().for_each(|entry| *entry &= !PLAIN);
    }
    // No character beyond the first planes has a lower case.
    for character in (0..0x2_0000).filter_map(char::from_u32) {
        if !character.to_lowercase().eq([character]) {
            table[character as usize] |= CASED;
        }
    }
}

/// White space as defined by Python's `str.split`.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// Korean syllables and jamo, including halfwidth ones.
pub fn is_hangul(character: char) -> bool {
    matches!(u32::from(character),
        0xAC00..=0xD7A3 | 0x1100..=0x11FF | 0x3131..=0x318E | 0xA960..=0xA97C | 0xD7B0..=0xD7FB | 0xFFA0..=0xFFDC)
}

/// Kana and Chinese characters.
pub fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character),
        0x3041..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF66..=0xFF9F
        | 0x2_0000..=0x3_FFFF)
}

/// Letters, marks and signs of Thai, Lao, Khmer and Burmese.
pub fn is_unspaced(character: char) -> bool {
    matches!(u32::from(character), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_characters_have_their_class() {
        let class = |character: char| table()[character as usize] & CLASS;
        assert_eq!(class('a'), LETTER);
        assert_eq!(class('가'), LETTER);
        assert_eq!(class('7'), NUMERIC);
        assert_eq!(class('א'), HEBREW);
        assert_eq!(class('\u{301}'), EXTEND);
        assert_eq!(class('Ⓜ'), LETTER_PICTURE);
        assert_eq!(class('😀'), EMOJI);
        assert_eq!(class('❤'), EMOJI);
        assert_eq!(class('©'), PICTURE);
        assert_eq!(class('★'), OTHER);
        assert_eq!(class('🏽'), EXTEND);
        assert!(table()['É' as usize] & CASED != 0);
        assert!(table()['é' as usize] & CASED == 0);
    }
}
