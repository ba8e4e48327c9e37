//! Limits of 32-bit sizes: work that exceeds one unwinds with the rule and the cure.

use std::panic::resume_unwind;

pub const TEXT_BYTES: &str = "a text must have fewer than 2**32 bytes; split it into several texts";
pub const TEXTS: &str = "the number of texts must be below 2**32; use a part of them";

/// A limit that was exceeded.
#[derive(Debug, PartialEq, Eq)]
pub struct Exceeded(pub &'static str);

/// End the work of the calling thread.
#[cold]
pub fn exceeded(rule: &'static str) -> ! {
    resume_unwind(Box::new(Exceeded(rule)))
}

/// End the work unless a size is below a limit.
#[inline]
pub fn below(size: usize, most: usize, rule: &'static str) {
    if size >= most {
        exceeded(rule);
    }
}

/// End the work unless a size fits in 32 bits.
#[inline]
pub fn below_32_bits(size: usize, rule: &'static str) {
    if u32::try_from(size).is_err() {
        exceeded(rule);
    }
}
