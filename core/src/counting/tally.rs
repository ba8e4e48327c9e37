//! Counting tokens over batches of texts in parallel, and encoding the counted texts as ids.

use crate::counting::occurrence::Occurrence;
use crate::counting::padding::{PaddedIds, Padding};
use crate::counting::table::{TokenTable, Waiting};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each, map_queued, split_rows};
use crate::text::prepare::Buffers;
use crate::text::splitter::{Piece, Splitter};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

/// Token counts; with `keep`, also the token numbers of every text, so that encoding needs no second pass.
pub struct Tally {
    splitter: Splitter,
    threads: usize,
    table: TokenTable,
    /// Token numbers, most frequent first; computed on first use.
    ranked: OnceLock<Vec<u32>>,
    kept: Option<Vec<Segment>>,
    texts: u64,
    tokens: u64,
}

/// Tokens of texts, concatenated, and the end of each text.
#[derive(Default)]
pub struct Runs {
    pub tokens: Vec<Occurrence>,
    pub ends: Vec<usize>,
}

/// Texts counted by one thread.
pub struct Segment {
    runs: Runs,
    /// Global numbers of its tokens, if they differ from its own.
    numbers: Option<Vec<u32>>,
}

/// A segment with fewer tokens is merged into the previous one.
const FEW: usize = if cfg!(test) { 4 } else { 1 << 16 };

/// Maximum number of queued tokens.
pub const COUNTED_TOGETHER: usize = 1024;

struct Part {
    table: TokenTable,
    runs: Runs,
    tokens: u64,
}

impl Tally {
    pub fn new(splitter: Splitter, threads: usize, keep: bool) -> Self {
        let kept = keep.then(Vec::new);
        let (threads, table, ranked) = (threads.max(1), TokenTable::default(), OnceLock::new());
        Self { splitter, threads, table, ranked, kept, texts: 0, tokens: 0 }
    }

    pub fn texts(&self) -> u64 {
        self.texts
    }

    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    pub fn table(&self) -> &TokenTable {
        &self.table
    }

    /// Token numbers, most frequent first, ties by first appearance.
    pub fn ranked(&self) -> &[u32] {
        if let Some(ranked) = self.ranked.get() {
            return ranked;
        }
        // Computed before it is stored, so that a child forked meanwhile does not wait for a thread that it does not
        // have.
        let ranked = self.table.by_count(self.threads);
        self.ranked.get_or_init(|| ranked)
    }

    /// Return the kept texts, and forget them.
    pub fn take_runs(&mut self) -> Option<Runs> {
        self.kept.as_mut().map(|kept| Runs::joined(std::mem::take(kept), self.threads))
    }

    /// Return the kept texts, joined into one segment.
    pub fn runs(&mut self) -> Option<&Runs> {
        let kept = self.kept.as_mut()?;
        let runs = Runs::joined(std::mem::take(kept), self.threads);
        kept.push(Segment { runs, numbers: None });
        kept.first().map(|segment| &segment.runs)
    }

    /// Count a batch. The result is the same for any number of threads and any division into batches.
    pub fn add(&mut self, texts: &[&str]) {
        self.ranked.take();
        let keep = self.kept.is_some();
        let (segments, tokens) = count_batch(&self.splitter, texts, self.threads, keep, &mut self.table);
        self.tokens += tokens;
        self.texts += texts.len() as u64;
        let Some(kept) = &mut self.kept else { return };
        for segment in segments {
            match kept.last_mut() {
                Some(last) if last.numbers.is_none() && segment.runs.tokens.len() < FEW => {
                    last.runs.append(segment.renumbered());
                }
                _ => kept.push(segment),
            }
        }
    }

    /// Add the counts of another tally, whose texts follow.
    pub fn merge(&mut self, other: &Self) {
        self.ranked.take();
        self.table.merge(&other.table);
        self.texts += other.texts;
        self.tokens += other.tokens;
    }

