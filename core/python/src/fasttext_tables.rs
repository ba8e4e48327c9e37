//! The binding of matrices of fastText's models, and of their files.

use crate::arguments::check;
use crate::arrays::Input;
use crate::binary::failure;
use crate::interrupts::interruptible;
use malmoi_core::fasttext::files::{read, File, Form, Place};
use malmoi_core::fasttext::tables::{Quantised, Table, CENTROIDS};
use numpy::ndarray::Ix2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict};
use std::ops::Range;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<FastTextTable>()?;
    module.add_function(wrap_pyfunction!(read_fasttext, module)?)
}

/// A matrix in borrowed arrays of Python.
#[pyclass(frozen)]
pub struct FastTextTable {
    rows: usize,
    columns: usize,
    values: Values,
}

/// Codes and norms.
type Norms = (Py<PyArray1<u8>>, Py<PyArray1<f32>>);

enum Values {
    Dense(Py<PyArray2<f32>>),
    /// The bytes of a file, and where the matrix is.
    Bytes(Py<PyArray1<u8>>, Range<usize>),
    Quantised {
        codes: Py<PyArray2<u8>>,
        centroids: Py<PyArray1<f32>>,
        part: usize,
        norms: Option<Norms>,
    },
}

#[pymethods]
impl FastTextTable {
    /// The array is shared with the caller.
    #[staticmethod]
    fn dense(values: Input<'_, f32, Ix2>) -> PyResult<Self> {
        let (rows, columns) = (values.shape()[0], values.shape()[1]);
        check(columns > 0, || "values must have columns, got none".into())?;
        Ok(Self { rows, columns, values: Values::Dense(values.kept()) })
    }

    /// Little-endian float32 (rows, columns) in the bytes of a file; they are shared with the caller.
    #[staticmethod]
    fn of_bytes(content: Input<'_, u8>, start: usize, rows: usize, columns: usize) -> PyResult<Self> {
        let size = rows.checked_mul(columns).and_then(|numbers| numbers.checked_mul(4));
        let end = size.and_then(|size| start.checked_add(size)).filter(|&end| end <= content.len() && columns > 0);
        check(end.is_some(), || format!("({rows}, {columns}) numbers from byte {start} must be within the bytes"))?;
        Ok(Self { rows, columns, values: Values::Bytes(content.kept(), start..end.unwrap_or(start)) })
    }

    /// Product-quantised rows.
    #[staticmethod]
    #[pyo3(signature = (codes, centroids, *, columns, part, norm_codes, norms))]
    fn quantised(
        codes: Input<'_, u8, Ix2>,
        centroids: Input<'_, f32>,
        columns: usize,
        part: usize,
        norm_codes: Option<Input<'_, u8>>,
        norms: Option<Input<'_, f32>>,
    ) -> PyResult<Self> {
        let rows = codes.shape()[0];
        let fits = (1..=columns).contains(&part)
            && codes.shape()[1] == columns.div_ceil(part)
            && centroids.len() == CENTROIDS * columns
            && norm_codes.as_ref().is_none_or(|codes| codes.len() == rows)
            && norms.as_ref().is_none_or(|norms| norms.len() == CENTROIDS)
            && norm_codes.is_some() == norms.is_some();
        check(fits, || "codes, centroids and norms must fit each other".into())?;
        let norms = norm_codes.zip(norms).map(|(codes, norms)| (codes.kept(), norms.kept()));
        let values = Values::Quantised { codes: codes.kept(), centroids: centroids.kept(), part, norms };
        Ok(Self { rows, columns, values })
    }
}

/// The arrays of a table, borrowed for a call.
pub struct BorrowedTable<'py> {
    columns: usize,
    values: BorrowedValues<'py>,
}

