//! The bytes of a token.

use std::ops::Deref;

/// The bytes of a token, which may be a slice of a text.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    /// The bytes from the start of the token to the end of the text.
    from: &'a [u8],
    length: usize,
}

/// Output of a splitter.
pub enum Piece<'a> {
    /// A token, and its byte range in the preprocessed text.
    Token(Token<'a>, usize, usize),
    /// N-grams end here.
    End,
}

impl<'a> Token<'a> {
    pub fn of(token: &'a [u8]) -> Self {
        Self { from: token, length: token.len() }
    }

    /// A slice of a text.
    #[inline(always)]
    pub fn within(text: &'a [u8], start: usize, end: usize) -> Self {
        Self { from: &text[start..], length: end - start }
    }

    #[inline(always)]
    pub fn bytes(self) -> &'a [u8] {
        &self.from[..self.length]
    }

    /// Return the first 16 bytes, padded with zeros.
    #[inline(always)]
    pub fn head(self) -> [u8; 16] {
        // Always loads 16 bytes, whatever the length: branches on lengths are mispredicted.
        match self.from.first_chunk() {
            Some(&bytes) => (u128::from_le_bytes(bytes) & MASKS[self.length.min(16)]).to_le_bytes(),
            None => short_head(self.bytes()),
        }
    }
}

/// A token of at most 15 bytes, combined from its first and last bytes, which overlap.
fn short_head(token: &[u8]) -> [u8; 16] {
    let behind = |last: u64, size: usize| u128::from(last) << (8 * (token.len() - size));
    let bytes = if let (Some(&first), Some(&last)) = (token.first_chunk(), token.last_chunk()) {
        u128::from(u64::from_le_bytes(first)) | behind(u64::from_le_bytes(last), 8)
    } else if let (Some(&first), Some(&last)) = (token.first_chunk(), token.last_chunk()) {
        u128::from(u32::from_le_bytes(first)) | behind(u32::from_le_bytes(last).into(), 4)
    } else {
        token.iter().rev().fold(0, |bytes, &byte| bytes << 8 | u128::from(byte))
    };
    bytes.to_le_bytes()
}

/// Masks that keep the first bytes.
const MASKS: [u128; 17] = {
    let mut masks = [0; 17];
    let mut length = 1;
    while length <= 16 {
        masks[length] = u128::MAX >> (128 - 8 * length);
        length += 1;
    }
    masks
};

impl Deref for Token<'_> {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_the_first_bytes() {
        let text: Vec<u8> = (1..=40).collect();
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let mut expected = [0; 16];
                let length = (end - start).min(16);
                expected[..length].copy_from_slice(&text[start..start + length]);
                assert_eq!(Token::within(&text, start, end).head(), expected);
                assert_eq!(Token::of(&text[start..end]).head(), expected);
                assert_eq!(*Token::within(&text, start, end), text[start..end]);
            }
        }
    }
}
