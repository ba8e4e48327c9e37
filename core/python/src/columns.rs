//! A column of texts, where another library laid it down: a sequence of str that makes one only where one is asked for.

use crate::arrow;
use crate::texts::Texts;
use arrow_array::{Array, LargeStringArray, StringArray, StringViewArray};
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyType};
use std::ops::Range;
use std::sync::Arc;

/// Texts of an Arrow array that was checked: UTF-8, none of them null.
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

/// Texts of several arrays behind each other.
pub struct Values {
    parts: Vec<Strings>,
    /// Where each begins.
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

    fn text(&self, place: usize) -> &str {
        let part = self.starts.partition_point(|&start| start <= place) - 1;
        self.parts[part].text(place - self.starts[part])
    }

    fn texts(&self, range: Range<usize>) -> impl Iterator<Item = &str> {
        self.parts.iter().zip(&self.starts).flat_map(move |(part, &start)| {
            let inside = |place: usize| place.saturating_sub(start).min(part.len());
            (inside(range.start)..inside(range.end)).map(|place| part.text(place))
        })
    }
}

#[pyclass(frozen, sequence, module = "malmoi._core")]
#[derive(Clone)]
pub struct TextColumn {
    values: Arc<Values>,
    /// Which of the values come, and in which order; all of them where it is not said.
    order: Option<Arc<[u32]>>,
    range: Range<usize>,
}

impl TextColumn {
    /// Values in an order, whose numbers are below their count.
    pub fn new(values: Values, order: Option<Vec<u32>>) -> Self {
        let range = 0..order.as_ref().map_or(values.len(), Vec::len);
        Self { values: Arc::new(values), order: order.map(Arc::from), range }
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

    /// How many texts of a range have so many bytes together, the last of them included.
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

    fn texts(&self, range: Range<usize>) -> Box<dyn Iterator<Item = &str> + '_> {
        let range = self.range.start + range.start..self.range.start + range.end;
        match &self.order {
            None => Box::new(self.values.texts(range)),
            Some(order) => Box::new(order[range].iter().map(|&place| self.values.text(place as usize))),
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

    /// Some texts, whose places are below the length.
    fn taken(&self, places: impl Iterator<Item = usize>) -> PyResult<Self> {
        let number = |place: usize| match &self.order {
            Some(order) => Ok(order[self.range.start + place]),
            None => u32::try_from(self.range.start + place).map_err(|_| {
                PyValueError::new_err("texts must be fewer than 2**32 to be taken from; take a slice first")
            }),
        };
        let order: Arc<[u32]> = places.map(number).collect::<PyResult<Vec<u32>>>()?.into();
        let range = 0..order.len();
        Ok(Self { values: self.values.clone(), order: Some(order), range })
    }

    fn place(&self, index: isize) -> PyResult<usize> {
        let place = if index < 0 { index + self.len() as isize } else { index };
        let found = usize::try_from(place).ok().filter(|&place| place < self.len());
        found.ok_or_else(|| PyIndexError::new_err(format!("texts are {}, got place {index}", self.len())))
    }
}

#[pymethods]
impl TextColumn {
    #[new]
    fn from_python(values: &Bound<'_, PyAny>) -> PyResult<Self> {
        if arrow::is_arrow(values)? {
            return arrow::column(values);
        }
        let texts: Texts<'_> = values.extract()?;
        let parts = vec![Strings::Large(LargeStringArray::from_iter_values(texts.utf8()?))];
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
            self.taken((0..found.slicelength as isize).map(|step| (found.start + step * found.step) as usize))?
        };
        Ok(Bound::new(py, some)?.into_any())
    }

    fn __iter__(&self) -> TextIterator {
        TextIterator { column: self.clone(), place: 0 }
    }

    fn __contains__(&self, value: &Bound<'_, PyAny>) -> bool {
        self.index_of(value, 0..self.len()).is_some()
    }

    #[pyo3(signature = (value, start=0, stop=None))]
    fn index(&self, value: &Bound<'_, PyAny>, start: isize, stop: Option<isize>) -> PyResult<usize> {
        let count = self.len() as isize;
        let inside = |place: isize| if place < 0 { (place + count).max(0) } else { place.min(count) } as usize;
        let (start, stop) = (inside(start), inside(stop.unwrap_or(count)));
        let found = self.index_of(value, start..stop.max(start));
        found.ok_or_else(|| PyValueError::new_err("the text is not in the column"))
    }

    fn count(&self, value: &Bound<'_, PyAny>) -> usize {
        let Ok(wanted) = value.extract::<String>() else { return 0 };
        self.texts(0..self.len()).filter(|&text| text == wanted).count()
    }

    /// Texts in another order, some of them, or some repeatedly, without a copy.
    fn take(&self, places: Vec<isize>) -> PyResult<Self> {
        let places: Vec<usize> = places.into_iter().map(|place| self.place(place)).collect::<PyResult<_>>()?;
        self.taken(places.into_iter())
    }

    /// Where batches begin, and the last one ends, that have not much more than so many texts or bytes.
    #[pyo3(signature = (*, most_texts, most_bytes))]
    fn cuts(&self, most_texts: usize, most_bytes: usize) -> Vec<usize> {
        let mut cuts = vec![0];
        let mut end = 0;
        while end < self.len() || cuts.len() == 1 {
            end += self.run(end..self.len().min(end.saturating_add(most_texts.max(1))), most_bytes.max(1));
            cuts.push(end);
        }
        cuts
    }

    fn characters(&self, py: Python<'_>) -> usize {
        py.detach(|| self.texts(0..self.len()).map(|text| text.chars().count()).sum())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let Ok(other) = other.extract::<Texts<'_>>() else { return false };
        other.len() == self.len() && other.utf8().is_ok_and(|other| self.texts(0..self.len()).eq(other))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, (Bound<'py, PyList>,))> {
        Ok((py.get_type::<Self>(), (PyList::new(py, self.utf8(0..self.len()))?,)))
    }

    fn __repr__(&self) -> String {
        format!("TextColumn({} texts)", self.len())
    }
}

impl TextColumn {
    fn index_of(&self, value: &Bound<'_, PyAny>, range: Range<usize>) -> Option<usize> {
        let wanted: String = value.extract().ok()?;
        self.texts(range.clone()).position(|text| text == wanted).map(|place| range.start + place)
    }
}

#[pyclass]
struct TextIterator {
    column: TextColumn,
    place: usize,
}

#[pymethods]
impl TextIterator {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&mut self) -> Option<&str> {
        let place = self.place;
        self.place += usize::from(place < self.column.len());
        (place < self.column.len()).then(|| self.column.text(place))
    }

    fn __length_hint__(&self) -> usize {
        self.column.len() - self.place
    }
}
