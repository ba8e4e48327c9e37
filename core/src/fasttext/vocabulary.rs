//! Counting the words of training texts.

use crate::counting::table::{TokenTable, Waiting};
use crate::fasttext::tokens::{for_each_token, END, LABEL_PREFIX};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::text::token::Token;

/// Number of distinct words from which the rarest are dropped, so that memory is bounded.
const MOST_WORDS: usize = if cfg!(test) { 100 } else { 20_000_000 };
const COUNTED_TOGETHER: usize = 1024;

/// Words with their counts.
#[derive(Default)]
pub struct Vocabulary {
    table: TokenTable,
    pub texts: u64,
    /// Number of words and ends of texts.
    pub tokens: u64,
    /// Words with at most so many occurrences were dropped to bound the memory; 0: none were.
    pub dropped_up_to: u64,
}

impl Vocabulary {
    /// Count the words of texts; the result does not depend on the number of threads.
    pub fn add(&mut self, texts: &[&str], threads: usize) {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        for (table, tokens) in map_each(ranges, |range| counted(&texts[range])) {
            self.table.merge(&table);
            self.tokens += tokens;
        }
        self.texts += texts.len() as u64;
        while self.table.len() > MOST_WORDS {
            self.dropped_up_to += 1;
            let (least, before) = (self.dropped_up_to + 1, std::mem::take(&mut self.table));
            for number in (0..before.len() as u32).filter(|&number| before.count(number) >= least) {
                let new = self.table.insert(before.token(number));
                self.table.add_counts(new, before.count(number), before.texts(number));
            }
        }
    }

    /// The words with at least `min_count` occurrences and their counts, most frequent first, ties by first appearance.
    pub fn words(&self, min_count: u64, threads: usize) -> Vec<(&[u8], u64)> {
        let ranked = self.table.by_count(threads).into_iter();
        let counted = ranked.map(|number| (self.table.token(number), self.table.count(number)));
        counted.take_while(|&(_, count)| count >= min_count.max(1)).collect()
    }
}

fn counted(texts: &[&str]) -> (TokenTable, u64) {
    let (mut table, mut waiting, mut tokens) = (TokenTable::default(), Waiting::default(), 0);
    for text in texts {
        let bytes = text.as_bytes();
        check(bytes.len() + 16);
        for_each_token(bytes, |start, end, _| {
            let token = if start == end { Token::of(END) } else { Token::within(bytes, start, end) };
            if !token.bytes().starts_with(LABEL_PREFIX) {
                tokens += 1;
                table.wait(token, &mut waiting);
                if waiting.len() >= COUNTED_TOGETHER {
                    table.count_waiting(&mut waiting, 0, |_| ());
                }
            }
        });
    }
    table.count_waiting(&mut waiting, 0, |_| ());
    (table, tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_ranked_by_count_and_the_end_of_a_text_counts() {
        for threads in 1..4 {
            let mut vocabulary = Vocabulary::default();
            vocabulary.add(&["a b a __label__x", "b b", ""], threads);
            vocabulary.add(&["a c"], threads);
            let words = vocabulary.words(2, threads);
            assert_eq!(words, [(END, 4), (b"a".as_slice(), 3), (b"b", 3)]);
            assert_eq!((vocabulary.texts, vocabulary.tokens), (4, 11));
        }
    }

    #[test]
    fn the_rarest_words_are_dropped_from_very_many() {
        let mut vocabulary = Vocabulary::default();
        let text: Vec<String> = (0..99).map(|number| number.to_string()).collect();
        vocabulary.add(&[&text.join(" "), "often often"], 1);
        assert_eq!(vocabulary.dropped_up_to, 1);
        assert_eq!(vocabulary.words(1, 1), [(END, 2), (b"often".as_slice(), 2)]);
    }
}
