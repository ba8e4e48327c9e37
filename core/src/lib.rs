//! The compiled core of malmoi: every pass over the bytes of texts and of word vectors.
//!
//! Each file is one algorithm with its tests below it. A folder imports only folders that precede it in this
//! list, and no two modules import each other, directly or indirectly:
//!
//! - `foundation`: threads, random numbers, sorting, hashing, files;
//! - `text`: reading files, detecting scripts and duplicates, preprocessing texts, tokenizing them;
//! - `duplicates`: near duplicates among texts;
//! - `counting`: counting tokens, encoding texts as rows of ids;
//! - `ngrams`: counting, finding and hashing n-grams, the rows of sparse matrices;
//! - `linear`: linear models on bags of n-grams: counting hashes, rows, solving, scoring;
//! - `dense`: linear models on dense rows;
//! - `documents`: document vectors from vectors of n-grams, learned without labels;
//! - `vectors`: reading files of word vectors, averaging word vectors over texts;
//! - `fasttext`: classifiers with averaged embeddings: features, training, quantisation, files;
//! - `glove`: counting co-occurrences of words, factorizing the counts into vectors;
//! - `series`: features of numeric series by fixed convolutions;
//! - `neural`: networks: the distinct ids of batches, for their training, and the forward pass of predictions;
//! - `tables`: rows of delimited text and of JSON, from blocks of bytes.
//!
//! This crate does not depend on Python; the binding is the crate `malmoi-python` in `../python`.
#![forbid(unsafe_code)]

pub mod counting;
pub mod dense;
pub mod documents;
pub mod duplicates;
pub mod fasttext;
pub mod foundation;
pub mod glove;
pub mod linear;
pub mod neural;
pub mod ngrams;
pub mod series;
pub mod tables;
pub mod text;
pub mod vectors;
