//! The binding of vectors files and text files.

use super::{as_utf8, little_endian, raise};
use crate::files::{read_all, ReadError};
use crate::table::TokenTable;
use crate::vectors::{scan, Request, Scan, ScanError};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyString};
use std::fs::File;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<VectorScan>()?;
    module.add_function(wrap_pyfunction!(scan_vectors, module)?)?;
    module.add_function(wrap_pyfunction!(read_text_files, module)?)
}

#[pyclass(frozen)]
struct VectorScan(Scan);

#[pymethods]
impl VectorScan {
    #[getter]
    fn lines(&self) -> u64 {
        self.0.lines
    }

    #[getter]
    fn repeated(&self) -> u64 {
        self.0.repeated
    }

    #[getter]
    fn matrix<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        little_endian(py, self.0.matrix.iter().map(|value| value.to_le_bytes()))
    }

    #[getter]
    fn found<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        PyByteArray::new(py, &self.0.found)
    }
}

#[pyfunction]
#[pyo3(signature = (path, words, dimension, start, threads, progress))]
fn scan_vectors(
    py: Python<'_>,
    path: &str,
    words: Vec<Bound<'_, PyString>>,
    dimension: usize,
    start: u64,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<VectorScan> {
    let mut table = TokenTable::default();
    for (position, word) in as_utf8(&words)?.into_iter().enumerate() {
        if table.insert(word.as_bytes()) as usize != position {
            return Err(PyValueError::new_err(format!(
                "words must be distinct, got {word:?} again at position {position}"
            )));
        }
    }
    let file = File::open(path)?;
    let end = file.metadata()?.len();
    let request = Request { words: &table, dimension, start: start.min(end), end, threads };
    let mut interrupted = None;
    let outcome = py.detach(|| {
        scan(&file, &request, |bytes| {
            let heard = Python::attach(|py| {
                py.check_signals()?;
                progress.as_ref().map_or(Ok(()), |progress| progress.call1(py, (bytes, end - request.start)).map(drop))
            });
            heard.map_err(|error| interrupted = Some(error)).is_ok()
        })
    });
    match (interrupted, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(Some(scan))) => Ok(VectorScan(scan)),
        (None, Ok(None)) => Err(PyRuntimeError::new_err("the scan was stopped")),
        (None, Err(ScanError::Io(error))) => Err(error.into()),
        (None, Err(ScanError::Line(line, message))) => {
            let line = line + u64::from(start > 0);
            Err(raise(py, "FormatError", format!("{path}:{line}: {message}")))
        }
    }
}

#[pyfunction]
fn read_text_files(py: Python<'_>, paths: Vec<String>, threads: usize) -> PyResult<Vec<String>> {
    py.detach(|| read_all(&paths, threads)).map_err(|(position, error)| match error {
        ReadError::Io(error) => PyOSError::new_err((error.raw_os_error(), error.to_string(), paths[position].clone())),
        ReadError::NotUtf8 { offset, byte } => {
            let rule = format!("{}: byte {offset} (0x{byte:02x}) is not UTF-8", paths[position]);
            let cure = "give the file's encoding (encoding=..., on the command line --encoding)";
            raise(py, "DataError", format!("{rule}; {cure}"))
        }
    })
}
