//! The binding of linear models on bags of n-grams.

use crate::arguments::{check, check_columns, check_jobs};
use crate::arrays::{copied, shaped, Array1, Array2, Input};
use crate::interrupts::{interruptible, Whole};
use crate::texts::{OneText, Run, Texts};
use crate::tokens::Splitter;
use crate::weights::LinearWeights;
use malmoi_core::foundation::interrupts;
use malmoi_core::foundation::limits::below;
use malmoi_core::linear::counter::Counter;
use malmoi_core::linear::features::{Features, Kind};
use malmoi_core::linear::jobs::{fit_all, Fit, Job, Method};
use malmoi_core::linear::rows::Rows;
use malmoi_core::linear::solver::{Ending, Loss};
use malmoi_core::linear::vocabulary::{Limits, Table, Vocabulary};
use malmoi_core::linear::weights::Scaling;
use malmoi_core::ngrams::matrix::Local;
use numpy::ndarray::Ix2;
use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::borrow::Cow;

/// Weights, scores of the held-out rows, epochs, mean squares of the columns' factors.
type Fitted<'py> = (LinearWeights, Array2<'py, f32>, Vec<usize>, Vec<f32>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BagFeatures>()?;
    module.add_class::<BagCounter>()?;
    module.add_class::<BagColumns>()?;
    module.add_class::<BagRows>()?;
    module.add_class::<LinearJob>()
}

pub fn loss(name: &str) -> PyResult<Loss> {
    match name {
        "logistic" => Ok(Loss::Logistic),
        "squared" => Ok(Loss::Squared),
        other => Err(PyValueError::new_err(format!("loss must be logistic or squared, got {other:?}"))),
    }
}

/// Scaling of the rows.
pub fn scaling<'a>(rows: &Rows<'_>, factors: Option<&'a [f32]>) -> Scaling<'a> {
    Scaling { local: if rows.values.is_some() { Local::Count } else { Local::Binary }, factors }
}

#[pyclass(frozen)]
pub struct BagFeatures(pub Features);

#[pymethods]
impl BagFeatures {
    #[new]
    fn new(kinds: Vec<(Bound<'_, Splitter>, usize, usize, usize)>, sections: usize) -> PyResult<Self> {
        let is_valid = |&(_, section, shortest, longest): &(_, usize, usize, usize)| {
            section < sections && (1..=longest).contains(&shortest) && longest <= 255
        };
        check(kinds.iter().all(is_valid), || {
            format!("a kind must have a section below {sections} and orders from 1 to 255")
        })?;
        let kind = |(splitter, section, shortest, longest): (Bound<'_, Splitter>, usize, usize, usize)| Kind {
            splitter: splitter.get().0.clone(),
            section,
            shortest,
            longest,
        };
        Ok(Self(Features { kinds: kinds.into_iter().map(kind).collect(), sections }))
    }

    /// Columns (-1: none), kinds, first and end tokens of every n-gram of a text.
    fn places<'py>(
        &self,
        py: Python<'py>,
        text: OneText,
        columns: &BagColumns,
    ) -> PyResult<(Array1<'py, i64>, Array2<'py, i32>)> {
        let text = text.utf8()?;
        let (found, tokens) = interruptible(py, || {
            let places = self.0.places(text);
            let (mut found, mut tokens) = (Vec::with_capacity(places.len()), Vec::with_capacity(3 * places.len()));
            for place in places {
                interrupts::check(32);
                below(
                    place.end,
                    i32::MAX as usize,
                    "a text must have fewer than 2**31 tokens; split it into several texts",
                );
                found.push(i64::from(columns.0.column(place.hash) as i32));
                tokens.extend([place.kind as i32, place.start as i32, place.end as i32]);
            }
            (found, tokens)
        })?;
        let count = found.len();
        Ok((found.into_pyarray(py), shaped(py, tokens, [count, 3])?))
    }
}

#[pyclass]
struct BagCounter(Counter, Whole);

#[pymethods]
impl BagCounter {
    #[new]
    fn new() -> Self {
        Self(Counter::default(), Whole::default())
    }

