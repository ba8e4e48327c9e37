//! A column of texts in another library's memory: a sequence that creates str objects on access.

use crate::arrow;
use crate::interrupts::interruptible;
use crate::texts::Texts;
use arrow_array::{Array, LargeStringArray, StringArray, StringViewArray};
use malmoi_core::foundation::interrupts::check;
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyIndexError, PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyString, PyType};
use std::ops::Range;
use std::sync::Arc;

/// Amount created for Python between two signal checks: bytes of texts, plus an overhead for each.
const TOGETHER: usize = 1 << 22;
const EACH: usize = 64;

/// Reserve memory for indices of texts, or return a `MemoryError`.
pub fn room(count: usize) -> PyResult<Vec<u32>> {
    let mut numbers = Vec::new();
    let memory = |_| PyMemoryError::new_err(format!("the indices of {count} texts need {} bytes of memory", 4 * count));
    numbers.try_reserve_exact(count).map_err(memory)?;
    Ok(numbers)
}

/// Texts of a validated Arrow array: UTF-8, without nulls.
pub enum Strings {
    Small(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
}

impl Strings {
    pub fn len(&self) -> usize {
        match self {
            Self::Small(array) => array.len(),
            Self::Large(array) => array.len(),
            Self::View(array) => array.len(),
        }
    }

    fn text(&self, place: usize) -> &str {
        match self {
            Self::Small(array) => array.value(place),
            Self::Large(array) => array.value(place),
            Self::View(array) => array.value(place),
        }
    }
}

/// Texts of consecutive arrays.
pub struct Values {
    parts: Vec<Strings>,
    /// Start of each.
    starts: Vec<usize>,
    len: usize,
}

impl Values {
    pub fn new(parts: Vec<Strings>) -> Self {
        let mut len = 0;
        let mut starts = Vec::with_capacity(parts.len());
        for part in &parts {
            starts.push(len);
            len += part.len();
        }
        Self { parts, starts, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The part of a position.
    fn part(&self, place: usize) -> usize {
        self.starts.partition_point(|&start| start <= place) - 1
    }

    fn text(&self, place: usize) -> &str {
        let part = self.part(place);
        self.parts[part].text(place - self.starts[part])
    }

    fn texts(&self, range: Range<usize>) -> impl Iterator<Item = &str> {
        let parts = match range.is_empty() {
            true => 0..0,
            false => self.part(range.start)..self.part(range.end - 1) + 1,
        };
        self.parts[parts.clone()].iter().zip(&self.starts[parts]).flat_map(move |(part, &start)| {
            let inside = |place: usize| place.saturating_sub(start).min(part.len());
            (inside(range.start)..inside(range.end)).map(|place| part.text(place))
        })
    }
}

#[pyclass(frozen, sequence, module = "malmoi._core")]
#[derive(Clone)]
pub struct TextColumn {
    values: Arc<Values>,
    /// Indices of the values, in order; `None` for all of them.
    order: Option<Arc<Vec<u32>>>,
    range: Range<usize>,
}

impl TextColumn {
    /// Values in an order; its indices are below their count.
    pub fn new(values: Values, order: Option<Vec<u32>>) -> Self {
        let range = 0..order.as_ref().map_or(values.len(), Vec::len);
        Self { values: Arc::new(values), order: order.map(Arc::new), range }
    }

    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// The UTF-8 of some texts.
    pub fn utf8(&self, range: Range<usize>) -> Vec<&str> {
        let mut texts = Vec::with_capacity(range.len());
        texts.extend(self.texts(range));
        texts
    }

    /// Return how many texts of a range have this many bytes together, including the last of them.
    pub fn run(&self, range: Range<usize>, bytes: usize) -> usize {
        let (mut count, mut sum) = (0, 0);
        for text in self.texts(range) {
            sum += text.len();
            count += 1;
            if sum >= bytes {
                break;
            }
        }
        count
    }

    /// Some texts; interrupts are checked in between.
    fn texts(&self, range: Range<usize>) -> Box<dyn Iterator<Item = &str> + '_> {
        let noticed = |text: &&str| check(text.len() + 1);
        let range = self.range.start + range.start..self.range.start + range.end;
        match &self.order {
            None => Box::new(self.values.texts(range).inspect(noticed)),
            Some(order) => {
                Box::new(order[range].iter().map(|&place| self.values.text(place as usize)).inspect(noticed))
            }
        }
    }

    fn text(&self, place: usize) -> &str {
        let place = self.range.start + place;
        self.values.text(self.order.as_ref().map_or(place, |order| order[place] as usize))
    }

    fn slice(&self, range: Range<usize>) -> Self {
        let range = self.range.start + range.start..self.range.start + range.end;
        Self { values: self.values.clone(), order: self.order.clone(), range }
    }

    /// Select texts; the indices are below the length.
    fn taken(&self, count: usize, places: impl Iterator<Item = PyResult<usize>>) -> PyResult<Self> {
        let mut order = room(count)?;
        for place in places {
            let place = self.range.start + place?;
            order.push(match &self.order {
                Some(order) => order[place],
                None => u32::try_from(place).map_err(|_| {
                    PyValueError::new_err("texts must have fewer than 2**32 items for a selection; take a slice first")
                })?,
            });
        }
        let range = 0..order.len();
        Ok(Self { values: self.values.clone(), order: Some(Arc::new(order)), range })
    }

    /// Select texts by indices from Python.
    fn taken_at(&self, py: Python<'_>, count: usize, places: impl Iterator<Item = PyResult<isize>>) -> PyResult<Self> {
        let places = places.enumerate().map(|(number, place)| {
            if number % (TOGETHER / EACH) == 0 {
                py.check_signals()?;
            }
            self.place(place?)
        });
        self.taken(count, places)
    }

    fn place(&self, index: isize) -> PyResult<usize> {
        let place = if index < 0 { index + self.len() as isize } else { index };
        let found = usize::try_from(place).ok().filter(|&place| place < self.len());
        found.ok_or_else(|| PyIndexError::new_err(format!("index must be below {}, got {index}", self.len())))
    }
}

#[pymethods]
impl TextColumn {
    #[new]
    fn from_python(values: &Bound<'_, PyAny>) -> PyResult<Self> {
        if arrow::is_arrow(values)? {
            return arrow::column(values);
        }
        let texts: Texts = values.extract()?;
        let texts = texts.utf8()?.into_iter().inspect(|text| check(text.len() + 1));
        let parts = vec![Strings::Large(interruptible(values.py(), || LargeStringArray::from_iter_values(texts))?)];
        Ok(Self::new(Values::new(parts), None))
    }

