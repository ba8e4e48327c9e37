//! Tokenization of a text.

use crate::foundation::interrupts::check;
use crate::text::clusters::{characters, chunks, each_character};
use crate::text::emoji;
use crate::text::eojeol;
use crate::text::hangul;
use crate::text::pieces::Steps;
use crate::text::prepare::{Aligned, Buffers, Form, Prepare};
use crate::text::replace::{byte_table, Replace};
use crate::text::token::Token;
use crate::text::word_break;
use regex::Regex;

pub use crate::text::token::Piece;

/// A tokenizer: preprocessing and the rule.
#[derive(Clone, Debug)]
pub struct Splitter {
    prepare: Prepare,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Unicode word boundaries (UAX #29); segments without a letter or a digit are dropped, or kept if visible. With
    /// `emoji`, every emoji is a token too.
    Words { punctuation: bool, emoji: bool },
    /// User-perceived characters, or code points. Inside words: a space on both sides of every word, and n-grams do not
    /// cross words.
    Characters { graphemes: bool, inside_words: bool },
    /// Nonempty runs between separators. If all separators are ASCII: a table of them.
    Pieces { split: String, ends: Option<Box<[bool; 256]>> },
    /// Runs between white space.
    Whitespace,
    /// Matches of a regular expression, or of its group if it has one.
    Pattern { regex: Box<Regex>, group: usize },
    /// Korean syllables or jamo, and words of other scripts; n-grams do not cross white space.
    Hangul { jamo: bool, punctuation: bool },
    /// As `Words`, with Korean words split into stem and particle.
    Eojeol { particles: bool, punctuation: bool },
}

/// Position of a token: its first character in the text, and the one after the last.
pub type Span = (u32, u32);

impl Splitter {
    /// Punctuation includes emoji, as Unicode's rule divides them; `emoji` has no effect then.
    pub fn words(prepare: Prepare, punctuation: bool, emoji: bool) -> Self {
        Self { prepare, rule: Rule::Words { punctuation, emoji: emoji && !punctuation } }
    }

    pub fn characters(prepare: Prepare, graphemes: bool, inside_words: bool) -> Self {
        Self { prepare, rule: Rule::Characters { graphemes, inside_words } }
    }

    /// Keras' `text_to_word_sequence`: every filtered character is replaced by `split`, which must not be empty.
    pub fn keras(filters: &str, lowercase: bool, split: &str) -> Self {
        let simple = filters.is_ascii() && split.len() == 1;
        let ends = simple.then(|| byte_table(filters.bytes().chain(split.bytes())));
        let replace =
            (!simple && !filters.is_empty()).then(|| Replace::Characters(filters.chars().collect(), split.to_owned()));
        let prepare = Prepare { lowercase, replace, ..Prepare::default() };
        Self { prepare, rule: Rule::Pieces { split: split.to_owned(), ends } }
    }

    /// Keras' `TextVectorization`: without the ASCII characters of `removed`, and with ASCII letters in lower case if
    /// `lowercase`; runs between ASCII white space, or code points.
    pub fn standardized(removed: &str, lowercase: bool, by_characters: bool) -> Self {
        let replace = Replace::Ascii { removed: byte_table(removed.bytes().filter(u8::is_ascii)), lowercase };
        let prepare = Prepare { replace: Some(replace), ..Prepare::default() };
        if by_characters {
            return Self::characters(prepare, false, false);
        }
        let ends = Some(byte_table(*b" \t\n\x0b\x0c\r"));
        Self { prepare, rule: Rule::Pieces { split: " ".to_owned(), ends } }
    }

    pub fn whitespace(prepare: Prepare) -> Self {
        Self { prepare, rule: Rule::Whitespace }
    }

    /// Compile the expression; the error describes the syntax error.
    pub fn pattern(prepare: Prepare, pattern: &str) -> Result<Self, String> {
        let hir = regex_syntax::parse(pattern).map_err(|error| one_line(&error.to_string()))?;
        if hir.properties().minimum_len().unwrap_or(1) == 0 {
            return Err("it matches the empty string".to_owned());
        }
        let regex = Regex::new(pattern).map_err(|error| one_line(&error.to_string()))?;
        match regex.captures_len() {
            1 | 2 => {
                Ok(Self { prepare, rule: Rule::Pattern { group: regex.captures_len() - 1, regex: Box::new(regex) } })
            }
            groups => Err(format!("it has {} groups, and must have at most 1", groups - 1)),
        }
    }

