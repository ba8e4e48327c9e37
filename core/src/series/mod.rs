//! Features of numeric series: shares of the steps at which fixed convolutions exceed learned biases.

pub mod convolution;
pub mod features;
pub mod plan;
