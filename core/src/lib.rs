//! The compiled core of malmoi: every pass over the bytes of texts and of word vectors.
//!
//! `python` is the binding and holds no algorithm; every other file is one algorithm and knows no Python.
#![deny(unsafe_code)]

pub mod bags;
pub mod batches;
pub mod binary;
pub mod blocks;
pub mod characters;
pub mod checkpoint;
pub mod codes;
pub mod cooccurrence;
pub mod counting;
pub mod duplicates;
pub mod embedding;
pub mod factorization;
pub mod fasttext;
pub mod files;
pub mod foundation;
pub mod grams;
pub mod hashed;
pub mod index;
pub mod lookup;
pub mod numbers;
pub mod padding;
pub mod prepare;
pub mod scripts;
pub mod spill;
pub mod splitter;
pub mod subwords;
pub mod table;
pub mod tally;
pub mod tiles;
pub mod tree;
pub mod vectors;
pub mod walk;
pub mod word2vec;
pub mod word_break;

#[cfg(feature = "python")]
mod python;
