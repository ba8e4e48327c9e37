//! The binding of linear models on bags of n-grams.

use crate::arguments::{check, check_columns, check_jobs, check_room};
use crate::conversions::{little_endian, numbers};
use crate::texts::{Run, Texts};
use crate::tokens::Splitter;
use malmoi_core::linear::counter::Counter;
use malmoi_core::linear::features::{Features, Kind};
use malmoi_core::linear::jobs::{fit_all, Fit, Job, Method};
use malmoi_core::linear::refinement::Refinement;
use malmoi_core::linear::rows::Rows;
use malmoi_core::linear::solver::{Ending, Loss};
use malmoi_core::linear::vocabulary::{Limits, Table, Vocabulary};
use malmoi_core::linear::weights::{Scaling, Weights};
use malmoi_core::ngrams::bags::Local;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

pub type Bytes<'py> = Bound<'py, PyByteArray>;
/// Weights, scores of the held-out rows, epochs, mean squares of the columns' factors.
type Fitted<'py> = (LinearWeights, Bytes<'py>, Vec<usize>, Vec<f32>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<BagFeatures>()?;
    module.add_class::<BagCounter>()?;
    module.add_class::<BagColumns>()?;
    module.add_class::<BagRows>()?;
    module.add_class::<LinearJob>()?;
    module.add_class::<LinearWeights>()
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    numbers(bytes, f32::from_le_bytes)
}

pub fn float_bytes<'py>(py: Python<'py>, values: &[f32]) -> PyResult<Bytes<'py>> {
    little_endian(py, values.iter().map(|value| value.to_le_bytes()))
}

fn loss(name: &str) -> PyResult<Loss> {
    match name {
        "logistic" => Ok(Loss::Logistic),
        "squared" => Ok(Loss::Squared),
        other => Err(PyValueError::new_err(format!("loss must be logistic or squared, got {other:?}"))),
    }
}

/// How the values of rows are scaled.
pub fn scaling<'a>(rows: &Rows, factors: Option<&'a [f32]>) -> Scaling<'a> {
    Scaling { local: if rows.values.is_some() { Local::Count } else { Local::Binary }, factors }
}

#[pyclass(frozen)]
struct BagFeatures(Features);

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

    /// Columns int64 (-1: none), kinds, first and end tokens int32 of every n-gram of a text.
    fn places<'py>(&self, py: Python<'py>, text: &str, columns: &BagColumns) -> PyResult<(Bytes<'py>, Bytes<'py>)> {
        let places = self.0.places(text);
        let column = |hash| i64::from(columns.0.column(hash) as i32);
        let found = little_endian(py, places.iter().map(|place| column(place.hash).to_le_bytes()))?;
        let tokens: Vec<i32> =
            places.iter().flat_map(|place| [place.kind as i32, place.start as i32, place.end as i32]).collect();
        Ok((found, little_endian(py, tokens.into_iter().map(i32::to_le_bytes))?))
    }
}

#[pyclass]
struct BagCounter(Counter);

#[pymethods]
impl BagCounter {
    #[new]
    fn new() -> Self {
        Self(Counter::default())
    }

    #[getter]
    fn texts(&self) -> u32 {
        self.0.texts()
    }

    #[pyo3(signature = (features, texts, *, threads))]
    fn add(&mut self, py: Python<'_>, features: &BagFeatures, texts: Texts<'_>, threads: usize) -> PyResult<()> {
        py.detach(|| texts.each_run(Run::OfEncoded, |_, texts| self.0.add(&features.0, texts, threads)))
    }

    /// The columns within limits, and uint32 (columns,) in how many texts each is.
    #[pyo3(signature = (*, least_texts, most_texts, most, threads))]
    fn columns<'py>(
        &self,
        py: Python<'py>,
        least_texts: u32,
        most_texts: u32,
        most: Option<usize>,
        threads: usize,
    ) -> PyResult<(BagColumns, Bytes<'py>)> {
        let limits = Limits { least_texts, most_texts, most: most.unwrap_or(i32::MAX as usize) };
        let (vocabulary, texts) = py.detach(|| Vocabulary::learned(&self.0, limits, threads));
        Ok((BagColumns(vocabulary), little_endian(py, texts.into_iter().map(u32::to_le_bytes))?))
    }
}

#[pyclass(frozen)]
struct BagColumns(Vocabulary);

