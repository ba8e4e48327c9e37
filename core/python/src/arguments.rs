//! Validation of arguments, so that no Python value makes the core panic.

use crate::interrupts::interruptible;
use malmoi_core::linear::jobs::Job;
use malmoi_core::linear::rows::Rows;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;

/// Raise a `ValueError` with the rule unless it is met.
pub fn check(holds: bool, rule: impl Fn() -> String) -> PyResult<()> {
    if holds {
        Ok(())
    } else {
        Err(PyValueError::new_err(rule()))
    }
}

/// Raise a `MemoryError` if there is not enough memory for an array of this shape.
pub fn check_room<Item>(sides: &[usize]) -> PyResult<()> {
    // An empty axis does not bound the others: rows have a width even if there are no rows.
    let count = sides.iter().try_fold(1usize, |product, &side| product.checked_mul(side.max(1)));
    let fits = |count: usize| Vec::<Item>::new().try_reserve_exact(count).is_ok();
    if count.is_some_and(fits) {
        return Ok(());
    }
    let sides: Vec<String> = sides.iter().map(usize::to_string).collect();
    Err(PyMemoryError::new_err(format!("an array of {} numbers does not fit into memory", sides.join(" x "))))
}

/// Check that every column of the rows is below `columns`, and that there is one factor per column.
pub fn check_columns(py: Python<'_>, rows: &Rows<'_>, columns: usize, factors: Option<&[f32]>) -> PyResult<()> {
    let least = interruptible(py, || rows.width())?;
    check(columns >= least, || format!("columns must be at least {least}, the number in the rows, got {columns}"))?;
    let factors = factors.map_or(columns, <[f32]>::len);
    check(factors == columns, || format!("factors must have {columns} items, one per column, got {factors}"))?;
    check_room::<f32>(&[columns])
}

/// Check that every job has targets and weights for existing rows.
pub fn check_jobs(jobs: &[&Job], rows: usize) -> PyResult<()> {
    let is_whole = |job: &&Job| {
        let chosen = job.chosen.len();
        chosen > 0
            && job.weights.len() == chosen
            && job.targets.len() % chosen == 0
            && !job.targets.is_empty()
            && job.chosen.iter().chain(&job.held_out).all(|&row| (row as usize) < rows)
    };
    check(jobs.iter().all(is_whole), || "a job must have targets and weights for existing rows".to_owned())
}
