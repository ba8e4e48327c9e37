//! Texts: reading files, telling scripts and duplicates, preparing, cutting into tokens.

pub mod characters;
pub mod coverage;
pub mod duplicates;
pub mod emoji;
pub mod eojeol;
pub mod files;
pub mod prepare;
pub mod scripts;
pub mod splitter;
pub mod word_break;
