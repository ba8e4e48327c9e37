//! The binding of vectors files and text files.

use crate::arguments::{check, check_room};
use crate::arrays::{joined, shaped, Array1, Array2, Input};
use crate::conversions::raise;
use crate::files::{open_regular, read_error};
use crate::interrupts::interruptible;
use malmoi_core::counting::table::TokenTable;
use malmoi_core::foundation::compression::Compression;
use malmoi_core::foundation::hashing::stable_hash;
use malmoi_core::text::files::{read_all, ReadError};
use malmoi_core::vectors::blocks::Blocks;
use malmoi_core::vectors::rows::{longest_line, scan, RowReader, Rows, ScanError};
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of blocks read together if all rows are wanted: about 16 MiB of text.
const BLOCKS_A_TIME: usize = 64;
/// Limit of the dimension; a line has at least as many bytes.
const MOST_NUMBERS: usize = 1 << 24;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Place>()?;
    module.add_class::<VectorScan>()?;
    module.add_class::<VectorRows>()?;
    module.add_function(wrap_pyfunction!(scan_vectors, module)?)?;
    module.add_function(wrap_pyfunction!(hash_words, module)?)?;
    module.add_function(wrap_pyfunction!(read_text_files, module)?)
}

#[pyclass(frozen, get_all)]
struct VectorScan {
    lines: u64,
    repeated: u64,
    /// (words, dimension), zeros if `found` is 0.
    matrix: Py<PyArray2<f32>>,
    found: Py<PyArray1<u8>>,
}

/// Location of the rows of a text file: its path, its compression, the offset and the line of the first row, and the
/// dimension.
#[pyclass(frozen)]
#[derive(Clone)]
struct Place {
    path: PathBuf,
    compression: String,
    /// For a member of a zip archive: offset, compressed size, size, CRC-32, and whether it is stored uncompressed.
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
        let unknown =
            || PyValueError::new_err(format!("compression must be a supported one, got {:?}", self.compression));
        let compression = found.ok_or_else(unknown)?;
        let file = open_regular(py, &self.path)?;
        let blocks = Blocks::open(file, compression, self.start, longest_line(self.dimension));
        blocks.map_err(|error| self.raise(py, ScanError::Io(error)))
    }

    fn raise(&self, py: Python<'_>, error: ScanError) -> PyErr {
        let name = self.path.display().to_string();
        match error {
            // A system error has a number; an error without one is about the compressed bytes.
            ScanError::Io(error) if error.raw_os_error().is_some() || self.compression.is_empty() => {
                read_error(py, &error, &name)
            }
            ScanError::Io(error) => {
                let rule = format!("{name}: cannot be decompressed as {}: {error}", self.compression);
                raise(py, "FormatError", format!("{rule}; the file is damaged or cut short"))
            }
            ScanError::Line(line, message) => {
                let line = (line - 1).saturating_add(self.first_line);
                raise(py, "FormatError", format!("{name}:{line}: {message}"))
            }
        }
    }
}

/// Report progress to Python; `false` after an interrupt, which is kept.
fn report_progress(progress: Option<&Py<PyAny>>, done: u64, total: u64, interrupted: &mut Option<PyErr>) -> bool {
    let outcome = Python::attach(|py| {
        py.check_signals()?;
        progress.map_or(Ok(()), |progress| progress.call1(py, (done, total)).map(drop))
    });
    outcome.map_err(|error| *interrupted = Some(error)).is_ok()
}

fn stopped(interrupted: Option<PyErr>) -> PyErr {
    interrupted.unwrap_or_else(|| PyRuntimeError::new_err("reading was stopped"))
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
        scan(&blocks, &table, place.dimension, threads, |done| {
            report_progress(progress.as_ref(), done, total, &mut interrupted)
        })
    })?;
    match outcome {
        Ok(Some(scan)) => {
            progress.map_or(Ok(()), |progress| progress.call1(py, (total, total)).map(drop))?;
            let matrix = shaped(py, scan.matrix, [words.len(), place.dimension])?.unbind();
            let found = scan.found.into_pyarray(py).unbind();
            Ok(VectorScan { lines: scan.lines, repeated: scan.repeated, matrix, found })
        }
        Ok(None) => Err(stopped(interrupted)),
        Err(error) => Err(place.raise(py, error)),
    }
}

