//! The compiled core of malmoi: every pass over the bytes of texts and of word vectors.
//!
//! `python` is the binding and holds no algorithm; every other file is one algorithm and knows no Python.
#![deny(unsafe_code)]

pub mod batches;
pub mod binary;
pub mod blocks;
pub mod counting;
pub mod embedding;
pub mod fasttext;
pub mod foundation;
pub mod glove;
pub mod lookup;
pub mod ngrams;
pub mod numbers;
pub mod subwords;
pub mod text;
pub mod vectors;
pub mod word2vec;

#[cfg(feature = "python")]
mod python;
