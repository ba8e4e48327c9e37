//! What the training of networks needs of the core.

pub mod batches;
