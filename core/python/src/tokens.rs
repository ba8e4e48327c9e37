//! The binding of tokenizers, of counting tokens, and of ids.

use crate::arguments::{check, check_room};
use crate::arrays::{written, Array1, Array2, Input};
use crate::bags::run_sequences;
use crate::conversions::id_rows;
use crate::interrupts::{interruptible, list, Whole};
use crate::texts::{OneText, Run, Texts};
use malmoi_core::counting::index::Index;
use malmoi_core::counting::padding::{PaddedIds, Padding};
use malmoi_core::counting::tally::Tally;
use malmoi_core::text::coverage::Counted;
use malmoi_core::text::prepare::{Buffers, Form, Prepare};
use malmoi_core::text::splitter::{Piece, Splitter as Rule};
use malmoi_core::vectors::embedding::Embedding;
use numpy::ndarray::Ix2;
use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Name, counts of the tokens, document frequencies.
type Counts = (Vec<String>, Vec<u64>, Vec<u64>);
type CountLists<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, Bound<'py, PyList>);
/// Texts without tokens, blank ones, examples; characters, uncovered punctuation, other uncovered characters.
type Covered = (u64, u64, Vec<usize>, u64, u64, Vec<(char, u64)>);
/// Limit for the numbers of texts and tokens, so that no sum of counts overflows.
const MOST: u64 = 1 << 48;
/// Ids (samples, length), number of tokens of each text before truncation, out-of-vocabulary tokens.
type Padded<'py> = (Array2<'py, i32>, Array1<'py, i64>, u64);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Splitter>()?;
    module.add_class::<TokenTally>()?;
    module.add_class::<TokenIndex>()
}

/// Zeros for `samples` rows of ids, written in place by `write`, and its counts.
fn padded_rows<'py>(
    py: Python<'py>,
    samples: usize,
    length: usize,
    write: impl FnOnce(&mut [i32]) -> Option<PaddedIds> + Send,
) -> PyResult<Padded<'py>> {
    let (ids, padded) = id_rows(py, samples, length, write)?;
    let padded = padded.ok_or_else(|| PyRuntimeError::new_err("this tally has no texts; create it with keep=True"))?;
    Ok((ids, padded.lengths.into_pyarray(py), padded.unknown))
}

/// Check that ids from the first one on fit in 32 bits and are not negative.
fn check_first_id(first_id: i32, words: usize) -> PyResult<()> {
    let is_valid = first_id >= 0 && i32::try_from(words).is_ok_and(|words| first_id.checked_add(words).is_some());
    check(is_valid, || format!("first_id must be 0 or more, and below 2**31 with {words} words, got {first_id}"))
}

#[pyclass(frozen)]
pub struct Splitter(pub Rule);

/// Preprocessing from the keyword arguments of every tokenizer but Keras'.
fn prepare(html: bool, form: Option<&str>, accents: bool, lowercase: bool, squeeze: bool) -> PyResult<Prepare> {
    let form = match form {
        None => None,
        Some("NFC") => Some(Form::Nfc),
        Some("NFKC") => Some(Form::Nfkc),
        Some(other) => return Err(PyValueError::new_err(format!("form must be NFC or NFKC, got {other:?}"))),
    };
    Ok(Prepare { html, form, accents, lowercase, squeeze, replace: None })
}

#[pymethods]
impl Splitter {
    #[staticmethod]
    #[pyo3(signature = (*, punctuation, emoji, html, form, accents, lowercase))]
    fn words(
        punctuation: bool,
        emoji: bool,
        html: bool,
        form: Option<&str>,
        accents: bool,
        lowercase: bool,
    ) -> PyResult<Self> {
        Ok(Self(Rule::words(prepare(html, form, accents, lowercase, false)?, punctuation, emoji)))
    }

    #[staticmethod]
    #[pyo3(signature = (*, graphemes, inside_words, squeeze, html, form, accents, lowercase))]
    #[allow(clippy::too_many_arguments)] // the tokenizer's fields
    fn characters(
        graphemes: bool,
        inside_words: bool,
        squeeze: bool,
        html: bool,
        form: Option<&str>,
        accents: bool,
        lowercase: bool,
    ) -> PyResult<Self> {
        Ok(Self(Rule::characters(prepare(html, form, accents, lowercase, squeeze)?, graphemes, inside_words)))
    }

