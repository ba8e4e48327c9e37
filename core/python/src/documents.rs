//! The binding of document vectors.

use crate::arguments::{check, check_columns, check_room};
use crate::arrays::{shaped, Array1, Array2, Input};
use crate::interrupts::interruptible;
use crate::linear::{scaling, BagRows};
use malmoi_core::documents::components::{self, components};
use malmoi_core::documents::pairs::Pairs;
use malmoi_core::documents::sums::sums;
use malmoi_core::documents::training::{self, ngram_vectors, width_of};
use numpy::ndarray::Ix2;
use numpy::IntoPyArray;
use pyo3::prelude::*;
use std::ops::RangeInclusive;

const DIMENSIONS: RangeInclusive<usize> = 1..=4096;
const MOST_NEGATIVES: usize = 1 << 16;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(row_sums, module)?)?;
    module.add_function(wrap_pyfunction!(row_components, module)?)?;
    module.add_function(wrap_pyfunction!(document_vectors, module)?)
}

/// Progress callback of Python; an exception in it, or an interrupt, ends the work.
struct ProgressCallback {
    progress: Py<PyAny>,
    failed: Option<PyErr>,
}

impl ProgressCallback {
    fn report(&mut self, done: usize, total: usize) -> bool {
        let reported = Python::attach(|py| {
            py.check_signals()?;
            self.progress.call1(py, (done, total)).map(drop)
        });
        reported.map_err(|error| self.failed = Some(error)).is_ok()
    }

    fn result<Value>(self, found: Option<Value>) -> PyResult<Value> {
        match (found, self.failed) {
            (Some(found), None) => Ok(found),
            (_, error) => Err(error.unwrap_or_else(|| pyo3::exceptions::PyKeyboardInterrupt::new_err(()))),
        }
    }
}

/// Sums float32 (rows, width) of the rows of a table float32 (columns, width), for rows of unit length.
#[pyfunction]
#[pyo3(signature = (rows, table, *, factors, threads))]
fn row_sums<'py>(
    py: Python<'py>,
    rows: &BagRows,
    table: Input<'py, f32, Ix2>,
    factors: Option<Input<'py, f32>>,
    threads: usize,
) -> PyResult<Array2<'py, f32>> {
    let (columns, width, factors) = (table.shape()[0], table.shape()[1], factors.as_deref());
    check(width > 0, || "table must have 1 column or more, got 0".to_owned())?;
    let rows = rows.borrowed(py)?;
    let rows = rows.rows();
    check_columns(py, &rows, columns, factors)?;
    check_room::<f32>(&[rows.len(), width])?;
    let table = &*table;
    let found = interruptible(py, || sums(&rows, scaling(&rows, factors), table, width, threads))?;
    shaped(py, found, [rows.len(), width])
}

/// Principal components float32 (columns, rank), and singular values float32 (rank,).
#[pyfunction]
#[pyo3(signature = (rows, progress, *, columns, rank, passes, factors, seed, threads))]
#[allow(clippy::too_many_arguments)] // keywords in Python
fn row_components<'py>(
    py: Python<'py>,
    rows: &BagRows,
    progress: Py<PyAny>,
    columns: usize,
    rank: usize,
    passes: usize,
    factors: Option<Input<'py, f32>>,
    seed: u64,
    threads: usize,
) -> PyResult<(Array2<'py, f32>, Array1<'py, f32>)> {
    let factors = factors.as_deref();
    let rows = rows.borrowed(py)?;
    let rows = rows.rows();
    check_columns(py, &rows, columns, factors)?;
    let most = columns.min(rows.len()).max(1);
    check((1..=most).contains(&rank), || format!("rank must be from 1 to {most}, got {rank}"))?;
    check(passes > 0, || format!("passes must be 1 or more, got {passes}"))?;
    check_room::<f64>(&[columns.max(rows.len()), rank])?;
    let mut callback = ProgressCallback { progress, failed: None };
    let settings = components::Settings { columns, rank, passes, seed, threads };
    let found = interruptible(py, || {
        let scaling = scaling(&rows, factors);
        components(&rows, scaling, settings, &mut |done, total| callback.report(done, total))
    })?;
    let (table, singular) = callback.result(found)?;
    Ok((shaped(py, table, [columns, rank])?, singular.into_pyarray(py)))
}

/// Vectors float32 (columns, width) of n-grams by training document vectors; zeros if `wanted` is 0.
#[pyfunction]
#[pyo3(signature = (rows, progress, *, wanted, dimension, epochs, negatives, learning_rate, sharpness, seed, threads))]
#[allow(clippy::too_many_arguments)] // keywords in Python
fn document_vectors<'py>(
    py: Python<'py>,
    rows: &BagRows,
    progress: Py<PyAny>,
    wanted: Input<'py, u8>,
    dimension: usize,
    epochs: usize,
    negatives: usize,
    learning_rate: f32,
    sharpness: f32,
    seed: u64,
    threads: usize,
) -> PyResult<Array2<'py, f32>> {
    let wanted: Vec<bool> = wanted.iter().map(|&byte| byte != 0).collect();
    let rows = rows.borrowed(py)?;
    let rows = rows.rows();
    check_columns(py, &rows, wanted.len(), None)?;
    check(DIMENSIONS.contains(&dimension), || format!("dimension must be from 1 to 4096, got {dimension}"))?;
    check(epochs > 0, || format!("epochs must be 1 or more, got {epochs}"))?;
    check(negatives <= MOST_NEGATIVES, || format!("negatives must be at most {MOST_NEGATIVES}, got {negatives}"))?;
    check_room::<f32>(&[wanted.len(), width_of(dimension)])?;
    let mut callback = ProgressCallback { progress, failed: None };
    let settings = training::Settings { dimension, epochs, negatives, learning_rate, sharpness, seed, threads };
    let found = interruptible(py, || {
        let pairs = Pairs::new(&rows, &wanted, width_of(dimension) * size_of::<f32>(), seed);
        ngram_vectors(&pairs, &wanted, settings, &mut |done, total| callback.report(done, total))
    })?;
    shaped(py, callback.result(found)?, [wanted.len(), width_of(dimension)])
}
