//! Features of a text: rows of its words, and buckets of its character n-grams and word n-grams.

use crate::counting::table::{TokenTable, Waiting};
use crate::fasttext::kept::{KeptRows, NO_ROW};
use crate::fasttext::tokens::{for_each_ngram, for_each_token, END, LABEL_PREFIX};
use crate::text::token::Token;
use crate::vectors::subwords::{for_each_part, Buckets};
/// The features of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Number of characters of the shortest and of the longest character n-gram; `longest` 0: none.
    pub shortest: u32,
    pub longest: u32,
    /// Number of words of the longest word n-gram; 1: single words only.
    pub words: u32,
    pub buckets: u32,
}

/// Where the rows of buckets are.
pub enum BucketRows {
    /// Every bucket has a row, behind those of the words.
    All,
    /// Some buckets have rows. Others are zero vectors if `zeros`, which count in the mean; otherwise they are ignored.
    Some { rows: KeptRows, zeros: bool },
}

/// A feature of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// A word of the dictionary.
    Word(u32),
    /// The bucket of an n-gram.
    Bucket(u32),
}

/// Part of a text: start and end in bytes, and whether it is a word, an n-gram of its characters or of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word = 0,
    Characters = 1,
    Words = 2,
}

/// Words and labels, and the features of texts.
pub struct Dictionary {
    table: TokenTable,
    words: u32,
    /// The word that is the end of a text.
    end: Option<u32>,
    pub features: Features,
    divisor: Buckets,
    pub buckets: BucketRows,
}

/// Memory that is used again for the next text.
#[derive(Default)]
pub struct Scratch {
    tokens: Vec<TokenAt>,
    waiting: Waiting,
    hashes: Vec<u32>,
}

/// A token of a text: start and end in bytes, its hash, and the number of its word.
struct TokenAt {
    start: usize,
    end: usize,
    hash: u32,
    number: u32,
}

/// Numbers of tokens that are no words of the dictionary.
const UNKNOWN: u32 = u32::MAX;
const LABEL: u32 = u32::MAX - 1;

impl Dictionary {
    /// A dictionary of distinct entries: first the words, then the labels, which are no features.
    pub fn new(table: TokenTable, words: u32, features: Features, buckets: BucketRows) -> Self {
        let end = table.find(END).filter(|&number| number < words);
        let divisor = Buckets::new(features.buckets);
        Self { table, words, end, features, divisor, buckets }
    }

    pub fn words(&self) -> u32 {
        self.words
    }

    /// The bytes of an entry.
    pub fn entry(&self, number: u32) -> &[u8] {
        self.table.token(number)
    }

    /// The features of a text as symbols: the number of a word; or of a bucket, plus the number of words. Returns the
    /// number of those that are words or their character n-grams; those of word n-grams follow them.
    #[inline(always)]
    pub fn symbols(&self, text: &[u8], scratch: &mut Scratch, symbols: &mut Vec<u32>) -> usize {
        symbols.clear();
        let (words, mut own) = (self.words, 0);
        self.for_each(text, scratch, |feature, span| {
            own += usize::from(span.kind != Kind::Words);
            symbols.push(match feature {
                Feature::Word(word) => word,
                Feature::Bucket(bucket) => words + bucket,
            });
        });
        own
    }

    /// Whether one of these symbols, other than the end of the text, has a row.
    #[inline(always)]
    pub fn knows(&self, symbols: &[u32]) -> bool {
        symbols.iter().any(|&symbol| match &self.buckets {
            _ if symbol < self.words => Some(symbol) != self.end,
            BucketRows::All => true,
            BucketRows::Some { rows, .. } => rows.row(symbol - self.words) != NO_ROW,
        })
    }

    /// Replace symbols by rows; those without a row are removed.
    #[inline(always)]
    pub fn keep_rows(&self, symbols: &mut Vec<u32>) {
        if let BucketRows::Some { rows, .. } = &self.buckets {
            let mut count = 0;
            for place in 0..symbols.len() {
                let symbol = symbols[place];
                let row = if symbol < self.words { symbol } else { rows.row(symbol - self.words) };
                // Branch-free, because the branch would be mispredicted often.
                symbols[count] = row;
                count += usize::from(row != NO_ROW);
            }
            symbols.truncate(count);
        }
    }

    /// Return the row of a feature; `None` if it has none.
    #[inline(always)]
    pub fn row(&self, feature: Feature) -> Option<u32> {
        match (feature, &self.buckets) {
            (Feature::Word(word), _) => Some(word),
            (Feature::Bucket(bucket), BucketRows::All) => Some(self.words + bucket),
            (Feature::Bucket(bucket), BucketRows::Some { rows, .. }) => {
                Some(rows.row(bucket)).filter(|&row| row != NO_ROW)
            }
        }
    }

    /// Whether features without a row count in the mean.
    pub fn counts_zeros(&self) -> bool {
        matches!(self.buckets, BucketRows::Some { zeros: true, .. })
    }

    /// Call `each` with every feature of a text: words, each with its character n-grams, then word n-grams.
    #[inline(always)]
    pub fn for_each(&self, text: &[u8], scratch: &mut Scratch, mut each: impl FnMut(Feature, Span)) {
        self.walk(text, scratch, &mut each, true);
    }

    /// As `for_each`, without the character n-grams of words of the dictionary.
    #[inline(always)]
    pub fn for_each_but_known(&self, text: &[u8], scratch: &mut Scratch, mut each: impl FnMut(Feature, Span)) {
        self.walk(text, scratch, &mut each, false);
    }

