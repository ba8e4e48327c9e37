//! The compiled core of malmoi: every pass over the bytes of texts and of word vectors.
//!
//! `python` is the binding and holds no algorithm; every other file is one algorithm and knows no Python.
#![deny(unsafe_code)]

pub mod counting;
pub mod foundation;
pub mod glove;
pub mod neural;
pub mod ngrams;
pub mod text;
pub mod vectors;

#[cfg(feature = "python")]
mod python;
