//! Word vectors: reading files of them, and averaging them over texts.

pub mod binary;
pub mod blocks;
pub mod embedding;
pub mod fasttext;
pub mod fasttext_parts;
pub mod lookup;
pub mod numbers;
pub mod rows;
pub mod stored;
pub mod stored_words;
pub mod subwords;
pub mod word2vec;
