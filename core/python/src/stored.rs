//! The binding of files of our own format.

use crate::binary::failure;
use crate::conversions::{little_endian, numbers};
use crate::files::open_regular;
use crate::interrupts::interruptible;
use bytemuck::Pod;
use malmoi_core::vectors::binary::{BinaryError, Bytes};
use malmoi_core::vectors::stored::{Layout, Stored, Width};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<VectorsFile>()?;
    module.add_class::<StoredVectors>()
}

/// An open file; it stays the same one, whatever gets its name.
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

    /// So many bytes from a place on.
    fn read<'py>(&self, py: Python<'py>, offset: u64, size: usize) -> PyResult<Bound<'py, PyBytes>> {
        if offset.checked_add(size as u64).is_none_or(|end| end > self.size()) {
            return Err(failure(py, &self.name, BinaryError::Io(std::io::ErrorKind::UnexpectedEof.into())));
        }
        PyBytes::new_with(py, size, |bytes| {
            self.file.read_at(offset, bytes).map_err(|error| failure(py, &self.name, BinaryError::Io(error)))
        })
    }

    /// What the tensors hold; each is said by its first byte.
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

/// Words and rows of a file, read when they are wanted.
#[pyclass(frozen)]
struct StoredVectors {
    stored: Stored<Arc<File>>,
    name: String,
}

impl StoredVectors {
    /// Bytes of numbers that are written in place, while other threads of Python go on.
    fn filled<'py, Number: Pod + Send>(
        &self,
        py: Python<'py>,
        count: usize,
        fill: impl FnOnce(&mut [Number]) -> Result<(), BinaryError> + Send,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let size = count.checked_mul(size_of::<Number>());
        let size = size.ok_or_else(|| PyValueError::new_err("too many numbers at once"))?;
        PyByteArray::new_with(py, size, |bytes| {
            let outcome = interruptible(py, || match bytemuck::try_cast_slice_mut(bytes) {
                Ok(target) => fill(target),
                Err(_) => {
                    let mut target = vec![Number::zeroed(); count];
                    fill(&mut target).map(|()| bytes.copy_from_slice(bytemuck::cast_slice(&target)))
                }
            })?;
            outcome.map_err(|error| failure(py, &self.name, error))
        })
    }

    /// How many rows a range has; it must lie within all of them.
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
    /// int64 (words,): the row of each word, -1 where there is none.
    fn rows_of<'py>(&self, py: Python<'py>, words: Vec<Bound<'_, PyBytes>>) -> PyResult<Bound<'py, PyByteArray>> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let rows =
            interruptible(py, || self.stored.rows_of(&words))?.map_err(|error| failure(py, &self.name, error))?;
        little_endian(py, rows.iter().map(|row| row.to_le_bytes()))
    }

    /// The bytes of some rows' words, and int64 (rows,) where each ends among them.
    fn words<'py>(
        &self,
        py: Python<'py>,
        start: u64,
        stop: u64,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyByteArray>)> {
        self.count(start, stop)?;
        let found =
            interruptible(py, || self.stored.words(start..stop))?.map_err(|error| failure(py, &self.name, error))?;
        Ok((PyBytes::new(py, &found.0), little_endian(py, found.1.iter().map(|end| end.to_le_bytes()))?))
    }

    /// float32 (stop - start, dimension): rows that follow one another.
    fn block<'py>(&self, py: Python<'py>, start: u64, stop: u64) -> PyResult<Bound<'py, PyByteArray>> {
        let count = self.count(start, stop)?.saturating_mul(self.stored.layout().dimension);
        self.filled(py, count, |target| self.stored.write_block(start, target))
    }

    /// float32 (rows, dimension): the rows that int64 `numbers` name.
    fn rows<'py>(&self, py: Python<'py>, numbers: &[u8]) -> PyResult<Bound<'py, PyByteArray>> {
        let rows = self::numbers(numbers, i64::from_le_bytes);
        let count = rows.len().saturating_mul(self.stored.layout().dimension);
        self.filled(py, count, |target| self.stored.write_rows(&rows, target))
    }

    /// float32 (stop - start,): the product of each row with a vector float32 (dimension,).
    fn scores<'py>(
        &self,
        py: Python<'py>,
        vector: &[u8],
        start: u64,
        stop: u64,
        threads: usize,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let vector = numbers(vector, f32::from_le_bytes);
        if vector.len() != self.stored.layout().dimension {
            let rule = format!("vector must have {} numbers", self.stored.layout().dimension);
            return Err(PyValueError::new_err(format!("{rule}, got {}", vector.len())));
        }
        let count = self.count(start, stop)?;
        self.filled(py, count, |target| self.stored.write_scores(&vector, start, threads, target))
    }

    /// float64 (stop - start,): the sum of squares of each row.
    fn squares<'py>(
        &self,
        py: Python<'py>,
        start: u64,
        stop: u64,
        threads: usize,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let count = self.count(start, stop)?;
        self.filled(py, count, |target| self.stored.write_squares(start, threads, target))
    }
}
