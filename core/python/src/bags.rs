//! The binding of n-grams: counts, and columns of a sparse matrix.

use crate::arguments::check;
use crate::arrays::{Array1, Input};
use crate::conversions::lossy;
use crate::interrupts::{interruptible, list, Whole};
use crate::texts::{Run, Texts};
use crate::tokens::Splitter;
use malmoi_core::foundation::interrupts;
use malmoi_core::foundation::parallel::sort_by_key;
use malmoi_core::ngrams::bags::{add_rows, Columns, Limits};
use malmoi_core::ngrams::codes::{Coded, TooMany};
use malmoi_core::ngrams::grams::{Counted, Gram, Grams};
use malmoi_core::ngrams::matrix::{Csr, Local, Matrix, NoRoom, Norm};
use malmoi_core::ngrams::state::{State, StateError};
use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyUntypedArray};
use pyo3::exceptions::{PyMemoryError, PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Values, columns, and row pointers: int32, or int64 if there are at least 2^31 values.
pub type Rows<'py> = (Array1<'py, f32>, Array1<'py, i32>, Bound<'py, PyUntypedArray>);
/// For every n-gram: its number of tokens, their numbers, count, texts and first occurrence.
type GramArrays<'py> = (Array1<'py, u8>, Array1<'py, u32>, Array1<'py, u64>, Array1<'py, u64>, Array1<'py, u64>);
type GramInputs<'py> = (Input<'py, u8>, Input<'py, u32>, Input<'py, u64>, Input<'py, u64>, Input<'py, u64>);
/// The arrays of `GramArrays` before conversion to Python.
type GramNumbers = (Vec<u8>, Vec<u32>, [Vec<u64>; 3]);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<GramTally>()?;
    module.add_class::<GramColumns>()
}

fn too_many(_: TooMany) -> PyErr {
    let rule = "there must be fewer than 2**32 distinct n-grams, and fewer than 2**24 in one table, chosen by their first two tokens";
    PyOverflowError::new_err(format!("{rule}; use shorter ones, or hash them"))
}

pub fn local(name: &str) -> PyResult<Local> {
    match name {
        "count" => Ok(Local::Count),
        "binary" => Ok(Local::Binary),
        "sublinear" => Ok(Local::Sublinear),
        other => Err(PyValueError::new_err(format!("local must be count, binary or sublinear, got {other:?}"))),
    }
}

pub fn check_orders(shortest: usize, longest: usize) -> PyResult<()> {
    check((1..=longest).contains(&shortest) && longest <= 255, || {
        format!("orders must be from 1 to 255, got {shortest} to {longest}")
    })
}

pub fn norm(name: Option<&str>) -> PyResult<Norm> {
    match name {
        None => Ok(Norm::None),
        Some("l1") => Ok(Norm::L1),
        Some("l2") => Ok(Norm::L2),
        Some(other) => Err(PyValueError::new_err(format!("norm must be l1 or l2, got {other:?}"))),
    }
}

/// Row pointers: the start of every row, and the end of the last.
fn starts<Number: From<u8> + TryFrom<i64>>(ends: &[i64]) -> Vec<Number> {
    let starts = ends.iter().filter_map(|&end| Number::try_from(end).ok());
    [Number::from(0)].into_iter().chain(starts).collect()
}

fn to_python(py: Python<'_>, csr: Csr) -> Rows<'_> {
    let starts = if i32::try_from(csr.columns.len()).is_ok() {
        starts::<i32>(&csr.ends).into_pyarray(py).as_untyped().clone()
    } else {
        starts::<i64>(&csr.ends).into_pyarray(py).as_untyped().clone()
    };
    (csr.values.into_pyarray(py), csr.columns.into_pyarray(py), starts)
}

fn no_room(error: NoRoom) -> PyErr {
    PyMemoryError::new_err(format!("an array of {} numbers or more does not fit into memory", error.0))
}

/// The rows of all texts, run by run.
pub fn run_rows<'py>(
    py: Python<'py>,
    texts: &Texts,
    add: impl Fn(&mut Matrix, &[&str]) -> Result<(), NoRoom> + Send + Sync,
) -> PyResult<Rows<'py>> {
    let (mut matrix, mut added) = (Matrix::new(texts.len()), Ok(()));
    let csr = interruptible(py, || {
        texts.each_run(Run::OfAll, |_, texts| {
            if added.is_ok() {
                added = add(&mut matrix, texts);
            }
        })?;
        added.map(|()| matrix.finish()).map_err(no_room)
    })??;
    Ok(to_python(py, csr))
}

/// Ids of runs of texts, concatenated, and the end of each text.
pub fn run_sequences(
    py: Python<'_>,
    texts: &Texts,
    sequences: impl Fn(&[&str]) -> (Vec<i32>, Vec<i64>) + Send + Sync,
) -> PyResult<(Vec<i32>, Vec<i64>)> {
    let (mut ids, mut ends) = (Vec::new(), Vec::new());
    interruptible(py, || {
        texts.each_run(Run::OfAll, |_, texts| {
            let (found, found_ends) = sequences(texts);
            let before = ids.len() as i64;
            ids.extend(found);
            ends.extend(found_ends.into_iter().map(|end| before + end));
        })
    })??;
    Ok((ids, ends))
}

