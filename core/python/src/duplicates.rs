//! The binding of near duplicates.

use crate::conversions::little_endian;
use crate::texts::Texts;
use malmoi_core::duplicates::similar::{similar_texts as similar, Settings, NONE};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

type Bytes<'py> = Bound<'py, PyByteArray>;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(similar_texts, module)?)
}

/// Int64 of numbers of texts; -1 for none.
fn places<'py>(py: Python<'py>, texts: &[u32]) -> PyResult<Bytes<'py>> {
    let place = |&text: &u32| if text == NONE { -1 } else { i64::from(text) };
    little_endian(py, texts.iter().map(|text| place(text).to_le_bytes()))
}

#[pyfunction]
#[pyo3(signature = (texts, *, threshold, first, threads))]
fn similar_texts<'py>(
    py: Python<'py>,
    texts: Texts<'py>,
    threshold: f64,
    first: usize,
    threads: usize,
) -> PyResult<[Bytes<'py>; 4]> {
    let texts = texts.utf8()?;
    if texts.len() >= NONE as usize {
        return Err(PyValueError::new_err(format!("texts must be below {NONE}, got {}", texts.len())));
    }
    let mut interrupted = None;
    let found = py.detach(|| {
        similar(&texts, Settings { threshold, first, threads }, &mut || {
            let heard = Python::attach(|py| py.check_signals());
            heard.map_err(|error| interrupted = Some(error)).is_ok()
        })
    });
    if let Some(error) = interrupted {
        return Err(error);
    }
    let found = found.ok_or_else(|| PyRuntimeError::new_err("the search was stopped"))?;
    let similarities = little_endian(py, found.similarities.into_iter().map(f32::to_le_bytes))?;
    Ok([places(py, &found.equal)?, places(py, &found.groups)?, places(py, &found.earlier)?, similarities])
}
