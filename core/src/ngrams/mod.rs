//! N-grams: counting, finding and hashing them, and the rows of sparse matrices.

pub mod bags;
pub mod codes;
pub mod grams;
pub mod hashed;
pub mod matrix;
pub mod ranking;
pub mod state;
pub mod tree;
pub mod walk;
