//! Conversion from UTF-16, the encoding of texts in other runtimes, to UTF-8.

/// Number of ASCII characters processed together.
const BLOCK: usize = 16;

/// Concatenated texts in UTF-8.
#[derive(Default)]
pub struct Joined {
    texts: String,
    ends: Vec<usize>,
}

impl Joined {
    /// Append texts from concatenated UTF-16 (little endian), given the number of units of each.
    ///
    /// A lone surrogate becomes U+FFFD; texts beyond the end of the units are empty.
    pub fn push_utf16(&mut self, units: &[u8], characters: &[usize]) {
        let mut rest = units;
        for &count in characters {
            let mut left = count;
            while left > 0 && rest.len() > 1 {
                left -= self.push_ascii(&mut rest, left);
                left -= self.push_characters(&mut rest, left.min(BLOCK));
            }
            self.end_text();
        }
    }

    /// Append a part of a text; `end_text` ends it.
    pub fn push_part(&mut self, units: &[u8]) {
        let mut rest = units;
        while rest.len() > 1 {
            self.push_ascii(&mut rest, usize::MAX);
            self.push_characters(&mut rest, BLOCK);
        }
    }

    pub fn end_text(&mut self) {
        self.ends.push(self.texts.len());
    }

    /// Append blocks of ASCII, up to a number of characters; return how many were appended.
    fn push_ascii(&mut self, rest: &mut &[u8], most: usize) -> usize {
        let mut count = 0;
        while let (Some((units, behind)), true) = (rest.split_first_chunk::<{ 2 * BLOCK }>(), count + BLOCK <= most) {
            let units: [[u8; 2]; BLOCK] = bytemuck::cast(*units);
            if units.iter().fold(0, |bits, &unit| bits | u16::from_le_bytes(unit)) >= 0x80 {
                break;
            }
            let block = units.map(|unit| unit[0]);
            self.texts.push_str(std::str::from_utf8(&block).unwrap_or_default());
            (*rest, count) = (behind, count + BLOCK);
        }
        count
    }

    /// Append up to a number of characters; return how many were appended.
    fn push_characters(&mut self, rest: &mut &[u8], most: usize) -> usize {
        let units = rest.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let (mut count, mut read) = (0, 0);
        for character in char::decode_utf16(units).take(most) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.texts.push(character);
            (count, read) = (count + 1, read + 2 * character.len_utf16());
        }
        *rest = &rest[read..];
        count
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.texts[std::mem::replace(&mut start, end)..end])
    }
}

#[cfg(test)]
mod tests {
    use super::Joined;

    fn restored(texts: &[&str]) -> Vec<String> {
        let units: Vec<u8> = texts.concat().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let characters: Vec<usize> = texts.iter().map(|text| text.chars().count()).collect();
        let mut joined = Joined::default();
        joined.push_utf16(&units, &characters);
        joined.push_utf16(&units, &characters);
        let restored: Vec<String> = joined.iter().map(str::to_owned).collect();
        assert_eq!(restored[..texts.len()], restored[texts.len()..]);
        restored[texts.len()..].to_vec()
    }

    #[test]
    fn texts_of_all_widths_come_back() {
        let long = "so good, so very good! ".repeat(9);
        let mixed = format!("{long}é{long}영화{long}🍿");
        let texts = [
            "",
            &long,
            &mixed,
            &mixed[1..],
            "so good",
            "영화가 é",
            "",
            "🍿🎬 e\u{301}",
            "\u{0}",
            "\u{ffff}\u{10ffff}",
            "",
        ];
        assert_eq!(restored(&texts), texts);
        assert_eq!(restored(&[]), [""; 0]);
    }

    #[test]
    fn parts_of_a_text_are_one() {
        let units: Vec<u8> = "é영".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut joined = Joined::default();
        joined.push_utf16(&units, &[2]);
        joined.push_part(&units[..2]);
        joined.push_part(&units);
        joined.end_text();
        joined.push_utf16(&units, &[1, 1]);
        assert_eq!(joined.iter().collect::<Vec<_>>(), ["é영", "éé영", "é", "영"]);
    }

    #[test]
    fn every_character_comes_back_between_others() {
        let characters: Vec<String> = (0..=char::MAX as u32).filter_map(char::from_u32).map(String::from).collect();
        let texts: Vec<&str> = characters.iter().map(String::as_str).collect();
        assert_eq!(restored(&texts), texts);
    }

    #[test]
    fn half_a_character_is_replaced() {
        let units: Vec<u8> = [0xd800_u16, 0x41, 0xdc00].into_iter().flat_map(u16::to_le_bytes).collect();
        let mut joined = Joined::default();
        joined.push_utf16(&units, &[2, 1, 1]);
        assert_eq!(joined.iter().collect::<Vec<_>>(), ["\u{fffd}A", "\u{fffd}", ""]);
    }
}
