//! The binding of binary files of word vectors.

use crate::arguments::check_room;
use crate::arrays::{copied, shaped, Array1};
use crate::conversions::raise;
use crate::files::{open_regular, read_error};
use crate::interrupts::interruptible;
use malmoi_core::counting::table::TokenTable;
use malmoi_core::vectors::binary::{BinaryError, Bytes};
use malmoi_core::vectors::fasttext::FastText;
use malmoi_core::vectors::word2vec::Word2Vec;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FastTextFile>()?;
    module.add_class::<FastTextVectors>()?;
    module.add_class::<Word2VecFile>()?;
    module.add_class::<Word2VecScan>()?;
    module.add_class::<Word2VecRows>()
}

type Source = Box<dyn Bytes + Send + Sync>;
/// Result of a pass; `None` if it was stopped.
type Outcome<Value> = Result<Option<Value>, BinaryError>;

/// A file, or bytes in memory.
#[derive(FromPyObject)]
enum Origin<'py> {
    Bytes(Bound<'py, PyBytes>),
    Path(PathBuf),
}

impl Origin<'_> {
    /// Open a source, and return its name for messages.
    fn open(self, py: Python<'_>, name: Option<String>) -> PyResult<(Source, String)> {
        Ok(match self {
            Self::Bytes(bytes) => (Box::new(bytes.as_bytes().to_vec()), name.unwrap_or_else(|| "bytes".into())),
            Self::Path(path) => {
                let file = open_regular(py, &path)?;
                (Box::new(file), name.unwrap_or_else(|| path.display().to_string()))
            }
        })
    }
}

pub fn failure(py: Python<'_>, name: &str, error: BinaryError) -> PyErr {
    match error {
        BinaryError::Io(error) => read_error(py, &error, name),
        BinaryError::Format { offset, message } => {
            raise(py, "FormatError", format!("{name}: byte {offset}: {message}"))
        }
    }
}

/// Run a pass without the interpreter; `progress` is called with (done, total), and signals are checked as often.
fn run<Value: Send>(
    py: Python<'_>,
    name: &str,
    progress: Option<&Py<PyAny>>,
    total: u64,
    work: impl FnOnce(&mut (dyn FnMut(u64) -> bool + Send)) -> Outcome<Value> + Send,
) -> PyResult<Value> {
    let mut interrupted = None;
    let outcome = interruptible(py, || {
        work(&mut |done| {
            let reported = Python::attach(|py| {
                py.check_signals()?;
                progress.map_or(Ok(()), |progress| progress.call1(py, (done, total)).map(drop))
            });
            reported.map_err(|error| interrupted = Some(error)).is_ok()
        })
    })?;
    match (interrupted, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(Some(value))) => Ok(value),
        (None, Ok(None)) => Err(PyRuntimeError::new_err("the pass was stopped")),
        (None, Err(error)) => Err(failure(py, name, error)),
    }
}

#[pyclass(frozen)]
struct FastTextFile {
    model: FastText<Source>,
    name: String,
}

#[pymethods]
impl FastTextFile {
    #[staticmethod]
    #[pyo3(signature = (origin, name=None))]
    fn open(py: Python<'_>, origin: Origin<'_>, name: Option<String>) -> PyResult<Self> {
        let (source, name) = origin.open(py, name)?;
        let model = interruptible(py, || FastText::open(source))?.map_err(|error| failure(py, &name, error))?;
        Ok(Self { model, name })
    }

    #[getter]
    fn dimension(&self) -> usize {
        self.model.dimension
    }

    /// Number of characters of the shortest and the longest n-gram, and number of buckets; (0, 0, 0) without n-grams.
    #[getter]
    fn subwords(&self) -> (u32, u32, u32) {
        let subwords = &self.model.subwords;
        if subwords.longest == 0 || subwords.buckets == 0 {
            return (0, 0, 0);
        }
        (subwords.shortest, subwords.longest, subwords.buckets)
    }

