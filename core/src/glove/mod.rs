//! GloVe: counting which words stand near each other, and factorizing the counts into vectors.

pub mod checkpoint;
pub mod cooccurrence;
pub mod factorization;
pub mod pairs;
pub mod spill;
pub mod tiles;
