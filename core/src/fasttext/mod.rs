//! fastText's classifier: averaged embeddings of words, word n-grams and character n-grams.
//!
//! Source: Joulin, Grave, Bojanowski and Mikolov 2017, "Bag of tricks for efficient text classification".

pub mod dictionary;
pub mod documents;
pub mod files;
pub mod head;
pub mod kept;
pub mod lanes;
pub mod model;
pub mod outputs;
pub mod partitions;
pub mod quantisation;
pub mod tables;
pub mod tokens;
pub mod training;
pub mod vocabulary;