    fn __len__(&self) -> usize {
        self.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Ok(slice) = index.cast::<PySlice>() else {
            let index: isize = index.extract().map_err(|_| {
                PyTypeError::new_err(format!("an index must be an int or a slice, got {}", index.get_type()))
            })?;
            return Ok(self.text(self.place(index)?).into_pyobject(py)?.into_any());
        };
        let found = slice.indices(self.len() as isize)?;
        let some = if found.step == 1 {
            self.slice(found.start as usize..found.start as usize + found.slicelength)
        } else {
            let places = (0..found.slicelength as isize).map(|step| Ok((found.start + step * found.step) as usize));
            let noticed = places.inspect(|_| check(1));
            interruptible(py, || self.taken(found.slicelength, noticed))??
        };
        Ok(Bound::new(py, some)?.into_any())
    }

    fn __iter__(&self) -> TextIterator {
        TextIterator { column: self.clone(), place: 0, work: 0 }
    }

    fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let mut work = 0;
        for text in self.texts(0..self.len()) {
            look_after(py, &mut work, text)?;
            list.append(text)?;
        }
        Ok(list)
    }

    fn __contains__(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.index_of(value, 0..self.len())?.is_some())
    }

    #[pyo3(signature = (value, start=0, stop=None))]
    fn index(&self, value: &Bound<'_, PyAny>, start: isize, stop: Option<isize>) -> PyResult<usize> {
        let count = self.len() as isize;
        let inside = |place: isize| if place < 0 { (place + count).max(0) } else { place.min(count) } as usize;
        let (start, stop) = (inside(start), inside(stop.unwrap_or(count)));
        let found = self.index_of(value, start..stop.max(start))?;
        found.ok_or_else(|| PyValueError::new_err("the text is not in the column"))
    }

    fn count(&self, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        let Ok(wanted) = value.extract::<String>() else { return Ok(0) };
        interruptible(value.py(), || self.texts(0..self.len()).filter(|&text| text == wanted).count())
    }

    /// Select, reorder or repeat texts without a copy.
    fn take(&self, places: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (py, count) = (places.py(), places.len()?);
        if let Ok(array) = places.extract::<PyReadonlyArray1<'_, i64>>() {
            return self.taken_at(py, count, array.as_array().iter().map(|&place| Ok(place as isize)));
        }
        self.taken_at(py, count, places.try_iter()?.map(|place| place?.extract()))
    }

    /// Boundaries of batches with about this many texts or bytes.
    #[pyo3(signature = (*, most_texts, most_bytes))]
    fn cuts(&self, py: Python<'_>, most_texts: usize, most_bytes: usize) -> PyResult<Vec<usize>> {
        interruptible(py, || {
            let mut cuts = vec![0];
            let mut end = 0;
            while end < self.len() || cuts.len() == 1 {
                end += self.run(end..self.len().min(end.saturating_add(most_texts.max(1))), most_bytes.max(1));
                cuts.push(end);
            }
            cuts
        })
    }

    fn characters(&self, py: Python<'_>) -> PyResult<usize> {
        interruptible(py, || self.texts(0..self.len()).map(|text| text.chars().count()).sum())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = other.py();
        let Ok(other) = other.extract::<Texts>() else { return Ok(false) };
        if other.len() != self.len() {
            return Ok(false);
        }
        let Ok(other) = other.utf8() else { return Ok(false) };
        interruptible(py, || self.texts(0..self.len()).eq(other))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyList>,))> {
        Ok((py.get_type::<Self>(), (self.to_list(py)?,)))
    }

    fn __repr__(&self) -> String {
        format!("TextColumn({} texts)", self.len())
    }
}

impl TextColumn {
    fn index_of(&self, value: &Bound<'_, PyAny>, range: Range<usize>) -> PyResult<Option<usize>> {
        let Ok(wanted) = value.extract::<String>() else { return Ok(None) };
        let found = interruptible(value.py(), || self.texts(range.clone()).position(|text| text == wanted))?;
        Ok(found.map(|place| range.start + place))
    }
}

/// Check for signals, if enough was created since the last check.
fn look_after(py: Python<'_>, work: &mut usize, text: &str) -> PyResult<()> {
    *work += text.len() + EACH;
    if *work >= TOGETHER {
        *work = 0;
        py.check_signals()?;
    }
    Ok(())
}

#[pyclass]
struct TextIterator {
    column: TextColumn,
    place: usize,
    /// Amount created since the last signal check.
    work: usize,
}

#[pymethods]
impl TextIterator {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        if self.place == self.column.len() {
            return Ok(None);
        }
        let text = self.column.text(self.place);
        look_after(py, &mut self.work, text)?;
        self.place += 1;
        Ok(Some(PyString::new(py, text)))
    }

    fn __length_hint__(&self) -> usize {
        self.column.len() - self.place
    }
}
