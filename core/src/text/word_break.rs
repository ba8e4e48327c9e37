//! Word boundaries by Unicode Standard Annex 29, section 4, in one pass over any text.

use crate::foundation::interrupts::check;
use crate::text::characters::*;
use crate::text::pieces::{any_pieces, Steps, PIECE};
use wide::{i8x16, CmpEq, CmpGt};

/// A segment between two boundaries: its first byte, the byte after it, whether it contains a letter or a digit, and
/// whether it contains a possible part of an emoji.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub start: usize,
    pub end: usize,
    pub is_word: bool,
    pub has_emoji: bool,
}

/// All segments of the text; they cover it.
pub fn segments(text: &str, each: impl FnMut(Segment)) {
    segments_from(text, 0, text.len(), each);
}

/// Segments that are words or may contain emoji, and with `punctuation` all that are not white space; the same as from
/// `segments`, but faster.
pub fn words(text: &str, punctuation: bool, mut each: impl FnMut(Segment)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let other = first_other(bytes, at);
        // There is a boundary after ASCII white space, unless a mark follows.
        let cut = if other == bytes.len() { other } else { last_cut(bytes, at, other) };
        ascii_words(bytes, at, cut, punctuation, &mut |start, end| {
            each(Segment { start, end, is_word: true, has_emoji: false });
        });
        at = next_cut(bytes, other);
        segments_from(text, cut, at, |segment| {
            let kept = segment.is_word || segment.has_emoji;
            if kept || (punctuation && !text[segment.start..segment.end].chars().all(is_space)) {
                each(segment);
            }
        });
    }
}

/// Return the first non-ASCII byte from `at` on.
fn first_other(bytes: &[u8], mut at: usize) -> usize {
    while bytes.len() - at >= 16 && bytes[at..at + 16].is_ascii() {
        at += 16;
    }
    at + bytes[at..].iter().take_while(|byte| byte.is_ascii()).count()
}

fn is_cut(bytes: &[u8], at: usize) -> bool {
    bytes[at - 1].is_ascii_whitespace() && bytes[at].is_ascii() && !bytes[at].is_ascii_whitespace()
}

fn last_cut(bytes: &[u8], start: usize, end: usize) -> usize {
    (start + 1..end).rev().find(|&at| is_cut(bytes, at)).unwrap_or(start)
}

fn next_cut(bytes: &[u8], start: usize) -> usize {
    let mut from = start + 1;
    while from < bytes.len() {
        let end = bytes.len().min(from + PIECE);
        if let Some(found) = (from..end).find(|&at| is_cut(bytes, at)) {
            return found;
        }
        check(end - from);
        from = end;
    }
    bytes.len()
}

/// Bits of an ASCII byte: may join two letters; may join two digits. Solid bytes, which always belong to a word, are
/// letters, digits and the underscore.
const JOINS_LETTERS: u8 = 1;
const JOINS_DIGITS: u8 = 2;
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b':' => JOINS_LETTERS,
            b',' | b';' => JOINS_DIGITS,
            b'.' | b'\'' => JOINS_LETTERS | JOINS_DIGITS,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Rules WB5 to WB13 on `bytes[at..end]`, all ASCII, if nothing before or after joins.
fn ascii_words(bytes: &[u8], at: usize, end: usize, punctuation: bool, each: &mut impl FnMut(usize, usize)) {
    let bytes = &bytes[..end];
    let mut word = Word { start: at, inside: false, joined: false };
    let (mut base, mut before, mut steps) = (at, 0, Steps::default());
    while base < end {
        steps.at(base);
        let solid = solid_bits(&bytes[base..]);
        // One bit for every position at which a word may begin or end.
        let mut edges = solid ^ (solid << 1 | before);
        before = solid >> 63;
        while edges != 0 {
            let place = base + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            word.step(bytes, place, punctuation, each);
        }
        base += 64;
    }
    if word.inside {
        word.step(bytes, end, punctuation, each);
    }
    if punctuation {
        push_marks(bytes, if word.inside { end } else { word.start }, end, each);
    }
}

/// The current word.
struct Word {
    /// Its beginning; outside words, the end of the last one.
    start: usize,
    inside: bool,
    /// Whether a mark joins the next solid bytes to it.
    joined: bool,
}

impl Word {
    /// Handle a change between solid and other bytes at `place`.
    #[inline(always)]
    fn step(&mut self, bytes: &[u8], place: usize, punctuation: bool, each: &mut impl FnMut(usize, usize)) {
        if !self.inside {
            if !self.joined {
                if punctuation {
                    push_marks(bytes, self.start, place, each);
                }
                self.start = place;
            }
            (self.inside, self.joined) = (true, false);
            return;
        }
        self.inside = false;
        if place + 1 < bytes.len() && joins(bytes[place - 1], bytes[place], bytes[place + 1]) {
            self.joined = true;
            return;
        }
        if punctuation || bytes[self.start] != b'_' || bytes[self.start..place].iter().any(|&byte| byte != b'_') {
            each(self.start, place);
        }
        self.start = place;
    }
}

