//! The binding of networks: ids of batches for their training, and the forward pass.

use crate::conversions::{little_endian, numbers};
use crate::linear::{float_bytes, floats, Bytes};
use bytemuck::AnyBitPattern;
use malmoi_core::neural::batches;
use malmoi_core::neural::cells::{Cell, Kind};
use malmoi_core::neural::forward::{Action, Activation, Forward, Samples, Step};
use malmoi_core::neural::products::Matrix;
use malmoi_core::neural::sequences::Pooling;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<IdRows>()?;
    module.add_class::<ForwardPass>()
}

/// Rows of ids, of which training takes batches.
#[pyclass(frozen)]
struct IdRows {
    ids: Vec<i32>,
    length: usize,
    rows: usize,
}

#[pymethods]
impl IdRows {
    #[new]
    fn new(ids: &[u8], length: usize, rows: usize) -> IdRows {
        IdRows { ids: numbers(ids, i32::from_le_bytes), length, rows }
    }

    /// Distinct ids int32 of every batch, one after the other; int32 (batches,) how many; int32 the place of each id.
    fn batches<'py>(&self, py: Python<'py>, order: &[u8], size: usize, threads: usize) -> PyResult<[Bytes<'py>; 3]> {
        let order = numbers(order, i32::from_le_bytes);
        let found = py.detach(|| batches::batch_ids(&self.ids, self.length, self.rows, &order, size, threads));
        let found = found.ok_or_else(|| PyValueError::new_err("ids and rows must be in their range"))?;
        let bytes = |values: Vec<i32>| little_endian(py, values.into_iter().map(i32::to_le_bytes));
        Ok([bytes(found.ids)?, bytes(found.counts)?, bytes(found.places)?])
    }
}

/// A forward pass that is put together step by step; every value has a number, and the samples are value 0.
#[pyclass]
struct ForwardPass {
    forward: Forward,
    /// Channels of every value, and whether it is features, a row for each sample.
    values: Vec<(usize, bool)>,
}

fn refused(rule: impl Into<String>) -> PyErr {
    PyValueError::new_err(rule.into())
}

fn viewed<'a, Number: AnyBitPattern>(name: &str, bytes: &'a [u8]) -> PyResult<&'a [Number]> {
    bytemuck::try_cast_slice(bytes).map_err(|error| refused(format!("{name} must be whole numbers of bytes: {error}")))
}

fn matrix(kernel: &[u8], bias: &[u8], rows: usize) -> PyResult<Matrix> {
    let found = Matrix::new(&floats(kernel), &floats(bias)).filter(|matrix| matrix.rows == rows);
    found.ok_or_else(|| refused(format!("a kernel must have {rows} rows, and a column for each bias")))
}

impl ForwardPass {
    fn known(&self, source: usize, is_features: bool) -> PyResult<usize> {
        match self.values.get(source) {
            Some(&(channels, found)) if found == is_features => Ok(channels),
            _ => Err(refused(format!("there is no value {source} of this kind"))),
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
        count: usize,
        length: usize,
        together: usize,
        threads: usize,
    ) -> PyResult<Bytes<'py>> {
        let channels = self.known(0, false)?;
        if !self.values.last().is_some_and(|&(_, is_features)| is_features) {
            return Err(refused("the last value must be a row for each sample"));
        }
        let found = py.detach(|| self.forward.outputs(samples, count, length, channels, together, threads));
        float_bytes(py, &found)
    }

    /// Samples of so many values; refused where they do not fit the length.
    fn count_of(&self, values: usize, length: usize) -> PyResult<usize> {
        let flat = self
            .forward
            .steps
            .iter()
            .any(|step| matches!(step.action, Action::Flatten { length: own } if own != length));
        if flat || length == 0 || values % length != 0 {
            return Err(refused(format!("samples must be of one length, got {values} steps of {length}")));
        }
        Ok(values / length)
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

    /// Windows of `width` steps through a kernel (width x channels, filters) and a relu.
    fn convolve(&mut self, source: usize, width: usize, kernel: &[u8], bias: &[u8]) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        if width == 0 {
            return Err(refused("width must be 1 or more"));
        }
        let kernel = matrix(kernel, bias, width.saturating_mul(channels))?;
        let filters = kernel.columns;
        Ok(self.pushed(Action::Convolve { width, kernel }, vec![source], filters, false))
    }

    /// Features through a kernel (features, units), and a relu if there is one.
    fn dense(&mut self, source: usize, kernel: &[u8], bias: &[u8], is_relu: bool) -> PyResult<usize> {
        let kernel = matrix(kernel, bias, self.known(source, true)?)?;
        let units = kernel.columns;
        Ok(self.pushed(Action::Dense { kernel, is_relu }, vec![source], units, true))
    }

