//! Networks: the batches of their training, and the forward pass of predictions.

pub mod batches;
pub mod cells;
pub mod forward;
pub mod functions;
pub mod products;
pub mod sequences;
