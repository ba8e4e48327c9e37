//! The compiled core of malmoi: every pass over the bytes of texts and of word vectors.
//!
//! `python` is the binding and holds no algorithm; every other file is one algorithm and knows no Python.
#![deny(unsafe_code)]

pub mod bags;
pub mod batches;
pub mod binary;
pub mod blocks;
pub mod codes;
pub mod counting;
pub mod embedding;
pub mod fasttext;
pub mod foundation;
pub mod glove;
pub mod grams;
pub mod hashed;
pub mod lookup;
pub mod numbers;
pub mod subwords;
pub mod text;
pub mod tree;
pub mod vectors;
pub mod walk;
pub mod word2vec;

#[cfg(feature = "python")]
mod python;
