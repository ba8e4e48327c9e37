//! Texts of a list of str. A str that is not ASCII has no UTF-8, and one that is asked for keeps it for ever: here it is
//! encoded for as long as the core works with it.

use malmoi_core::text::utf16::Joined;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyString, PyType};
use pyo3::Borrowed;
use std::ops::Range;

/// Characters that are encoded at once, so that all forms of them stay in a core's cache; more where one text has more.
const TOGETHER: usize = 1 << 16;

static MAP: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static IS_ASCII: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

pub struct TextList {
    texts: Vec<Py<PyString>>,
    /// Not zero: the str lies in memory as UTF-8 does.
    ascii: Vec<u8>,
}

impl TextList {
    pub fn new(values: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let texts: Vec<Py<PyString>> = values.extract()?;
        let mut ascii = are_ascii(values)?;
        ascii.resize(texts.len(), 0);
        Ok(Self { texts, ascii })
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Those texts of a range that are not ASCII in UTF-8, up to so many characters together; and how far that is.
    ///
    /// With `all` those that are ASCII count too. The text that goes beyond the limit is included.
    pub fn encoded(&self, py: Python<'_>, range: Range<usize>, limit: usize, all: bool) -> PyResult<(usize, Joined)> {
        let (mut end, mut sum) = (range.start, 0);
        let (mut places, mut lengths, mut characters) = (Vec::new(), Vec::new(), 0);
        let mut encoded = Joined::default();
        while end < range.end && sum < limit {
            let is_ascii = self.ascii[end] != 0;
            if all || !is_ascii {
                let length = self.texts[end].bind(py).len()?;
                sum += length;
                if !is_ascii {
                    places.push(end);
                    lengths.push(length);
                    characters += length;
                }
            }
            end += 1;
            if characters >= TOGETHER || (!places.is_empty() && (end == range.end || sum >= limit)) {
                encoded.push_utf16(self.utf16(py, &places)?.as_bytes(), &lengths);
                places.clear();
                lengths.clear();
                characters = 0;
            }
        }
        Ok((end, encoded))
    }

    /// The UTF-8 of texts, of which those that are not ASCII are `encoded`.
    pub fn utf8<'a>(&'a self, py: Python<'_>, range: Range<usize>, encoded: &'a Joined) -> PyResult<Vec<&'a str>> {
        let mut others = encoded.iter();
        let borrowed = |place: usize| match self.ascii[place] {
            0 => Ok(others.next().unwrap_or_default()),
            _ => self.texts[place].to_str(py),
        };
        range.map(borrowed).collect()
    }

    /// Refuse texts that hold half a character.
    pub fn check_whole(&self, py: Python<'_>) -> PyResult<()> {
        let mut places = Vec::new();
        let mut characters = 0;
        for place in (0..self.len()).filter(|&place| self.ascii[place] == 0) {
            places.push(place);
            characters += self.texts[place].bind(py).len()?;
            if characters >= TOGETHER {
                self.utf16(py, &places)?;
                places.clear();
                characters = 0;
            }
        }
        self.utf16(py, &places).map(|_| ())
    }

    /// Texts behind each other in UTF-16, which takes Python a tenth of the time of UTF-8.
    fn utf16<'py>(&self, py: Python<'py>, places: &[usize]) -> PyResult<Bound<'py, PyBytes>> {
        let texts = PyList::new(py, places.iter().map(|&place| self.texts[place].bind(py)))?;
        let joined = PyString::intern(py, "").call_method1("join", (texts,))?;
        let units = joined.call_method1("encode", ("utf-16-le",));
        let units = units.map_err(|error| self.half_character(py, places).err().unwrap_or(error))?;
        Ok(units.cast_into()?)
    }

    /// An error that says where half a character is.
    fn half_character(&self, py: Python<'_>, places: &[usize]) -> PyResult<()> {
        for &place in places {
            if let Err(error) = self.texts[place].bind(py).encode_utf8() {
                let at: usize = error.value(py).getattr("start")?.extract()?;
                let rule = format!(
                    "texts[{place}] holds a lone surrogate at character {at}, which no UTF-8 file can hold; \
                     clean it: text.encode(\"utf-8\", \"replace\").decode(\"utf-8\")"
                );
                return Err(PyValueError::new_err(rule));
            }
        }
        Ok(())
    }
}

/// A byte for every str: 1 where it is ASCII.
fn are_ascii(texts: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<u8>> {
    let py = texts.py();
    let is_ascii =
        IS_ASCII.get_or_try_init(py, || Ok::<_, PyErr>(py.get_type::<PyString>().getattr("isascii")?.unbind()));
    let map = MAP.import(py, "builtins", "map")?;
    let flags = py.get_type::<PyBytes>().call1((map.call1((is_ascii?, texts))?,))?;
    Ok(flags.cast_into::<PyBytes>()?.as_bytes().to_vec())
}