    /// Add tokens with their counts in order of first appearance.
    pub fn restore<'a>(&mut self, words: impl Iterator<Item = (&'a [u8], u64, u64)>, texts: u64, tokens: u64) {
        self.ranked.take();
        for (word, count, holders) in words {
            check(64);
            let number = self.table.insert(word);
            self.table.add_counts(number, count, holders);
        }
        self.texts += texts;
        self.tokens += tokens;
    }

    /// Write the kept texts as rows of ids into `rows`, (texts, length).
    ///
    /// The first `ranked` tokens have the ids `first_id`, `first_id + 1`...; others have the id `unknown`, or are left
    /// out.
    /// Returns `None` if no texts were kept.
    pub fn padded(
        &self,
        ranked: &[u32],
        first_id: i32,
        unknown: Option<i32>,
        padding: Padding,
        rows: &mut [i32],
    ) -> Option<PaddedIds> {
        let kept = self.kept.as_ref()?;
        let mut ids = vec![-1; self.table.len()];
        for (&number, id) in ranked.iter().zip(first_id..) {
            ids[number as usize] = id;
        }
        let own_ids = |segment: &Segment| match &segment.numbers {
            Some(numbers) => Cow::Owned(numbers.iter().map(|&number| ids[number as usize]).collect::<Vec<i32>>()),
            None => Cow::Borrowed(ids.as_slice()),
        };
        let ids: Vec<Cow<[i32]>> = kept.iter().map(own_ids).collect();
        let (mut work, mut rest) = (Vec::new(), rows);
        for (Segment { runs, .. }, ids) in kept.iter().zip(&ids) {
            let (own, others) = std::mem::take(&mut rest).split_at_mut(runs.ends.len() * padding.length);
            rest = others;
            let sizes = (0..runs.ends.len()).map(|text| runs.text(text).len() + padding.length);
            let ranges = even_ranges(sizes, self.threads);
            let parts = split_rows(own, padding.length, &ranges);
            work.extend(ranges.into_iter().zip(parts).map(|(range, rows)| (runs, ids, range, rows)));
        }
        let written =
            map_queued(work, self.threads, |(runs, ids, range, rows)| runs.padded(ids, range, unknown, padding, rows));
        Some(PaddedIds::join(written))
    }
}

impl Segment {
    /// Return its texts with global token numbers.
    fn renumbered(mut self) -> Runs {
        if let Some(numbers) = self.numbers {
            check(self.runs.tokens.len());
            for token in &mut self.runs.tokens {
                *token = token.renumbered(numbers[token.number() as usize]);
            }
        }
        self.runs
    }
}

impl Runs {
    /// The tokens of one text.
    pub fn text(&self, text: usize) -> &[Occurrence] {
        let start = if text == 0 { 0 } else { self.ends[text - 1] };
        &self.tokens[start..self.ends[text]]
    }

    /// Join all segments into one.
    pub fn joined(segments: Vec<Segment>, threads: usize) -> Self {
        let mut all = Self::default();
        let mut parts = map_queued(segments, threads, Segment::renumbered).into_iter();
        parts.by_ref().take(1).for_each(|part| all = part);
        let parts: Vec<Self> = parts.collect();
        all.tokens.reserve_exact(parts.iter().map(|part| part.tokens.len()).sum());
        parts.into_iter().for_each(|part| all.append(part));
        all
    }

    /// Write rows of ids for a range of texts; `ids` has one, or -1, for every number.
    fn padded(
        &self,
        ids: &[i32],
        texts: Range<usize>,
        unknown: Option<i32>,
        padding: Padding,
        rows: &mut [i32],
    ) -> PaddedIds {
        let mut found = PaddedIds { lengths: Vec::with_capacity(texts.len()), unknown: 0 };
        let mut scratch = Vec::new();
        for (position, text) in texts.enumerate() {
            let tokens = self.text(text);
            check(padding.length + tokens.len());
            scratch.clear();
            if let Some(unknown) = unknown {
                // Every token has an id, so only those that are kept are looked up.
                let missing = |token: &&Occurrence| ids[token.number() as usize] < 0;
                found.unknown += tokens.iter().filter(missing).count() as u64;
                let id = |token: &Occurrence| match ids[token.number() as usize] {
                    -1 => unknown,
                    id => id,
                };
                scratch.extend(padding.kept(tokens).iter().map(id));
                found.lengths.push(tokens.len() as i64);
            } else {
                for token in tokens {
                    let id = Some(ids[token.number() as usize]).filter(|&id| id >= 0);
                    push_id(&mut scratch, id, None, &mut found.unknown);
                }
                found.lengths.push(scratch.len() as i64);
            }
            padding.write(&scratch, &mut rows[position * padding.length..(position + 1) * padding.length]);
        }
        found
    }

