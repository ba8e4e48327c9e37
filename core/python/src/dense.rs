//! The binding of linear models on dense rows.

use crate::arguments::{check, check_jobs, check_room};
use crate::conversions::{little_endian, numbers};
use crate::linear::{float_bytes, floats, Bytes, LinearJob};
use malmoi_core::dense::jobs::{combined, Fit, Table};
use malmoi_core::dense::losses::Loss;
use malmoi_core::dense::minimizer::Ending;
use malmoi_core::linear::jobs::Job;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Coefficients of the rows, biases, scores of the held-out rows, steps.
type Fitted<'py> = (Bytes<'py>, Bytes<'py>, Bytes<'py>, usize);

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

fn float64_bytes<'py>(py: Python<'py>, values: &[f64]) -> PyResult<Bytes<'py>> {
    little_endian(py, values.iter().map(|value| value.to_le_bytes()))
}

/// Rows float32 (rows, width).
#[pyclass]
pub struct DenseTable(pub Table);

#[pymethods]
impl DenseTable {
    fn __len__(&self) -> usize {
        self.0.rows.len()
    }

    /// The rows as float32 (rows, width).
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        float_bytes(py, &self.0.rows.values)
    }

    /// Mean and standard deviation of every column, float64 (width,).
    #[pyo3(signature = (*, threads))]
    fn moments<'py>(&self, py: Python<'py>, threads: usize) -> PyResult<(Bytes<'py>, Bytes<'py>)> {
        let (means, deviations) = py.detach(|| self.0.rows.moments(threads));
        Ok((float64_bytes(py, &means)?, float64_bytes(py, &deviations)?))
    }

    /// Take means from the columns, and multiply these by factors, both float32 (width,).
    #[pyo3(signature = (means, factors, *, threads))]
    fn scale(&mut self, py: Python<'_>, means: &[u8], factors: &[u8], threads: usize) -> PyResult<()> {
        let (means, factors) = (floats(means), floats(factors));
        if means.len() != self.0.rows.width || factors.len() != means.len() {
            return Err(PyValueError::new_err(format!("there must be {} means and factors", self.0.rows.width)));
        }
        let table = &mut self.0;
        py.detach(|| {
            table.rows.scale(&means, &factors, threads);
            table.products = None;
        });
        Ok(())
    }

    /// Make the products of all pairs of rows, which fits of fewer rows than columns take less time with.
    #[pyo3(signature = (*, threads))]
    fn multiply(&mut self, py: Python<'_>, threads: usize) -> PyResult<()> {
        let table = &mut self.0;
        check_room::<f32>(&[table.rows.len(), table.rows.len()])?;
        py.detach(|| table.products = Some(table.rows.products(threads)));
        Ok(())
    }

    /// The products of all pairs of rows float32 (rows, rows); nothing where they were not made.
    fn products<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        float_bytes(py, self.0.products.as_deref().unwrap_or(&[]))
    }

    /// Do jobs; for each and each of its strengths coefficients float32 (outputs, rows), biases, held-out scores, steps.
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
        let loss = self::loss(loss)?;
        let jobs: Vec<&Job> = jobs.iter().map(|job| &job.get().0).collect();
        check_jobs(&jobs, self.0.rows.len())?;
        let is_weighed = |job: &&Job| job.weights.iter().any(|&weight| weight > 0.0);
        check(jobs.iter().all(is_weighed), || "a job must have a weight above 0".to_owned())?;
        let fits = py.detach(|| self.0.fit_all(&jobs, loss, Ending { steps, tolerance }, threads));
        let given = |fit: Fit| {
            let bytes = |values: &[f32]| float_bytes(py, values);
            Ok((bytes(&fit.coefficients)?, bytes(&fit.bias)?, bytes(&fit.scores)?, fit.steps))
        };
        fits.into_iter().map(|strengths| strengths.into_iter().map(given).collect()).collect()
    }

    /// Weights float32 (outputs, width) of coefficients (outputs, rows) of some rows, uint32.
    #[pyo3(signature = (rows, coefficients, *, threads))]
    fn weights<'py>(&self, py: Python<'py>, rows: &[u8], coefficients: &[u8], threads: usize) -> PyResult<Bytes<'py>> {
        let (rows, coefficients) = (numbers(rows, u32::from_le_bytes), floats(coefficients));
        let outputs = coefficients.len() / rows.len().max(1);
        if outputs * rows.len() != coefficients.len() || rows.iter().any(|&row| row as usize >= self.0.rows.len()) {
            return Err(PyValueError::new_err("coefficients must be (outputs, rows), of rows that there are"));
        }
        check_room::<f32>(&[outputs, self.0.rows.width])?;
        let found = py.detach(|| combined(&self.0.rows, &rows, &coefficients, outputs, threads));
        float_bytes(py, &found)
    }
}
