//! Arrays at the boundary: arrays of Python are borrowed, arrays of the core are moved. None is copied.

use crate::interrupts::interruptible;
use numpy::ndarray::{Array2 as Grid, Dimension, Ix1};
use numpy::{
    Element, IntoPyArray, PyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::Borrowed;
use std::ops::Deref;

pub type Array1<'py, Number> = Bound<'py, PyArray1<Number>>;
pub type Array2<'py, Number> = Bound<'py, PyArray2<Number>>;

/// A borrowed array of Python: of this type, in native byte order, contiguous.
///
/// Another Python thread may write to it while the core works. Values used as indices are copied before they are
/// checked, or checked where they are used.
pub struct Input<'py, Number: Element, Axes: Dimension = Ix1>(PyReadonlyArray<'py, Number, Axes>);

impl<'a, 'py, Number: Element, Axes: Dimension> FromPyObject<'a, 'py> for Input<'py, Number, Axes> {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let refused = || refused::<Number>(&value, Axes::NDIM.unwrap_or_default());
        let array = value.cast::<PyArray<Number, Axes>>().map_err(|_| refused())?;
        if !array.is_c_contiguous() || !array.is_aligned() {
            return Err(refused());
        }
        Ok(Self(array.try_readonly()?))
    }
}

impl<Number: Element, Axes: Dimension> Deref for Input<'_, Number, Axes> {
    type Target = [Number];

    /// All values in row-major order.
    fn deref(&self) -> &[Number] {
        self.0.as_slice().unwrap_or_default() // checked to be contiguous and aligned
    }
}

impl<Number: Element, Axes: Dimension> Input<'_, Number, Axes> {
    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    /// Keep a reference to the array.
    pub fn kept(&self) -> Py<PyArray<Number, Axes>> {
        (*self.0).clone().unbind()
    }
}

/// A `TypeError`; PyO3 adds a note with the argument's name.
fn refused<Number: Element>(value: &Bound<'_, PyAny>, axes: usize) -> PyErr {
    let wanted = Number::get_dtype(value.py());
    let got = match value.cast::<PyUntypedArray>() {
        Ok(array) => {
            let is_plain = array.is_c_contiguous() && array.is_aligned();
            let kind = if is_plain { "" } else { " that is not contiguous or not aligned" };
            format!("an array {} of {}{kind}", array.dtype(), counted_axes(array.ndim()))
        }
        Err(_) => value.get_type().name().map_or_else(|_| "another object".into(), |name| name.to_string()),
    };
    let rule = format!("must be a contiguous array {wanted} of {}", counted_axes(axes));
    PyTypeError::new_err(format!("{rule}, got {got}; use numpy.ascontiguousarray(values, \"{wanted}\")"))
}

fn counted_axes(axes: usize) -> String {
    if axes == 1 {
        "1 axis".into()
    } else {
        format!("{axes} axes")
    }
}

/// Zeros in NumPy's memory; an error if there is not enough memory.
pub fn zeros<'py, Number: Element, Axes: Dimension, const SIDES: usize>(
    py: Python<'py>,
    shape: [usize; SIDES],
) -> PyResult<Bound<'py, PyArray<Number, Axes>>> {
    static ZEROS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let zeros = ZEROS.import(py, "numpy", "zeros")?;
    Ok(zeros.call1((shape, Number::get_dtype(py)))?.cast_into()?)
}

/// An array of zeros that `write` fills in place while other Python threads run, and the result of `write`.
pub fn written<'py, Number: Element, Axes: Dimension, Found: Send, const SIDES: usize>(
    py: Python<'py>,
    shape: [usize; SIDES],
    write: impl FnOnce(&mut [Number]) -> Found + Send,
) -> PyResult<(Bound<'py, PyArray<Number, Axes>>, Found)> {
    let array = zeros(py, shape)?;
    let mut target = array.try_readwrite()?;
    let numbers = target.as_slice_mut()?;
    let found = interruptible(py, || write(numbers))?;
    drop(target);
    Ok((array, found))
}

/// Move values of the core into a two-dimensional array.
pub fn shaped<Number: Element>(
    py: Python<'_>,
    numbers: Vec<Number>,
    shape: [usize; 2],
) -> PyResult<Array2<'_, Number>> {
    let rows = Grid::from_shape_vec(shape, numbers);
    rows.map(|rows| rows.into_pyarray(py)).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A copy of values that the core keeps.
pub fn copied<'py, Number: Element + Copy>(py: Python<'py>, numbers: &[Number]) -> PyResult<Array1<'py, Number>> {
    let array: Array1<'py, Number> = zeros(py, [numbers.len()])?;
    array.try_readwrite()?.as_slice_mut()?.copy_from_slice(numbers);
    Ok(array)
}

/// Concatenate several parts in the memory of the first one; each of the others is freed after it is copied.
pub fn joined<Number: Copy>(parts: Vec<Vec<Number>>) -> PyResult<Vec<Number>> {
    let count: usize = parts.iter().map(Vec::len).sum();
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    let more = all.try_reserve_exact(count - all.len());
    more.map_err(|_| PyMemoryError::new_err(format!("an array of {count} numbers does not fit into memory")))?;
    parts.for_each(|part| all.extend_from_slice(&part));
    Ok(all)
}