    #[getter]
    fn words<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        words_of(py, &self.model.words)
    }

    #[getter]
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Array1<'py, i64>> {
        copied(py, &self.model.counts)
    }

    #[pyo3(signature = (words, subwords, threads, progress=None))]
    fn matrix_for(
        &self,
        py: Python<'_>,
        words: Vec<Bound<'_, PyBytes>>,
        subwords: bool,
        threads: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<FastTextVectors> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let total = words.len() as u64;
        check_room::<f32>(&[words.len(), self.model.dimension])?;
        let found = run(py, &self.name, progress.as_ref(), total, |progress| {
            self.model.vectors(&words, subwords, threads, |done| progress(done as u64))
        })?;
        let matrix = shaped(py, found.matrix, [words.len(), self.model.dimension])?.unbind();
        Ok(FastTextVectors { matrix, how: found.how.into_pyarray(py).unbind() })
    }
}

#[pyclass(frozen, get_all)]
struct FastTextVectors {
    /// (words, dimension), zeros if `how` is 0.
    matrix: Py<PyArray2<f32>>,
    /// (words,): 0 no vector, 1 a word of the dictionary, 2 from its n-grams.
    how: Py<PyArray1<u8>>,
}

#[pyclass(frozen)]
struct Word2VecFile {
    vectors: Word2Vec<Source>,
    name: String,
    size_bytes: u64,
}

#[pymethods]
impl Word2VecFile {
    #[staticmethod]
    #[pyo3(signature = (origin, name=None))]
    fn open(py: Python<'_>, origin: Origin<'_>, name: Option<String>) -> PyResult<Self> {
        let (source, name) = origin.open(py, name)?;
        let size_bytes = source.len();
        let vectors = interruptible(py, || Word2Vec::open(source))?.map_err(|error| failure(py, &name, error))?;
        Ok(Self { vectors, name, size_bytes })
    }

    #[getter]
    fn rows(&self) -> u64 {
        self.vectors.rows
    }

    #[getter]
    fn dimension(&self) -> usize {
        self.vectors.dimension
    }

    #[pyo3(signature = (words, progress=None))]
    fn scan(
        &self,
        py: Python<'_>,
        words: Vec<Bound<'_, PyBytes>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Word2VecScan> {
        let mut table = TokenTable::default();
        for (position, word) in words.iter().enumerate() {
            if table.insert(word.as_bytes()) as usize != position {
                let message = format!("words must be distinct, got {} again at position {position}", word.repr()?);
                return Err(PyValueError::new_err(message));
            }
        }
        check_room::<f32>(&[words.len(), self.vectors.dimension])?;
        let pass = |progress: &mut (dyn FnMut(u64) -> bool + Send)| self.vectors.scan(&table, progress);
        let found = run(py, &self.name, progress.as_ref(), self.size_bytes, pass)?;
        let matrix = shaped(py, found.matrix, [words.len(), self.vectors.dimension])?.unbind();
        Ok(Word2VecScan { repeated: found.repeated, matrix, found: found.found.into_pyarray(py).unbind() })
    }

    #[pyo3(signature = (progress=None))]
    fn read(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Word2VecRows> {
        let read = run(py, &self.name, progress.as_ref(), self.size_bytes, |progress| self.vectors.read(progress))?;
        let matrix = shaped(py, read.matrix, [read.words.len(), self.vectors.dimension])?.unbind();
        Ok(Word2VecRows { words: read.words, repeated: read.repeated, matrix })
    }
}

#[pyclass(frozen, get_all)]
struct Word2VecScan {
    repeated: u64,
    /// (words, dimension), zeros if `found` is 0.
    matrix: Py<PyArray2<f32>>,
    found: Py<PyArray1<u8>>,
}

#[pyclass(frozen)]
struct Word2VecRows {
    words: TokenTable,
    #[pyo3(get)]
    repeated: u64,
    /// (words, dimension).
    #[pyo3(get)]
    matrix: Py<PyArray2<f32>>,
}

#[pymethods]
impl Word2VecRows {
    #[getter]
    fn words<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        words_of(py, &self.words)
    }
}

fn words_of<'py>(py: Python<'py>, words: &TokenTable) -> Vec<Bound<'py, PyBytes>> {
    (0..words.len() as u32).map(|number| PyBytes::new(py, words.token(number))).collect()
}
