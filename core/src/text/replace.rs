//! Replacement and removal of characters.

use crate::text::pieces::any_pieces;

/// Which characters are replaced, and by what.
#[derive(Clone, Debug)]
pub enum Replace {
    /// Each of the characters, by the text.
    Characters(Vec<char>, String),
    /// ASCII characters that the table marks are removed, and the other ASCII letters are lower-cased if `lowercase`.
    Ascii { removed: Box<[bool; 256]>, lowercase: bool },
}

/// A table of ASCII characters, by byte.
pub fn byte_table(characters: impl IntoIterator<Item = u8>) -> Box<[bool; 256]> {
    let mut table = Box::new([false; 256]);
    characters.into_iter().for_each(|byte| table[byte as usize] = true);
    table
}

impl Replace {
    /// Append the text with its characters replaced.
    pub fn push(&self, text: &str, out: &mut String) {
        any_pieces(text).for_each(|piece| match self {
            Self::Characters(characters, by) => {
                for character in piece.chars() {
                    if characters.contains(&character) {
                        out.push_str(by);
                    } else {
                        out.push(character);
                    }
                }
            }
            Self::Ascii { removed, lowercase } => {
                let (from, mut kept) = (out.len(), 0);
                for (at, &byte) in piece.as_bytes().iter().enumerate() {
                    if removed[byte as usize] {
                        out.push_str(&piece[kept..at]);
                        kept = at + 1;
                    }
                }
                out.push_str(&piece[kept..]);
                if *lowercase {
                    out[from..].make_ascii_lowercase();
                }
            }
        });
    }

    /// Return what a character is replaced by.
    pub fn of(&self, character: char) -> String {
        let mut out = String::new();
        self.push(character.encode_utf8(&mut [0; 4]), &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_replaced_by_a_text() {
        let replace = Replace::Characters(vec!['é', '!'], "--".to_owned());
        let mut out = "x".to_owned();
        replace.push("aé!b가", &mut out);
        assert_eq!(out, "xa----b가");
        assert_eq!((replace.of('é'), replace.of('가')), ("--".to_owned(), "가".to_owned()));
    }

    #[test]
    fn ascii_characters_are_removed_and_only_ascii_letters_lower_cased() {
        let texts = ["", "Don't STOP!", "!!", "ÉÀ가Aσ İ!ß?", "a!bc!def!ghij!klmnopq", "가!나A다!"];
        for lowercase in [false, true] {
            let replace = Replace::Ascii { removed: byte_table(*b"!'?"), lowercase };
            for text in texts {
                let mut out = "Before!".to_owned();
                replace.push(text, &mut out);
                let kept: String = text.chars().filter(|character| !"!'?".contains(*character)).collect();
                let expected = if lowercase { kept.to_ascii_lowercase() } else { kept };
                assert_eq!(out, "Before!".to_owned() + &expected);
                assert_eq!(text.chars().map(|character| replace.of(character)).collect::<String>(), expected);
            }
        }
    }
}