#[pymethods]
impl BagColumns {
    #[staticmethod]
    fn learned(hashes: &[u8]) -> PyResult<Self> {
        let table = Table::new(numbers(hashes, u64::from_le_bytes));
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

    /// Uint64 (columns,), the hash of each; nothing for buckets.
    fn hashes<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        let hashes: &[u64] = match &self.0 {
            Vocabulary::Learned(table) => table.hashes(),
            Vocabulary::Hashed(_) => &[],
        };
        little_endian(py, hashes.iter().map(|hash| hash.to_le_bytes()))
    }

    fn extended(&self, features: &BagFeatures, texts: Texts<'_>) -> PyResult<Self> {
        let texts = texts.utf8()?;
        let hashes = texts.iter().flat_map(|text| features.0.places(text)).map(|place| place.hash);
        Ok(Self(self.0.extended(hashes)))
    }

    #[pyo3(signature = (features, texts, *, local, threads))]
    fn rows(
        &self,
        py: Python<'_>,
        features: &BagFeatures,
        texts: Texts<'_>,
        local: &str,
        threads: usize,
    ) -> PyResult<BagRows> {
        let (texts, local) = (texts.utf8()?, crate::bags::local(local)?);
        Ok(BagRows(py.detach(|| Rows::of(&features.0, &self.0, &texts, local, threads))))
    }
}

#[pyclass(frozen)]
pub struct BagRows(pub Rows);

#[pymethods]
impl BagRows {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// Entries that are not zero.
    #[getter]
    fn entries(&self) -> usize {
        self.0.columns.len()
    }

    /// The first row of each column, int64 (columns,); -1 where none has it.
    fn first_rows<'py>(&self, py: Python<'py>, columns: Vec<u32>) -> PyResult<Bytes<'py>> {
        let found = py.detach(|| self.0.first_rows(&columns));
        little_endian(py, found.into_iter().map(i64::to_le_bytes))
    }

    /// Several rows behind each other.
    #[staticmethod]
    fn joined(parts: Vec<Bound<'_, BagRows>>) -> PyResult<Self> {
        let with_values = parts.iter().filter(|part| part.get().0.values.is_some()).count();
        check([0, parts.len()].contains(&with_values), || "rows must all have counts, or none".to_owned())?;
        let mut rows = Rows::default();
        for part in &parts {
            let part = &part.get().0;
            if rows.is_empty() {
                rows.values = part.values.as_ref().map(|_| Vec::new());
            }
            rows.append(Rows { columns: part.columns.clone(), values: part.values.clone(), ends: part.ends.clone() });
        }
        Ok(Self(rows))
    }

    /// In how many rows each column is, uint32 (columns,).
    #[pyo3(signature = (*, columns))]
    fn text_counts<'py>(&self, py: Python<'py>, columns: usize) -> PyResult<Bytes<'py>> {
        check_columns(&self.0, columns, None)?;
        let counts = py.detach(|| self.0.text_counts(columns));
        little_endian(py, counts.into_iter().map(u32::to_le_bytes))
    }

    /// The sum of the squares of each column's values, rows at length 1; float32 (columns,).
    #[pyo3(signature = (*, columns, factors))]
    fn squares<'py>(&self, py: Python<'py>, columns: usize, factors: Option<&[u8]>) -> PyResult<Bytes<'py>> {
        let factors = factors.map(floats);
        check_columns(&self.0, columns, factors.as_deref())?;
        float_bytes(py, &py.detach(|| scaling(&self.0, factors.as_deref()).squares(&self.0, columns)))
    }

    /// Do jobs; for each and each of its strengths the weights, scores float32 (held out, outputs), epochs.
    #[pyo3(signature = (jobs, *, columns, factors, smoothing, loss, epochs, tolerance, seed, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn fit<'py>(
        &self,
        py: Python<'py>,
        jobs: Vec<Bound<'py, LinearJob>>,
        columns: usize,
        factors: Option<&[u8]>,
        smoothing: Option<f32>,
        loss: &str,
        epochs: usize,
        tolerance: f32,
        seed: u64,
        threads: usize,
    ) -> PyResult<Vec<Vec<Fitted<'py>>>> {
        let loss = self::loss(loss)?;
        let factors = factors.map(floats);
        let rows = &self.0;
        let jobs: Vec<&Job> = jobs.iter().map(|job| &job.get().0).collect();
        check_columns(rows, columns, factors.as_deref())?;
        check_jobs(&jobs, rows.len())?;
        let fits = py.detach(|| {
            let scaling = scaling(rows, factors.as_deref());
            let ending = Ending { epochs, tolerance };
            let method = Method { scaling, columns, smoothing, loss, ending, seed };
            fit_all(rows, &jobs, method, threads)
        });
        let given = |fit: Fit| Ok((LinearWeights(fit.weights), float_bytes(py, &fit.scores)?, fit.epochs, fit.prior));
        fits.into_iter().map(|strengths| strengths.into_iter().map(given).collect()).collect()
    }
}

