//! N-grams as codes, and batches of texts as tokens' numbers and codes.

use crate::counting::occurrence::MOST_NUMBERS;
use crate::counting::tally::Runs;
use crate::ngrams::tree::{PARTS, PART_BITS};
use std::sync::atomic::AtomicU32;

/// A token that the tree does not have.
pub const UNKNOWN: u32 = MOST_NUMBERS - 1;
/// In place of a code: no n-gram.
pub const NONE: u32 = u32::MAX;

/// A batch of texts as n-grams.
pub struct Coded {
    /// Numbers of the tokens, as in `Runs`, or `UNKNOWN`.
    pub runs: Runs,
    /// For every token the codes of the n-grams that begin there, of 2 tokens, of 3...; or `NONE`.
    pub codes: Vec<AtomicU32>,
    pub width: usize,
}

/// There are more n-grams than codes.
#[derive(Debug)]
pub struct TooMany;

/// A node of a part, among all.
pub fn code(local: u32, part: u32) -> u32 {
    local << PART_BITS | part
}

/// Part and place in the part of a code.
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
}
