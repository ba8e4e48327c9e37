//! N-grams as codes, and batches of texts as token numbers and codes.
//!
//! A batch is divided into ranges of texts. The n-grams of a range are sorted by part of the tree, in the order of the
//! texts within each part. So both a pass over a part and a pass over the texts access n-grams sequentially: a pass
//! over the texts reads 256 streams in parallel.

use crate::counting::occurrence::{Occurrence, MOST_NUMBERS};
use crate::counting::tally::Runs;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_queued};
use crate::ngrams::tree::{part_of, PARTS, PART_BITS};
use crate::text::pieces::Steps;
use std::ops::Range;

/// A token that is not in the tree.
pub const UNKNOWN: u32 = MOST_NUMBERS - 1;
/// Value of a missing code: no n-gram.
pub const NONE: u32 = u32::MAX;
/// Ranges of texts for each thread.
const RANGES: usize = 4;

/// A batch of texts as n-grams.
pub struct Coded {
    /// Token numbers, as in `Runs`, or `UNKNOWN`.
    pub runs: Runs,
    pub ranges: Vec<CodedRange>,
    /// Number of codes for every start of n-grams: one for 2 tokens, one for 3...
    pub width: usize,
    /// The salt of the n-grams to which the codes belong.
    pub salt: u64,
}

/// The codes of a range of texts.
pub struct CodedRange {
    pub texts: Range<usize>,
    /// Start of the n-grams of each part, and the end of the last.
    pub offsets: Vec<u32>,
    /// Numbers within the part, or `NONE`: `width` of them for every start of n-grams of two tokens.
    pub codes: Vec<u32>,
}

/// A start of n-grams of two tokens.
#[derive(Clone, Copy, Default)]
pub struct Start {
    pub at: u32,
    pub text: u32,
    pub token: u32,
    pub next: Occurrence,
}

/// Error: there are more n-grams than codes.
#[derive(Debug)]
pub struct TooMany;

impl Coded {
    /// A batch in which only single tokens are n-grams.
    pub fn of_tokens(runs: Runs, threads: usize) -> Self {
        let ranges = ranges(&runs, threads);
        let range = |texts| CodedRange { texts, offsets: vec![0; PARTS + 1], codes: Vec::new() };
        Self { ranges: ranges.into_iter().map(range).collect(), runs, width: 0, salt: 0 }
    }

    /// A batch without codes, and the starts of n-grams for each range, grouped by part.
    pub fn scattered(runs: Runs, width: usize, salt: u64, threads: usize) -> (Self, Vec<Vec<Start>>) {
        let ranges = ranges(&runs, threads);
        let scattered = map_queued(ranges, threads, |texts| {
            let (offsets, starts) = starts(&runs, texts.clone(), salt);
            let codes = vec![NONE; starts.len() * width];
            (CodedRange { texts, offsets, codes }, starts)
        });
        let (ranges, starts) = scattered.into_iter().unzip();
        (Self { runs, ranges, width, salt }, starts)
    }
}

/// Ranges of texts: several per thread, so that the rows of all are never in memory twice.
fn ranges(runs: &Runs, threads: usize) -> Vec<Range<usize>> {
    even_ranges((0..runs.ends.len()).map(|text| 16 * runs.text(text).len()), RANGES * threads)
}

/// Return the part of the n-grams that begin with two tokens, if any begin there.
#[inline(always)]
pub fn part_of_pair(salt: u64, token: Occurrence, next: Occurrence) -> Option<u32> {
    let begins = !token.ends_unit() && token.number() != UNKNOWN && next.number() != UNKNOWN;
    begins.then(|| part_of(salt, token.number(), next.number()))
}

fn starts(runs: &Runs, texts: Range<usize>, salt: u64) -> (Vec<u32>, Vec<Start>) {
    let mut offsets = vec![0; PARTS + 1];
    let mut steps = Steps::default();
    for (at, pair) in texts.clone().flat_map(|text| runs.text(text).windows(2)).enumerate() {
        steps.at(at);
        if let Some(part) = part_of_pair(salt, pair[0], pair[1]) {
            offsets[part as usize + 1] += 1;
        }
    }
    (0..PARTS).for_each(|part| offsets[part + 1] += offsets[part]);
    let mut starts = vec![Start::default(); offsets[PARTS] as usize];
    let mut places = offsets.clone();
    for text in texts {
        check(8 * runs.text(text).len());
        let begin = if text == 0 { 0 } else { runs.ends[text - 1] };
        let mut steps = Steps::default();
        for (at, pair) in (begin as u32..).zip(runs.text(text).windows(2)) {
            steps.at(at as usize - begin);
            if let Some(part) = part_of_pair(salt, pair[0], pair[1]) {
                let place = &mut places[part as usize];
                starts[*place as usize] = Start { at, text: text as u32, token: pair[0].number(), next: pair[1] };
                *place += 1;
            }
        }
    }
    (offsets, starts)
}

/// Return the code of a node of a part.
pub fn code(local: u32, part: u32) -> u32 {
    local << PART_BITS | part
}

/// Return the part of a code, and its number in the part.
pub fn place(code: u32) -> (usize, usize) {
    (code as usize % PARTS, (code >> PART_BITS) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_tells_its_part_and_its_place() {
        for (local, part) in [(0, 0), (0, 255), (1, 0), (12_345, 77), ((1 << 24) - 1, 254)] {
            assert_eq!(place(code(local, part)), (part as usize, local as usize));
        }
    }

    #[test]
    fn starts_are_sorted_by_part_and_keep_their_order() {
        let token = |number: u32| Occurrence::with_end(number, number % 5 == 0);
        let tokens: Vec<Occurrence> =
            (1..=50).map(token).chain([Occurrence::new(UNKNOWN), token(1), token(0)]).collect();
        let runs = Runs { tokens, ends: vec![0, 20, 20, 50, 53] };
        for threads in 1..5 {
            let runs = Runs { tokens: runs.tokens.clone(), ends: runs.ends.clone() };
            let (coded, starts) = Coded::scattered(runs, 2, 7, threads);
            let mut found = Vec::new();
            for (range, starts) in coded.ranges.iter().zip(&starts) {
                assert_eq!(range.codes, vec![NONE; 2 * starts.len()]);
                for part in 0..PARTS {
                    let own = &starts[range.offsets[part] as usize..range.offsets[part + 1] as usize];
                    assert!(own.iter().all(|start| part_of(7, start.token, start.next.number()) == part as u32));
                    assert!(own.is_sorted_by_key(|start| start.at));
                    found.extend(own.iter().map(|start| (start.at, start.text)));
                }
            }
            found.sort_unstable();
            let text = |at: u32| {
                if at < 20 {
                    1
                } else if at < 50 {
                    3
                } else {
                    4
                }
            };
            let expected = (0..50).filter(|at| (at + 1) % 5 != 0).chain([51]);
            assert_eq!(found, expected.map(|at| (at, text(at))).collect::<Vec<_>>());
        }
    }
}
