//! Reading tables of text in blocks of bytes: delimited rows, and rows of JSON.

pub mod ahead;
pub mod delimited;
pub mod feed;
pub mod json;
pub mod rows;