/// All rows of a text file, some at a time.
#[pyclass(frozen)]
struct VectorRows {
    place: Place,
    /// `None` while rows are read, and after a read that ended early and skipped some.
    reader: Mutex<Option<RowReader>>,
}

/// The bytes of all words, the end of each (rows,), and vectors (rows, dimension).
type RowArrays<'py> = (Bound<'py, PyByteArray>, Array1<'py, i64>, Array2<'py, f32>);

#[pymethods]
impl VectorRows {
    #[new]
    fn new(py: Python<'_>, place: &Bound<'_, Place>, threads: usize) -> PyResult<Self> {
        let place = place.get().clone();
        let blocks = place.blocks(py)?;
        let reader = RowReader { blocks, dimension: place.dimension, threads, lines: 0 };
        Ok(Self { place, reader: Mutex::new(Some(reader)) })
    }

    /// Return the next rows; `None` at the end.
    fn next<'py>(&self, py: Python<'py>, progress: Option<Py<PyAny>>) -> PyResult<Option<RowArrays<'py>>> {
        let mut interrupted = None;
        let Some(mut reader) = self.locked().take() else {
            let rule = "reading ended early, or another thread is reading";
            return Err(PyRuntimeError::new_err(format!("{rule}; open the file again")));
        };
        let total = reader.blocks.progress().1;
        let (reader, outcome) = interruptible(py, || {
            let outcome =
                reader.next(BLOCKS_A_TIME, |done| report_progress(progress.as_ref(), done, total, &mut interrupted));
            (reader, outcome)
        })?;
        let parts = match outcome {
            Ok(Some(parts)) => parts,
            Ok(None) => return Err(stopped(interrupted)),
            Err(error) => return Err(self.place.raise(py, error)),
        };
        *self.locked() = Some(reader);
        (!parts.is_empty()).then(|| arrays(py, parts, self.place.dimension)).transpose()
    }
}

impl VectorRows {
    fn locked(&self) -> MutexGuard<'_, Option<RowReader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arrays(py: Python<'_>, parts: Vec<Rows>, dimension: usize) -> PyResult<RowArrays<'_>> {
    let size = parts.iter().map(|part| part.words.len()).sum();
    let words = PyByteArray::new_with(py, size, |mut bytes| {
        for part in &parts {
            let (target, rest) = bytes.split_at_mut(part.words.len());
            target.copy_from_slice(&part.words);
            bytes = rest;
        }
        Ok(())
    })?;
    let starts = parts.iter().scan(0, |before, part| Some(std::mem::replace(before, *before + part.words.len())));
    let ends = parts.iter().zip(starts).flat_map(|(part, start)| part.ends.iter().map(move |end| (start + end) as i64));
    let ends = ends.collect::<Vec<_>>().into_pyarray(py);
    let values = py.detach(|| joined(parts.into_iter().map(|part| part.values).collect()))?;
    let rows = values.len() / dimension;
    Ok((words, ends, shaped(py, values, [rows, dimension])?))
}

/// XXH3 of every word (words,), which never changes because files contain it. `ends` is the end of each word in the
/// concatenated bytes.
#[pyfunction]
fn hash_words<'py>(py: Python<'py>, words: Input<'py, u8>, ends: Input<'py, i64>) -> PyResult<Array1<'py, u64>> {
    let mut start = 0;
    let mut hashes = Vec::with_capacity(ends.len());
    for &end in ends.iter() {
        let word = usize::try_from(end).ok().and_then(|end| words.get(start..end));
        let word =
            word.ok_or_else(|| PyValueError::new_err("ends must be in ascending order, and within the words"))?;
        hashes.push(stable_hash(word));
        start += word.len();
    }
    Ok(hashes.into_pyarray(py))
}

#[pyfunction]
fn read_text_files(py: Python<'_>, paths: Vec<String>, threads: usize) -> PyResult<Vec<String>> {
    interruptible(py, || read_all(&paths, threads))?.map_err(|(position, error)| match error {
        ReadError::Io(error) => PyOSError::new_err((error.raw_os_error(), error.to_string(), paths[position].clone())),
        ReadError::NotUtf8 { offset, byte } => {
            let rule = format!("{}: byte {offset} (0x{byte:02x}) is not UTF-8", paths[position]);
            let cure = "pass the file's encoding (encoding=..., on the command line --encoding)";
            raise(py, "DataError", format!("{rule}; {cure}"))
        }
    })
}