    #[getter]
    fn texts(&self) -> u32 {
        self.0.texts()
    }

    #[pyo3(signature = (features, texts, *, threads))]
    fn add(&mut self, py: Python<'_>, features: &BagFeatures, texts: Texts, threads: usize) -> PyResult<()> {
        let add = || texts.each_run(Run::OfEncoded, |_, texts| self.0.add(&features.0, texts, threads));
        let added = self.1.change(py, add)?;
        if added.is_err() {
            self.1.lose();
        }
        added
    }

    /// Hashes uint64 (n-grams,), ascending, and uint32 (n-grams,) their document frequencies.
    fn counts<'py>(&self, py: Python<'py>, threads: usize) -> PyResult<(Array1<'py, u64>, Array1<'py, u32>)> {
        self.1.check()?;
        let (hashes, texts) = interruptible(py, || self.0.sorted(threads))?;
        Ok((hashes.into_pyarray(py), texts.into_pyarray(py)))
    }

    /// The columns within limits, and uint32 (columns,) their document frequencies.
    #[pyo3(signature = (*, least_texts, most_texts, most, threads))]
    fn columns<'py>(
        &self,
        py: Python<'py>,
        least_texts: u32,
        most_texts: u32,
        most: Option<usize>,
        threads: usize,
    ) -> PyResult<(BagColumns, Array1<'py, u32>)> {
        let limits = Limits { least_texts, most_texts, most: most.unwrap_or(i32::MAX as usize) };
        self.1.check()?;
        let (vocabulary, texts) = interruptible(py, || Vocabulary::learned(&self.0, limits, threads))?;
        Ok((BagColumns(vocabulary), texts.into_pyarray(py)))
    }
}

#[pyclass(frozen)]
pub struct BagColumns(pub Vocabulary);

#[pymethods]
impl BagColumns {
    #[staticmethod]
    fn learned(py: Python<'_>, hashes: Input<'_, u64>) -> PyResult<Self> {
        let hashes = hashes.to_vec();
        let table = interruptible(py, || Table::new(hashes))?;
        table
            .map(|table| Self(Vocabulary::Learned(table)))
            .ok_or_else(|| PyValueError::new_err("hashes must be distinct"))
    }

    #[staticmethod]
    fn hashed(buckets: u32) -> PyResult<Self> {
        check((1..1 << 31).contains(&buckets), || format!("buckets must be from 1 to 2**31 - 1, got {buckets}"))?;
        Ok(Self(Vocabulary::Hashed(buckets)))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// Uint64 (columns,), the hash of each; `None` for buckets.
    fn hashes<'py>(&self, py: Python<'py>) -> PyResult<Array1<'py, u64>> {
        let hashes: &[u64] = match &self.0 {
            Vocabulary::Learned(table) => table.hashes(),
            Vocabulary::Hashed(_) => &[],
        };
        copied(py, hashes)
    }

    fn extended(&self, py: Python<'_>, features: &BagFeatures, texts: Texts) -> PyResult<Self> {
        let texts = texts.utf8()?;
        let hashes = texts.iter().flat_map(|text| features.0.places(text)).map(|place| place.hash);
        interruptible(py, || self.0.extended(hashes)).map(Self)
    }

    #[pyo3(signature = (features, texts, *, local, threads))]
    fn rows(
        &self,
        py: Python<'_>,
        features: &BagFeatures,
        texts: Texts,
        local: &str,
        threads: usize,
    ) -> PyResult<BagRows> {
        let (mut rows, local) = (Rows::default(), crate::bags::local(local)?);
        interruptible(py, || {
            texts.each_run(Run::OfEncoded, |run, texts| {
                let found = Rows::of(&features.0, &self.0, texts, local, threads);
                if run.start == 0 {
                    rows = found;
                } else {
                    rows.append(&found);
                }
            })
        })??;
        Ok(BagRows(Kept::Own(rows)))
    }
}

#[pyclass(frozen)]
pub struct BagRows(Kept);

