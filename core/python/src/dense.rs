//! The binding of linear models on dense rows.

use crate::arguments::{check, check_jobs, check_room};
use crate::arrays::{shaped, written, Array1, Array2, Input};
use crate::interrupts::{interruptible, Whole};
use crate::linear::LinearJob;
use malmoi_core::dense::jobs::{combined, Fit, Table};
use malmoi_core::dense::losses::Loss;
use malmoi_core::dense::minimizer::Ending;
use malmoi_core::linear::jobs::Job;
use numpy::ndarray::Ix2;
use numpy::IntoPyArray;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Coefficients of the rows, biases, scores of the held-out rows, steps.
type Fitted<'py> = (Array2<'py, f32>, Array1<'py, f32>, Array2<'py, f32>, usize);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<DenseTable>()
}

fn loss(name: &str) -> PyResult<Loss> {
    match name {
        "softmax" => Ok(Loss::Softmax),
        "logistic" => Ok(Loss::Logistic),
        "squared" => Ok(Loss::Squared),
        other => Err(PyValueError::new_err(format!("loss must be softmax, logistic or squared, got {other:?}"))),
    }
}

/// Rows float32 (rows, width).
#[pyclass]
pub struct DenseTable(pub Table, pub Whole);

#[pymethods]
impl DenseTable {
    fn __len__(&self) -> usize {
        self.0.rows.len()
    }

    /// Mean and standard deviation of every column, float64 (width,).
    #[pyo3(signature = (*, threads))]
    fn moments<'py>(&self, py: Python<'py>, threads: usize) -> PyResult<(Array1<'py, f64>, Array1<'py, f64>)> {
        self.1.check()?;
        let (means, deviations) = interruptible(py, || self.0.rows.moments(threads))?;
        Ok((means.into_pyarray(py), deviations.into_pyarray(py)))
    }

    /// Subtract means from the columns, and multiply them by factors, both float32 (width,).
    #[pyo3(signature = (means, factors, *, threads))]
    fn scale(
        &mut self,
        py: Python<'_>,
        means: Input<'_, f32>,
        factors: Input<'_, f32>,
        threads: usize,
    ) -> PyResult<()> {
        let (means, factors) = (&*means, &*factors);
        if means.len() != self.0.rows.width || factors.len() != means.len() {
            return Err(PyValueError::new_err(format!("means and factors must have {} items", self.0.rows.width)));
        }
        let table = &mut self.0;
        self.1.change(py, || {
            table.rows.scale(means, factors, threads);
            table.products = None;
        })
    }

    /// Compute the Gram matrix of the rows, which makes fits with fewer rows than columns faster.
    #[pyo3(signature = (*, threads))]
    fn multiply(&mut self, py: Python<'_>, threads: usize) -> PyResult<()> {
        let table = &mut self.0;
        check_room::<f32>(&[table.rows.len(), table.rows.len()])?;
        self.1.check()?;
        interruptible(py, || table.products = Some(table.rows.products(threads)))
    }

    /// The Gram matrix float32 (rows, rows); `None` if it was not computed.
    fn products<'py>(&self, py: Python<'py>) -> PyResult<Array2<'py, f32>> {
        let products = self.0.products.as_deref().unwrap_or(&[]);
        let rows = if products.is_empty() { 0 } else { self.0.rows.len() };
        let (array, ()) = written(py, [rows, rows], |target| target.copy_from_slice(products))?;
        Ok(array)
    }

    /// Run jobs; return for each, and each of its strengths, coefficients float32 (outputs, rows), biases, held-out
    /// scores, steps.
    #[pyo3(signature = (jobs, *, loss, steps, tolerance, threads))]
    fn fit<'py>(
        &self,
        py: Python<'py>,
        jobs: Vec<Bound<'py, LinearJob>>,
        loss: &str,
        steps: usize,
        tolerance: f64,
        threads: usize,
    ) -> PyResult<Vec<Vec<Fitted<'py>>>> {
        self.1.check()?;
        let loss = self::loss(loss)?;
        let jobs: Vec<&Job> = jobs.iter().map(|job| &job.get().0).collect();
        check_jobs(&jobs, self.0.rows.len())?;
        let is_weighed = |job: &&Job| job.weights.iter().any(|&weight| weight > 0.0);
        check(jobs.iter().all(is_weighed), || "a job must have a weight above 0".to_owned())?;
        let fits = interruptible(py, || self.0.fit_all(&jobs, loss, Ending { steps, tolerance }, threads))?;
        let given = |fit: Fit| {
            let outputs = fit.bias.len();
            let of_outputs = |numbers: &[f32]| numbers.len() / outputs.max(1);
            let (chosen, held_out) = (of_outputs(&fit.coefficients), of_outputs(&fit.scores));
            let coefficients = shaped(py, fit.coefficients, [outputs, chosen])?;
            let scores = shaped(py, fit.scores, [held_out, outputs])?;
            Ok((coefficients, fit.bias.into_pyarray(py), scores, fit.steps))
        };
        fits.into_iter().map(|strengths| strengths.into_iter().map(given).collect()).collect()
    }

    /// Weights float32 (outputs, width) from coefficients (outputs, rows) of rows with indices uint32.
    #[pyo3(signature = (rows, coefficients, *, threads))]
    fn weights<'py>(
        &self,
        py: Python<'py>,
        rows: Input<'py, u32>,
        coefficients: Input<'py, f32, Ix2>,
        threads: usize,
    ) -> PyResult<Array2<'py, f32>> {
        let (rows, outputs) = (rows.to_vec(), coefficients.shape()[0]);
        if coefficients.shape()[1] != rows.len() || rows.iter().any(|&row| row as usize >= self.0.rows.len()) {
            return Err(PyValueError::new_err("coefficients must be (outputs, rows), for existing rows"));
        }
        check_room::<f32>(&[outputs, self.0.rows.width])?;
        let coefficients = &*coefficients;
        let found = interruptible(py, || combined(&self.0.rows, &rows, coefficients, outputs, threads))?;
        shaped(py, found, [outputs, self.0.rows.width])
    }
}
