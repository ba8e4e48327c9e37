//! GloVe: counting co-occurrences, and factorizing the counts into vectors.

pub mod checkpoint;
pub mod cooccurrence;
pub mod factorization;
pub mod pairs;
pub mod spill;
pub mod tiles;
