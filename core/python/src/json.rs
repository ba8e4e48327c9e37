//! Tables of text: rows of JSON become lists of Python's values.

use crate::tables::{bad_rows, line_numbers, Bad, Blocks, ByteFeed, Taken};
use malmoi_core::tables::feed::Feed;
use malmoi_core::tables::json::{self, Layout, Paths, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyNone, PyString};

/// Maximum length of a path; the parser refuses deeper objects.
const MOST_KEYS: usize = 100;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<JsonRows>()?;
    module.add_class::<JsonBlock>()
}

/// Iterator over blocks of JSON rows.
#[pyclass(frozen)]
struct JsonRows {
    feed: Py<ByteFeed>,
    blocks: Blocks<JsonBlock>,
}

#[pymethods]
impl JsonRows {
    /// One object per line, or items of an array; `paths` lists the keys of every wanted value, and `texts` the indices
    /// of those that must be strings.
    #[new]
    fn new(
        feed: Py<ByteFeed>,
        items: bool,
        paths: Vec<Vec<String>>,
        texts: Vec<usize>,
        threads: usize,
    ) -> PyResult<Self> {
        if paths.iter().any(|path| path.is_empty() || path.len() > MOST_KEYS) {
            return Err(PyValueError::new_err(format!("paths must be of 1 to {MOST_KEYS} keys")));
        }
        let layout = if items { Layout::Items } else { Layout::Lines };
        let (columns, paths) = (paths.len(), Paths::new(&paths, &texts));
        let make = move |feed: &mut Feed| {
            let block = Taken::from(feed)?;
            let rows = json::rows(&block.bytes, block.is_last, layout, &paths, threads);
            feed.leave(&block.bytes[rows.consumed..])?;
            Ok(JsonBlock { block, rows, columns })
        };
        let blocks = feed.get().rows(make, |block| block.block.is_last || block.rows.closed)?;
        Ok(JsonRows { feed, blocks })
    }

    fn next_block(&self, py: Python<'_>) -> PyResult<JsonBlock> {
        self.blocks.next_block(py, self.feed.get())
    }
}

/// Rows of JSON in a block.
#[pyclass(frozen)]
struct JsonBlock {
    block: Taken,
    rows: json::Rows,
    columns: usize,
}

#[pymethods]
impl JsonBlock {
    /// A slice of the block.
    fn part<'py>(&self, py: Python<'py>, start: usize, end: usize) -> Bound<'py, PyBytes> {
        self.block.part(py, start, end)
    }

    #[getter]
    fn is_last(&self) -> bool {
        self.block.is_last
    }

    #[getter]
    fn position(&self) -> u64 {
        self.block.position
    }

    /// A list of values for every path: None, bool, int, float, str; `json(bytes)` for other values, `missing` if
    /// absent.
    fn columns<'py>(
        &self,
        py: Python<'py>,
        json: Bound<'py, PyAny>,
        missing: Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PyList>>> {
        let block = &self.block.bytes;
        let value = |row: usize, column: usize| -> PyResult<Bound<'py, PyAny>> {
            Ok(match self.rows.value(row, column) {
                Value::Missing => missing.clone(),
                Value::Null => PyNone::get(py).to_owned().into_any(),
                Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
                Value::Int(value) => PyInt::new(py, *value).into_any(),
                Value::Float(value) => PyFloat::new(py, *value).into_any(),
                Value::Plain(start, end) => {
                    PyString::new(py, std::str::from_utf8(&block[*start..*end]).unwrap_or_default()).into_any()
                }
                Value::Text(text) => PyString::new(py, text).into_any(),
                Value::Json(start, end) => json.call1((PyBytes::new(py, &block[*start..*end]),))?,
            })
        };
        (0..self.columns)
            .map(|column| {
                let values: PyResult<Vec<_>> = (0..self.rows.places.len()).map(|row| value(row, column)).collect();
                PyList::new(py, values?)
            })
            .collect()
    }

    #[getter]
    fn bad(&self) -> Vec<Bad> {
        bad_rows(&self.rows.bad)
    }

    #[getter]
    fn line_numbers(&self) -> Option<Vec<usize>> {
        line_numbers(&self.rows.places)
    }

    #[getter]
    fn first_line(&self) -> usize {
        self.rows.places.first().map_or(0, |place| place.line)
    }

    #[getter]
    fn size(&self) -> usize {
        self.rows.places.len()
    }

    #[getter]
    fn consumed(&self) -> usize {
        self.rows.consumed
    }

    #[getter]
    fn lines(&self) -> usize {
        self.rows.lines
    }

    /// Offset of every row.
    #[getter]
    fn starts(&self) -> Vec<usize> {
        self.rows.places.iter().map(|place| place.start).collect()
    }

    #[getter]
    fn closed(&self) -> bool {
        self.rows.closed
    }
}
