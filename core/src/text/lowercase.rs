//! Lower-casing of texts.

use crate::text::characters::{is_space, table, CASED};
use crate::text::pieces::{any_pieces, pieces};

/// Append the text in lower case, as `str::to_lowercase` does.
pub fn push_lowercase(text: &str, out: &mut String) {
    out.reserve(text.len());
    for piece in any_pieces(text) {
        if !push_lowercase_piece(piece, out) {
            out.clear(); // its lower case depends on its neighbours
            pieces(text, is_space).for_each(|piece| out.push_str(&piece.to_lowercase()));
            return;
        }
    }
}

/// Append a piece in lower case, unless it contains a capital sigma.
fn push_lowercase_piece(text: &str, out: &mut String) -> bool {
    if text.is_ascii() {
        push_ascii_lowercase(text, out);
        return true;
    }
    let (bytes, classes) = (text.as_bytes(), table());
    let (mut kept, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii() {
            at += 1;
            continue;
        }
        if is_uncased(byte, bytes[at + 1]) {
            at += 3;
            continue;
        }
        let character = text[at..].chars().next().unwrap_or_default();
        if classes[character as usize] & CASED != 0 {
            if character == 'Σ' {
                return false;
            }
            push_ascii_lowercase(&text[kept..at], out);
            out.extend(character.to_lowercase());
            kept = at + character.len_utf8();
        }
        at += character.len_utf8();
    }
    push_ascii_lowercase(&text[kept..], out);
    true
}

fn push_ascii_lowercase(text: &str, out: &mut String) {
    let from = out.len();
    out.push_str(text);
    out[from..].make_ascii_lowercase();
}

/// Whether the first two bytes show that a character has three bytes and no other lower case, as in Chinese, Japanese
/// and Korean. `false` may be wrong.
#[inline(always)]
fn is_uncased(first: u8, second: u8) -> bool {
    matches!(first, 0xE3..=0xE9 | 0xEB..=0xED) || (first == 0xEA && second >= 0xB0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_recognized_by_two_bytes_have_no_lower_case() {
        let mut told = 0;
        for character in (0..0x11_0000).filter_map(char::from_u32).filter(|character| !character.is_ascii()) {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            if is_uncased(bytes[0], bytes[1]) {
                told += 1;
                assert!(bytes.len() == 3 && character.to_lowercase().eq([character]), "{character:?}");
            }
        }
        assert!(told > 39_000);
    }
}
