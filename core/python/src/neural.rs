//! The binding of networks: ids of batches for their training, and the forward pass.

use crate::arrays::{shaped, Array1, Array2, Input};
use crate::interrupts::interruptible;
use malmoi_core::neural::batches;
use malmoi_core::neural::cells::{Cell, Kind};
use malmoi_core::neural::forward::{Action, Activation, Forward, Samples, Step};
use malmoi_core::neural::products::Matrix;
use malmoi_core::neural::sequences::Pooling;
use numpy::ndarray::{Ix2, Ix3};
use numpy::{IntoPyArray, PyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<IdRows>()?;
    module.add_class::<ForwardPass>()
}

/// Rows of ids from which training takes batches.
#[pyclass(frozen)]
struct IdRows {
    ids: Py<PyArray2<i32>>,
    rows: usize,
}

#[pymethods]
impl IdRows {
    #[new]
    fn new(ids: Input<'_, i32, Ix2>, rows: usize) -> IdRows {
        IdRows { ids: ids.kept(), rows }
    }

    /// Distinct ids int32 of every batch, concatenated; int32 (batches,) their numbers; int32 index of each id.
    fn batches<'py>(
        &self,
        py: Python<'py>,
        order: Input<'py, i32>,
        size: usize,
        threads: usize,
    ) -> PyResult<[Array1<'py, i32>; 3]> {
        let held: Input<'_, i32, Ix2> = self.ids.bind(py).extract()?;
        let (order, length, ids) = (order.to_vec(), held.shape()[1], &*held);
        let found = interruptible(py, || batches::batch_ids(ids, length, self.rows, &order, size, threads))?;
        let found = found.ok_or_else(|| refused("ids and rows must be in range"))?;
        Ok([found.ids, found.counts, found.places].map(|numbers| numbers.into_pyarray(py)))
    }
}

/// A forward pass built step by step; every value has a number, and the samples are value 0.
#[pyclass]
struct ForwardPass {
    forward: Forward,
    /// Channels of every value, and whether it is features, with one row per sample.
    values: Vec<(usize, bool)>,
}

fn refused(rule: impl Into<String>) -> PyErr {
    PyValueError::new_err(rule.into())
}

fn matrix(kernel: &[f32], bias: &[f32], rows: usize) -> PyResult<Matrix> {
    let found = Matrix::new(kernel, bias).filter(|matrix| matrix.rows == rows);
    found.ok_or_else(|| refused(format!("a kernel must have {rows} rows, and a column for each bias")))
}

impl ForwardPass {
    fn known(&self, source: usize, is_features: bool) -> PyResult<usize> {
        match self.values.get(source) {
            Some(&(channels, found)) if found == is_features => Ok(channels),
            _ => Err(refused(format!("value {source} does not exist, or has another type"))),
        }
    }

    fn pushed(&mut self, action: Action, sources: Vec<usize>, channels: usize, is_features: bool) -> usize {
        self.forward.steps.push(Step { action, sources, finished: Vec::new() });
        self.values.push((channels, is_features));
        self.forward.units = channels;
        self.values.len() - 1
    }

    fn outputs<'py>(
        &self,
        py: Python<'py>,
        samples: &Samples<'_>,
        shape: (usize, usize),
        together: usize,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        let ((count, length), channels) = (shape, self.known(0, false)?);
        let is_other = |step: &Step| matches!(step.action, Action::Flatten { length: own } if own != length);
        if length == 0 || self.forward.steps.iter().any(is_other) {
            return Err(refused(format!("samples must be of one length, got {count} of {length} steps")));
        }
        if !self.values.last().is_some_and(|&(_, is_features)| is_features) {
            return Err(refused("the last value must have one row per sample"));
        }
        let found = interruptible(py, || self.forward.outputs(samples, count, length, channels, together, threads))?;
        shaped(py, found, [count, self.forward.units])
    }
}

#[pymethods]
impl ForwardPass {
    #[new]
    fn new(channels: usize, activation: &str) -> PyResult<Self> {
        let activation = match activation {
            "linear" => Activation::Linear,
            "sigmoid" => Activation::Sigmoid,
            "softmax" => Activation::Softmax,
            other => return Err(refused(format!("activation must be linear, sigmoid or softmax, got {other:?}"))),
        };
        if channels == 0 {
            return Err(refused("channels must be 1 or more"));
        }
        let forward = Forward { steps: Vec::new(), units: channels, activation };
        Ok(Self { forward, values: vec![(channels, false)] })
    }

