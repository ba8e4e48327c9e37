//! Encoding texts as ids of a known vocabulary.

use crate::counting::padding::{PaddedIds, Padding};
use crate::counting::table::{TokenTable, Waiting};
use crate::counting::tally::{push_id, COUNTED_TOGETHER};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each, split_rows};
use crate::text::prepare::Buffers;
use crate::text::splitter::{Piece, Splitter};

/// Code points between two looks for an interrupt.
const CHECKED_TOGETHER: usize = 1 << 14;

/// Buffers that are reused for all texts.
type Scratch = (Buffers, Waiting);

/// Vocabulary: the first word has the id `first_id`.
pub struct Index {
    table: TokenTable,
    first_id: i32,
    /// The ids of ASCII characters that are words.
    ascii: [Option<i32>; 128],
}

/// Ids of all texts, concatenated, and the end of each text.
pub struct Sequences {
    pub ids: Vec<i32>,
    pub ends: Vec<i64>,
}

impl Index {
    /// Build the index; the error is the position of a repeated word.
    pub fn new<'a>(words: impl Iterator<Item = &'a str>, first_id: i32) -> Result<Self, usize> {
        let mut table = TokenTable::default();
        for (position, word) in words.enumerate() {
            check(64);
            if table.insert(word.as_bytes()) as usize != position {
                return Err(position);
            }
        }
        let mut index = Self { table, first_id, ascii: [None; 128] };
        index.ascii = std::array::from_fn(|byte| index.id(&[byte as u8]));
        Ok(index)
    }

    fn id(&self, word: &[u8]) -> Option<i32> {
        self.table.find(word).map(|number| self.first_id + number as i32)
    }

    /// Write texts as rows of ids into `rows`, (texts, length).
    pub fn padded(
        &self,
        texts: &[&str],
        splitter: &Splitter,
        unknown: Option<i32>,
        padding: Padding,
        threads: usize,
        rows: &mut [i32],
    ) -> PaddedIds {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = split_rows(rows, padding.length, &ranges);
        let written = map_each(ranges.into_iter().zip(parts).collect(), |(range, rows)| {
            let mut part = PaddedIds { lengths: Vec::with_capacity(range.len()), unknown: 0 };
            let (mut scratch, mut ids) = (Scratch::default(), Vec::new());
            for (position, text) in texts[range].iter().enumerate() {
                ids.clear();
                part.unknown += self.push_ids(text, splitter, unknown, &mut scratch, &mut ids);
                part.lengths.push(ids.len() as i64);
                check(padding.length);
                padding.write(&ids, &mut rows[position * padding.length..(position + 1) * padding.length]);
            }
            part
        });
        PaddedIds::join(written)
    }

    /// Encode texts as lists of ids.
    pub fn sequences(&self, texts: &[&str], splitter: &Splitter, unknown: Option<i32>, threads: usize) -> Sequences {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let parts = map_each(ranges, |range| {
            let mut part = Sequences { ids: Vec::new(), ends: Vec::with_capacity(range.len()) };
            let mut scratch = Scratch::default();
            for text in &texts[range] {
                self.push_ids(text, splitter, unknown, &mut scratch, &mut part.ids);
                part.ends.push(part.ids.len() as i64);
            }
            part
        });
        let mut all = Sequences { ids: Vec::new(), ends: Vec::with_capacity(texts.len()) };
        for part in parts {
            let start = all.ids.len() as i64;
            all.ids.extend(part.ids);
            all.ends.extend(part.ends.iter().map(|end| start + end));
        }
        all
    }

    fn push_ids(
        &self,
        text: &str,
        splitter: &Splitter,
        unknown: Option<i32>,
        scratch: &mut Scratch,
        ids: &mut Vec<i32>,
    ) -> u64 {
        let (buffers, waiting) = scratch;
        let mut unknown_seen = 0;
        if let Some(text) = splitter.code_points(text, buffers) {
            for (place, character) in text.chars().enumerate() {
                if place % CHECKED_TOGETHER == 0 {
                    check(CHECKED_TOGETHER);
                }
                let found = self.ascii.get(character as usize).copied();
                let id = found.unwrap_or_else(|| self.id(character.encode_utf8(&mut [0; 4]).as_bytes()));
                push_id(ids, id, unknown, &mut unknown_seen);
            }
            return unknown_seen;
        }
        let mut find = |waiting: &mut Waiting| {
            self.table.find_waiting(waiting, |number, _| {
                push_id(ids, number.map(|number| self.first_id + number as i32), unknown, &mut unknown_seen);
            });
        };
        splitter.split(text, buffers, |piece| {
            if let Piece::Token(token, ..) = piece {
                self.table.wait(token, waiting);
                if waiting.len() >= COUNTED_TOGETHER {
                    find(waiting);
                }
            }
        });
        find(waiting);
        unknown_seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_tokens_become_unknown_or_are_left_out() {
        let index = Index::new(["the", "cat"].into_iter(), 2).expect("distinct");
        let prepare = crate::text::prepare::Prepare { lowercase: true, ..Default::default() };
        let words = Splitter::words(prepare, false, true);
        for threads in 1..4 {
            let marked = index.sequences(&["The cat sat", "", "a cat"], &words, Some(1), threads);
            assert_eq!((marked.ids, marked.ends), (vec![2, 3, 1, 1, 3], vec![3, 3, 5]));
            let dropped = index.sequences(&["The cat sat", "", "a cat"], &words, None, threads);
            assert_eq!((dropped.ids, dropped.ends), (vec![2, 3, 3], vec![2, 2, 3]));
        }
        assert_eq!(Index::new(["a", "b", "a"].into_iter(), 1).err(), Some(2));
    }

    #[test]
    fn code_points_have_the_ids_that_words_have() {
        let index = Index::new(["a", "é", " ", "가", "ab"].into_iter(), 3).expect("distinct");
        let prepare = crate::text::prepare::Prepare { lowercase: true, ..Default::default() };
        let points = Splitter::characters(prepare, false, false);
        let found = index.sequences(&["Ab É", "", "가\u{301}"], &points, Some(1), 2);
        assert_eq!((found.ids, found.ends), (vec![3, 1, 5, 4, 6, 1], vec![4, 4, 6]));
        let dropped = index.sequences(&["Ab É"], &points, None, 1);
        assert_eq!(dropped.ids, vec![3, 5, 4]);
    }
}
