//! The binding: takes Python's values, frees the interpreter while the core works, hands back bytes. No algorithm.

use crate::duplicates;
use crate::files::{read_all, ReadError};
use crate::index::Index;
use crate::padding::{PaddedIds, Padding};
use crate::splitter::{KerasRule, Splitter as Rule};
use crate::table::TokenTable;
use crate::tally::Tally;
use crate::vectors::{scan, Request, Scan, ScanError};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyString};
use std::fs::File;

/// Name, counts of the tokens, counts of the texts that hold them.
type Counts = (Vec<String>, Vec<u64>, Vec<u64>);
type Padded<'py> = (Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, u64);

/// An exception of `malmoi.errors`.
fn raise(py: Python<'_>, name: &str, message: String) -> PyErr {
    match py.import("malmoi.errors").and_then(|errors| errors.getattr(name)?.call1((message,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// The UTF-8 of every text; the strings stay alive as long as `texts` does.
fn as_utf8<'a>(texts: &'a [Bound<'_, PyString>]) -> PyResult<Vec<&'a str>> {
    texts.iter().map(|text| text.to_str()).collect()
}

fn little_endian<'py, const N: usize>(
    py: Python<'py>,
    values: impl ExactSizeIterator<Item = [u8; N]>,
) -> PyResult<Bound<'py, PyByteArray>> {
    PyByteArray::new_with(py, values.len() * N, |bytes| {
        bytes.chunks_exact_mut(N).zip(values).for_each(|(target, value)| target.copy_from_slice(&value));
        Ok(())
    })
}

/// Zeros for `samples` rows of ids, written in place by `write`, and what it counted.
fn padded_bytes<'py>(
    py: Python<'py>,
    samples: usize,
    length: usize,
    write: impl FnOnce(&mut [i32]) -> Option<PaddedIds> + Send,
) -> PyResult<Padded<'py>> {
    let size =
        samples.checked_mul(length).and_then(|ids| ids.checked_mul(4)).filter(|&size| size < isize::MAX as usize);
    let size = size.ok_or_else(|| PyValueError::new_err(format!("{samples} x {length} ids do not fit in memory")))?;
    let mut padded = None;
    let ids = PyByteArray::new_with(py, size, |bytes| {
        let rows = bytemuck::try_cast_slice_mut(bytes).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        padded = py.detach(|| write(rows));
        Ok(())
    })?;
    let padded = padded.ok_or_else(|| PyRuntimeError::new_err("this tally keeps no texts; make it with keep=True"))?;
    let lengths = little_endian(py, padded.lengths.into_iter().map(i64::to_le_bytes))?;
    Ok((ids, lengths, padded.unknown))
}

#[pyclass(frozen)]
struct Splitter(Rule);

#[pymethods]
impl Splitter {
    #[staticmethod]
    fn words(lowercase: bool) -> Self {
        Self(Rule::Words { lowercase })
    }

    #[staticmethod]
    fn keras_words(filters: &str, lowercase: bool, split: &str) -> PyResult<Self> {
        if split.is_empty() {
            return Err(PyValueError::new_err("split must hold 1 character or more, got ''"));
        }
        Ok(Self(Rule::Keras(KerasRule::new(filters, lowercase, split))))
    }

    fn tokens(&self, text: &str) -> Vec<String> {
        self.0.words(text)
    }
}

#[pyclass]
struct TokenTally(Tally);

#[pymethods]
impl TokenTally {
    #[new]
    #[pyo3(signature = (splitter, *, threads, keep))]
    fn new(splitter: &Splitter, threads: usize, keep: bool) -> Self {
        Self(Tally::new(splitter.0.clone(), threads, keep))
    }

    #[getter]
    fn texts(&self) -> u64 {
        self.0.texts()
    }

    #[getter]
    fn tokens(&self) -> u64 {
        self.0.tokens()
    }

    fn add(&mut self, py: Python<'_>, texts: Vec<Bound<'_, PyString>>) -> PyResult<()> {
        let texts = as_utf8(&texts)?;
        py.detach(|| self.0.add(&texts));
        Ok(())
    }

    #[pyo3(signature = (*, least=0, most=None))]
    fn counts(&self, py: Python<'_>, least: u64, most: Option<usize>) -> Counts {
        let table = self.0.table();
        let order = py.detach(|| table.by_count());
        let frequent = order.partition_point(|&number| table.count(number) >= least);
        let order = &order[..frequent.min(most.unwrap_or(frequent))];
        let words = order.iter().map(|&number| String::from_utf8_lossy(table.token(number)).into_owned()).collect();
        let counts = order.iter().map(|&number| table.count(number)).collect();
        (words, counts, order.iter().map(|&number| table.texts(number)).collect())
    }

    #[pyo3(signature = (*, kept, first_id, unknown, length, pad_left, keep_last))]
    #[allow(clippy::too_many_arguments)] // the settings of Keras' pad_sequences
    fn padded<'py>(
        &self,
        py: Python<'py>,
        kept: usize,
        first_id: i32,
        unknown: Option<i32>,
        length: usize,
        pad_left: bool,
        keep_last: bool,
    ) -> PyResult<Padded<'py>> {
        let padding = Padding { length, pad_left, keep_last };
        padded_bytes(py, self.0.texts() as usize, length, |rows| {
            let ranked = self.0.table().by_count();
            self.0.padded(&ranked[..kept.min(ranked.len())], first_id, unknown, padding, rows)
        })
    }
}

