//! Near duplicates among texts: features, sketches, candidates from equal bands of sketches, exact comparison.

pub mod bands;
pub mod features;
pub mod frequent;
pub mod groups;
pub mod shards;
pub mod similar;
pub mod sketches;
