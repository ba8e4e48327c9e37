//! User-perceived characters (grapheme clusters), and runs between white space.

use crate::text::characters::{is_space, table, PLAIN};
use crate::text::pieces::any_pieces;
use unicode_segmentation::UnicodeSegmentation;

/// The first byte of every character.
pub fn each_character(text: &str, mut each: impl FnMut(usize)) {
    let mut begun = 0;
    for piece in any_pieces(text) {
        piece.char_indices().for_each(|(at, _)| each(begun + at));
        begun += piece.len();
    }
}

/// Runs between white space.
pub fn chunks(text: &str, mut each: impl FnMut(usize, usize)) {
    let (mut start, mut begun) = (0, 0);
    for piece in any_pieces(text) {
        for (at, character) in piece.char_indices().filter(|&(_, character)| is_space(character)) {
            if begun + at > start {
                each(start, begun + at);
            }
            start = begun + at + character.len_utf8();
        }
        begun += piece.len();
    }
    if start < text.len() {
        each(start, text.len());
    }
}

/// User-perceived characters, or code points, of a text at byte `offset` of another.
pub fn characters(text: &str, offset: usize, graphemes: bool, mut each: impl FnMut(usize, usize)) {
    if !graphemes {
        text.char_indices().for_each(|(at, c)| each(offset + at, offset + at + c.len_utf8()));
        return;
    }
    // There is always a boundary between two plain characters; the rule is needed only for others.
    let classes = table();
    let (mut start, mut after_plain, mut only_plain) = (0, false, true);
    let mut begun = 0;
    for piece in any_pieces(text) {
        for (at, character) in piece.char_indices() {
            let plain = classes[character as usize] & PLAIN != 0;
            if plain && after_plain {
                let at = begun + at;
                if only_plain {
                    each(offset + start, offset + at);
                } else {
                    clusters(text, start, at, offset, &mut each);
                }
                (start, only_plain) = (at, true);
            }
            only_plain &= plain;
            after_plain = plain;
        }
        begun += piece.len();
    }
    clusters(text, start, text.len(), offset, &mut each);
}

fn clusters(text: &str, start: usize, end: usize, offset: usize, each: &mut impl FnMut(usize, usize)) {
    for (at, cluster) in text[start..end].grapheme_indices(true) {
        each(offset + start + at, offset + start + at + cluster.len());
    }
}
