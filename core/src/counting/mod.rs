//! Tokens: counting them, and turning texts into rows of ids.

pub mod class_counts;
pub mod evidence;
pub mod index;
pub mod occurrence;
pub mod padding;
pub mod slots;
pub mod table;
pub mod tally;
