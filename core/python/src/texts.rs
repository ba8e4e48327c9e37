//! Texts that come from Python.

use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::Borrowed;

/// Texts of a list.
pub struct Texts<'py>(Vec<Bound<'py, PyString>>);

impl<'py> FromPyObject<'_, 'py> for Texts<'py> {
    type Error = PyErr;

    fn extract(values: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        values.extract().map(Self)
    }
}

impl Texts<'_> {
    /// The UTF-8 of every text, which lives as long as they do.
    pub fn utf8(&self) -> PyResult<Vec<&str>> {
        self.0.iter().map(|text| text.to_str()).collect()
    }

    /// The first text that holds half a character.
    pub fn first_surrogate(&self) -> Option<usize> {
        self.0.iter().position(|text| text.to_str().is_err())
    }
}
