//! Tokens: counting them, and turning texts into rows of ids.

pub mod index;
pub mod padding;
pub mod table;
pub mod tally;
