//! The foundation: threads, random numbers, sorting, hashing, files and their compression.

pub mod compression;
pub mod hashing;
pub mod interrupts;
pub mod limits;
pub mod lockstep;
pub mod pace;
pub mod parallel;
pub mod pool;
pub mod positions;
pub mod random;
pub mod sorting;
