//! Texts of a list of str. A str that is not ASCII caches its UTF-8 permanently once it is requested; here it is
//! encoded only for as long as the core works with it.

use crate::interrupts::give_way;
use malmoi_core::text::utf16::Joined;
use pyo3::exceptions::{PyUnicodeEncodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PySlice, PyString, PyType};
use pyo3::Borrowed;
use std::ops::Range;

/// Number of characters encoded at once, so that all forms of them stay in a core's cache.
const TOGETHER: usize = 1 << 16;
/// Number of characters encoded before another Python thread may run, about 50 ms.
const WITHOUT_BREAK: usize = 1 << 23;

static MAP: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static IS_ASCII: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

pub struct TextList {
    texts: Vec<Py<PyString>>,
    /// Nonzero: the str's memory is valid UTF-8, or it may cache its UTF-8.
    ascii: Vec<u8>,
}

impl TextList {
    pub fn new(values: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let texts: Vec<Py<PyString>> = values.extract()?;
        let mut ascii = are_ascii(values)?;
        ascii.resize(texts.len(), 0);
        Ok(Self { texts, ascii })
    }

    /// A list of one text. A short one may cache its UTF-8.
    pub fn of_one(text: &Bound<'_, PyString>) -> PyResult<Self> {
        let keeps = text.len()? <= TOGETHER || text.call_method0("isascii")?.extract()?;
        Ok(Self { texts: vec![text.clone().unbind()], ascii: vec![u8::from(keeps)] })
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Encode the non-ASCII texts of a range, up to a number of characters; return how far that is.
    ///
    /// With `all`, ASCII texts count too. The text that exceeds the limit is included.
    pub fn encoded(&self, py: Python<'_>, range: Range<usize>, limit: usize, all: bool) -> PyResult<(usize, Joined)> {
        let (mut end, mut sum, mut encoder) = (range.start, 0, Encoder::new(self));
        let mut encoded = Joined::default();
        while end < range.end && sum < limit {
            let is_ascii = self.ascii[end] != 0;
            if all || !is_ascii {
                let length = self.texts[end].bind(py).len()?;
                sum += length;
                if !is_ascii {
                    encoder.add(py, end, length, &mut encoded)?;
                }
            }
            end += 1;
        }
        encoder.flush(py, &mut encoded)?;
        Ok((end, encoded))
    }

    /// The UTF-8 of texts; those that are not ASCII are in `encoded`.
    pub fn utf8<'a>(&'a self, py: Python<'_>, range: Range<usize>, encoded: &'a Joined) -> PyResult<Vec<&'a str>> {
        let mut others = encoded.iter();
        let borrowed = |place: usize| match self.ascii[place] {
            0 => Ok(others.next().unwrap_or_default()),
            _ => self.texts[place].to_str(py),
        };
        range.map(borrowed).collect()
    }

    /// Refuse texts with lone surrogates.
    pub fn check_whole(&self, py: Python<'_>) -> PyResult<()> {
        let mut encoder = Encoder::new(self);
        for place in (0..self.len()).filter(|&place| self.ascii[place] == 0) {
            let length = self.texts[place].bind(py).len()?;
            encoder.add(py, place, length, &mut Dropped)?;
        }
        encoder.flush(py, &mut Dropped)
    }
}

/// Consumer of UTF-16.
trait Target {
    fn texts(&mut self, units: &[u8], characters: &[usize]);
    fn part(&mut self, units: &[u8], is_last: bool);
}

impl Target for Joined {
    fn texts(&mut self, units: &[u8], characters: &[usize]) {
        self.push_utf16(units, characters);
    }

    fn part(&mut self, units: &[u8], is_last: bool) {
        self.push_part(units);
        if is_last {
            self.end_text();
        }
    }
}

/// Discards the UTF-16: only the conversion is checked.
struct Dropped;

impl Target for Dropped {
    fn texts(&mut self, _: &[u8], _: &[usize]) {}
    fn part(&mut self, _: &[u8], _: bool) {}
}

