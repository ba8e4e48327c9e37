//! The binding of features of series.

use crate::arguments::{check, check_room};
use crate::conversions::{little_endian, numbers};
use crate::dense::DenseTable;
use crate::interrupts::{interruptible, Whole};
use crate::linear::{float_bytes, floats, Bytes};
use malmoi_core::dense::jobs::Table;
use malmoi_core::dense::rows::DenseRows;
use malmoi_core::series::features::{Convolutions, SeriesRows, Settings};
use malmoi_core::series::plan::KERNELS;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SeriesConvolutions>()
}

fn places(bytes: &[u8]) -> Vec<usize> {
    numbers(bytes, |number| usize::try_from(u64::from_le_bytes(number)).unwrap_or(usize::MAX))
}

fn place_bytes(py: Python<'_>, values: impl ExactSizeIterator<Item = usize>) -> PyResult<Bytes<'_>> {
    little_endian(py, values.map(|value| (value as u64).to_le_bytes()))
}

/// Series as Python hands them over: float32 (steps, channels), one after the other, and where each ends, uint64.
struct Given {
    values: Vec<f32>,
    ends: Vec<usize>,
    channels: usize,
}

impl Given {
    fn new(values: &[u8], ends: &[u8], channels: usize) -> PyResult<Self> {
        let (values, ends) = (floats(values), places(ends));
        let is_rising = ends.first() != Some(&0) && ends.windows(2).all(|pair| pair[0] < pair[1]);
        let steps = ends.last().copied().unwrap_or(0);
        if channels == 0 || !is_rising || steps.checked_mul(channels) != Some(values.len()) {
            return Err(PyValueError::new_err("ends must rise to the number of steps, and channels be 1 or more"));
        }
        check(u32::try_from(longest(&ends)).is_ok(), || {
            format!("a series must have fewer than 2**32 steps, got {}; cut it into several", longest(&ends))
        })?;
        Ok(Self { values, ends, channels })
    }

    fn rows(&self) -> SeriesRows<'_> {
        SeriesRows { values: &self.values, ends: &self.ends, channels: self.channels }
    }
}

/// Fixed convolutions with the biases that were learned.
#[pyclass(frozen)]
struct SeriesConvolutions(Convolutions);

#[pymethods]
impl SeriesConvolutions {
    #[staticmethod]
    #[pyo3(signature = (values, ends, *, channels, least, length, features, seed, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn learned(
        py: Python<'_>,
        values: &[u8],
        ends: &[u8],
        channels: usize,
        least: usize,
        length: usize,
        features: usize,
        seed: u64,
        threads: usize,
    ) -> PyResult<Self> {
        let given = Given::new(values, ends, channels)?;
        if given.ends.is_empty() || length == 0 || features == 0 || features % KERNELS != 0 {
            let rule = "there must be a series, a length, and a multiple of 84 features";
            return Err(PyValueError::new_err(format!("{rule}, got {length} and {features}")));
        }
        check_room::<f64>(&[features])?;
        check_room::<[f32; 18]>(&[least.max(longest(&given.ends)), channels])?;
        let settings = Settings { least, length, features, seed };
        interruptible(py, || Convolutions::learn(given.rows(), settings, threads)).map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (*, channels, least, dilations, counts, channel_counts, chosen, biases))]
    fn restored(
        channels: usize,
        least: usize,
        dilations: &[u8],
        counts: &[u8],
        channel_counts: &[u8],
        chosen: &[u8],
        biases: &[u8],
    ) -> PyResult<Self> {
        let lists = [dilations, counts, channel_counts, chosen].map(places);
        let found = Convolutions::restored(channels, least, &lists[0], &lists[1], &lists[2], &lists[3], floats(biases));
        found.map(Self).ok_or_else(|| PyValueError::new_err("convolutions must fit each other"))
    }

    /// Dilations uint64 (dilations,), features of a kernel at each, channels of each combination, and all of these.
    fn lists<'py>(&self, py: Python<'py>) -> PyResult<[Bytes<'py>; 4]> {
        let plan = &self.0.combinations;
        let groups: Vec<_> = plan.iter().step_by(KERNELS).collect();
        let chosen: Vec<usize> = plan.iter().flat_map(|one| one.channels.iter().copied()).collect();
        Ok([
            place_bytes(py, groups.iter().map(|one| one.dilation))?,
            place_bytes(py, groups.iter().map(|one| one.biases))?,
            place_bytes(py, plan.iter().map(|one| one.channels.len()))?,
            place_bytes(py, chosen.into_iter())?,
        ])
    }

    /// Biases float32 (features,).
    fn biases<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        float_bytes(py, &self.0.biases)
    }

    fn __len__(&self) -> usize {
        self.0.biases.len()
    }

    /// Features of series as rows.
    #[pyo3(signature = (values, ends, *, threads))]
    fn rows(&self, py: Python<'_>, values: &[u8], ends: &[u8], threads: usize) -> PyResult<DenseTable> {
        let given = Given::new(values, ends, self.0.channels)?;
        self.check_given(&given, self.0.biases.len())?;
        let values = interruptible(py, || self.0.features(given.rows(), threads))?;
        Ok(DenseTable(
            Table { rows: DenseRows { values, width: self.0.biases.len() }, products: None },
            Whole::default(),
        ))
    }

    /// Scores float32 (series, outputs) by weights float32 (outputs, features).
    #[pyo3(signature = (values, ends, *, weights, bias, threads))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        values: &[u8],
        ends: &[u8],
        weights: &[u8],
        bias: &[u8],
        threads: usize,
    ) -> PyResult<Bytes<'py>> {
        let given = Given::new(values, ends, self.0.channels)?;
        let (weights, bias) = (floats(weights), floats(bias));
        if weights.len() != bias.len() * self.0.biases.len() {
            return Err(PyValueError::new_err("weights must be (outputs, features), and bias (outputs,)"));
        }
        self.check_given(&given, bias.len())?;
        let found = interruptible(py, || self.0.scores(given.rows(), &weights, &bias, threads))?;
        float_bytes(py, &found)
    }
}

impl SeriesConvolutions {
    /// Memory has room for a series with its margins, twice, and for so many numbers of each.
    fn check_given(&self, given: &Given, width: usize) -> PyResult<()> {
        check_room::<f32>(&[given.ends.len(), width])?;
        check_room::<[f32; 18]>(&[self.0.least.max(longest(&given.ends)), given.channels])
    }
}

/// Steps of the longest series.
fn longest(ends: &[usize]) -> usize {
    ends.iter().zip([&0].into_iter().chain(ends)).map(|(end, start)| end - start).max().unwrap_or(0)
}