enum Kept {
    Own(Rows<'static>),
    /// Arrays of Python, also of a mapped file; the ends are copied and checked.
    Arrays {
        columns: Py<PyArray1<u32>>,
        values: Option<Py<PyArray1<f32>>>,
        ends: Vec<usize>,
    },
}

/// Rows borrowed for a call.
pub enum Borrowed<'py> {
    Own(&'py Rows<'static>),
    Arrays { columns: Input<'py, u32>, values: Option<Input<'py, f32>>, ends: &'py [usize] },
}

impl Borrowed<'_> {
    pub fn rows(&self) -> Rows<'_> {
        match self {
            Self::Own(rows) => rows.borrowed(),
            Self::Arrays { columns, values, ends } => Rows {
                columns: Cow::Borrowed(columns),
                values: values.as_deref().map(Cow::Borrowed),
                ends: Cow::Borrowed(ends),
            },
        }
    }
}

impl BagRows {
    pub fn borrowed<'py>(&'py self, py: Python<'py>) -> PyResult<Borrowed<'py>> {
        Ok(match &self.0 {
            Kept::Own(rows) => Borrowed::Own(rows),
            Kept::Arrays { columns, values, ends } => {
                let values = values.as_ref().map(|values| values.bind(py).extract()).transpose()?;
                Borrowed::Arrays { columns: columns.bind(py).extract()?, values, ends }
            }
        })
    }
}

#[pymethods]
impl BagRows {
    /// Rows in arrays that are shared with the caller: columns, their values (`None`: all 1), and the end of each row.
    #[staticmethod]
    fn of_arrays(columns: Input<'_, u32>, values: Option<Input<'_, f32>>, ends: Input<'_, u64>) -> PyResult<Self> {
        let ends: Vec<usize> = ends.iter().filter_map(|&end| usize::try_from(end).ok()).collect();
        check(ends.is_sorted() && ends.last().copied().unwrap_or(0) == columns.len(), || {
            format!("ends must ascend to {}, the number of columns", columns.len())
        })?;
        let count = values.as_ref().map_or(columns.len(), |values| values.len());
        check(count == columns.len(), || format!("values must have {} items, got {count}", columns.len()))?;
        let values = values.map(|values| values.kept());
        Ok(Self(Kept::Arrays { columns: columns.kept(), values, ends }))
    }

    fn __len__(&self) -> usize {
        match &self.0 {
            Kept::Own(rows) => rows.len(),
            Kept::Arrays { ends, .. } => ends.len(),
        }
    }

    /// Number of nonzero entries.
    #[getter]
    fn entries(&self) -> usize {
        match &self.0 {
            Kept::Own(rows) => rows.columns.len(),
            Kept::Arrays { ends, .. } => ends.last().copied().unwrap_or(0),
        }
    }

    /// Columns uint32 (entries,), values float32 (entries,) if they are not all 1, ends uint64 (rows,).
    #[allow(clippy::type_complexity)] // three arrays
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<(Array1<'py, u32>, Option<Array1<'py, f32>>, Array1<'py, u64>)> {
        let rows = self.borrowed(py)?;
        let rows = rows.rows();
        let values = rows.values.as_deref().map(|values| copied(py, values)).transpose()?;
        let ends = PyArray1::from_iter(py, rows.ends.iter().map(|&end| end as u64));
        Ok((copied(py, &rows.columns)?, values, ends))
    }

    /// The first row with each column, int64 (columns,); -1 if there is none.
    fn first_rows<'py>(&self, py: Python<'py>, columns: Input<'py, u32>) -> PyResult<Array1<'py, i64>> {
        let (columns, rows) = (columns.to_vec(), self.borrowed(py)?);
        let rows = rows.rows();
        Ok(interruptible(py, || rows.first_rows(&columns))?.into_pyarray(py))
    }

