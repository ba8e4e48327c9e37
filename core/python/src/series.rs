//! The binding of features of series.

use crate::arguments::{check, check_room};
use crate::arrays::{copied, shaped, Array1, Array2, Input};
use crate::dense::DenseTable;
use crate::interrupts::{interruptible, Whole};
use malmoi_core::dense::jobs::Table;
use malmoi_core::dense::rows::DenseRows;
use malmoi_core::series::features::{Convolutions, SeriesRows, Settings};
use malmoi_core::series::plan::KERNELS;
use numpy::ndarray::Ix2;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SeriesConvolutions>()
}

fn places(numbers: &[u64]) -> Vec<usize> {
    numbers.iter().map(|&number| usize::try_from(number).unwrap_or(usize::MAX)).collect()
}

fn numbers(py: Python<'_>, places: impl IntoIterator<Item = usize>) -> Array1<'_, u64> {
    PyArray1::from_iter(py, places.into_iter().map(|place| place as u64))
}

/// Concatenated series from Python, (steps, channels), and the end of each.
struct Given<'a> {
    values: &'a [f32],
    ends: Vec<usize>,
    channels: usize,
}

impl<'a> Given<'a> {
    fn new(values: &'a Input<'_, f32, Ix2>, ends: &[u64]) -> PyResult<Self> {
        let (ends, steps, channels) = (places(ends), values.shape()[0], values.shape()[1]);
        let is_rising = ends.first() != Some(&0) && ends.windows(2).all(|pair| pair[0] < pair[1]);
        if channels == 0 || !is_rising || ends.last().copied().unwrap_or(0) != steps {
            return Err(PyValueError::new_err(
                "ends must be in ascending order up to the number of steps, and channels must be 1 or more",
            ));
        }
        check(u32::try_from(longest(&ends)).is_ok(), || {
            format!("a series must have fewer than 2**32 steps, got {}; split it into several", longest(&ends))
        })?;
        Ok(Self { values, ends, channels })
    }

    fn rows(&self) -> SeriesRows<'_> {
        SeriesRows { values: self.values, ends: &self.ends, channels: self.channels }
    }
}

/// A fitted transform: fixed convolutions with learned biases.
#[pyclass(frozen)]
struct SeriesConvolutions(Convolutions);

#[pymethods]
impl SeriesConvolutions {
    #[staticmethod]
    #[pyo3(signature = (values, ends, *, least, length, features, seed, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn learned(
        py: Python<'_>,
        values: Input<'_, f32, Ix2>,
        ends: Input<'_, u64>,
        least: usize,
        length: usize,
        features: usize,
        seed: u64,
        threads: usize,
    ) -> PyResult<Self> {
        let given = Given::new(&values, &ends)?;
        if given.ends.is_empty() || length == 0 || features == 0 || features % KERNELS != 0 {
            let rule = "one series or more, a length of 1 or more, and a multiple of 84 features are required";
            return Err(PyValueError::new_err(format!("{rule}, got {length} and {features}")));
        }
        check_room::<f64>(&[features])?;
        check_room::<[f32; 18]>(&[least.max(longest(&given.ends)), given.channels])?;
        let settings = Settings { least, length, features, seed };
        interruptible(py, || Convolutions::learn(given.rows(), settings, threads)).map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (*, channels, least, dilations, counts, channel_counts, chosen, biases))]
    fn restored(
        channels: usize,
        least: usize,
        dilations: Input<'_, u64>,
        counts: Input<'_, u64>,
        channel_counts: Input<'_, u64>,
        chosen: Input<'_, u64>,
        biases: Input<'_, f32>,
    ) -> PyResult<Self> {
        let lists = [dilations, counts, channel_counts, chosen].map(|numbers| places(&numbers));
        let biases = biases.to_vec();
        let found = Convolutions::restored(channels, least, &lists[0], &lists[1], &lists[2], &lists[3], biases);
        found.map(Self).ok_or_else(|| PyValueError::new_err("convolutions must be consistent"))
    }

    /// Dilations uint64 (dilations,), number of features of a kernel at each, number of channels of each combination,
    /// and the channels.
    fn lists<'py>(&self, py: Python<'py>) -> [Array1<'py, u64>; 4] {
        let plan = &self.0.combinations;
        let groups: Vec<_> = plan.iter().step_by(KERNELS).collect();
        [
            numbers(py, groups.iter().map(|one| one.dilation)),
            numbers(py, groups.iter().map(|one| one.biases)),
            numbers(py, plan.iter().map(|one| one.channels.len())),
            numbers(py, plan.iter().flat_map(|one| one.channels.iter().copied())),
        ]
    }

    /// Biases float32 (features,).
    fn biases<'py>(&self, py: Python<'py>) -> PyResult<Array1<'py, f32>> {
        copied(py, &self.0.biases)
    }

    fn __len__(&self) -> usize {
        self.0.biases.len()
    }

    /// Features of series as rows.
    #[pyo3(signature = (values, ends, *, threads))]
    fn rows(
        &self,
        py: Python<'_>,
        values: Input<'_, f32, Ix2>,
        ends: Input<'_, u64>,
        threads: usize,
    ) -> PyResult<DenseTable> {
        let values = self.made(py, &Given::new(&values, &ends)?, threads)?;
        let rows = DenseRows { values, width: self.0.biases.len() };
        Ok(DenseTable(Table { rows, products: None }, Whole::default()))
    }

    /// Features of series (series, features).
    #[pyo3(signature = (values, ends, *, threads))]
    fn features<'py>(
        &self,
        py: Python<'py>,
        values: Input<'py, f32, Ix2>,
        ends: Input<'py, u64>,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        shaped(py, self.made(py, &Given::new(&values, &ends)?, threads)?, [ends.len(), self.0.biases.len()])
    }

    /// Scores float32 (series, outputs) by weights float32 (outputs, features).
    #[pyo3(signature = (values, ends, *, weights, bias, threads))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        values: Input<'py, f32, Ix2>,
        ends: Input<'py, u64>,
        weights: Input<'py, f32, Ix2>,
        bias: Input<'py, f32>,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        let given = Given::new(&values, &ends)?;
        if *weights.shape() != [bias.len(), self.0.biases.len()] {
            return Err(PyValueError::new_err("weights must be (outputs, features), and bias (outputs,)"));
        }
        self.check_given(&given, bias.len())?;
        let (weights, bias) = (&*weights, &*bias);
        let found = interruptible(py, || self.0.scores(given.rows(), weights, bias, threads))?;
        shaped(py, found, [given.ends.len(), bias.len()])
    }
}

impl SeriesConvolutions {
    fn made(&self, py: Python<'_>, given: &Given<'_>, threads: usize) -> PyResult<Vec<f32>> {
        self.check_given(given, self.0.biases.len())?;
        interruptible(py, || self.0.features(given.rows(), threads))
    }

    /// Check the number of channels, and that memory suffices for a series with its margins, twice, and for the
    /// outputs.
    fn check_given(&self, given: &Given<'_>, width: usize) -> PyResult<()> {
        let channels = self.0.channels;
        check(given.channels == channels, || format!("series must have {channels} channels, got {}", given.channels))?;
        check_room::<f32>(&[given.ends.len(), width])?;
        check_room::<[f32; 18]>(&[self.0.least.max(longest(&given.ends)), given.channels])
    }
}

/// Number of steps of the longest series.
fn longest(ends: &[usize]) -> usize {
    ends.iter().zip([&0].into_iter().chain(ends)).map(|(end, start)| end - start).max().unwrap_or(0)
}
