//! The binding: takes Python's values, frees the interpreter while the core works, hands back bytes. No algorithm.

mod arguments;
mod bags;
mod binary;
mod checks;
mod conversions;
mod dense;
mod documents;
mod duplicates;
mod files;
mod glove;
mod linear;
mod series;
mod stored;
mod tables;
mod tokens;
mod vectors;

use crate::neural::batches;
use crate::text::duplicates::first_equals as equal_texts;
use crate::text::scripts::count_letters;
use crate::text::word_break;
use conversions::{as_utf8, little_endian, numbers};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyString};

#[pyfunction]
fn first_equals(py: Python<'_>, texts: Vec<Bound<'_, PyString>>, threads: usize) -> PyResult<Vec<usize>> {
    let texts = as_utf8(&texts)?;
    Ok(py.detach(|| equal_texts(&texts, threads)))
}

#[pyfunction]
fn first_surrogate(texts: Vec<Bound<'_, PyString>>) -> Option<usize> {
    texts.iter().position(|text| text.to_str().is_err())
}

#[pyfunction]
fn letters(py: Python<'_>, texts: Vec<Bound<'_, PyString>>, threads: usize) -> PyResult<(u64, u64, u64, u64)> {
    let texts = as_utf8(&texts)?;
    let letters = py.detach(|| count_letters(&texts, threads));
    Ok((letters.hangul, letters.ideographs, letters.unspaced, letters.spaced))
}

#[pyfunction]
fn word_segments(text: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    word_break::segments(text, |segment| segments.push(&text[segment.start..segment.end]));
    segments
}

/// Rows of ids, of which training takes batches.
#[pyclass(frozen)]
struct IdRows {
    ids: Vec<i32>,
    length: usize,
    rows: usize,
}

#[pymethods]
impl IdRows {
    #[new]
    fn new(ids: &[u8], length: usize, rows: usize) -> IdRows {
        IdRows { ids: numbers(ids, i32::from_le_bytes), length, rows }
    }

    /// Distinct ids int32 of every batch, one after the other; int32 (batches,) how many; int32 the place of each id.
    fn batches<'py>(
        &self,
        py: Python<'py>,
        order: &[u8],
        size: usize,
        threads: usize,
    ) -> PyResult<[Bound<'py, PyByteArray>; 3]> {
        let order = numbers(order, i32::from_le_bytes);
        let found = py.detach(|| batches::batch_ids(&self.ids, self.length, self.rows, &order, size, threads));
        let found = found.ok_or_else(|| PyValueError::new_err("ids and rows must be in their range"))?;
        let bytes = |values: Vec<i32>| little_endian(py, values.into_iter().map(i32::to_le_bytes));
        Ok([bytes(found.ids)?, bytes(found.counts)?, bytes(found.places)?])
    }
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    tokens::add_to(module)?;
    bags::add_to(module)?;
    dense::add_to(module)?;
    documents::add_to(module)?;
    duplicates::add_to(module)?;
    glove::add_to(module)?;
    linear::add_to(module)?;
    series::add_to(module)?;
    stored::add_to(module)?;
    tables::add_to(module)?;
    vectors::add_to(module)?;
    binary::add_to(module)?;
    checks::add_to(module)?;
    module.add_class::<IdRows>()?;
    module.add_function(wrap_pyfunction!(first_equals, module)?)?;
    module.add_function(wrap_pyfunction!(first_surrogate, module)?)?;
    module.add_function(wrap_pyfunction!(letters, module)?)?;
    module.add_function(wrap_pyfunction!(word_segments, module)?)
}