#[pyclass]
pub struct GramTally {
    pub grams: Grams,
    kept: Vec<Coded>,
    pub whole: Whole,
}

#[pyclass(frozen)]
struct GramColumns(Columns);

#[pymethods]
impl GramTally {
    #[new]
    #[pyo3(signature = (splitter, *, threads, shortest, longest, stop_words))]
    fn new(splitter: &Splitter, threads: usize, shortest: usize, longest: usize, stop_words: Texts) -> PyResult<Self> {
        check_orders(shortest, longest)?;
        let grams = Grams::new(splitter.0.clone(), threads, shortest, longest, &stop_words.utf8()?);
        Ok(Self { grams, kept: Vec::new(), whole: Whole::default() })
    }

    #[getter]
    fn texts(&self) -> u64 {
        self.grams.texts()
    }

    #[getter]
    fn tokens(&self) -> u64 {
        self.grams.positions()
    }

    #[pyo3(signature = (texts, *, keep))]
    fn add(&mut self, py: Python<'_>, texts: Texts, keep: bool) -> PyResult<()> {
        let mut coded = Ok(());
        let added = self.whole.change(py, || {
            texts.each_run(Run::OfEncoded, |_, texts| {
                if coded.is_ok() {
                    coded = self.grams.add(texts, keep).map(|coded| self.kept.extend(coded));
                }
            })
        })?;
        if added.is_err() {
            self.whole.lose();
        }
        added.and_then(|()| coded.map_err(|error| self.failed(error)))
    }

    /// Mark the object as incomplete: only some of the texts were added, so methods that need complete counts raise.
    fn lose(&mut self) {
        self.whole.lose();
    }

    fn merge(&mut self, py: Python<'_>, other: &Self) -> PyResult<()> {
        other.whole.check()?;
        let merged = self.whole.change(py, || self.grams.merge(&other.grams))?;
        merged.map_err(|error| self.failed(error))
    }

    #[pyo3(signature = (*, least_count, least_texts, most_texts, most))]
    fn columns(
        &self,
        py: Python<'_>,
        least_count: u64,
        least_texts: u64,
        most_texts: u64,
        most: Option<usize>,
    ) -> PyResult<GramColumns> {
        let limits = Limits { least_count, least_texts, most_texts, most: most.unwrap_or(usize::MAX) };
        self.whole.check()?;
        let columns = interruptible(py, || Columns::new(&self.grams, limits))?;
        if columns.grams.len() > i32::MAX as usize {
            let rule =
                "there must be fewer than 2**31 n-grams with a column; set a limit, such as max_tokens or min_count";
            return Err(PyOverflowError::new_err(rule));
        }
        Ok(GramColumns(columns))
    }

