//! Emoji as tokens: one user-perceived character each, written without variation selectors.

use crate::text::characters::*;
use crate::text::word_break;
use icu_properties::props::Emoji;
use icu_properties::CodePointSetData;
use unicode_segmentation::UnicodeSegmentation;

const JOINER: char = '\u{200D}';

/// Call `each` with the emoji of `text[start..end]`, a segment between two word boundaries, and with the words between
/// them.
///
/// A token has no variation selectors, and no joiner at the end of an emoji, so that an emoji is the same token however
/// it was typed. The byte range is that of its source.
#[cold]
#[inline(never)] // so that the callers' loop over words stays small
pub fn cut(text: &str, start: usize, end: usize, each: &mut dyn FnMut(&str, usize, usize)) {
    let (mut word, mut buffer) = (start, String::new());
    let buffer = &mut buffer;
    for (at, cluster) in text[start..end].grapheme_indices(true).map(|(at, cluster)| (start + at, cluster)) {
        if is_emoji(cluster) {
            push_words(text, word, at, buffer, each);
            word = at + cluster.len();
            each(plain(cluster, buffer).trim_end_matches(JOINER), at, word);
        }
    }
    push_words(text, word, end, buffer, each);
}

/// Call `each` with the words of `text[start..end]`, as if an emoji ended a text.
fn push_words(text: &str, start: usize, end: usize, buffer: &mut String, each: &mut dyn FnMut(&str, usize, usize)) {
    let run = &text[start..end];
    word_break::segments(run, |piece| {
        if piece.is_word {
            each(plain(&run[piece.start..piece.end], buffer), start + piece.start, start + piece.end);
        }
    });
}

/// Whether a user-perceived character is an emoji: it contains an emoji, or a selector or a keycap makes it one.
fn is_emoji(cluster: &str) -> bool {
    let mut characters = cluster.chars();
    let (first, second) = (characters.next(), characters.next());
    cluster.chars().any(is_emoji_alone)
        || (matches!(second, Some(EMOJI_SELECTOR | KEYCAP))
            && first.is_some_and(|character| {
                // A skin tone without a base is a mark.
                CodePointSetData::new::<Emoji>().contains(character) && table()[character as usize] & CLASS != EXTEND
            }))
}

fn is_emoji_alone(character: char) -> bool {
    match table()[character as usize] & CLASS {
        EMOJI | REGIONAL => true,
        LETTER_PICTURE => u32::from(character) >= FIRST_EMOJI_BLOCK,
        _ => false,
    }
}

/// Return the text without variation selectors.
fn plain<'a>(text: &'a str, buffer: &'a mut String) -> &'a str {
    const SELECTORS: [char; 2] = [TEXT_SELECTOR, EMOJI_SELECTOR];
    if !text.contains(SELECTORS) {
        return text;
    }
    buffer.clear();
    buffer.extend(text.chars().filter(|character| !SELECTORS.contains(character)));
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(String, &str)> {
        let mut found = Vec::new();
        word_break::words(text, false, |piece| {
            cut(text, piece.start, piece.end, &mut |token, start, end| {
                found.push((token.to_owned(), &text[start..end]));
            });
        });
        found
    }

    fn tokens(text: &str) -> Vec<String> {
        pieces(text).into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn every_emoji_is_a_token() {
        assert_eq!(tokens("so😊good 😊👍!"), ["so", "😊", "good", "😊", "👍"]);
        assert_eq!(tokens("👍🏽👍 🇰🇷🇺🇸 👨‍👩‍👧👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴"), ["👍🏽", "👍", "🇰🇷", "🇺🇸", "👨‍👩‍👧", "👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴"]);
        assert_eq!(tokens("1️⃣2️⃣ a3⃣b #️⃣ 45"), ["1⃣", "2⃣", "a", "3⃣", "b", "#⃣", "45"]);
        assert_eq!(tokens("1️⃣'5 1️⃣.b"), ["1⃣", "5", "1⃣", "b"]);
    }

    #[test]
    fn selectors_and_joiners_make_no_other_emoji() {
        assert_eq!(tokens("❤ ❤️ ❤︎ ❤\u{200d} 🏳️‍🌈 🏳‍🌈"), ["❤", "❤", "❤", "❤", "🏳‍🌈", "🏳‍🌈"]);
        assert_eq!(tokens("so\u{200d}😊 \u{fe0f} \u{200d} good\u{fe0f}"), ["so\u{200d}", "😊", "good"]);
    }

    #[test]
    fn signs_are_emoji_where_a_selector_says_so() {
        assert_eq!(tokens("© ™ ↔ ‼ # * ★ 🀀 © \u{fe0f}"), Vec::<String>::new());
        assert_eq!(tokens("©️ ™️ ↔️ ‼️"), ["©", "™", "↔", "‼"]);
        assert_eq!(tokens("🅰 🅰️ type🅰 ℹ ℹ️"), ["🅰", "🅰", "type", "🅰", "ℹ", "ℹ"]);
    }

    #[test]
    fn bytes_hold_the_selectors() {
        let spans: Vec<&str> = pieces("so❤️1️⃣!").into_iter().map(|(_, span)| span).collect();
        assert_eq!(spans, ["so", "❤️", "1️⃣"]);
    }
}
