//! Dense vectors of texts from their n-grams, without labels: sums of vectors, document vectors, principal components.

pub mod components;
pub mod dense;
pub mod pairs;
pub mod sums;
pub mod training;