enum BorrowedValues<'py> {
    Dense(Input<'py, f32, Ix2>),
    Bytes(Input<'py, u8>, Range<usize>),
    Quantised(Input<'py, u8, Ix2>, Input<'py, f32>, usize, Option<(Input<'py, u8>, Input<'py, f32>)>),
}

impl FastTextTable {
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    pub fn borrowed<'py>(&self, py: Python<'py>) -> PyResult<BorrowedTable<'py>> {
        let values = match &self.values {
            Values::Dense(values) => BorrowedValues::Dense(values.bind(py).extract()?),
            Values::Bytes(bytes, range) => BorrowedValues::Bytes(bytes.bind(py).extract()?, range.clone()),
            Values::Quantised { codes, centroids, part, norms } => {
                let norms = norms
                    .as_ref()
                    .map(|(codes, norms)| PyResult::Ok((codes.bind(py).extract()?, norms.bind(py).extract()?)));
                let (codes, centroids) = (codes.bind(py).extract()?, centroids.bind(py).extract()?);
                BorrowedValues::Quantised(codes, centroids, *part, norms.transpose()?)
            }
        };
        Ok(BorrowedTable { columns: self.columns, values })
    }
}

impl BorrowedTable<'_> {
    pub fn table(&self) -> Table<'_> {
        let columns = self.columns;
        match &self.values {
            BorrowedValues::Dense(values) => Table::Dense { values, columns },
            BorrowedValues::Bytes(bytes, range) => Table::Bytes { values: &bytes[range.clone()], columns },
            BorrowedValues::Quantised(codes, centroids, part, norms) => {
                let norms = norms.as_ref().map(|(codes, norms)| (&**codes, &**norms));
                Table::Quantised(Quantised { codes, centroids, columns, part: *part, norms })
            }
        }
    }
}

/// What a fastText classifier file contains, as a dict; matrices as offsets.
#[pyfunction]
fn read_fasttext<'py>(py: Python<'py>, content: Input<'py, u8>, name: String) -> PyResult<Bound<'py, PyDict>> {
    let content: &[u8] = &content;
    let file = interruptible(py, || read(&content))?.map_err(|error| failure(py, &name, error))?;
    let found = PyDict::new(py);
    let settings = &file.settings;
    found.set_item("dimension", settings.dimension)?;
    found.set_item("ngrams", settings.words)?;
    found.set_item("loss", settings.loss)?;
    found.set_item("buckets", settings.buckets)?;
    found.set_item("shortest", settings.shortest)?;
    found.set_item("longest", settings.longest)?;
    found.set_item("input", place(py, &file.input)?)?;
    found.set_item("output", place(py, &file.output)?)?;
    add_entries(py, &file, &found)?;
    Ok(found)
}

fn add_entries(py: Python<'_>, file: &File, found: &Bound<'_, PyDict>) -> PyResult<()> {
    let entries = &file.entries;
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for number in 0..entries.words.len() as u32 {
        bytes.extend_from_slice(entries.words.token(number));
        ends.push(bytes.len() as i64);
    }
    for label in &entries.labels {
        bytes.extend_from_slice(label);
        ends.push(bytes.len() as i64);
    }
    let kept = file.kept.as_ref().map(|kept| {
        let mut ordered: Vec<(u32, u32)> = kept.iter().map(|(&bucket, &row)| (row, bucket)).collect();
        ordered.sort_unstable();
        ordered
    });
    let is_whole = kept.as_ref().is_none_or(|kept| kept.iter().zip(0..).all(|(&(row, _), number)| row == number));
    check(is_whole, || "kept buckets must have different indices".into())?;
    let kept = kept.map(|kept| kept.into_iter().map(|(_, bucket)| bucket).collect::<Vec<u32>>().into_pyarray(py));
    found.set_item("entries", PyByteArray::new(py, &bytes))?;
    found.set_item("ends", ends.into_pyarray(py))?;
    found.set_item("words", entries.words.len())?;
    found.set_item("counts", entries.counts.clone().into_pyarray(py))?;
    found.set_item("label_counts", entries.label_counts.clone().into_pyarray(py))?;
    found.set_item("kept", kept)
}

fn place<'py>(py: Python<'py>, place: &Place) -> PyResult<Bound<'py, PyDict>> {
    let found = PyDict::new(py);
    found.set_item("rows", place.rows)?;
    let pair = |range: &Range<u64>| (range.start, range.end);
    match &place.form {
        Form::Dense(range) => found.set_item("dense", pair(range))?,
        Form::Quantised { part, codes, centroids, norms } => {
            found.set_item("part", part)?;
            found.set_item("codes", pair(codes))?;
            found.set_item("centroids", pair(centroids))?;
            found.set_item("norms", norms.as_ref().map(|[codes, norms]| (pair(codes), pair(norms))))?;
        }
    }
    Ok(found)
}