    #[staticmethod]
    fn keras_words(filters: &str, lowercase: bool, split: &str) -> PyResult<Self> {
        if split.is_empty() {
            return Err(PyValueError::new_err("split must have 1 character or more, got ''"));
        }
        Ok(Self(Rule::keras(filters, lowercase, split)))
    }

    #[staticmethod]
    #[pyo3(signature = (*, removed, lowercase, by_characters))]
    fn standardized(removed: &str, lowercase: bool, by_characters: bool) -> PyResult<Self> {
        check(removed.is_ascii(), || format!("removed must be ASCII characters, got {removed:?}"))?;
        Ok(Self(Rule::standardized(removed, lowercase, by_characters)))
    }

    #[staticmethod]
    #[pyo3(signature = (*, html, form, accents, lowercase))]
    fn whitespace(html: bool, form: Option<&str>, accents: bool, lowercase: bool) -> PyResult<Self> {
        Ok(Self(Rule::whitespace(prepare(html, form, accents, lowercase, false)?)))
    }

    #[staticmethod]
    #[pyo3(signature = (pattern, *, html, form, accents, lowercase))]
    fn pattern(pattern: &str, html: bool, form: Option<&str>, accents: bool, lowercase: bool) -> PyResult<Self> {
        let prepare = prepare(html, form, accents, lowercase, false)?;
        Rule::pattern(prepare, pattern).map(Self).map_err(PyValueError::new_err)
    }

    #[staticmethod]
    #[pyo3(signature = (*, jamo, punctuation, html, form, accents, lowercase))]
    fn hangul(
        jamo: bool,
        punctuation: bool,
        html: bool,
        form: Option<&str>,
        accents: bool,
        lowercase: bool,
    ) -> PyResult<Self> {
        Ok(Self(Rule::hangul(prepare(html, form, accents, lowercase, false)?, jamo, punctuation)))
    }

    #[staticmethod]
    #[pyo3(signature = (*, particles, punctuation, html, form, accents, lowercase))]
    fn eojeol(
        particles: bool,
        punctuation: bool,
        html: bool,
        form: Option<&str>,
        accents: bool,
        lowercase: bool,
    ) -> PyResult<Self> {
        Ok(Self(Rule::eojeol(prepare(html, form, accents, lowercase, false)?, particles, punctuation)))
    }

    fn tokens<'py>(&self, py: Python<'py>, text: OneText) -> PyResult<Bound<'py, PyList>> {
        let text = text.utf8()?;
        let (tokens, ends) = interruptible(py, || {
            let (mut tokens, mut ends) = (Vec::new(), Vec::new());
            self.0.split(text, &mut Buffers::default(), |piece| {
                if let Piece::Token(token, ..) = piece {
                    tokens.extend_from_slice(&token);
                    ends.push(tokens.len());
                }
            });
            (tokens, ends)
        })?;
        let mut start = 0;
        list(py, ends.iter().map(|&end| String::from_utf8_lossy(&tokens[std::mem::replace(&mut start, end)..end])))
    }

    fn spans<'py>(&self, py: Python<'py>, text: OneText) -> PyResult<Bound<'py, PyList>> {
        let text = text.utf8()?;
        let spans = interruptible(py, || self.0.spans(text))?;
        list(py, spans.into_iter())
    }

    fn coverage(&self, py: Python<'_>, texts: Texts, threads: usize) -> PyResult<Covered> {
        let mut counted = Counted::default();
        interruptible(py, || texts.each_run(Run::OfEncoded, |_, texts| counted.add(&self.0, texts, threads)))??;
        let found = counted.finish();
        Ok((found.without_tokens, found.blank, found.examples, found.characters, found.punctuation, found.others))
    }
}

#[pyclass]
pub struct TokenTally(Tally, Whole);

#[pymethods]
impl TokenTally {
    #[new]
    #[pyo3(signature = (splitter, *, threads, keep))]
    fn new(splitter: &Splitter, threads: usize, keep: bool) -> Self {
        Self(Tally::new(splitter.0.clone(), threads, keep), Whole::default())
    }