    /// Return the rows of the kept texts, and forget them.
    #[pyo3(signature = (columns, *, local, weights, norm))]
    fn kept_rows<'py>(
        &mut self,
        py: Python<'py>,
        columns: &GramColumns,
        local: &str,
        weights: Option<Input<'py, f64>>,
        norm: Option<&str>,
    ) -> PyResult<Rows<'py>> {
        let (local, norm) = (self::local(local)?, self::norm(norm)?);
        let weights = weights.as_deref();
        self.whole.check()?;
        self.check_weights(columns, weights)?;
        let (kept, threads) = (std::mem::take(&mut self.kept), self.grams.threads);
        let mut matrix = Matrix::new(kept.iter().map(|coded| coded.runs.ends.len()).sum());
        let csr = self.whole.change(py, || {
            let mut batches = kept.into_iter();
            let added =
                batches.try_for_each(|coded| add_rows(&mut matrix, &coded, &columns.0, local, weights, norm, threads));
            added.map(|()| matrix.finish())
        })?;
        csr.map(|csr| to_python(py, csr)).map_err(no_room)
    }

    #[pyo3(signature = (texts, columns, *, local, weights, norm))]
    fn rows<'py>(
        &self,
        py: Python<'py>,
        texts: Texts,
        columns: &GramColumns,
        local: &str,
        weights: Option<Input<'py, f64>>,
        norm: Option<&str>,
    ) -> PyResult<Rows<'py>> {
        let (local, norm, weights) = (self::local(local)?, self::norm(norm)?, weights.as_deref());
        self.check_weights(columns, weights)?;
        run_rows(py, &texts, |matrix, texts| {
            let coded = self.grams.find(texts);
            add_rows(matrix, &coded, &columns.0, local, weights, norm, self.grams.threads)
        })
    }

    /// The n-grams as text, in order, for a range of columns.
    fn names<'py>(
        &self,
        py: Python<'py>,
        columns: &GramColumns,
        joiner: &str,
        start: usize,
        end: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        self.check(columns)?;
        let end = end.min(columns.0.grams.len());
        let chosen = &columns.0.grams[start.min(end)..end];
        list(py, chosen.iter().map(|gram| self.name(gram.gram, joiner)))
    }

    /// Counts, and document frequencies; int64 (columns,).
    fn column_counts<'py>(&self, py: Python<'py>, columns: &GramColumns) -> PyResult<[Array1<'py, i64>; 2]> {
        self.check(columns)?;
        let numbers = |number: fn(&Counted) -> u64| {
            PyArray1::from_iter(py, columns.0.grams.iter().map(|gram| number(gram) as i64))
        };
        Ok([numbers(|gram| gram.count), numbers(|gram| gram.texts)])
    }

    /// Return all counts in order of first occurrence; with columns only those, in their order.
    #[pyo3(signature = (columns=None))]
    #[allow(clippy::type_complexity)] // tokens, arrays, texts and tokens counted
    fn state<'py>(
        &self,
        py: Python<'py>,
        columns: Option<&GramColumns>,
    ) -> PyResult<(Bound<'py, PyList>, GramArrays<'py>, u64, u64)> {
        columns.map_or_else(|| self.whole.check(), |columns| self.check(columns))?;
        let (order, (lengths, paths, [counts, texts, firsts])) = interruptible(py, || self.state_arrays(columns))?;
        let words = list(py, order.into_iter().map(|token| lossy(self.grams.tokens.token(token))))?;
        let (counts, texts, firsts) = (counts.into_pyarray(py), texts.into_pyarray(py), firsts.into_pyarray(py));
        let arrays = (lengths.into_pyarray(py), paths.into_pyarray(py), counts, texts, firsts);
        Ok((words, arrays, self.grams.texts(), self.grams.positions()))
    }

    /// Restore counts from a state, with its n-grams as columns, in order.
    fn restore(&mut self, py: Python<'_>, state: (Vec<String>, GramInputs<'_>, u64, u64)) -> PyResult<GramColumns> {
        let (words, (lengths, paths, counts, texts, firsts), all_texts, all_tokens) = &state;
        let (all_texts, all_tokens) = (*all_texts, *all_tokens);
        let state = State { words, lengths, paths, counts, texts, firsts, all_texts, all_tokens };
        let restored = self.whole.change(py, || {
            let grams = self.grams.restore(&state)?;
            Ok(Columns::in_order(&self.grams, grams))
        })?;
        match restored {
            Ok(columns) => Ok(GramColumns(columns)),
            Err(StateError::TooMany) => Err(self.failed(TooMany)),
            Err(StateError::Damaged) => {
                self.whole.lose();
                Err(PyValueError::new_err("the state of the n-grams is damaged"))
            }
        }
    }
}

impl GramTally {
    fn failed(&mut self, error: TooMany) -> PyErr {
        self.whole.lose();
        too_many(error)
    }

    /// Tokens in the order of the listed n-grams, and the arrays of a state.
    fn state_arrays(&self, columns: Option<&GramColumns>) -> (Vec<u32>, GramNumbers) {
        let (grams, tokens) = (&self.grams, &self.grams.tokens);
        let mut listed = columns.map_or_else(|| grams.counted(), |columns| columns.0.grams.clone());
        if columns.is_none() {
            sort_by_key(&mut listed, grams.threads, |gram| gram.first);
        }
        let mut order: Vec<u32> = Vec::new();
        let mut places = vec![u32::MAX; tokens.len()];
        let (mut lengths, mut paths) = (Vec::with_capacity(listed.len()), Vec::new());
        for gram in &listed {
            interrupts::check(64);
            let path = grams.path(gram.gram);
            lengths.push(path.len() as u8);
            for token in path {
                if places[token as usize] == u32::MAX {
                    places[token as usize] = order.len() as u32;
                    order.push(token);
                }
                paths.push(places[token as usize]);
            }
        }
        let numbers = |number: fn(&Counted) -> u64| listed.iter().map(number).collect();
        let numbers = [numbers(|gram| gram.count), numbers(|gram| gram.texts), numbers(|gram| gram.first)];
        (order, (lengths, paths, numbers))
    }

    fn check(&self, columns: &GramColumns) -> PyResult<()> {
        check(columns.0.belong_to(&self.grams), || "columns must belong to this tally".to_owned())
    }

    /// Check that there is a factor for every column, and that they are columns of this tally.
    fn check_weights(&self, columns: &GramColumns, weights: Option<&[f64]>) -> PyResult<()> {
        self.check(columns)?;
        let columns = columns.0.grams.len();
        let given = weights.map_or(columns, <[f64]>::len);
        check(given == columns, || format!("weights must have {columns} items, one per column, got {given}"))
    }

    pub fn name(&self, gram: Gram, joiner: &str) -> String {
        let tokens = self.grams.path(gram).into_iter().map(|token| lossy(self.grams.tokens.token(token)));
        tokens.collect::<Vec<_>>().join(joiner)
    }
}

#[pymethods]
impl GramColumns {
    fn __len__(&self) -> usize {
        self.0.grams.len()
    }
}
