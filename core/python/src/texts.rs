//! Texts from Python: of a list of str, or of an Arrow column.

use crate::columns::TextColumn;
use crate::lists::TextList;
use malmoi_core::text::utf16::Joined;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::Borrowed;
use std::ops::Range;
use std::sync::OnceLock;

/// A single text.
pub struct OneText(Texts);

impl FromPyObject<'_, '_> for OneText {
    type Error = PyErr;

    fn extract(text: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let list = TextList::of_one(&text.cast::<PyString>()?.to_owned())?;
        Ok(Self(Texts { source: Source::List(list), encoded: OnceLock::new() }))
    }
}

impl OneText {
    pub fn utf8(&self) -> PyResult<&str> {
        Ok(self.0.utf8()?.first().copied().unwrap_or_default())
    }
}

/// Limit of the work done at once: a number of bytes, or of characters of a list; more if one text has more.
#[derive(Clone, Copy, PartialEq)]
pub enum Run {
    /// All texts count, so that their results can be stored in between.
    OfAll,
    /// Only texts that must be encoded count.
    OfEncoded,
}

const SIZE: usize = 8 << 20;
/// Maximum number of texts processed at once.
const MOST_TEXTS: usize = 1 << 22;

pub struct Texts {
    source: Source,
    encoded: OnceLock<Joined>,
}

enum Source {
    List(TextList),
    Column(TextColumn),
}

impl<'py> FromPyObject<'_, 'py> for Texts {
    type Error = PyErr;

    fn extract(values: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let source = match values.cast::<TextColumn>() {
            Ok(column) => Source::Column(column.get().clone()),
            Err(_) => Source::List(TextList::new(values)?),
        };
        Ok(Self { source, encoded: OnceLock::new() })
    }
}

impl Texts {
    pub fn len(&self) -> usize {
        match &self.source {
            Source::List(list) => list.len(),
            Source::Column(column) => column.len(),
        }
    }

    /// The UTF-8 of every text, with the lifetime of the texts.
    pub fn utf8(&self) -> PyResult<Vec<&str>> {
        match &self.source {
            Source::Column(column) => Ok(column.utf8(0..column.len())),
            Source::List(list) => Python::attach(|py| {
                if self.encoded.get().is_none() {
                    // If another thread was faster, its texts are equal.
                    let _ = self.encoded.set(list.encoded(py, 0..list.len(), usize::MAX, false)?.1);
                }
                self.encoded.get().map_or(Ok(Vec::new()), |encoded| list.utf8(py, 0..list.len(), encoded))
            }),
        }
    }

    /// Process runs of texts of bounded size one after the other, so that at most one run of a list is encoded, and its
    /// result can be stored before the next. Without texts, there is one empty run.
    ///
    /// Call this without the interpreter: it is acquired while a run is encoded.
    pub fn each_run(&self, run: Run, mut work: impl FnMut(Range<usize>, &[&str])) -> PyResult<()> {
        let mut start = 0;
        loop {
            let most = self.len().min(start + MOST_TEXTS);
            let end = match &self.source {
                Source::Column(column) => {
                    let end = if run == Run::OfAll { start + column.run(start..most, SIZE) } else { most };
                    work(start..end, &column.utf8(start..end));
                    end
                }
                Source::List(list) => {
                    let all = run == Run::OfAll;
                    let (end, encoded) = Python::attach(|py| list.encoded(py, start..most, SIZE, all))?;
                    let texts = Python::attach(|py| list.utf8(py, start..end, &encoded))?;
                    work(start..end, &texts);
                    end
                }
            };
            start = end;
            if start == self.len() {
                return Ok(());
            }
        }
    }

    /// Refuse texts with lone surrogates.
    pub fn check_whole(&self, py: Python<'_>) -> PyResult<()> {
        match &self.source {
            Source::List(list) => list.check_whole(py),
            Source::Column(_) => Ok(()),
        }
    }
}