#[pyclass(frozen)]
pub struct LinearJob(pub Job);

#[pymethods]
impl LinearJob {
    #[new]
    #[pyo3(signature = (*, rows, targets, weights, strengths, held_out, keep_weights))]
    fn new(
        rows: &[u8],
        targets: &[u8],
        weights: &[u8],
        strengths: Vec<f32>,
        held_out: &[u8],
        keep_weights: bool,
    ) -> Self {
        Self(Job {
            chosen: numbers(rows, u32::from_le_bytes),
            targets: floats(targets),
            weights: floats(weights),
            strengths,
            held_out: numbers(held_out, u32::from_le_bytes),
            keep_weights,
        })
    }
}

#[pyclass(frozen)]
struct LinearWeights(Weights);

#[pymethods]
impl LinearWeights {
    #[new]
    fn new(table: &[u8], bias: &[u8]) -> PyResult<Self> {
        let weights = Weights { table: floats(table), bias: floats(bias) };
        let (numbers, outputs) = (weights.table.len(), weights.outputs());
        check(outputs > 0 && numbers % outputs == 0, || {
            format!("weights must be (columns, outputs), got {numbers} of {outputs} outputs")
        })?;
        Ok(Self(weights))
    }

    /// Float32 (columns, outputs).
    fn table<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        float_bytes(py, &self.0.table)
    }

    /// Float32 (outputs,).
    fn bias<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        float_bytes(py, &self.0.bias)
    }

    /// Weights moved by more rows; `variances` float32 (columns, outputs) and (outputs,) say how far each may go.
    #[pyo3(signature = (rows, *, targets, costs, variances, bias_variances, factors, loss, epochs, tolerance, seed, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn refined(
        &self,
        py: Python<'_>,
        rows: &BagRows,
        targets: &[u8],
        costs: &[u8],
        variances: &[u8],
        bias_variances: &[u8],
        factors: Option<&[u8]>,
        loss: &str,
        epochs: usize,
        tolerance: f32,
        seed: u64,
        threads: usize,
    ) -> PyResult<Self> {
        let (targets, costs, factors) = (floats(targets), floats(costs), factors.map(floats));
        let (variances, bias_variances) = (floats(variances), floats(bias_variances));
        let (outputs, samples) = (self.0.outputs(), rows.0.len());
        check_columns(&rows.0, self.columns(), factors.as_deref())?;
        let fits = variances.len() == self.0.table.len()
            && bias_variances.len() == outputs
            && costs.len() == samples
            && Some(targets.len()) == samples.checked_mul(outputs);
        check(fits, || "targets, costs and variances must be of these rows and weights".to_owned())?;
        let refinement = Refinement {
            rows: &rows.0,
            targets: &targets,
            costs: &costs,
            variances: &variances,
            bias_variances: &bias_variances,
            scaling: scaling(&rows.0, factors.as_deref()),
            loss: self::loss(loss)?,
            ending: Ending { epochs, tolerance },
            seed,
        };
        Ok(Self(py.detach(|| refinement.refined(&self.0, threads))))
    }

    /// Scores float32 (texts, outputs).
    #[pyo3(signature = (features, columns, texts, *, local, factors, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn scores<'py>(
        &self,
        py: Python<'py>,
        features: &BagFeatures,
        columns: &BagColumns,
        texts: Texts<'py>,
        local: &str,
        factors: Option<&[u8]>,
        threads: usize,
    ) -> PyResult<Bytes<'py>> {
        let (local, factors) = (crate::bags::local(local)?, factors.map(floats));
        let width = self.columns();
        check(columns.0.len() == width, || {
            format!("columns must be {width}, as the weights, got {}", columns.0.len())
        })?;
        let factors_given = factors.as_ref().map_or(width, Vec::len);
        check(factors_given == width, || {
            format!("factors must be as many as the {width} columns, got {factors_given}")
        })?;
        check_room::<f32>(&[texts.len(), self.0.outputs()])?;
        let scaling = Scaling { local, factors: factors.as_deref() };
        let mut scores = Vec::new();
        py.detach(|| {
            texts.each_run(Run::OfEncoded, |_, texts| {
                scores.extend(self.0.scores(&features.0, &columns.0, texts, scaling, threads));
            })
        })?;
        float_bytes(py, &scores)
    }
}

impl LinearWeights {
    fn columns(&self) -> usize {
        self.0.table.len() / self.0.outputs().max(1)
    }
}