/// Encodes short texts together, and long ones in parts, with a signal check after each.
struct Encoder<'a> {
    list: &'a TextList,
    places: Vec<usize>,
    lengths: Vec<usize>,
    /// Number of queued characters, and of those encoded since other threads could run.
    waiting: usize,
    done: usize,
}

impl<'a> Encoder<'a> {
    fn new(list: &'a TextList) -> Self {
        Self { list, places: Vec::new(), lengths: Vec::new(), waiting: 0, done: 0 }
    }

    fn add(&mut self, py: Python<'_>, place: usize, length: usize, target: &mut impl Target) -> PyResult<()> {
        if length > 2 * TOGETHER {
            self.flush(py, target)?;
            return self.encode_long(py, place, length, target);
        }
        self.places.push(place);
        self.lengths.push(length);
        self.waiting += length;
        if self.waiting >= TOGETHER {
            self.flush(py, target)?;
        }
        Ok(())
    }

    /// Encode the queued texts.
    fn flush(&mut self, py: Python<'_>, target: &mut impl Target) -> PyResult<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        let texts = PyList::new(py, self.places.iter().map(|&place| self.list.texts[place].bind(py)))?;
        let joined = PyString::intern(py, "").call_method1("join", (texts,))?;
        let units = utf16(&joined).map_err(|error| self.half_character(error, py))?;
        target.texts(units.as_bytes(), &self.lengths);
        self.places.clear();
        self.lengths.clear();
        let done = std::mem::take(&mut self.waiting);
        self.check_signals(py, done)
    }

    fn encode_long(&mut self, py: Python<'_>, place: usize, length: usize, target: &mut impl Target) -> PyResult<()> {
        let text = self.list.texts[place].bind(py).as_any();
        for start in (0..length).step_by(TOGETHER) {
            let end = length.min(start + TOGETHER);
            let part = text.get_item(PySlice::new(py, start as isize, end as isize, 1))?;
            let units = utf16(&part).map_err(|error| half_character(py, place, start, error))?;
            target.part(units.as_bytes(), end == length);
            self.check_signals(py, end - start)?;
        }
        Ok(())
    }

    fn check_signals(&mut self, py: Python<'_>, characters: usize) -> PyResult<()> {
        py.check_signals()?;
        self.done += characters;
        if self.done >= WITHOUT_BREAK {
            self.done = 0;
            give_way(py);
        }
        Ok(())
    }

    /// An error that gives the position of a lone surrogate, if the exception reports one.
    fn half_character(&self, error: PyErr, py: Python<'_>) -> PyErr {
        let of_one = |&place: &usize| {
            let error = utf16(self.list.texts[place].bind(py).as_any()).err()?;
            Some(half_character(py, place, 0, error))
        };
        self.places.iter().find_map(of_one).unwrap_or(error)
    }
}

/// Python encodes UTF-16 ten times faster than UTF-8.
fn utf16<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    Ok(text.call_method1("encode", ("utf-16-le",))?.cast_into()?)
}

/// The error for a text whose part from character `start` on cannot be encoded.
fn half_character(py: Python<'_>, place: usize, start: usize, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyUnicodeEncodeError>(py) {
        return error;
    }
    match error.value(py).getattr("start").and_then(|at| at.extract::<usize>()) {
        Ok(at) => PyValueError::new_err(format!(
            "texts[{place}] contains a lone surrogate at character {}, which UTF-8 cannot encode; \
             clean it: text.encode(\"utf-8\", \"replace\").decode(\"utf-8\")",
            start + at
        )),
        Err(error) => error,
    }
}

/// One byte for every str: 1 if it is ASCII.
fn are_ascii(texts: Borrowed<'_, '_, PyAny>) -> PyResult<Vec<u8>> {
    let py = texts.py();
    let is_ascii =
        IS_ASCII.get_or_try_init(py, || Ok::<_, PyErr>(py.get_type::<PyString>().getattr("isascii")?.unbind()));
    let map = MAP.import(py, "builtins", "map")?;
    let flags = py.get_type::<PyBytes>().call1((map.call1((is_ascii?, texts))?,))?;
    Ok(flags.cast_into::<PyBytes>()?.as_bytes().to_vec())
}