    #[getter]
    fn texts(&self) -> u64 {
        self.0.texts()
    }

    #[getter]
    fn tokens(&self) -> u64 {
        self.0.tokens()
    }

    fn add(&mut self, py: Python<'_>, texts: Texts) -> PyResult<()> {
        let added = self.1.change(py, || texts.each_run(Run::OfEncoded, |_, texts| self.0.add(texts)))?;
        if added.is_err() {
            self.1.lose();
        }
        added
    }

    /// Mark the object as incomplete: only some of the texts were added, so methods that need complete counts raise.
    fn lose(&mut self) {
        self.1.lose();
    }

    /// `rows` are those of the words in the order of `counts`.
    #[pyo3(signature = (*, rows, counts, components, normalize))]
    fn embedded<'py>(
        &mut self,
        py: Python<'py>,
        rows: Input<'py, f32, Ix2>,
        counts: Vec<bool>,
        components: Input<'py, f32, Ix2>,
        normalize: bool,
    ) -> PyResult<Array2<'py, f32>> {
        self.1.check()?;
        let (words, dimension) = (self.0.table().len(), components.shape()[1]);
        let fits = dimension > 0 && counts.len() == words && *rows.shape() == [words, dimension];
        check(fits, || format!("rows, counts and components must have {words} words and the same dimension"))?;
        let tally = &mut self.0;
        self.1.change(py, || {
            tally.ranked();
            tally.runs();
        })?;
        let (threads, mut ranks) = (self.0.threads(), vec![0; words]);
        self.0.ranked().iter().zip(0..).for_each(|(&number, rank)| ranks[number as usize] = rank);
        let runs = self.0.runs().ok_or_else(|| PyRuntimeError::new_err("this tally has no texts"))?;
        check_room::<f32>(&[runs.ends.len(), dimension])?;
        let (rows, components) = (&*rows, &*components);
        let (embedded, ()) = written(py, [runs.ends.len(), dimension], |target| {
            let embedding = Embedding { dimension, rows, counts: &counts, components, normalize };
            embedding.write(runs, &ranks, threads, target);
        })?;
        Ok(embedded)
    }

    fn merge(&mut self, py: Python<'_>, other: &Self) -> PyResult<()> {
        other.1.check()?;
        self.1.change(py, || self.0.merge(&other.0))
    }

    fn state<'py>(&self, py: Python<'py>) -> PyResult<(CountLists<'py>, u64, u64)> {
        self.1.check()?;
        let numbers: Vec<u32> = (0..self.0.table().len() as u32).collect();
        Ok((self.lists(py, &numbers)?, self.0.texts(), self.0.tokens()))
    }

    #[staticmethod]
    fn restore(py: Python<'_>, splitter: &Splitter, threads: usize, state: (Counts, u64, u64)) -> PyResult<Self> {
        let ((words, counts, holders), texts, tokens) = state;
        let fits = words.len() == counts.len()
            && counts.len() == holders.len()
            && counts.iter().zip(&holders).all(|(count, texts)| texts <= count && *count <= MOST)
            && texts <= MOST
            && tokens <= MOST;
        check(fits, || "every word must have a count and a number of texts".to_owned())?;
        let mut tally = Tally::new(splitter.0.clone(), threads, false);
        let words = words.iter().map(String::as_bytes).zip(counts).zip(holders);
        let words = words.map(|((word, count), texts)| (word, count, texts));
        interruptible(py, || tally.restore(words, texts, tokens))?;
        Ok(Self(tally, Whole::default()))
    }

    #[pyo3(signature = (*, least=0, most=None))]
    fn counts<'py>(&self, py: Python<'py>, least: u64, most: Option<usize>) -> PyResult<CountLists<'py>> {
        self.lists(py, self.frequent(py, least, most)?)
    }

    #[pyo3(signature = (*, least, most))]
    fn words<'py>(
        &self,
        py: Python<'py>,
        least: u64,
        most: Option<usize>,
    ) -> PyResult<(Bound<'py, PyList>, Array1<'py, i64>)> {
        let (table, numbers) = (self.0.table(), self.frequent(py, least, most)?);
        let words = list(py, numbers.iter().map(|&number| String::from_utf8_lossy(table.token(number))))?;
        Ok((words, PyArray1::from_iter(py, numbers.iter().map(|&number| table.count(number) as i64))))
    }

    #[pyo3(signature = (*, kept, first_id, unknown, length, pad_left, keep_last))]
    #[allow(clippy::too_many_arguments)] // the settings of Keras' pad_sequences
    fn padded<'py>(
        &self,
        py: Python<'py>,
        kept: usize,
        first_id: i32,
        unknown: Option<i32>,
        length: usize,
        pad_left: bool,
        keep_last: bool,
    ) -> PyResult<Padded<'py>> {
        self.1.check()?;
        check_first_id(first_id, kept.min(self.0.table().len()))?;
        let padding = Padding { length, pad_left, keep_last };
        padded_rows(py, self.0.texts() as usize, length, |rows| {
            let ranked = self.0.ranked();
            self.0.padded(&ranked[..kept.min(ranked.len())], first_id, unknown, padding, rows)
        })
    }
}

