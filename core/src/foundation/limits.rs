//! Sizes that numbers of 32 bits cannot tell: work that comes upon one unwinds, with the rule and what to do.

use std::panic::resume_unwind;

pub const TEXT_BYTES: &str = "a text must have fewer than 2**32 bytes; cut it into several texts";
pub const TEXTS: &str = "there must be fewer than 2**32 texts; learn from a part of them";

/// A rule that does not hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Exceeded(pub &'static str);

/// End the work that the calling thread takes part in.
#[cold]
pub fn exceeded(rule: &'static str) -> ! {
    resume_unwind(Box::new(Exceeded(rule)))
}

/// End the work unless a size is below the most.
#[inline]
pub fn below(size: usize, most: usize, rule: &'static str) {
    if size >= most {
        exceeded(rule);
    }
}

/// End the work unless a size has 32 bits.
#[inline]
pub fn below_32_bits(size: usize, rule: &'static str) {
    if u32::try_from(size).is_err() {
        exceeded(rule);
    }
}
