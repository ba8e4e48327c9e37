//! The work of the fuzz targets, so that the tests of the core can run it on the committed corpora.

mod checkpoint;
mod delimited;
mod fasttext;
mod feed;
mod json;
mod ngrams;
mod numbers;
mod pattern;
mod series;
mod similar;
mod text;
mod tokens;
mod vocabulary;
mod word2vec;

/// Name and function.
type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 14] = [
    ("checkpoint", checkpoint::run),
    ("delimited", delimited::run),
    ("fasttext", fasttext::run),
    ("feed", feed::run),
    ("json", json::run),
    ("ngrams", ngrams::run),
    ("numbers", numbers::run),
    ("pattern", pattern::run),
    ("series", series::run),
    ("similar", similar::run),
    ("text", text::run),
    ("tokens", tokens::run),
    ("vocabulary", vocabulary::run),
    ("word2vec", word2vec::run),
];
