//! The binding of the weights of linear models.

use crate::arguments::{check, check_columns, check_room};
use crate::arrays::{shaped, Array2, Input};
use crate::interrupts::interruptible;
use crate::linear::{loss, scaling, BagColumns, BagFeatures, BagRows};
use crate::texts::{Run, Texts};
use malmoi_core::linear::refinement::Refinement;
use malmoi_core::linear::solver::Ending;
use malmoi_core::linear::weights::{Scaling, Weights};
use numpy::ndarray::Ix2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::prelude::*;

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<LinearWeights>()
}

/// Weights in borrowed arrays of Python.
#[pyclass(frozen)]
pub struct LinearWeights {
    table: Py<PyArray2<f32>>,
    bias: Py<PyArray1<f32>>,
}

/// The arrays of weights, borrowed for a call.
struct Borrowed<'py> {
    table: Input<'py, f32, Ix2>,
    bias: Input<'py, f32>,
}

impl<'py> Borrowed<'py> {
    fn new(table: Input<'py, f32, Ix2>, bias: Input<'py, f32>) -> PyResult<Self> {
        let outputs = bias.len();
        check(outputs > 0 && table.shape()[1] == outputs, || {
            format!("weights must be (columns, outputs), got {:?} with {outputs} biases", table.shape())
        })?;
        Ok(Self { table, bias })
    }

    fn weights(&self) -> Weights<&[f32]> {
        Weights { table: &self.table, bias: &self.bias }
    }
}

impl LinearWeights {
    pub fn new(py: Python<'_>, weights: Weights) -> PyResult<Self> {
        let outputs = weights.outputs();
        let columns = weights.table.len() / outputs.max(1);
        let table = shaped(py, weights.table, [columns, outputs])?.unbind();
        Ok(Self { table, bias: weights.bias.into_pyarray(py).unbind() })
    }

    fn borrowed<'py>(&self, py: Python<'py>) -> PyResult<Borrowed<'py>> {
        Borrowed::new(self.table.bind(py).extract()?, self.bias.bind(py).extract()?)
    }
}

#[pymethods]
impl LinearWeights {
    /// The arrays are shared with the caller.
    #[new]
    fn of_arrays(table: Input<'_, f32, Ix2>, bias: Input<'_, f32>) -> PyResult<Self> {
        let given = Borrowed::new(table, bias)?;
        Ok(Self { table: given.table.kept(), bias: given.bias.kept() })
    }

    /// (columns, outputs).
    fn table(&self, py: Python<'_>) -> Py<PyArray2<f32>> {
        self.table.clone_ref(py)
    }

    /// (outputs,).
    fn bias(&self, py: Python<'_>) -> Py<PyArray1<f32>> {
        self.bias.clone_ref(py)
    }

    /// Update the weights with more rows; `variances` (columns, outputs) and (outputs,) bound the change of each.
    #[pyo3(signature = (rows, *, targets, costs, variances, bias_variances, factors, loss, epochs, tolerance, seed, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn refined(
        &self,
        py: Python<'_>,
        rows: &BagRows,
        targets: Input<'_, f32, Ix2>,
        costs: Input<'_, f32>,
        variances: Input<'_, f32, Ix2>,
        bias_variances: Input<'_, f32>,
        factors: Option<Input<'_, f32>>,
        loss: &str,
        epochs: usize,
        tolerance: f32,
        seed: u64,
        threads: usize,
    ) -> PyResult<Self> {
        let (borrowed, factors, rows) = (self.borrowed(py)?, factors.as_deref(), rows.borrowed(py)?);
        let rows = rows.rows();
        let (weights, samples) = (borrowed.weights(), rows.len());
        let outputs = weights.outputs();
        check_columns(py, &rows, weights.table.len() / outputs, factors)?;
        let fits = variances.shape() == borrowed.table.shape()
            && bias_variances.len() == outputs
            && costs.len() == samples
            && *targets.shape() == [outputs, samples];
        check(fits, || "targets, costs and variances must match the rows and weights".to_owned())?;
        let refinement = Refinement {
            rows: &rows,
            targets: &targets,
            costs: &costs,
            variances: &variances,
            bias_variances: &bias_variances,
            scaling: scaling(&rows, factors),
            loss: self::loss(loss)?,
            ending: Ending { epochs, tolerance },
            seed,
        };
        Self::new(py, interruptible(py, || refinement.refined(&weights, threads))?)
    }

    /// Scores (texts, outputs).
    #[pyo3(signature = (features, columns, texts, *, local, factors, threads))]
    #[allow(clippy::too_many_arguments)] // keywords in Python
    fn scores<'py>(
        &self,
        py: Python<'py>,
        features: &BagFeatures,
        columns: &BagColumns,
        texts: Texts,
        local: &str,
        factors: Option<Input<'py, f32>>,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        let (local, factors) = (crate::bags::local(local)?, factors.as_deref());
        let borrowed = self.borrowed(py)?;
        let weights = borrowed.weights();
        let (width, outputs) = (weights.table.len() / weights.outputs(), weights.outputs());
        check(columns.0.len() == width, || {
            format!("columns must be {width}, as in the weights, got {}", columns.0.len())
        })?;
        let given = factors.map_or(width, <[f32]>::len);
        check(given == width, || format!("factors must have {width} items, one per column, got {given}"))?;
        check_room::<f32>(&[texts.len(), outputs])?;
        let scaling = Scaling { local, factors };
        let mut scores = Vec::new();
        interruptible(py, || {
            texts.each_run(Run::OfEncoded, |_, texts| {
                scores.extend(weights.scores(&features.0, &columns.0, texts, scaling, threads));
            })
        })??;
        shaped(py, scores, [texts.len(), outputs])
    }
}
