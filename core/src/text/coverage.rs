//! Characters of texts that are in no token.

use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::characters::{is_space, table, CLASS};
use crate::text::pieces::{any_pieces, Steps};
use crate::text::prepare::Buffers;
use crate::text::splitter::Splitter;
use crate::text::word_break::is_mark;
use foldhash::fast::RandomState;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use icu_properties::CodePointMapData;
use std::collections::HashMap;

const KEPT_EXAMPLES: usize = 3;
const ZERO_WIDTH_SPACE: char = '\u{200B}';

/// Coverage of texts by tokens. White space, marks and joiners do not count as characters.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Texts without a token, and those of them that are blank.
    pub without_tokens: u64,
    pub blank: u64,
    /// The first texts without a token that are not blank.
    pub examples: Vec<usize>,
    pub characters: u64,
    /// Punctuation characters in no token, and all others, the most frequent first.
    pub punctuation: u64,
    pub others: Vec<(char, u64)>,
}

#[derive(Default)]
struct Part {
    found: Coverage,
    others: HashMap<char, u64, RandomState>,
}

/// Measure the coverage by the splitter's tokens, after preprocessing.
pub fn coverage(splitter: &Splitter, texts: &[&str], threads: usize) -> Coverage {
    let mut counted = Counted::default();
    counted.add(splitter, texts, threads);
    counted.finish()
}

/// Counts for a range of texts.
#[derive(Default)]
pub struct Counted {
    whole: Part,
    texts: usize,
}

impl Counted {
    /// Append the counts of later texts.
    pub fn add(&mut self, splitter: &Splitter, texts: &[&str], threads: usize) {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = map_each(ranges, |range| {
            let (mut part, mut buffers, mut tokens) = (Part::default(), Buffers::default(), Vec::new());
            for place in range {
                part.add(splitter, texts[place], self.texts + place, &mut buffers, &mut tokens);
            }
            part
        });
        self.texts += texts.len();
        parts.into_iter().for_each(|part| self.whole.merge(part));
    }

    pub fn finish(self) -> Coverage {
        let mut others: Vec<(char, u64)> = self.whole.others.into_iter().collect();
        others.sort_unstable_by_key(|&(character, count)| (std::cmp::Reverse(count), character));
        Coverage { others, ..self.whole.found }
    }
}

impl Part {
    fn add(
        &mut self,
        splitter: &Splitter,
        text: &str,
        place: usize,
        buffers: &mut Buffers,
        tokens: &mut Vec<(usize, usize)>,
    ) {
        let prepared = splitter.prepared(text, buffers, tokens);
        self.found.characters += count(prepared);
        if tokens.is_empty() {
            self.found.without_tokens += 1;
            if any_pieces(text).all(|piece| piece.chars().all(is_space)) {
                self.found.blank += 1;
            } else if self.found.examples.len() < KEPT_EXAMPLES {
                self.found.examples.push(place);
            }
        }
        let (mut covered, mut steps) = (0, Steps::default());
        for &(start, end) in tokens.iter().chain([&(prepared.len(), prepared.len())]) {
            steps.at(start);
            // Several tokens may come from the same characters.
            if start > covered {
                self.add_uncovered(&prepared[covered..start]);
            }
            covered = covered.max(end);
        }
    }

    fn add_uncovered(&mut self, text: &str) {
        for character in any_pieces(text).flat_map(str::chars).filter(|&character| counts(character)) {
            if is_punctuation(character) {
                self.found.punctuation += 1;
            } else {
                *self.others.entry(character).or_default() += 1;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        let (found, more) = (&mut self.found, other.found);
        found.without_tokens += more.without_tokens;
        found.blank += more.blank;
        found.characters += more.characters;
        found.punctuation += more.punctuation;
        found.examples.extend(more.examples);
        found.examples.truncate(KEPT_EXAMPLES);
        for (character, count) in other.others {
            *self.others.entry(character).or_default() += count;
        }
    }
}

fn count(text: &str) -> u64 {
    if text.is_ascii() {
        let counts = any_pieces(text).map(|piece| piece.bytes().filter(|&byte| !is_space(byte as char)).count() as u64);
        return counts.sum();
    }
    let counts = any_pieces(text).map(|piece| piece.chars().filter(|&character| counts(character)).count() as u64);
    counts.sum()
}

fn counts(character: char) -> bool {
    !is_space(character) && character != ZERO_WIDTH_SPACE && !is_mark(table()[character as usize] & CLASS)
}

/// Unicode's punctuation, and the ASCII symbols.
fn is_punctuation(character: char) -> bool {
    character.is_ascii_punctuation()
        || GeneralCategoryGroup::Punctuation.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::prepare::Prepare;

    #[test]
    fn characters_in_no_token_are_counted() {
        let texts = ["so good!", " \n", "", "★★ ♥\u{fe0f}", "…", "e\u{301}té ★"];
        let words = Splitter::words(Prepare::default(), false, false);
        for threads in 1..4 {
            let found = coverage(&words, &texts, threads);
            let others = vec![('★', 3), ('♥', 1)];
            let expected =
                Coverage { without_tokens: 4, blank: 2, examples: vec![3, 4], characters: 15, punctuation: 2, others };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn filtered_characters_and_jamo_are_counted_once() {
        let keras = coverage(&Splitter::keras("é☆", true, "--"), &["A☆b--É"], 1);
        assert_eq!((keras.characters, keras.punctuation, keras.others), (6, 2, vec![('É', 1), ('☆', 1)]));
        let jamo = coverage(&Splitter::hangul(Prepare::default(), true, false), &["한글 ♡"], 1);
        assert_eq!((jamo.characters, jamo.others), (3, vec![('♡', 1)]));
    }
}
