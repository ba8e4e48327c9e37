//! The binding of vectors files in malmoi's own format.

use crate::arrays::{written, Array1, Array2, Input};
use crate::binary::failure;
use crate::files::open_regular;
use crate::interrupts::interruptible;
use malmoi_core::vectors::binary::{BinaryError, Bytes};
use malmoi_core::vectors::stored::{Layout, Stored, Width};
use numpy::ndarray::Dimension;
use numpy::{Element, IntoPyArray, PyArray};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<VectorsFile>()?;
    module.add_class::<StoredVectors>()
}

/// An open file; renaming or replacing its path does not affect it.
#[pyclass(frozen)]
struct VectorsFile {
    file: Arc<File>,
    name: String,
}

#[pymethods]
impl VectorsFile {
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(Self { file: Arc::new(open_regular(py, &path)?), name: path.display().to_string() })
    }

    #[getter]
    fn size(&self) -> u64 {
        Bytes::len(&*self.file)
    }

    /// Read a number of bytes from an offset on.
    fn read<'py>(&self, py: Python<'py>, offset: u64, size: usize) -> PyResult<Bound<'py, PyBytes>> {
        if offset.checked_add(size as u64).is_none_or(|end| end > self.size()) {
            return Err(failure(py, &self.name, BinaryError::Io(std::io::ErrorKind::UnexpectedEof.into())));
        }
        PyBytes::new_with(py, size, |bytes| {
            self.file.read_at(offset, bytes).map_err(|error| failure(py, &self.name, BinaryError::Io(error)))
        })
    }

    /// The content of the tensors, given by their offsets.
    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (*, rows, dimension, dtype, vectors, scales, hashes, hash_rows, ends, words, words_bytes))]
    fn table(
        &self,
        py: Python<'_>,
        rows: u64,
        dimension: usize,
        dtype: &str,
        vectors: u64,
        scales: u64,
        hashes: u64,
        hash_rows: u64,
        ends: u64,
        words: u64,
        words_bytes: u64,
    ) -> PyResult<StoredVectors> {
        let width = match dtype {
            "F32" => Width::F32,
            "F16" => Width::F16,
            "I8" => Width::I8,
            _ => return Err(PyValueError::new_err(format!("dtype must be F32, F16 or I8, got {dtype:?}"))),
        };
        let layout = Layout { rows, dimension, width, vectors, scales, hashes, hash_rows, ends, words, words_bytes };
        let stored = Stored::new(Arc::clone(&self.file), layout).map_err(|error| failure(py, &self.name, error))?;
        Ok(StoredVectors { stored, name: self.name.clone() })
    }
}

/// Words and rows of a file, read on demand.
#[pyclass(frozen)]
struct StoredVectors {
    stored: Stored<Arc<File>>,
    name: String,
}

impl StoredVectors {
    /// Numbers that are written in place, while other Python threads run.
    fn filled<'py, Number: Element, Axes: Dimension, const SIDES: usize>(
        &self,
        py: Python<'py>,
        shape: [usize; SIDES],
        fill: impl FnOnce(&mut [Number]) -> Result<(), BinaryError> + Send,
    ) -> PyResult<Bound<'py, PyArray<Number, Axes>>> {
        let (array, outcome) = written(py, shape, fill)?;
        outcome.map(|()| array).map_err(|error| failure(py, &self.name, error))
    }

    /// Length of a range of rows; it must be inside the file's rows.
    fn count(&self, start: u64, stop: u64) -> PyResult<usize> {
        let rows = self.stored.layout().rows;
        match stop.checked_sub(start) {
            Some(count) if stop <= rows => Ok(count as usize),
            _ => Err(PyValueError::new_err(format!("rows must be within 0 to {rows}, got {start} to {stop}"))),
        }
    }
}

#[pymethods]
impl StoredVectors {
    /// (words,): the row of each word, -1 if it is missing.
    fn rows_of<'py>(&self, py: Python<'py>, words: Vec<Bound<'_, PyBytes>>) -> PyResult<Array1<'py, i64>> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let rows =
            interruptible(py, || self.stored.rows_of(&words))?.map_err(|error| failure(py, &self.name, error))?;
        Ok(rows.into_pyarray(py))
    }

    /// The bytes of some rows' words, and (rows,) the end of each.
    fn words<'py>(&self, py: Python<'py>, start: u64, stop: u64) -> PyResult<(Bound<'py, PyBytes>, Array1<'py, i64>)> {
        self.count(start, stop)?;
        let found =
            interruptible(py, || self.stored.words(start..stop))?.map_err(|error| failure(py, &self.name, error))?;
        Ok((PyBytes::new(py, &found.0), found.1.into_pyarray(py)))
    }

    /// (stop - start, dimension): consecutive rows.
    fn block<'py>(&self, py: Python<'py>, start: u64, stop: u64) -> PyResult<Array2<'py, f32>> {
        let shape = [self.count(start, stop)?, self.stored.layout().dimension];
        self.filled(py, shape, |target| self.stored.write_block(start, target))
    }

    /// (rows, dimension): the rows with indices `numbers`.
    fn rows<'py>(&self, py: Python<'py>, numbers: Input<'py, i64>) -> PyResult<Array2<'py, f32>> {
        let rows = numbers.to_vec();
        let shape = [rows.len(), self.stored.layout().dimension];
        self.filled(py, shape, |target| self.stored.write_rows(&rows, target))
    }

    /// (stop - start,): the product of each row with a vector (dimension,).
    fn scores<'py>(
        &self,
        py: Python<'py>,
        vector: Input<'py, f32>,
        start: u64,
        stop: u64,
        threads: usize,
    ) -> PyResult<Array1<'py, f32>> {
        if vector.len() != self.stored.layout().dimension {
            let rule = format!("vector must have {} numbers", self.stored.layout().dimension);
            return Err(PyValueError::new_err(format!("{rule}, got {}", vector.len())));
        }
        let (count, vector) = (self.count(start, stop)?, &*vector);
        self.filled(py, [count], |target| self.stored.write_scores(vector, start, threads, target))
    }

    /// (stop - start,): the sum of squares of each row.
    fn squares<'py>(&self, py: Python<'py>, start: u64, stop: u64, threads: usize) -> PyResult<Array1<'py, f64>> {
        let count = self.count(start, stop)?;
        self.filled(py, [count], |target| self.stored.write_squares(start, threads, target))
    }
}