/// Emit every byte between two words that is not white space.
fn push_marks(bytes: &[u8], start: usize, end: usize, each: &mut impl FnMut(usize, usize)) {
    (start..end).filter(|&at| !is_space(bytes[at] as char)).for_each(|at| each(at, at + 1));
}

/// One bit for each of the next 64 bytes that is solid; bytes beyond the end are not.
#[inline(always)]
fn solid_bits(bytes: &[u8]) -> u64 {
    if let Some(block) = bytes.first_chunk() {
        return solid_bits_64(block);
    }
    let mut block = [0; 64];
    block[..bytes.len()].copy_from_slice(bytes);
    solid_bits_64(&block)
}

#[inline(always)]
fn solid_bits_64(block: &[u8; 64]) -> u64 {
    let quarters: &[[u8; 16]; 4] = bytemuck::cast_ref(block);
    quarters.iter().rev().fold(0, |bits, &quarter| bits << 16 | u64::from(solid_bits_16(quarter)))
}

#[inline(always)]
fn solid_bits_16(quarter: [u8; 16]) -> u16 {
    let bytes = i8x16::new(bytemuck::cast(quarter));
    let between = |bytes: i8x16, first: u8, last: u8| {
        bytes.cmp_gt(i8x16::splat(first as i8 - 1)) & i8x16::splat(last as i8 + 1).cmp_gt(bytes)
    };
    let letters = between(bytes | i8x16::splat(0x20), b'a', b'z');
    let others = between(bytes, b'0', b'9') | bytes.cmp_eq(i8x16::splat(b'_' as i8));
    (letters | others).move_mask() as u16
}

/// Whether a mark joins its neighbours in one word: "don't", "e.g", "3.14".
fn joins(before: u8, mark: u8, after: u8) -> bool {
    let kind = KINDS[mark as usize];
    (kind & JOINS_LETTERS != 0 && before.is_ascii_alphabetic() && after.is_ascii_alphabetic())
        || (kind & JOINS_DIGITS != 0 && before.is_ascii_digit() && after.is_ascii_digit())
}

/// State before the current boundary; marks are skipped (WB4).
struct Before {
    /// Class of the last character that is not a mark, and of the one before it.
    last: u8,
    second: u8,
    /// Class of the last character, including marks.
    raw: u8,
    /// Whether an odd number of regional indicators precedes.
    odd_regional: bool,
}

fn segments_from(text: &str, start: usize, end: usize, mut each: impl FnMut(Segment)) {
    let classes = table();
    let mut segment = Segment { start, end: start, is_word: false, has_emoji: false };
    let mut before: Option<Before> = None;
    let mut begun = start;
    for piece in any_pieces(&text[start..end]) {
        for (offset, character) in piece.char_indices() {
            let entry = classes[character as usize];
            let class = entry & CLASS;
            if let Some(before) = before.as_mut().filter(|before| class == LETTER && before.raw == LETTER) {
                before.second = LETTER; // most characters: WB5
                segment.is_word |= entry & ALPHANUMERIC != 0;
                continue;
            }
            let next = || next_class(&text[begun + offset + character.len_utf8()..end], classes);
            let joined = before.as_ref().is_none_or(|before| is_joined(before, class, next));
            if !joined {
                segment.end = begun + offset;
                each(segment);
                segment = Segment { start: segment.end, end: segment.end, is_word: false, has_emoji: false };
            }
            segment.is_word |= entry & ALPHANUMERIC != 0;
            segment.has_emoji |= class >= EMOJI_MARK;
            before = Some(step(before, class, joined));
        }
        begun += piece.len();
    }
    if end > segment.start {
        each(Segment { end, ..segment });
    }
}

/// Whether a character of this class belongs to the preceding one.
pub fn is_mark(class: u8) -> bool {
    matches!(class, EXTEND..=EMOJI_MARK)
}

fn is_letter(class: u8) -> bool {
    class == LETTER || class == HEBREW || class == LETTER_PICTURE
}

/// The class of the next character that is not a mark.
fn next_class(rest: &str, classes: &[u8]) -> u8 {
    rest.chars().map(|character| classes[character as usize] & CLASS).find(|&class| !is_mark(class)).unwrap_or(OTHER)
}