#[pyclass(frozen)]
struct TokenIndex(Index);

#[pymethods]
impl TokenIndex {
    #[new]
    fn new(words: Vec<Bound<'_, PyString>>, first_id: i32) -> PyResult<Self> {
        let words = as_utf8(&words)?;
        Index::new(words.iter().copied(), first_id).map(Self).map_err(|position| {
            PyValueError::new_err(format!(
                "words must be distinct, got {:?} again at position {position}",
                words[position]
            ))
        })
    }

    #[pyo3(signature = (texts, splitter, *, unknown, length, pad_left, keep_last, threads))]
    #[allow(clippy::too_many_arguments)] // the settings of Keras' pad_sequences
    fn padded<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<Bound<'py, PyString>>,
        splitter: &Splitter,
        unknown: Option<i32>,
        length: usize,
        pad_left: bool,
        keep_last: bool,
        threads: usize,
    ) -> PyResult<Padded<'py>> {
        let texts = as_utf8(&texts)?;
        let padding = Padding { length, pad_left, keep_last };
        padded_bytes(py, texts.len(), length, |rows| {
            Some(self.0.padded(&texts, &splitter.0, unknown, padding, threads, rows))
        })
    }

    #[pyo3(signature = (texts, splitter, *, unknown, threads))]
    fn sequences<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<Bound<'py, PyString>>,
        splitter: &Splitter,
        unknown: Option<i32>,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyByteArray>, Bound<'py, PyByteArray>)> {
        let texts = as_utf8(&texts)?;
        let sequences = py.detach(|| self.0.sequences(&texts, &splitter.0, unknown, threads));
        let ids = little_endian(py, sequences.ids.into_iter().map(i32::to_le_bytes))?;
        Ok((ids, little_endian(py, sequences.ends.into_iter().map(i64::to_le_bytes))?))
    }
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

#[pyfunction]
fn first_equals(py: Python<'_>, texts: Vec<Bound<'_, PyString>>, threads: usize) -> PyResult<Vec<usize>> {
    let texts = as_utf8(&texts)?;
    Ok(py.detach(|| duplicates::first_equals(&texts, threads)))
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Splitter>()?;
    module.add_class::<TokenTally>()?;
    module.add_class::<TokenIndex>()?;
    module.add_class::<VectorScan>()?;
    module.add_function(wrap_pyfunction!(first_equals, module)?)?;
    module.add_function(wrap_pyfunction!(scan_vectors, module)?)?;
    module.add_function(wrap_pyfunction!(read_text_files, module)?)
}