    /// Append the texts of another batch.
    pub fn append(&mut self, other: Self) {
        if self.ends.is_empty() {
            *self = other;
            return;
        }
        let start = self.tokens.len();
        self.tokens.extend(other.tokens);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }
}

/// Add a token's id, or the unknown id, or nothing.
pub fn push_id(ids: &mut Vec<i32>, id: Option<i32>, unknown: Option<i32>, unknown_seen: &mut u64) {
    *unknown_seen += u64::from(id.is_none());
    ids.extend(id.or(unknown));
}

/// Count a batch into `table`; return its texts as segments if requested, and its number of tokens.
pub fn count_batch(
    splitter: &Splitter,
    texts: &[&str],
    threads: usize,
    keep: bool,
    table: &mut TokenTable,
) -> (Vec<Segment>, u64) {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let parts = map_each(ranges, |range| count_part(splitter, &texts[range], keep));
    let tokens = parts.iter().map(|part| part.tokens).sum();
    // Merged in the order of the texts, so that numbers are the same for any number of threads.
    let mut segments = Vec::with_capacity(parts.len());
    for Part { table: own, runs, .. } in parts {
        let numbers = if table.is_empty() {
            *table = own;
            None
        } else {
            Some(table.merge(&own))
        };
        segments.extend(keep.then_some(Segment { runs, numbers }));
    }
    (segments, tokens)
}

fn count_part(splitter: &Splitter, texts: &[&str], keep: bool) -> Part {
    let mut part = Part { table: TokenTable::default(), runs: Runs::default(), tokens: 0 };
    let (mut buffers, mut waiting) = (Buffers::default(), Waiting::default());
    if keep {
        // A word with a space has about six bytes.
        part.runs.tokens.reserve(texts.iter().map(|text| text.len()).sum::<usize>() / 6);
    }
    for (position, text) in texts.iter().enumerate() {
        let count = |part: &mut Part, waiting: &mut Waiting| {
            part.tokens += waiting.len() as u64;
            let tokens = &mut part.runs.tokens;
            part.table.count_waiting(waiting, position as u32, |token| tokens.extend(keep.then_some(token)));
        };
        splitter.split(text, &mut buffers, |piece| match piece {
            Piece::Token(token, ..) => {
                part.table.wait(token, &mut waiting);
                if waiting.len() >= COUNTED_TOGETHER {
                    count(&mut part, &mut waiting);
                }
            }
            Piece::End if waiting.is_empty() => end_unit(&mut part.runs),
            Piece::End => waiting.end_unit(),
        });
        count(&mut part, &mut waiting);
        end_unit(&mut part.runs);
        if keep {
            part.runs.ends.push(part.runs.tokens.len());
        }
    }
    part
}

/// Mark that n-grams end after the last token.
pub fn end_unit(runs: &mut Runs) {
    if let Some(token) = runs.tokens.last_mut() {
        *token = token.ending();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::prepare::Prepare;

    const TEXTS: [&str; 4] = ["The cat sat on the mat.", "", "The dog ate my homework.", "the cat"];

    #[test]
    fn texts_without_tokens_stay_texts() {
        let words = Splitter::words(Prepare::default(), false, true);
        let mut table = TokenTable::default();
        let (segments, tokens) = count_batch(&words, &["", "!", "a", "?"], 4, true, &mut table);
        assert_eq!((Runs::joined(segments, 2).ends, tokens), (vec![0, 0, 1, 1], 1));
    }

    #[test]
    fn counts_and_rows_are_the_same_at_any_number_of_threads() {
        let mut seen = Vec::new();
        for threads in 1..5 {
            let words = Splitter::words(Prepare { lowercase: true, ..Prepare::default() }, false, true);
            let mut tally = Tally::new(words, threads, true);
            tally.add(&TEXTS[..1]);
            tally.add(&TEXTS[1..]);
            let ranked = tally.table().by_count(2);
            let words: Vec<_> = ranked.iter().map(|&n| tally.table().token(n).to_vec()).collect();
            let mut rows = vec![0; 4 * 3];
            let padding = Padding { length: 3, pad_left: true, keep_last: true };
            let padded = tally.padded(&ranked[..2], 2, Some(1), padding, &mut rows).expect("kept");
            seen.push((words, rows, padded.lengths, padded.unknown));
        }
        assert_eq!(seen[0].1, [1, 2, 1, 0, 0, 0, 1, 1, 1, 0, 2, 3]);
        assert_eq!(seen[0].2, [6, 0, 5, 2]);
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