    #[inline(always)]
    fn walk(&self, text: &[u8], scratch: &mut Scratch, each: &mut impl FnMut(Feature, Span), of_known: bool) {
        self.find_tokens(text, scratch);
        for &TokenAt { start, end, number, .. } in &scratch.tokens {
            if number != UNKNOWN {
                each(Feature::Word(number), Span { start, end, kind: Kind::Word });
            }
            if (of_known || number == UNKNOWN) && start < end {
                self.for_each_part(&text[start..end], |bucket, from, to| {
                    let span = Span { start: start + from, end: start + to, kind: Kind::Characters };
                    each(Feature::Bucket(bucket), span);
                });
            }
        }
        let Features { words, buckets, .. } = self.features;
        if words < 2 {
            return;
        }
        scratch.hashes.clear();
        scratch.hashes.extend(scratch.tokens.iter().map(|token| token.hash));
        for_each_ngram(&scratch.hashes, words as usize, buckets, |bucket, first, last| {
            let TokenAt { start, end, .. } = scratch.tokens[last];
            // An n-gram with the end of the text has one byte more than its words.
            let end = if start < end { end } else { end + 1 };
            let span = Span { start: scratch.tokens[first].start, end, kind: Kind::Words };
            each(Feature::Bucket(bucket), span);
        });
    }

    /// Find the tokens of a text, without labels. They are looked up together, so that memory accesses overlap.
    #[inline(always)]
    fn find_tokens(&self, text: &[u8], scratch: &mut Scratch) {
        let Scratch { tokens, waiting, .. } = scratch;
        tokens.clear();
        for_each_token(text, |start, end, hash| {
            let token = if start == end { Token::of(END) } else { Token::within(text, start, end) };
            self.table.wait(token, waiting);
            tokens.push(TokenAt { start, end, hash, number: UNKNOWN });
        });
        let (mut at, mut labels) = (0, 0);
        self.table.find_waiting(waiting, |found, _| {
            let token = &mut tokens[at];
            let is_label = match found {
                Some(number) => number >= self.words,
                None => text[token.start..token.end].starts_with(LABEL_PREFIX),
            };
            token.number = if is_label { LABEL } else { found.unwrap_or(UNKNOWN) };
            labels += usize::from(is_label);
            at += 1;
        });
        if labels > 0 {
            tokens.retain(|token| token.number != LABEL);
        }
    }

    /// Number of words of a text, and of those in the dictionary.
    pub fn count_words(&self, text: &[u8]) -> (u64, u64) {
        let (mut words, mut known) = (0, 0);
        for_each_token(text, |start, end, _| {
            if start < end {
                let found = self.table.find(&text[start..end]);
                if found.map_or(!text[start..end].starts_with(LABEL_PREFIX), |entry| entry < self.words) {
                    words += 1;
                    known += u64::from(found.is_some());
                }
            }
        });
        (words, known)
    }

    /// Call `each` with the bucket of every character n-gram of a word, and its start and end in the word.
    #[inline(always)]
    pub fn for_each_part(&self, word: &[u8], each: impl FnMut(u32, usize, usize)) {
        let Features { shortest, longest, .. } = self.features;
        for_each_part(word, shortest, longest, self.divisor, each);
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::vectors::subwords::Subwords;

    pub fn dictionary(words: &[&str], labels: &[&str], features: Features) -> Dictionary {
        let mut table = TokenTable::default();
        words.iter().chain(labels).for_each(|entry| {
            table.insert(entry.as_bytes());
        });
        Dictionary::new(table, words.len() as u32, features, BucketRows::All)
    }

    fn found(dictionary: &Dictionary, text: &str) -> Vec<(Feature, String)> {
        let mut found = Vec::new();
        dictionary.for_each(text.as_bytes(), &mut Scratch::default(), |feature, span| {
            let mark = if span.end > text.len() { "$" } else { "" };
            found.push((feature, format!("{}{mark}", &text[span.start..span.end.min(text.len())])));
        });
        found
    }

    #[test]
    fn words_ngrams_and_the_end_are_features_and_labels_are_not() {
        let features = Features { shortest: 0, longest: 0, words: 2, buckets: 100 };
        let dictionary = dictionary(&["</s>", "good"], &["__label__a", "odd"], features);
        let text = "good __label__a odd __label__new unknown";
        let names: Vec<String> = found(&dictionary, text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["good", "", text, "unknown$"]);
        assert_eq!(found(&dictionary, "")[0].0, Feature::Word(0));
    }

    #[test]
    fn character_ngrams_equal_those_of_word_vectors() {
        for (shortest, longest) in [(1, 2), (3, 6), (0, 2), (2, 2)] {
            let features = Features { shortest, longest, words: 1, buckets: 1009 };
            let dictionary = dictionary(&[], &[], features);
            let subwords = Subwords { shortest, longest, buckets: 1009, kept: None };
            for word in ["가n", "ab", "", "naïveté", "a"] {
                let (mut own, mut expected) = (Vec::new(), Vec::new());
                dictionary.for_each_part(word.as_bytes(), |bucket, start, end| {
                    assert!(word.get(start..end).is_some(), "{word} {start} {end}");
                    own.push(bucket);
                });
                subwords.for_each(word.as_bytes(), |bucket| expected.push(bucket));
                assert_eq!(own, expected, "{word}");
            }
        }
    }
}
