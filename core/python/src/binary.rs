//! The binding of binary files of word vectors.

use crate::arguments::check_room;
use crate::conversions::{little_endian, raise};
use crate::files::{open_regular, read_error};
use malmoi_core::counting::table::TokenTable;
use malmoi_core::vectors::binary::{BinaryError, Bytes};
use malmoi_core::vectors::fasttext::FastText;
use malmoi_core::vectors::lookup::Found;
use malmoi_core::vectors::word2vec::{Everything, Wanted, Word2Vec};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
use std::path::PathBuf;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FastTextFile>()?;
    module.add_class::<FastTextVectors>()?;
    module.add_class::<Word2VecFile>()?;
    module.add_class::<Word2VecScan>()?;
    module.add_class::<Word2VecRows>()
}

type Source = Box<dyn Bytes + Send + Sync>;
/// What a pass gives, or none where it was stopped.
type Outcome<Value> = Result<Option<Value>, BinaryError>;

/// A file, or bytes that were read already.
#[derive(FromPyObject)]
enum Origin<'py> {
    Bytes(Bound<'py, PyBytes>),
    Path(PathBuf),
}

impl Origin<'_> {
    /// What is read, and its name in messages.
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

/// Run a pass without the interpreter; `progress` hears (done, total), and signals are heard as often.
fn run<Value: Send>(
    py: Python<'_>,
    name: &str,
    progress: Option<&Py<PyAny>>,
    total: u64,
    work: impl FnOnce(&mut (dyn FnMut(u64) -> bool + Send)) -> Outcome<Value> + Send,
) -> PyResult<Value> {
    let mut interrupted = None;
    let outcome = py.detach(|| {
        work(&mut |done| {
            let heard = Python::attach(|py| {
                py.check_signals()?;
                progress.map_or(Ok(()), |progress| progress.call1(py, (done, total)).map(drop))
            });
            heard.map_err(|error| interrupted = Some(error)).is_ok()
        })
    });
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
        let model = py.detach(|| FastText::open(source)).map_err(|error| failure(py, &name, error))?;
        Ok(Self { model, name })
    }

    #[getter]
    fn dimension(&self) -> usize {
        self.model.dimension
    }

    /// Characters of the shortest and the longest n-gram, and the buckets; (0, 0, 0) where there are no n-grams.
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
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        little_endian(py, self.model.counts.iter().map(|count| count.to_le_bytes()))
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
        Ok(FastTextVectors(found))
    }
}

#[pyclass(frozen)]
struct FastTextVectors(Found);

#[pymethods]
impl FastTextVectors {
    #[getter]
    fn matrix<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        little_endian(py, self.0.matrix.iter().map(|value| value.to_le_bytes()))
    }

    /// uint8 (words,): 0 no vector, 1 a word of the dictionary, 2 from its n-grams.
    #[getter]
    fn how<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        PyByteArray::new(py, &self.0.how)
    }
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
        let vectors = py.detach(|| Word2Vec::open(source)).map_err(|error| failure(py, &name, error))?;
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
        run(py, &self.name, progress.as_ref(), self.size_bytes, pass).map(Word2VecScan)
    }

    #[pyo3(signature = (progress=None))]
    fn read(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Word2VecRows> {
        run(py, &self.name, progress.as_ref(), self.size_bytes, |progress| self.vectors.read(progress))
            .map(Word2VecRows)
    }
}

#[pyclass(frozen)]
struct Word2VecScan(Wanted);

#[pymethods]
impl Word2VecScan {
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

#[pyclass(frozen)]
struct Word2VecRows(Everything);

#[pymethods]
impl Word2VecRows {
    #[getter]
    fn words<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        words_of(py, &self.0.words)
    }

    #[getter]
    fn repeated(&self) -> u64 {
        self.0.repeated
    }

    #[getter]
    fn matrix<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        little_endian(py, self.0.matrix.iter().map(|value| value.to_le_bytes()))
    }
}

fn words_of<'py>(py: Python<'py>, words: &TokenTable) -> Vec<Bound<'py, PyBytes>> {
    (0..words.len() as u32).map(|number| PyBytes::new(py, words.token(number))).collect()
}
