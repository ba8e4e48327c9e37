//! The foundation: threads, random numbers, sorting, hashing, files and their compression.

pub mod compression;
pub mod hashing;
pub mod parallel;
pub mod positions;
pub mod random;
pub mod sorting;
