//! How a text becomes words.

use unicode_segmentation::UnicodeSegmentation;

/// A rule that cuts a text into words.
#[derive(Clone, Debug)]
pub enum Splitter {
    /// Unicode word boundaries (UAX #29); pieces without a letter or a digit are dropped.
    Words { lowercase: bool },
    /// Keras' `text_to_word_sequence`: lower-case, turn every filtered character into `split`, cut at `split`.
    Keras(KerasRule),
}

/// The settings of Keras' rule.
#[derive(Clone, Debug)]
pub struct KerasRule {
    filters: Vec<char>,
    lowercase: bool,
    split: String,
    /// The bytes that end a word, where all of them are ASCII: then no character needs to be decoded.
    ascii_ends: Option<Box<[bool; 256]>>,
}

impl KerasRule {
    /// `split` must not be empty.
    pub fn new(filters: &str, lowercase: bool, split: &str) -> Self {
        let simple = filters.is_ascii() && split.len() == 1;
        let ascii_ends = simple.then(|| {
            let mut ends = Box::new([false; 256]);
            filters.bytes().chain(split.bytes()).for_each(|byte| ends[byte as usize] = true);
            ends
        });
        Self { filters: filters.chars().collect(), lowercase, split: split.to_owned(), ascii_ends }
    }
}

/// Letters, digits, underscore and the marks that may stand inside a word, for texts that are all ASCII.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Other,
    Letter,
    Digit,
    Underscore,
    InsideLetters,
    InsideDigits,
    InsideBoth,
}

const KINDS: [Kind; 128] = {
    let mut kinds = [Kind::Other; 128];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Kind::Letter,
            b'0'..=b'9' => Kind::Digit,
            b'_' => Kind::Underscore,
            b':' => Kind::InsideLetters,
            b',' | b';' => Kind::InsideDigits,
            b'.' | b'\'' => Kind::InsideBoth,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
};

impl Splitter {
    /// Call `each` with every word of `text`, in order; `scratch` is reused from text to text.
    pub fn split(&self, text: &str, scratch: &mut Vec<u8>, each: impl FnMut(&[u8])) {
        match self {
            Self::Words { lowercase } if text.is_ascii() => split_ascii(text, *lowercase, scratch, each),
            Self::Words { lowercase } => split_unicode(text, *lowercase, each),
            Self::Keras(rule) => split_keras(text, rule, scratch, each),
        }
    }

    /// The words of one text.
    pub fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.split(text, &mut Vec::new(), |word| words.push(String::from_utf8_lossy(word).into_owned()));
        words
    }
}

/// The text's bytes, in lower case if asked.
fn ascii_bytes<'a>(text: &'a str, lowercase: bool, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    if !lowercase {
        return text.as_bytes();
    }
    scratch.clear();
    scratch.extend_from_slice(text.as_bytes());
    scratch.make_ascii_lowercase();
    scratch
}

/// UAX #29 for ASCII: rules WB5 to WB13 on seven kinds of bytes. A test keeps it equal to the general rule.
fn split_ascii(text: &str, lowercase: bool, scratch: &mut Vec<u8>, mut each: impl FnMut(&[u8])) {
    let bytes = ascii_bytes(text, lowercase, scratch);
    let kind = |position: usize| bytes.get(position).map_or(Kind::Other, |&byte| KINDS[(byte & 127) as usize]);
    let mut position = 0;
    while position < bytes.len() {
        let start = position;
        let mut has_letter_or_digit = false;
        loop {
            match kind(position) {
                Kind::Letter | Kind::Digit => has_letter_or_digit = true,
                Kind::Underscore => {}
                Kind::Other => break,
                inside => {
                    if position == start || !joins(kind(position - 1), inside, kind(position + 1)) {
                        break;
                    }
                }
            }
            position += 1;
        }
        if has_letter_or_digit {
            each(&bytes[start..position]);
        }
        position = position.max(start + 1);
    }
}

/// Whether a mark between two characters keeps them in one word: "don't", "e.g", "3.14".
fn joins(before: Kind, mark: Kind, after: Kind) -> bool {
    before == after
        && match before {
            Kind::Letter => mark == Kind::InsideLetters || mark == Kind::InsideBoth,
            Kind::Digit => mark == Kind::InsideDigits || mark == Kind::InsideBoth,
            _ => false,
        }
}

fn split_unicode(text: &str, lowercase: bool, mut each: impl FnMut(&[u8])) {
    for word in text.unicode_words() {
        if lowercase {
            each(word.to_lowercase().as_bytes());
        } else {
            each(word.as_bytes());
        }
    }
}

fn split_keras(text: &str, rule: &KerasRule, scratch: &mut Vec<u8>, mut each: impl FnMut(&[u8])) {
    let lowered;
    let bytes = if text.is_ascii() {
        ascii_bytes(text, rule.lowercase, scratch)
    } else if rule.lowercase {
        lowered = text.to_lowercase();
        lowered.as_bytes()
    } else {
        text.as_bytes()
    };
    if let Some(ends) = &rule.ascii_ends {
        bytes.split(|&byte| ends[byte as usize]).filter(|word| !word.is_empty()).for_each(each);
        return;
    }
    let lowered = String::from_utf8_lossy(bytes);
    let mut filtered = String::with_capacity(lowered.len());
    for character in lowered.chars() {
        if rule.filters.contains(&character) {
            filtered.push_str(&rule.split);
        } else {
            filtered.push(character);
        }
    }
    filtered.split(&rule.split).filter(|word| !word.is_empty()).for_each(|word| each(word.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Splitter::Words { lowercase: true }.words(text)
    }

    #[test]
    fn words_follow_unicode_boundaries() {
        assert_eq!(words("The cat sat on the mat."), ["the", "cat", "sat", "on", "the", "mat"]);
        assert_eq!(words("Don't pay 3.14 e.g. a_b _ -- x:"), ["don't", "pay", "3.14", "e.g", "a_b", "x"]);
        assert_eq!(words("영화가 정말 좋았다! Ça va"), ["영화가", "정말", "좋았다", "ça", "va"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn ascii_path_equals_the_general_rule() {
        let alphabet = b"aZ09_:.,;' -\n\r\x00\"/";
        let mut state = 7u64;
        for _ in 0..50_000 {
            let text: String = (0..9)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    alphabet[(state >> 33) as usize % alphabet.len()] as char
                })
                .collect();
            let expected: Vec<&str> = text.unicode_words().collect();
            assert_eq!(Splitter::Words { lowercase: false }.words(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn keras_rule_takes_any_filter_and_any_split() {
        let split =
            |filters: &str, split: &str, text: &str| Splitter::Keras(KerasRule::new(filters, true, split)).words(text);
        assert_eq!(split("!.\t\n", " ", "The cat's mat.\tÉté!"), ["the", "cat's", "mat", "été"]);
        assert_eq!(split("é", "--", "A--bÉc"), ["a", "b", "c"]);
        assert_eq!(split("", "가", "나가다"), ["나", "다"]);
    }
}
