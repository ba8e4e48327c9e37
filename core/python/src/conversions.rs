//! Conversions between Python's values and the core's: texts, ids, exceptions.

use crate::arrays::{written, Array2};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// An exception of `malmoi.errors`.
pub fn raise(py: Python<'_>, name: &str, message: String) -> PyErr {
    match py.import("malmoi.errors").and_then(|errors| errors.getattr(name)?.call1((message,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A token as Python's str.
pub fn lossy(token: &[u8]) -> String {
    String::from_utf8_lossy(token).into_owned()
}

/// Zeros for `samples` rows of `length` ids, written in place by `write`, and its result; if memory is insufficient,
/// the error states how much is needed.
pub fn id_rows<'py, Found: Send>(
    py: Python<'py>,
    samples: usize,
    length: usize,
    write: impl FnOnce(&mut [i32]) -> Found + Send,
) -> PyResult<(Array2<'py, i32>, Found)> {
    let too_large = || {
        let bytes = samples as u128 * length as u128 * 4;
        PyMemoryError::new_err(format!("{samples} rows of {length} ids need {bytes} bytes; lower max_length"))
    };
    let size = samples.max(1).checked_mul(length).and_then(|ids| ids.checked_mul(4));
    size.filter(|&size| size < isize::MAX as usize).ok_or_else(too_large)?;
    written(py, [samples, length], write).map_err(|error| {
        if error.is_instance_of::<PyMemoryError>(py) {
            too_large()
        } else {
            error
        }
    })
}
