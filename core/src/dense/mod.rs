//! Linear models on dense rows with redundant columns: Gram matrices, losses, quasi-Newton steps.

pub mod jobs;
pub mod losses;
pub mod minimizer;
pub mod rows;
