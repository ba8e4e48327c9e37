//! Arrays at the border: those of Python are borrowed, those of the core are handed over. None is copied.

use numpy::ndarray::{Dimension, Ix1};
use numpy::{
    Element, PyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::Borrowed;
use std::ops::Deref;

pub type Array1<'py, Number> = Bound<'py, PyArray1<Number>>;
pub type Array2<'py, Number> = Bound<'py, PyArray2<Number>>;

/// An array of Python that is read where it is: of this type, in the machine's byte order, contiguous.
///
/// Another thread of Python may write to it while the core works. Numbers that say where something is are copied before
/// they are checked, or checked where they are used.
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

    /// All numbers, the last axis first.
    fn deref(&self) -> &[Number] {
        self.0.as_slice().unwrap_or_default() // contiguous and aligned: it was checked
    }
}

impl<Number: Element, Axes: Dimension> Input<'_, Number, Axes> {
    /// How long each axis is.
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
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
    PyTypeError::new_err(format!("{rule}, got {got}; numpy.ascontiguousarray(values, \"{wanted}\") makes one"))
}

fn counted_axes(axes: usize) -> String {
    if axes == 1 {
        "1 axis".into()
    } else {
        format!("{axes} axes")
    }
}

/// Zeros in memory of NumPy; an error where there is no room.
pub fn zeros<'py, Number: Element, Axes: Dimension, const SIDES: usize>(
    py: Python<'py>,
    shape: [usize; SIDES],
) -> PyResult<Bound<'py, PyArray<Number, Axes>>> {
    static ZEROS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let zeros = ZEROS.import(py, "numpy", "zeros")?;
    Ok(zeros.call1((shape, Number::get_dtype(py)))?.cast_into()?)
}

/// An array of zeros that `write` fills in place while other threads of Python go on, and what that returns.
pub fn written<'py, Number: Element, Axes: Dimension, Found: Send, const SIDES: usize>(
    py: Python<'py>,
    shape: [usize; SIDES],
    write: impl FnOnce(&mut [Number]) -> Found + Send,
) -> PyResult<(Bound<'py, PyArray<Number, Axes>>, Found)> {
    let array = zeros(py, shape)?;
    let mut target = array.try_readwrite()?;
    let numbers = target.as_slice_mut()?;
    let found = py.detach(|| write(numbers));
    drop(target);
    Ok((array, found))
}

/// The numbers of several parts, one part behind the other, in the memory of the first one; each of the others is given
/// back to the system once it is copied.
pub fn joined<Number: Copy>(parts: Vec<Vec<Number>>) -> PyResult<Vec<Number>> {
    let count: usize = parts.iter().map(Vec::len).sum();
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    let more = all.try_reserve_exact(count - all.len());
    more.map_err(|_| PyMemoryError::new_err(format!("an array of {count} numbers does not fit into memory")))?;
    parts.for_each(|part| all.extend_from_slice(&part));
    Ok(all)
}
