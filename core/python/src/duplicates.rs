//! The binding of near duplicates.

use crate::arrays::Array1;
use crate::interrupts::interruptible;
use crate::texts::Texts;
use malmoi_core::duplicates::similar::{similar_texts as similar, Settings, NONE};
use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Indices of texts, and similarities.
type Found<'py> = (Array1<'py, i64>, Array1<'py, i64>, Array1<'py, i64>, Array1<'py, f32>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(similar_texts, module)?)
}

/// Int64 text indices; -1 for none.
fn places<'py>(py: Python<'py>, texts: &[u32]) -> Array1<'py, i64> {
    PyArray1::from_iter(py, texts.iter().map(|&text| if text == NONE { -1 } else { i64::from(text) }))
}

#[pyfunction]
#[pyo3(signature = (texts, *, threshold, first, threads))]
fn similar_texts<'py>(
    py: Python<'py>,
    texts: Texts,
    threshold: f64,
    first: usize,
    threads: usize,
) -> PyResult<Found<'py>> {
    let texts = texts.utf8()?;
    if texts.len() >= NONE as usize {
        return Err(PyValueError::new_err(format!("texts must have fewer than {NONE} items, got {}", texts.len())));
    }
    let found = interruptible(py, || similar(&texts, Settings { threshold, first, threads }))?;
    let similarities = found.similarities.into_pyarray(py);
    Ok((places(py, &found.equal), places(py, &found.groups), places(py, &found.earlier), similarities))
}
