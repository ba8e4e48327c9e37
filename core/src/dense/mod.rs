//! Linear models on dense rows with more columns than one needs: products of rows, losses, quasi-Newton steps.

pub mod jobs;
pub mod losses;
pub mod minimizer;
pub mod rows;
