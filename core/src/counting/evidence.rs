//! Evidence in a text that may reveal its label: words, pairs of words, and marks such as parts of paths, prefixes of
//! ids, dates, hosts and numbers.

use crate::foundation::hashing::stable_hash;

/// Kind of a piece of evidence. All but the first two are marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Word = 0,
    Pair = 1,
    /// A part of a path.
    Path = 2,
    /// Text before the number of an id.
    Prefix = 3,
    /// Text after the number of an id.
    Suffix = 4,
    /// The year of a date with a month.
    Date = 5,
    /// Host of a web address or a mail address.
    Host = 6,
    /// A long number, described by its length and its first two digits.
    Number = 7,
    /// A year without a month.
    Year = 8,
    /// The year and the month of a date.
    Month = 9,
}

/// Number of bytes read at the beginning and at the end of each text.
pub const LONGEST: usize = 3000;
const LONGEST_TOKEN: usize = 60;

/// One piece of evidence: its kind, and its words or its value.
pub struct Piece<'a> {
    pub kind: Kind,
    pub first: &'a [u8],
    pub second: &'a [u8],
    pub hash: u64,
    /// Whether it begins the text, and whether it ends it.
    pub begins: bool,
    pub ends: bool,
}

impl Piece<'_> {
    /// The words with a space between them, or the value.
    pub fn name(&self) -> String {
        let second = if self.second.is_empty() { String::new() } else { format!(" {}", lossy(self.second)) };
        lossy(self.first) + &second
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Call `each` with all evidence in a text, including repetitions. `lower` is a buffer.
pub fn each_piece(text: &str, lower: &mut Vec<u8>, mut each: impl FnMut(Piece)) {
    let bytes = text.as_bytes();
    lower.clear();
    if bytes.len() <= 2 * LONGEST {
        lower.extend(bytes.iter().map(u8::to_ascii_lowercase));
    } else {
        let divides = |&place: &usize| SEPARATES[bytes[place] as usize];
        let first = (0..LONGEST).rev().find(divides).unwrap_or(0);
        let last = (bytes.len() - LONGEST..bytes.len()).find(divides).unwrap_or(bytes.len());
        lower.extend(bytes[..first].iter().chain(&bytes[last..]).map(u8::to_ascii_lowercase));
    }
    let last = lower.iter().rposition(|&byte| is_inside(byte)).map_or(0, |place| place + 1);
    let mut before: Option<(&[u8], u64, bool)> = None;
    let mut at = 0;
    while at < last {
        if SEPARATES[lower[at] as usize] {
            at += 1;
            continue;
        }
        let length = lower[at..last].iter().position(|&byte| SEPARATES[byte as usize]).unwrap_or(last - at);
        let token = trimmed(&lower[at..at + length]);
        at += length;
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            continue;
        }
        let (hash, begins, ends) = (stable_hash(token), before.is_none(), at >= last);
        each(Piece { kind: Kind::Word, first: token, second: b"", hash, begins, ends });
        if let Some((first, other, begins)) = before {
            let pair = (other.rotate_left(23) ^ hash).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            each(Piece { kind: Kind::Pair, first, second: token, hash: pair, begins, ends });
        }
        if token.iter().any(|&byte| MARKS[byte as usize]) {
            each_mark(token, |kind, value| {
                let hash = stable_hash(value).wrapping_mul(2 * u64::from(kind as u8) + 3);
                each(Piece { kind, first: value, second: b"", hash, begins, ends });
            });
        }
        before = Some((token, hash, begins));
    }
}

/// Bytes of tokens that may contain a mark: digits, slashes, "@", and "." for hosts.
static MARKS: [bool; 256] = table(b"0123456789/\\@");
/// White space, brackets and other separators of tokens.
static SEPARATES: [bool; 256] = table(b" \t\n\r\x0b\x0c<>()[]{}\"|,;!?*`~^");

