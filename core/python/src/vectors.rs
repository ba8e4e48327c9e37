//! The binding of vectors files and text files.

use crate::arguments::{check, check_room};
use crate::conversions::{little_endian, numbers, raise};
use crate::files::{open_regular, read_error};
use crate::interrupts::interruptible;
use malmoi_core::counting::table::TokenTable;
use malmoi_core::foundation::compression::Compression;
use malmoi_core::foundation::hashing::stable_hash;
use malmoi_core::text::files::{read_all, ReadError};
use malmoi_core::vectors::blocks::Blocks;
use malmoi_core::vectors::rows::{longest_line, scan, RowReader, Rows, Scan, ScanError};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Blocks that are read together where all rows are wanted: some 16 MiB of text.
const BLOCKS_A_TIME: usize = 64;
/// Numbers of a row; a line has as many bytes at least.
const MOST_NUMBERS: usize = 1 << 24;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Place>()?;
    module.add_class::<VectorScan>()?;
    module.add_class::<VectorRows>()?;
    module.add_function(wrap_pyfunction!(scan_vectors, module)?)?;
    module.add_function(wrap_pyfunction!(hash_words, module)?)?;
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

/// Where the rows of a text file are: its path, how it is packed, the first byte of the rows, the line that they begin
/// at, and the numbers in a row.
#[pyclass(frozen)]
#[derive(Clone)]
struct Place {
    path: PathBuf,
    compression: String,
    /// Of a zip archive's member: offset, compressed size, size, CRC-32, and whether it is stored.
    member: Option<(u64, u64, u64, u32, bool)>,
    start: u64,
    first_line: u64,
    dimension: usize,
}

#[pymethods]
impl Place {
    #[new]
    fn new(
        path: PathBuf,
        compression: String,
        member: Option<(u64, u64, u64, u32, bool)>,
        start: u64,
        first_line: u64,
        dimension: usize,
    ) -> PyResult<Self> {
        check((1..=MOST_NUMBERS).contains(&dimension), || {
            format!("dimension must be from 1 to {MOST_NUMBERS}, got {dimension}")
        })?;
        Ok(Self { path, compression, member, start, first_line, dimension })
    }
}

impl Place {
    fn blocks(&self, py: Python<'_>) -> PyResult<Blocks> {
        let found = match (self.compression.as_str(), self.member) {
            ("zip", Some((offset, compressed, size, crc, stored))) => {
                Some(Compression::Zip { offset, compressed, size, crc, stored })
            }
            (name, _) => Compression::named(name),
        };
        let unknown = || PyValueError::new_err(format!("compression must be a known one, got {:?}", self.compression));
        let compression = found.ok_or_else(unknown)?;
        let file = open_regular(py, &self.path)?;
        let blocks = Blocks::open(file, compression, self.start, longest_line(self.dimension));
        blocks.map_err(|error| self.raise(py, ScanError::Io(error)))
    }

    fn raise(&self, py: Python<'_>, error: ScanError) -> PyErr {
        let name = self.path.display().to_string();
        match error {
            // An error of the system has a number; what has none is about the packed bytes.
            ScanError::Io(error) if error.raw_os_error().is_some() || self.compression.is_empty() => {
                read_error(py, &error, &name)
            }
            ScanError::Io(error) => {
                let rule = format!("{name}: cannot be unpacked as {}: {error}", self.compression);
                raise(py, "FormatError", format!("{rule}; the file is damaged or cut short"))
            }
            ScanError::Line(line, message) => {
                let line = (line - 1).saturating_add(self.first_line);
                raise(py, "FormatError", format!("{name}:{line}: {message}"))
            }
        }
    }
}

/// Tell Python how far a reading is; false where an interrupt came, which is kept.
fn heard(progress: Option<&Py<PyAny>>, done: u64, total: u64, interrupted: &mut Option<PyErr>) -> bool {
    let outcome = Python::attach(|py| {
        py.check_signals()?;
        progress.map_or(Ok(()), |progress| progress.call1(py, (done, total)).map(drop))
    });
    outcome.map_err(|error| *interrupted = Some(error)).is_ok()
}

fn stopped(interrupted: Option<PyErr>) -> PyErr {
    interrupted.unwrap_or_else(|| PyRuntimeError::new_err("the reading was stopped"))
}

#[pyfunction]
fn scan_vectors(
    py: Python<'_>,
    place: &Bound<'_, Place>,
    words: Vec<Bound<'_, PyBytes>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<VectorScan> {
    let place = place.get();
    let mut table = TokenTable::default();
    for (position, word) in words.iter().enumerate() {
        if table.insert(word.as_bytes()) as usize != position {
            return Err(PyValueError::new_err(format!("words must be distinct, got one again at position {position}")));
        }
    }
    check_room::<f32>(&[words.len(), place.dimension])?;
    let mut interrupted = None;
    let blocks = place.blocks(py)?;
    let total = blocks.progress().1;
    let outcome = interruptible(py, || {
        scan(&blocks, &table, place.dimension, threads, |done| heard(progress.as_ref(), done, total, &mut interrupted))
    })?;
    match outcome {
        Ok(Some(scan)) => {
            progress.map_or(Ok(()), |progress| progress.call1(py, (total, total)).map(drop))?;
            Ok(VectorScan(scan))
        }
        Ok(None) => Err(stopped(interrupted)),
        Err(error) => Err(place.raise(py, error)),
    }
}