    pub fn hangul(prepare: Prepare, jamo: bool, punctuation: bool) -> Self {
        // Composed and decomposed texts give the same tokens.
        let form = Some(prepare.form.unwrap_or(Form::Nfc));
        Self { prepare: Prepare { form, ..prepare }, rule: Rule::Hangul { jamo, punctuation } }
    }

    pub fn eojeol(prepare: Prepare, particles: bool, punctuation: bool) -> Self {
        let form = Some(prepare.form.unwrap_or(Form::Nfc));
        Self { prepare: Prepare { form, ..prepare }, rule: Rule::Eojeol { particles, punctuation } }
    }

    /// Whether a run of tokens shorter than the shortest n-gram counts as one: true for words of single characters.
    pub fn keeps_short_units(&self) -> bool {
        matches!(self.rule, Rule::Characters { inside_words: true, .. })
    }

    /// Return the preprocessed text if each of its code points is a token; None for the other rules.
    pub fn code_points<'a>(&self, text: &'a str, buffers: &'a mut Buffers) -> Option<&'a str> {
        let each = matches!(self.rule, Rule::Characters { graphemes: false, inside_words: false });
        each.then(|| self.prepare.apply(text, buffers))
    }

    /// Call `each` with every token of `text`, in order; the buffers are reused for all texts.
    pub fn split(&self, text: &str, buffers: &mut Buffers, each: impl FnMut(Piece)) {
        check(text.len());
        self.rule.cut(self.prepare.apply(text, buffers), each);
    }

    /// Return the preprocessed text and the byte ranges of the tokens; `ranges` is cleared first.
    pub fn prepared<'a>(&self, text: &'a str, buffers: &'a mut Buffers, ranges: &mut Vec<(usize, usize)>) -> &'a str {
        ranges.clear();
        check(text.len());
        if self.prepare.replace.is_some() {
            // Replaced characters stay visible: the text is shown unchanged.
            let mut bytes = Vec::new();
            each_character(text, |byte| bytes.push(byte));
            bytes.push(text.len());
            ranges.extend(self.spans(text).into_iter().map(|(start, end)| {
                check(8);
                (bytes[start as usize], bytes[end as usize])
            }));
            return text;
        }
        let text = self.prepare.apply(text, buffers);
        self.rule.cut(text, |piece| {
            if let Piece::Token(_, start, end) = piece {
                ranges.push((start, end));
            }
        });
        text
    }

    /// Return the tokens of one text.
    pub fn tokens(&self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        self.split(text, &mut Buffers::default(), |piece| {
            if let Piece::Token(token, ..) = piece {
                tokens.push(String::from_utf8_lossy(&token).into_owned());
            }
        });
        tokens
    }