const fn table(bytes: &[u8]) -> [bool; 256] {
    let (mut table, mut at) = ([false; 256], 0);
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

fn is_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Return a token without punctuation at its ends; a path keeps its slashes.
fn trimmed(token: &[u8]) -> &[u8] {
    let is_kept = |&byte: &u8| is_inside(byte) || byte == b'_' || byte == b'/';
    match (token.iter().position(is_kept), token.iter().rposition(is_kept)) {
        (Some(start), Some(end)) if token[start..=end].iter().any(|&byte| is_inside(byte)) => &token[start..=end],
        _ => &[],
    }
}

/// Call `each` with the marks of one token.
fn each_mark(token: &[u8], mut each: impl FnMut(Kind, &[u8])) {
    if let Some(host) = host(token) {
        return each(Kind::Host, host);
    }
    if token.iter().any(|&byte| byte == b'/' || byte == b'\\') {
        if date(token, &mut each) {
            return;
        }
        let parts = || token.split(|&byte| byte == b'/' || byte == b'\\').filter(|part| !part.is_empty());
        let is_path = parts().count() > 2 || (parts().count() == 2 && token.iter().any(u8::is_ascii_digit));
        for part in parts().filter(|_| is_path) {
            if part.iter().any(u8::is_ascii_alphabetic) && !part.iter().any(u8::is_ascii_digit) {
                each(Kind::Path, part);
            } else {
                id(part, &mut each);
            }
        }
        return;
    }
    if !date(token, &mut each) {
        id(token, &mut each);
    }
}

/// Find the prefix and suffix of an id, or the beginning of a long number.
fn id(token: &[u8], each: &mut impl FnMut(Kind, &[u8])) {
    let stem = token.split(|&byte| byte == b'.').next().unwrap_or(token);
    let Some(start) = stem.iter().position(u8::is_ascii_digit) else { return };
    let digits = stem[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (prefix, suffix) = (&stem[..start], &stem[start + digits..]);
    let is_name = |part: &[u8]| part.iter().all(|&byte| byte.is_ascii_alphabetic() || b"-_#:".contains(&byte));
    if digits >= 2 && suffix.is_empty() && prefix.first().is_some_and(u8::is_ascii_alphabetic) && is_name(prefix) {
        each(Kind::Prefix, prefix);
    }
    if prefix.is_empty() && suffix.len() > 1 && suffix.len() <= 4 && b"-_".contains(&suffix[0]) {
        each(Kind::Suffix, suffix);
    }
    if (4..=18).contains(&digits) && suffix.is_empty() && stem.len() == token.len() {
        let mut shape = [b'x'; 18];
        shape[..2].copy_from_slice(&stem[start..start + 2]);
        each(Kind::Number, &shape[..digits]);
    }
}

/// Find the year and month of a date, or a year alone; return whether the token is one.
fn date(token: &[u8], each: &mut impl FnMut(Kind, &[u8])) -> bool {
    let is_year = |part: &[u8]| part.len() == 4 && (part.starts_with(b"19") || part.starts_with(b"20")) && all(part);
    let mut parts = token.split(|&byte| b"-/.:".contains(&byte));
    let (first, second, third) = (parts.next().unwrap_or(b""), parts.next(), parts.next());
    match (second, third) {
        (None, _) if is_year(first) => each(Kind::Year, first),
        (Some(month), _) if is_year(first) && month.len() <= 2 && all(month) => {
            each(Kind::Date, first);
            if month.len() == 2 {
                each(Kind::Month, &token[..7]);
            }
        }
        (Some(middle), Some(last)) if first.len() <= 2 && all(first) && all(middle) && is_year(last) => {
            each(Kind::Date, last);
        }
        _ => return false,
    }
    true
}

fn all(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(u8::is_ascii_digit)
}

/// Return the host of a web address or a mail address.
fn host(token: &[u8]) -> Option<&[u8]> {
    let rest = match memchr::memmem::find(token, b"://") {
        Some(place) => &token[place + 3..],
        None => match token.iter().position(|&byte| byte == b'@') {
            Some(place) => &token[place + 1..],
            None if token.starts_with(b"www.") => token,
            None => return None,
        },
    };
    let is_part = |&&byte: &&u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    let host = &rest[..rest.iter().take_while(is_part).count()];
    let host = host.strip_prefix(b"www.").unwrap_or(host);
    (host.contains(&b'.') && host.first().is_some_and(u8::is_ascii_alphanumeric)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Kind, String)> {
        let (mut pieces, mut lower) = (Vec::new(), Vec::new());
        each_piece(text, &mut lower, |piece| pieces.push((piece.kind, piece.name())));
        pieces
    }

    fn marks(text: &str) -> Vec<(Kind, String)> {
        found(text).into_iter().filter(|(kind, _)| !matches!(kind, Kind::Word | Kind::Pair)).collect()
    }

    #[test]
    fn words_and_pairs_are_without_punctuation_at_their_ends() {
        let pieces = found("Class: Positive, <br>so-so SRC_POS.");
        let names: Vec<&str> = pieces.iter().map(|(_, name)| name.as_str()).collect();
        let pairs = ["class", "positive", "class positive", "br", "positive br", "so-so", "br so-so"];
        assert_eq!(names[..7], pairs);
        assert_eq!(names[7..], ["src_pos", "so-so src_pos"]);
        let (mut ends, mut lower) = (Vec::new(), Vec::new());
        each_piece("\"a b c!\"", &mut lower, |piece| ends.push((piece.name(), piece.begins, piece.ends)));
        let expected = [("a", true, false), ("b", false, false), ("a b", true, false), ("c", false, true)];
        for (found, expected) in ends.iter().zip(expected) {
            assert_eq!((found.0.as_str(), found.1, found.2), expected);
        }
        assert_eq!(ends[4], ("b c".to_string(), false, true));
    }

    #[test]
    fn marks_are_found() {
        let one = |kind, value: &str| vec![(kind, value.to_string())];
        assert_eq!(marks("ABC-123"), one(Kind::Prefix, "abc-"));
        assert_eq!(marks("2011-03-12T10:11"), [(Kind::Date, "2011".into()), (Kind::Month, "2011-03".into())]);
        assert_eq!(marks("in 1999."), one(Kind::Year, "1999"));
        assert_eq!(marks("12/3/2004"), one(Kind::Date, "2004"));
        assert_eq!(marks("http://www.imdb.com/title/1"), one(Kind::Host, "imdb.com"));
        assert_eq!(marks("me@cs.cmu.edu"), one(Kind::Host, "cs.cmu.edu"));
        assert_eq!(marks("#123456"), one(Kind::Number, "12xxxx"));
        assert_eq!(marks("7398_4.txt"), one(Kind::Suffix, "_4"));
        let path = marks("train/neg/7398_4.txt");
        assert_eq!(path[..2], [(Kind::Path, "train".into()), (Kind::Path, "neg".into())]);
        assert_eq!(path[2..], one(Kind::Suffix, "_4"));
        for text in ["and/or", "10/10", "3rd", "1st", "w/o", "24/7", "so@", "12:30"] {
            assert_eq!(marks(text), [], "{text}");
        }
    }
}
