//! Long texts in pieces, so that work on one of them can be interrupted.

use crate::foundation::interrupts::check;

/// Bytes per piece; a few in unit tests, so that small examples are divided.
pub const PIECE: usize = if cfg!(test) { 5 } else { 1 << 16 };

/// The pieces of a text.
pub struct Pieces<'a, Begins> {
    rest: &'a str,
    begins: Begins,
}

/// Divide a text into pieces of about 64 KB, with an interrupt check before each; a piece begins where `begins` is true
/// for a character. A shorter text is one piece.
#[inline(always)]
pub fn pieces<Begins: Fn(char) -> bool>(text: &str, begins: Begins) -> Pieces<'_, Begins> {
    Pieces { rest: text, begins }
}

/// Pieces divided between any two characters.
#[inline(always)]
pub fn any_pieces(text: &str) -> Pieces<'_, fn(char) -> bool> {
    pieces(text, |_| true)
}

impl<'a, Begins: Fn(char) -> bool> Iterator for Pieces<'a, Begins> {
    type Item = &'a str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.len() > PIECE {
            return Some(self.cut());
        }
        Some(std::mem::take(&mut self.rest)).filter(|piece| !piece.is_empty())
    }
}

impl<'a, Begins: Fn(char) -> bool> Pieces<'a, Begins> {
    #[cold]
    #[inline(never)]
    fn cut(&mut self) -> &'a str {
        check(PIECE);
        let least = (PIECE..self.rest.len()).find(|&at| self.rest.is_char_boundary(at)).unwrap_or(self.rest.len());
        let found = self.rest[least..].char_indices().find(|&(_, character)| {
            check(16);
            (self.begins)(character)
        });
        let (piece, rest) = self.rest.split_at(found.map_or(self.rest.len(), |(offset, _)| least + offset));
        self.rest = rest;
        piece
    }
}

/// Positions of long work at which interrupts are checked; cheaper than a check at each position.
pub struct Steps(usize);

impl Default for Steps {
    fn default() -> Self {
        Self(PIECE)
    }
}

impl Steps {
    /// Report that work has reached a position of a text or of a list.
    #[inline(always)]
    pub fn at(&mut self, place: usize) {
        if place >= self.0 {
            self.0 = place + PIECE;
            check(PIECE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_text_and_begin_where_they_may() {
        for text in ["", "a", "abcde", "영화가 정말 좋았다 그래서", "aaaaaaaaaaaaaa", "     b     "] {
            let any: Vec<&str> = any_pieces(text).collect();
            assert_eq!(any.concat(), text);
            assert!(any.iter().all(|piece| piece.len() < PIECE + 4 && !piece.is_empty()));
            let words: Vec<&str> = pieces(text, |character| character == ' ').collect();
            assert_eq!(words.concat(), text);
            assert!(words.iter().skip(1).all(|piece| piece.starts_with(' ')));
        }
    }
}
