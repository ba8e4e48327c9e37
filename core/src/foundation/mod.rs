//! The foundation: threads, random numbers and sorting.

pub mod parallel;
pub mod random;
pub mod sorting;
