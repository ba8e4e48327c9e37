//! Reading tables of text, a block of bytes at a time: delimited rows, and rows of JSON.

pub mod ahead;
pub mod delimited;
pub mod feed;
pub mod json;
pub mod rows;
