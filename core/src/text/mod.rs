//! Texts: reading files, detecting scripts and duplicates, preprocessing, tokenizing.

pub mod characters;
pub mod clusters;
pub mod coverage;
pub mod damage;
pub mod duplicates;
pub mod emoji;
pub mod eojeol;
pub mod facts;
pub mod files;
pub mod hangul;
pub mod lowercase;
pub mod markup;
pub mod pieces;
pub mod prepare;
pub mod profile;
pub mod replace;
pub mod scripts;
pub mod splitter;
pub mod token;
pub mod utf16;
pub mod word_break;