    /// Return the positions of the tokens in the text; slower than `tokens`. A space beside a word has no width.
    pub fn spans(&self, text: &str) -> Vec<Span> {
        let aligned = Aligned::new(text, &self.prepare);
        // First character of every byte; multi-byte tokens begin and end with whole characters.
        let mut characters = vec![0; aligned.text.len() + 1];
        let mut count = 0;
        each_character(&aligned.text, |byte| {
            characters[byte] = count;
            count += 1;
        });
        characters[aligned.text.len()] = count;
        let end_of_text = aligned.sources.last().map_or(0, |source| source.1);
        let place = |byte: usize| aligned.sources.get(characters[byte]).map_or(end_of_text, |source| source.0);
        let mut spans = Vec::new();
        self.rule.cut(&aligned.text, |piece| match piece {
            Piece::Token(_, start, end) if start == end => spans.push((place(start), place(start))),
            Piece::Token(_, start, end) => {
                let last = aligned.text[start..end].chars().next_back().map_or(0, char::len_utf8);
                spans.push((place(start), aligned.sources[characters[end - last]].1));
            }
            Piece::End => {}
        });
        spans
    }
}

fn one_line(message: &str) -> String {
    // The message of the library shows the pattern first, and the error in its last line.
    let last = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(message);
    last.trim().trim_start_matches("error: ").to_owned()
}

impl Rule {
    fn cut(&self, text: &str, mut each: impl FnMut(Piece)) {
        let (bytes, mut steps) = (text.as_bytes(), Steps::default());
        match self {
            Self::Words { punctuation, emoji } => cut_words(text, *punctuation, *emoji, |token, start, end| {
                each(Piece::Token(cut_out(text, token, start, end), start, end));
            }),
            Self::Eojeol { particles, punctuation } => {
                cut_words(text, *punctuation, !punctuation, |token, start, end| {
                    if token.len() < end - start {
                        each(Piece::Token(Token::of(token.as_bytes()), start, end));
                    // without its variation selectors
                    } else {
                        eojeol::cut(token, start, *particles, |token, start, end| {
                            each(Piece::Token(Token::of(token), start, end))
                        });
                    }
                })
            }
            Self::Characters { graphemes, inside_words: false } => {
                characters(text, 0, *graphemes, |start, end| {
                    each(Piece::Token(Token::within(bytes, start, end), start, end))
                });
            }
            Self::Characters { graphemes, .. } => cut_inside_words(text, *graphemes, each),
            Self::Pieces { ends: Some(ends), .. } => {
                let mut start = 0;
                for piece in bytes.split(|&byte| ends[byte as usize]) {
                    steps.at(start);
                    if !piece.is_empty() {
                        each(Piece::Token(
                            Token::within(bytes, start, start + piece.len()),
                            start,
                            start + piece.len(),
                        ));
                    }
                    start += piece.len() + 1;
                }
            }
            Self::Pieces { split, .. } => {
                let mut start = 0;
                for piece in text.split(split) {
                    steps.at(start);
                    if !piece.is_empty() {
                        each(Piece::Token(Token::of(piece.as_bytes()), start, start + piece.len()));
                    }
                    start += piece.len() + split.len();
                }
            }
            Self::Whitespace => {
                chunks(text, |start, end| each(Piece::Token(Token::within(bytes, start, end), start, end)))
            }
            Self::Pattern { regex, group: 0 } => {
                regex.find_iter(text).for_each(|found| {
                    steps.at(found.start());
                    each(Piece::Token(Token::within(bytes, found.start(), found.end()), found.start(), found.end()));
                });
            }
            Self::Pattern { regex, group } => {
                let groups = regex.captures_iter(text).filter_map(|found| found.get(*group));
                groups.filter(|found| !found.is_empty()).for_each(|found| {
                    steps.at(found.start());
                    each(Piece::Token(Token::within(bytes, found.start(), found.end()), found.start(), found.end()));
                });
            }
            Self::Hangul { jamo, punctuation } => hangul::cut(text, *jamo, *punctuation, each),
        }
    }
}

/// A token that is a slice of a text, or that differs from its source.
#[inline(always)]
fn cut_out<'a>(text: &'a str, token: &'a str, start: usize, end: usize) -> Token<'a> {
    if token.len() == end - start {
        Token::within(text.as_bytes(), start, end)
    } else {
        Token::of(token.as_bytes()) // without its variation selectors
    }
}

/// Words by Unicode's rule, and emoji; with `punctuation` everything visible.
fn cut_words(text: &str, punctuation: bool, emoji: bool, mut each: impl FnMut(&str, usize, usize)) {
    word_break::words(text, punctuation, |piece| {
        let (start, end) = (piece.start, piece.end);
        if piece.has_emoji && emoji {
            emoji::cut(text, start, end, &mut each);
        } else if piece.is_word || punctuation {
            each(&text[start..end], start, end);
        }
    });
}

fn cut_inside_words(text: &str, graphemes: bool, mut each: impl FnMut(Piece)) {
    chunks(text, |start, end| {
        each(Piece::Token(Token::of(b" "), start, start));
        characters(&text[start..end], start, graphemes, |start, end| {
            each(Piece::Token(Token::within(text.as_bytes(), start, end), start, end));
        });
        each(Piece::Token(Token::of(b" "), end, end));
        each(Piece::End);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_segmentation::UnicodeSegmentation;

    fn lower() -> Prepare {
        Prepare { lowercase: true, ..Prepare::default() }
    }

    #[test]
    fn words_follow_unicode_boundaries() {
        let words = |text: &str| Splitter::words(lower(), false, true).tokens(text);
        assert_eq!(words("The cat sat on the mat."), ["the", "cat", "sat", "on", "the", "mat"]);
        assert_eq!(words("Don't pay 3.14 e.g. a_b _ -- x:"), ["don't", "pay", "3.14", "e.g", "a_b", "x"]);
        assert_eq!(words("영화가 정말 좋았다! Ça va"), ["영화가", "정말", "좋았다", "ça", "va"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn characters_equal_the_librarys() {
        let sample: Vec<char> =
            "ab\r\n가\u{1100}\u{1161}\u{11a8}e\u{301}🇰🇷👩\u{200d}👧 クか\u{3099}क\u{94d}ष\u{600}1".chars().collect();
        let mut state = 3u64;
        for round in 0..60_000 {
            let text: String = (0..round % 13)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    sample[(state >> 33) as usize % sample.len()]
                })
                .collect();
            let expected: Vec<&str> = text.graphemes(true).collect();
            assert_eq!(Splitter::characters(Prepare::default(), true, false).tokens(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn characters_inside_words_have_spaces_around() {
        let splitter = Splitter::characters(lower(), true, true);
        assert_eq!(splitter.tokens(" Ab\tC "), [" ", "a", "b", " ", " ", "c", " "]);
        assert_eq!(splitter.spans(" Ab"), [(1, 1), (1, 2), (2, 3), (3, 3)]);
    }

    #[test]
    fn syllables_and_jamo_do_not_mind_composition() {
        let (composed, decomposed) =
            ("한글 good영화ㅋㅋ!", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} good영화ㅋㅋ!");
        for text in [composed, decomposed] {
            let syllables = Splitter::hangul(lower(), false, true);
            assert_eq!(syllables.tokens(text), ["한", "글", "good", "영", "화", "ㅋ", "ㅋ", "!"]);
            let jamo = Splitter::hangul(lower(), true, false).tokens(text).concat();
            assert_eq!(
                jamo,
                "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}good\u{110b}\u{1167}\u{11bc}\u{1112}\u{116a}ㅋㅋ"
            );
        }
        assert_eq!(Splitter::hangul(lower(), false, true).spans(decomposed)[..2], [(0, 3), (3, 6)]);
    }

    #[test]
    fn keras_rule_takes_any_filter_and_any_split() {
        let split = |filters: &str, split: &str, text: &str| Splitter::keras(filters, true, split).tokens(text);
        assert_eq!(split("!.\t\n", " ", "The cat's mat.\tÉté!"), ["the", "cat's", "mat", "été"]);
        assert_eq!(split("é", "--", "A--bÉc"), ["a", "b", "c"]);
        assert_eq!(split("", "가", "나가다"), ["나", "다"]);
        assert_eq!(Splitter::keras("é", true, "--").spans("A--bÉc"), [(0, 1), (3, 4), (5, 6)]);
    }

    #[test]
    fn standardized_texts_are_split_at_ascii_white_space_or_into_code_points() {
        let words = Splitter::standardized("!'", true, false);
        assert_eq!(
            words.tokens(" Don't\tÉTÉ!\x0bx\u{85}y\u{a0}Z ! \u{1c}\r\n"),
            ["dont", "ÉtÉ", "x\u{85}y\u{a0}z", "\u{1c}"]
        );
        assert_eq!(words.spans("!A'b c"), [(1, 4), (5, 6)]);
        assert_eq!(Splitter::standardized("", false, false).tokens("A! b"), ["A!", "b"]);
        let characters = Splitter::standardized("!", true, true);
        assert_eq!(characters.tokens("E\u{301}! \r\n"), ["e", "\u{301}", " ", "\r", "\n"]);
        assert!(characters.tokens("").is_empty());
    }

    #[test]
    fn patterns_find_matches_or_their_group() {
        let pattern = |pattern: &str| Splitter::pattern(Prepare::default(), pattern);
        assert_eq!(pattern(r"\w\w+").expect("regular").tokens("a bc, def"), ["bc", "def"]);
        assert_eq!(pattern(r"#(\w+)").expect("regular").tokens("#one two #three"), ["one", "three"]);
        assert_eq!(pattern("a*").expect_err("empty"), "it matches the empty string");
        assert!(pattern(r"(a)\1").expect_err("not regular").contains("backreferences are not supported"));
        assert!(pattern("(a)(b)").expect_err("groups").contains("2 groups"));
    }
}