/// All rows of a text file, some at a time.
#[pyclass(frozen)]
struct VectorRows {
    place: Place,
    /// None while rows are read, and where that ended early: some were passed over.
    reader: Mutex<Option<RowReader>>,
}

/// The bytes of all words, int64 (rows,) where each ends, float32 (rows, dimension).
type RowBytes<'py> = (Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, Bound<'py, PyByteArray>);

#[pymethods]
impl VectorRows {
    #[new]
    fn new(py: Python<'_>, place: &Bound<'_, Place>, threads: usize) -> PyResult<Self> {
        let place = place.get().clone();
        let blocks = place.blocks(py)?;
        let reader = RowReader { blocks, dimension: place.dimension, threads, lines: 0 };
        Ok(Self { place, reader: Mutex::new(Some(reader)) })
    }

    /// The next rows; none at the end.
    fn next<'py>(&self, py: Python<'py>, progress: Option<Py<PyAny>>) -> PyResult<Option<RowBytes<'py>>> {
        let mut interrupted = None;
        let Some(mut reader) = self.locked().take() else {
            let rule = "the reading ended early, or another thread is reading";
            return Err(PyRuntimeError::new_err(format!("{rule}; open the file again")));
        };
        let total = reader.blocks.progress().1;
        let (reader, outcome) = interruptible(py, || {
            let outcome = reader.next(BLOCKS_A_TIME, |done| heard(progress.as_ref(), done, total, &mut interrupted));
            (reader, outcome)
        })?;
        let parts = match outcome {
            Ok(Some(parts)) => parts,
            Ok(None) => return Err(stopped(interrupted)),
            Err(error) => return Err(self.place.raise(py, error)),
        };
        *self.locked() = Some(reader);
        (!parts.is_empty()).then(|| joined(py, &parts)).transpose()
    }
}

impl VectorRows {
    fn locked(&self) -> MutexGuard<'_, Option<RowReader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn joined<'py>(py: Python<'py>, parts: &[Rows]) -> PyResult<RowBytes<'py>> {
    let size: usize = parts.iter().map(|part| part.words.len()).sum();
    let words = filled(py, size, parts.iter().map(|part| part.words.as_slice()))?;
    let ends: Vec<i64> = parts
        .iter()
        .scan(0, |before, part| {
            let start = *before;
            *before += part.words.len();
            Some(part.ends.iter().map(move |end| (start + end) as i64))
        })
        .flatten()
        .collect();
    let ends = little_endian(py, ends.iter().map(|end| end.to_le_bytes()))?;
    let size: usize = parts.iter().map(|part| part.values.len() * 4).sum();
    let values = if cfg!(target_endian = "little") {
        filled(py, size, parts.iter().map(|part| bytemuck::cast_slice(&part.values)))?
    } else {
        let all: Vec<f32> = parts.iter().flat_map(|part| part.values.iter().copied()).collect();
        little_endian(py, all.iter().map(|value| value.to_le_bytes()))?
    };
    Ok((words, ends, values))
}

fn filled<'py, 'a>(
    py: Python<'py>,
    size: usize,
    parts: impl Iterator<Item = &'a [u8]>,
) -> PyResult<Bound<'py, PyByteArray>> {
    PyByteArray::new_with(py, size, |bytes| {
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        Ok(())
    })
}

/// XXH3 of every word, uint64 (words,); the same for ever, since files hold it. `ends` is int64 (words,), where each
/// word ends among the bytes of all.
#[pyfunction]
fn hash_words<'py>(py: Python<'py>, words: PyBackedBytes, ends: PyBackedBytes) -> PyResult<Bound<'py, PyByteArray>> {
    let ends = numbers(&ends, i64::from_le_bytes);
    let mut start = 0;
    let mut hashes = Vec::with_capacity(ends.len());
    for end in ends {
        let word = usize::try_from(end).ok().and_then(|end| words.get(start..end));
        let word = word.ok_or_else(|| PyValueError::new_err("ends must rise, and stay within the words"))?;
        hashes.push(stable_hash(word));
        start += word.len();
    }
    little_endian(py, hashes.iter().map(|hash| hash.to_le_bytes()))
}

#[pyfunction]
fn read_text_files(py: Python<'_>, paths: Vec<String>, threads: usize) -> PyResult<Vec<String>> {
    interruptible(py, || read_all(&paths, threads))?.map_err(|(position, error)| match error {
        ReadError::Io(error) => PyOSError::new_err((error.raw_os_error(), error.to_string(), paths[position].clone())),
        ReadError::NotUtf8 { offset, byte } => {
            let rule = format!("{}: byte {offset} (0x{byte:02x}) is not UTF-8", paths[position]);
            let cure = "give the file's encoding (encoding=..., on the command line --encoding)";
            raise(py, "DataError", format!("{rule}; {cure}"))
        }
    })
}