    /// All steps of a sample in one row.
    fn flatten(&mut self, source: usize, length: usize) -> PyResult<usize> {
        let width = self.known(source, false)?.checked_mul(length).ok_or_else(|| refused("a row must fit memory"))?;
        Ok(self.pushed(Action::Flatten { length }, vec![source], width, true))
    }

    /// The larger of every two steps.
    fn halve(&mut self, source: usize) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        Ok(self.pushed(Action::Halve, vec![source], channels, false))
    }

    /// Every `stride` steps side by side.
    fn join(&mut self, source: usize, stride: usize) -> PyResult<usize> {
        let channels = self.known(source, false)?.checked_mul(stride).filter(|&channels| channels > 0);
        let channels = channels.ok_or_else(|| refused("stride must be 1 or more, and fit memory"))?;
        Ok(self.pushed(Action::Join { stride }, vec![source], channels, false))
    }

    /// The mean or the maximum over time.
    fn pool(&mut self, source: usize, pooling: &str) -> PyResult<usize> {
        let channels = self.known(source, false)?;
        let pooling = match pooling {
            "mean" => Pooling::Mean,
            "max" => Pooling::Max,
            other => return Err(refused(format!("pooling must be mean or max, got {other:?}"))),
        };
        Ok(self.pushed(Action::Pool(pooling), vec![source], channels, true))
    }

    /// The last state of a cell, or all of them. `biases` are added to the inputs' and to the states' products.
    #[pyo3(signature = (source, cell, kernel, recurrent, biases, *, is_backward, is_last))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn read(
        &mut self,
        source: usize,
        cell: &str,
        kernel: &[u8],
        recurrent: &[u8],
        biases: (Vec<u8>, Vec<u8>),
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
        let units = biases.0.len() / std::mem::size_of::<f32>() / kind.gates();
        let (kernel, recurrent) = (matrix(kernel, &biases.0, channels)?, matrix(recurrent, &biases.1, units)?);
        if kernel.columns != units * kind.gates() || recurrent.columns != kernel.columns {
            return Err(refused(format!("a cell of {units} units must have a column for each of its gates")));
        }
        let cell = Box::new(Cell { kind, kernel, recurrent, is_backward });
        Ok(self.pushed(Action::Read { cell, is_last }, vec![source], units, is_last))
    }

    /// The channels of several values, one after the other.
    fn side_by_side(&mut self, sources: Vec<usize>) -> PyResult<usize> {
        let is_features = sources.first().and_then(|&first| self.values.get(first)).is_some_and(|value| value.1);
        let channels = sources.iter().map(|&source| self.known(source, is_features)).sum::<PyResult<usize>>()?;
        if sources.is_empty() {
            return Err(refused("there must be values to join"));
        }
        Ok(self.pushed(Action::SideBySide, sources, channels, is_features))
    }

    /// Note which values are needed no more after each step.
    fn finish(&mut self) {
        let mut last = vec![0; self.values.len()];
        for (number, step) in self.forward.steps.iter().enumerate() {
            step.sources.iter().for_each(|&source| last[source] = number);
        }
        for (source, &number) in last.iter().enumerate().take(self.values.len() - 1) {
            if let Some(step) = self.forward.steps.get_mut(number) {
                step.finished.push(source);
            }
        }
    }

    /// Outputs float32 (samples, units) for ids int32 (samples, length), rows of a table float32 (rows, channels).
    #[pyo3(signature = (ids, table, length, *, together, threads))]
    fn of_ids<'py>(
        &self,
        py: Python<'py>,
        ids: &[u8],
        table: &[u8],
        length: usize,
        together: usize,
        threads: usize,
    ) -> PyResult<Bytes<'py>> {
        let (ids, table) = (viewed::<i32>("ids", ids)?, viewed::<f32>("table", table)?);
        let rows = table.len() / self.known(0, false)?;
        if ids.iter().any(|&id| usize::try_from(id).map_or(true, |id| id >= rows)) {
            return Err(refused(format!("ids must be from 0 to below {rows}")));
        }
        let count = self.count_of(ids.len(), length)?;
        self.outputs(py, &Samples::Ids { ids, table }, count, length, together, threads)
    }

    /// Outputs float32 (samples, units) for values float32 (samples, length, channels); mask bool (samples, length).
    #[pyo3(signature = (values, mask, length, *, together, threads))]
    fn of_values<'py>(
        &self,
        py: Python<'py>,
        values: &[u8],
        mask: &[u8],
        length: usize,
        together: usize,
        threads: usize,
    ) -> PyResult<Bytes<'py>> {
        let values = viewed::<f32>("values", values)?;
        if mask.len().checked_mul(self.known(0, false)?) != Some(values.len()) {
            return Err(refused("values must be as many as the mask says"));
        }
        let count = self.count_of(mask.len(), length)?;
        self.outputs(py, &Samples::Values { values, real: mask }, count, length, together, threads)
    }
}