    /// Convolve windows of `width` steps with a kernel (width x channels, filters), then a relu.
    fn convolve(
        &mut self,
        source: usize,
        width: usize,
        kernel: Input<'_, f32, Ix2>,
        bias: Input<'_, f32>,
    ) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        if width == 0 {
            return Err(refused("width must be 1 or more"));
        }
        let kernel = matrix(&kernel, &bias, width.saturating_mul(channels))?;
        let filters = kernel.columns;
        Ok(self.pushed(Action::Convolve { width, kernel }, vec![source], filters, false))
    }

    /// Multiply features by a kernel (features, units), with an optional relu.
    fn dense(
        &mut self,
        source: usize,
        kernel: Input<'_, f32, Ix2>,
        bias: Input<'_, f32>,
        is_relu: bool,
    ) -> PyResult<usize> {
        let kernel = matrix(&kernel, &bias, self.known(source, true)?)?;
        let units = kernel.columns;
        Ok(self.pushed(Action::Dense { kernel, is_relu }, vec![source], units, true))
    }

    /// Concatenate all steps of a sample into one row.
    fn flatten(&mut self, source: usize, length: usize) -> PyResult<usize> {
        let width =
            self.known(source, false)?.checked_mul(length).ok_or_else(|| refused("a row must fit in memory"))?;
        Ok(self.pushed(Action::Flatten { length }, vec![source], width, true))
    }

    /// Maximum pooling of pairs of steps.
    fn halve(&mut self, source: usize) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        Ok(self.pushed(Action::Halve, vec![source], channels, false))
    }

    /// Concatenate every `stride` steps.
    fn join(&mut self, source: usize, stride: usize) -> PyResult<usize> {
        let channels = self.known(source, false)?.checked_mul(stride).filter(|&channels| channels > 0);
        let channels = channels.ok_or_else(|| refused("stride must be 1 or more, and fit in memory"))?;
        Ok(self.pushed(Action::Join { stride }, vec![source], channels, false))
    }

    /// Mean or maximum pooling over time.
    fn pool(&mut self, source: usize, pooling: &str) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        let pooling = match pooling {
            "mean" => Pooling::Mean,
            "max" => Pooling::Max,
            other => return Err(refused(format!("pooling must be mean or max, got {other:?}"))),
        };
        Ok(self.pushed(Action::Pool(pooling), vec![source], channels, true))
    }

    /// The last state of a cell, or all states. `biases` are added to the products of inputs and of states.
    #[pyo3(signature = (source, cell, kernel, recurrent, biases, *, is_backward, is_last))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn read(
        &mut self,
        source: usize,
        cell: &str,
        kernel: Input<'_, f32, Ix2>,
        recurrent: Input<'_, f32, Ix2>,
        biases: (Input<'_, f32>, Input<'_, f32>),
        is_backward: bool,
        is_last: bool,
    ) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        let kind = match cell {
            "simple" => Kind::Simple,
            "gru" => Kind::Gru,
            "lstm" => Kind::Lstm,
            other => return Err(refused(format!("cell must be simple, gru or lstm, got {other:?}"))),
        };
        let units = biases.0.len() / kind.gates();
        let (kernel, recurrent) = (matrix(&kernel, &biases.0, channels)?, matrix(&recurrent, &biases.1, units)?);
        if kernel.columns != units * kind.gates() || recurrent.columns != kernel.columns {
            return Err(refused(format!("a cell of {units} units must have a column for each of its gates")));
        }
        let cell = Box::new(Cell { kind, kernel, recurrent, is_backward });
        Ok(self.pushed(Action::Read { cell, is_last }, vec![source], units, is_last))
    }

    /// Concatenate the channels of several values.
    fn side_by_side(&mut self, sources: Vec<usize>) -> PyResult<usize> {
        let is_features = sources.first().and_then(|&first| self.values.get(first)).is_some_and(|value| value.1);
        let channels = sources.iter().map(|&source| self.known(source, is_features)).sum::<PyResult<usize>>()?;
        if sources.is_empty() {
            return Err(refused("at least one value is required"));
        }
        Ok(self.pushed(Action::SideBySide, sources, channels, is_features))
    }

    /// Record for each step the values that are not needed afterwards.
    fn finish(&mut self) {
        // `None` for values that no step needs: they may not exist yet.
        let mut last = vec![None; self.values.len()];
        for (number, step) in self.forward.steps.iter().enumerate() {
            step.sources.iter().for_each(|&source| last[source] = Some(number));
        }
        for (source, number) in last.into_iter().enumerate() {
            if let Some(number) = number {
                self.forward.steps[number].finished.push(source);
            }
        }
    }

    /// Outputs (samples, units) for ids (samples, length) of rows of a table (rows, channels).
    #[pyo3(signature = (ids, table, *, together, threads))]
    fn of_ids<'py>(
        &self,
        py: Python<'py>,
        ids: Input<'py, i32, Ix2>,
        table: Input<'py, f32, Ix2>,
        together: usize,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        let (channels, rows) = (self.known(0, false)?, table.shape()[0]);
        if table.shape()[1] != channels {
            return Err(refused(format!("table must have {channels} columns, got {}", table.shape()[1])));
        }
        if ids.iter().any(|&id| usize::try_from(id).map_or(true, |id| id >= rows)) {
            return Err(refused(format!("ids must be from 0 to below {rows}")));
        }
        let samples = Samples::Ids { ids: &ids, table: &table };
        self.outputs(py, &samples, (ids.shape()[0], ids.shape()[1]), together, threads)
    }

    /// Outputs (samples, units) for values (samples, length, channels); steps are real if the mask (samples, length) is
    /// not 0.
    #[pyo3(signature = (values, mask, *, together, threads))]
    fn of_values<'py>(
        &self,
        py: Python<'py>,
        values: Input<'py, f32, Ix3>,
        mask: Input<'py, u8, Ix2>,
        together: usize,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        if values.shape()[..2] != *mask.shape() || values.shape()[2] != self.known(0, false)? {
            return Err(refused("values must match the mask"));
        }
        let samples = Samples::Values { values: &values, real: &mask };
        self.outputs(py, &samples, (mask.shape()[0], mask.shape()[1]), together, threads)
    }
}