impl TokenTally {
    /// Tokens with a minimum count, up to a maximum number, most frequent first.
    fn frequent(&self, py: Python<'_>, least: u64, most: Option<usize>) -> PyResult<&[u32]> {
        self.1.check()?;
        let table = self.0.table();
        let ranked = interruptible(py, || self.0.ranked())?;
        let frequent = ranked.partition_point(|&number| table.count(number) >= least);
        Ok(&ranked[..frequent.min(most.unwrap_or(frequent))])
    }

    /// Some tokens with their counts.
    fn lists<'py>(&self, py: Python<'py>, numbers: &[u32]) -> PyResult<CountLists<'py>> {
        let (table, numbers) = (self.0.table(), || numbers.iter().copied());
        let words = list(py, numbers().map(|number| String::from_utf8_lossy(table.token(number))))?;
        let counts = list(py, numbers().map(|number| table.count(number)))?;
        Ok((words, counts, list(py, numbers().map(|number| table.texts(number)))?))
    }
}

#[pyclass(frozen)]
pub struct TokenIndex(Index);

#[pymethods]
impl TokenIndex {
    #[new]
    fn new(py: Python<'_>, words: Texts, first_id: i32) -> PyResult<Self> {
        let words = words.utf8()?;
        check_first_id(first_id, words.len())?;
        interruptible(py, || Index::new(words.iter().copied(), first_id))?.map(Self).map_err(|position| {
            PyValueError::new_err(format!(
                "words must be distinct, got {:?} again at position {position}",
                words[position]
            ))
        })
    }

    #[pyo3(signature = (texts, splitter, *, unknown, length, pad_left, keep_last, threads))]
    #[allow(clippy::too_many_arguments)] // the settings of Keras' pad_sequences
    fn padded<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        splitter: &Splitter,
        unknown: Option<i32>,
        length: usize,
        pad_left: bool,
        keep_last: bool,
        threads: usize,
    ) -> PyResult<Padded<'py>> {
        let padding = Padding { length, pad_left, keep_last };
        let mut runs = Ok(());
        let padded = padded_rows(py, texts.len(), length, |rows| {
            let mut whole = PaddedIds { lengths: Vec::with_capacity(texts.len()), unknown: 0 };
            runs = texts.each_run(Run::OfEncoded, |run, texts| {
                let rows = &mut rows[run.start * length..run.end * length];
                let found = self.0.padded(texts, &splitter.0, unknown, padding, threads, rows);
                whole.lengths.extend(found.lengths);
                whole.unknown += found.unknown;
            });
            Some(whole)
        })?;
        runs.map(|()| padded)
    }

    #[pyo3(signature = (texts, splitter, *, unknown, threads))]
    fn sequences<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        splitter: &Splitter,
        unknown: Option<i32>,
        threads: usize,
    ) -> PyResult<(Array1<'py, i32>, Array1<'py, i64>)> {
        let (ids, ends) = run_sequences(py, &texts, |texts| {
            let found = self.0.sequences(texts, &splitter.0, unknown, threads);
            (found.ids, found.ends)
        })?;
        Ok((ids.into_pyarray(py), ends.into_pyarray(py)))
    }
}
