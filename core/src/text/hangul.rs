//! Korean syllables and jamo.

use crate::text::characters::{is_hangul, table, ALPHANUMERIC};
use crate::text::clusters::{characters, chunks};
use crate::text::token::{Piece, Token};
use unicode_normalization::UnicodeNormalization;

/// Cut a text in form NFC or NFKC into syllables or jamo, and words of other scripts.
pub fn cut(text: &str, jamo: bool, punctuation: bool, mut each: impl FnMut(Piece)) {
    let (bytes, classes) = (text.as_bytes(), table());
    chunks(text, |start, end| {
        let mut word: Option<(usize, usize)> = None;
        characters(&text[start..end], start, true, |start, end| {
            let first = text[start..end].chars().next().unwrap_or(' ');
            if !is_hangul(first) && classes[first as usize] & ALPHANUMERIC != 0 {
                word = Some((word.map_or(start, |(begun, _)| begun), end));
                return;
            }
            if let Some((start, end)) = word.take() {
                each(Piece::Token(Token::within(bytes, start, end), start, end));
            }
            if !is_hangul(first) && !punctuation {
                return;
            }
            if jamo && is_hangul(first) {
                push_jamo(&text[start..end], start, end, &mut each);
            } else {
                each(Piece::Token(Token::within(bytes, start, end), start, end));
            }
        });
        if let Some((start, end)) = word {
            each(Piece::Token(Token::within(bytes, start, end), start, end));
        }
        each(Piece::End);
    });
}

/// Append the jamo of one user-perceived character.
fn push_jamo(cluster: &str, start: usize, end: usize, each: &mut impl FnMut(Piece)) {
    let mut buffer = [0; 4];
    for letter in cluster.nfd() {
        each(Piece::Token(Token::of(letter.encode_utf8(&mut buffer).as_bytes()), start, end));
    }
}