fn step(before: Option<Before>, class: u8, joined: bool) -> Before {
    match before {
        Some(before) if is_mark(class) && joined => Before { raw: class, ..before },
        before => {
            let last = before.as_ref().map_or(OTHER, |before| before.last);
            let odd = before.is_some_and(|before| before.odd_regional && before.last == REGIONAL);
            Before { last: class, second: last, raw: class, odd_regional: class == REGIONAL && !odd }
        }
    }
}

/// Whether there is no boundary before a character of this class.
fn is_joined(before: &Before, class: u8, next: impl Fn() -> u8) -> bool {
    let (last, second) = (before.last, before.second);
    let is_break = |class| matches!(class, CR | LF | NEWLINE);
    if is_break(before.raw) || is_break(class) {
        return before.raw == CR && class == LF; // WB3, WB3a, WB3b
    }
    if is_mark(class) || (before.raw == ZWJ && matches!(class, PICTURE | LETTER_PICTURE | EMOJI)) {
        return true; // WB4, WB3c
    }
    let between_letters = |class| matches!(class, MID_LETTER | MID_NUM_LET | SINGLE_QUOTE);
    let between_digits = |class| matches!(class, MID_NUM | MID_NUM_LET | SINGLE_QUOTE);
    match class {
        SPACE => before.raw == SPACE,                          // WB3d
        REGIONAL => last == REGIONAL && before.odd_regional,   // WB15, WB16
        KATAKANA => matches!(last, KATAKANA | EXTEND_NUM_LET), // WB13, WB13b
        EXTEND_NUM_LET => is_letter(last) || matches!(last, NUMERIC | KATAKANA | EXTEND_NUM_LET), // WB13a
        NUMERIC => {
            // WB8, WB9, WB11, WB13b
            is_letter(last) || matches!(last, NUMERIC | EXTEND_NUM_LET) || (second == NUMERIC && between_digits(last))
        }
        _ if is_letter(class) => {
            is_letter(last)
                || matches!(last, NUMERIC | EXTEND_NUM_LET) // WB5, WB10, WB13b
                || (is_letter(second) && between_letters(last)) // WB7
                || (class == HEBREW && second == HEBREW && last == DOUBLE_QUOTE)
            // WB7c
        }
        SINGLE_QUOTE if last == HEBREW => true,             // WB7a
        DOUBLE_QUOTE => last == HEBREW && next() == HEBREW, // WB7b
        _ if between_letters(class) && is_letter(last) => is_letter(next()), // WB6
        _ if between_digits(class) && last == NUMERIC => next() == NUMERIC, // WB12
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_segmentation::UnicodeSegmentation;

    /// Characters of every class, and special cases. Joiners and pictographs are in separate texts: the library
    /// deviates from the rules if both are next to letters; Unicode's own test file checks those
    /// (tests/test_tokens.py).
    const SAMPLE: &str =
        "aZ가ㅋאב1٣_.,':;\"’·\u{301}\u{ad}\u{200d}\r\n\u{85} \u{3000}アー🇰🇷😀👩-ß한\u{1112}\u{1161}ก々\u{a0}";

    fn random_text(state: &mut u64, sample: &[char], length: usize) -> String {
        (0..length)
            .map(|_| {
                *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                sample[(*state >> 33) as usize % sample.len()]
            })
            .collect()
    }

    #[test]
    fn segments_equal_the_librarys() {
        let mut state = 7;
        for round in 0..60_000 {
            let left_out: &[char] = if round % 2 == 0 { &['\u{200d}'] } else { &['😀', '👩'] };
            let sample: Vec<char> = SAMPLE.chars().filter(|character| !left_out.contains(character)).collect();
            let text = random_text(&mut state, &sample, 1 + round % 12);
            let mut found = Vec::new();
            segments(&text, |segment| found.push(&text[segment.start..segment.end]));
            assert_eq!(found, text.split_word_bounds().collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn the_fast_path_equals_the_rule() {
        let ascii: Vec<char> = "aZ09_:.,;' -\n\r\0\"/ ".chars().collect();
        let mixed: Vec<char> = "aa  \t\n\r.'1é가\u{301}\u{200d}😀_".chars().collect();
        for (sample, mut state) in [(ascii, 1), (mixed, 2)] {
            for round in 0..60_000 {
                let text = random_text(&mut state, &sample, round % 14);
                for punctuation in [false, true] {
                    let (mut expected, mut found) = (Vec::new(), Vec::new());
                    segments(&text, |segment| {
                        let white = text[segment.start..segment.end].chars().all(is_space);
                        if segment.is_word || (punctuation && !white) {
                            expected.push((segment.start, segment.end));
                        }
                    });
                    words(&text, punctuation, |piece| {
                        if piece.is_word || punctuation {
                            found.push((piece.start, piece.end));
                        }
                    });
                    assert_eq!(found, expected, "{text:?} {punctuation}");
                }
            }
        }
    }
}