    /// Concatenate rows.
    #[staticmethod]
    fn joined(py: Python<'_>, parts: Vec<Bound<'_, BagRows>>) -> PyResult<Self> {
        let parts = parts.iter().map(|part| part.get().borrowed(py)).collect::<PyResult<Vec<_>>>()?;
        let parts: Vec<Rows<'_>> = parts.iter().map(Borrowed::rows).collect();
        let with_values = parts.iter().filter(|part| part.values.is_some()).count();
        check([0, parts.len()].contains(&with_values), || "either all rows or none must have counts".to_owned())?;
        let mut rows = Rows { values: (with_values > 0).then(Cow::default), ..Rows::default() };
        parts.iter().for_each(|part| rows.append(part));
        Ok(Self(Kept::Own(rows)))
    }

    /// Document frequency of each column, uint32 (columns,).
    #[pyo3(signature = (*, columns))]
    fn text_counts<'py>(&self, py: Python<'py>, columns: usize) -> PyResult<Array1<'py, u32>> {
        let rows = self.borrowed(py)?;
        let rows = rows.rows();
        check_columns(py, &rows, columns, None)?;
        Ok(interruptible(py, || rows.text_counts(columns))?.into_pyarray(py))
    }

    /// Sum of squares of each column over rows of unit length; float32 (columns,).
    #[pyo3(signature = (*, columns, factors))]
    fn squares<'py>(
        &self,
        py: Python<'py>,
        columns: usize,
        factors: Option<Input<'py, f32>>,
    ) -> PyResult<Array1<'py, f32>> {
        let (factors, rows) = (factors.as_deref(), self.borrowed(py)?);
        let rows = rows.rows();
        check_columns(py, &rows, columns, factors)?;
        Ok(interruptible(py, || scaling(&rows, factors).squares(&rows, columns))?.into_pyarray(py))
    }

    /// Run jobs; return for each, and each of its strengths, the weights, scores float32 (held out, outputs), epochs.
    #[pyo3(signature = (jobs, *, columns, factors, smoothing, loss, epochs, tolerance, seed, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn fit<'py>(
        &self,
        py: Python<'py>,
        jobs: Vec<Bound<'py, LinearJob>>,
        columns: usize,
        factors: Option<Input<'py, f32>>,
        smoothing: Option<f32>,
        loss: &str,
        epochs: usize,
        tolerance: f32,
        seed: u64,
        threads: usize,
    ) -> PyResult<Vec<Vec<Fitted<'py>>>> {
        let loss = self::loss(loss)?;
        let (factors, rows) = (factors.as_deref(), self.borrowed(py)?);
        let rows = &rows.rows();
        let jobs: Vec<&Job> = jobs.iter().map(|job| &job.get().0).collect();
        check_columns(py, rows, columns, factors)?;
        check_jobs(&jobs, rows.len())?;
        let fits = interruptible(py, || {
            let scaling = scaling(rows, factors);
            let ending = Ending { epochs, tolerance };
            let method = Method { scaling, columns, smoothing, loss, ending, seed };
            fit_all(rows, &jobs, method, threads)
        })?;
        let given = |job: &Job, fit: Fit| {
            let scores = shaped(py, fit.scores, [job.held_out.len(), job.targets.len() / job.chosen.len()])?;
            Ok((LinearWeights::new(py, fit.weights)?, scores, fit.epochs, fit.prior))
        };
        let of_job = |(job, fits): (&&Job, Vec<Fit>)| fits.into_iter().map(|fit| given(job, fit)).collect();
        jobs.iter().zip(fits).map(of_job).collect()
    }
}

#[pyclass(frozen)]
pub struct LinearJob(pub Job);

#[pymethods]
impl LinearJob {
    #[new]
    #[pyo3(signature = (*, rows, targets, weights, strengths, held_out, keep_weights))]
    fn new(
        rows: Input<'_, u32>,
        targets: Input<'_, f32, Ix2>,
        weights: Input<'_, f32>,
        strengths: Vec<f32>,
        held_out: Input<'_, u32>,
        keep_weights: bool,
    ) -> PyResult<Self> {
        check(targets.shape()[1] == rows.len(), || "targets must be (outputs, rows)".to_owned())?;
        let (chosen, held_out) = (rows.to_vec(), held_out.to_vec());
        let (targets, weights) = (targets.to_vec(), weights.to_vec());
        Ok(Self(Job { chosen, targets, weights, strengths, held_out, keep_weights }))
    }
}
