//! Linear models on bags of n-grams: features, rows, solvers, scores.

pub mod counter;
pub mod features;
pub mod jobs;
pub mod ratios;
pub mod refinement;
pub mod rows;
pub mod solver;
pub mod vocabulary;
pub mod weights;
