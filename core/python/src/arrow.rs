//! Columns of texts through Arrow's C data interface. What a producer says is checked before it is believed.

use crate::columns::{Strings, TextColumn, Values};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{
    downcast_dictionary_array, Array, ArrayRef, BinaryViewArray, DictionaryArray, GenericStringArray, OffsetSizeTrait,
    RunArray, StringViewArray,
};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{ArrowError, DataType};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3_arrow::error::PyArrowError;
use pyo3_arrow::input::AnyArray;
use pyo3_arrow::PyChunkedArray;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Numbers of values, one for each text of an array; none where the values are the texts.
type Order = Option<Vec<usize>>;

pub fn is_arrow(values: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = values.py();
    Ok(values.hasattr(intern!(py, "__arrow_c_stream__"))? || values.hasattr(intern!(py, "__arrow_c_array__"))?)
}

/// The texts of an Arrow array, or of a stream of them, where they lie.
pub fn column(values: &Bound<'_, PyAny>) -> PyResult<TextColumn> {
    let (chunks, field) = imported(values)?.into_inner();
    let kind = field.data_type();
    if !is_text(kind) {
        return Err(PyTypeError::new_err(format!("texts must be a column of text, got one of {kind}")));
    }
    values.py().detach(|| {
        let (mut parts, mut order, mut start) = (Vec::new(), None::<Vec<u32>>, 0);
        let mut texts = 0;
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            let (strings, numbers) = checked(chunk, texts)?;
            texts += chunk.len();
            let count = strings.len();
            if let Some(numbers) = numbers {
                let number = |number| u32::try_from(start + number).map_err(|_| damaged("too many distinct texts"));
                let order = order.get_or_insert_default();
                numbers.into_iter().try_for_each(|one| number(one).map(|one| order.push(one)))?;
            }
            start += count;
            parts.push(strings);
        }
        Ok(TextColumn::new(Values::new(parts), order))
    })
}

/// The arrays as a producer says they are.
fn imported(values: &Bound<'_, PyAny>) -> PyResult<PyChunkedArray> {
    // A released array, and some that are damaged, make the library panic.
    let read = || match values.extract::<AnyArray>()?.into_chunked_array() {
        Err(PyArrowError::ArrowError(error)) if !matches!(error, ArrowError::ExternalError(_)) => {
            Err(PyValueError::new_err(format!("texts must be a valid Arrow column: {error}")))
        }
        found => Ok(found?),
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged("buffers that are missing, or were released")))
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => true,
        DataType::Dictionary(_, values) => is_text(values),
        DataType::RunEndEncoded(_, values) => is_text(values.data_type()),
        _ => false,
    }
}

fn damaged(rule: &str) -> PyErr {
    PyValueError::new_err(format!("texts must be a valid Arrow column, got one with {rule}"))
}

/// The texts of an array, which begin at place `first` of the column.
fn checked(array: &ArrayRef, first: usize) -> PyResult<(Strings, Order)> {
    let (values, order) = match array.data_type() {
        DataType::Dictionary(..) => downcast_dictionary_array!(
            array => (array.values().clone(), Some(keys(array)?)),
            _ => return Err(damaged("keys of no known type"))
        ),
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(array)?,
            DataType::Int32 => runs::<Int32Type>(array)?,
            _ => runs::<Int64Type>(array)?,
        },
        _ => (array.clone(), None),
    };
    // Of a null key, which is told by the array, the number is past the last value.
    let missing = array.nulls().and_then(|nulls| nulls.iter().position(|is_valid| !is_valid));
    let missing = missing.or_else(|| match (values.logical_nulls(), &order) {
        (None, _) => None,
        (Some(nulls), None) => nulls.iter().position(|is_valid| !is_valid),
        (Some(nulls), Some(order)) => order.iter().position(|&number| nulls.is_null(number)),
    });
    if let Some(place) = missing {
        let rule = format!("texts[{}] must be a str, got None; leave it out, or make it a str", first + place);
        return Err(PyTypeError::new_err(rule));
    }
    let invalid = |number| {
        let place =
            order.as_ref().map_or(Some(number), |order: &Vec<usize>| order.iter().position(|&one| one == number));
        let name = place.map_or("a value of its dictionary".to_owned(), |place| format!("texts[{}]", first + place));
        PyValueError::new_err(format!("{name} must be UTF-8, and is not; decode it, or leave it out"))
    };
    let strings = match values.data_type() {
        DataType::Utf8 => Strings::Small(whole(values.as_string::<i32>(), invalid)?),
        DataType::LargeUtf8 => Strings::Large(whole(values.as_string::<i64>(), invalid)?),
        DataType::Utf8View => Strings::View(whole_views(values.as_string_view(), invalid)?),
        other => return Err(damaged(&format!("values of {other} inside {}", array.data_type()))),
    };
    Ok((strings, order))
}

/// The numbers of the values of a dictionary; 0 for a null.
fn keys<Key: ArrowDictionaryKeyType>(array: &DictionaryArray<Key>) -> PyResult<Vec<usize>> {
    let values = array.values().len();
    let key = |place: usize| match array.is_null(place) {
        true => Some(0),
        false => array.keys().value(place).to_usize().filter(|&number| number < values),
    };
    let keys: Option<Vec<usize>> = (0..array.len()).map(key).collect();
    keys.ok_or_else(|| damaged("a key that is not in its dictionary"))
}

fn runs<Ends: RunEndIndexType>(array: &ArrayRef) -> PyResult<(ArrayRef, Order)> {
    let array: &RunArray<Ends> = array.as_run();
    let (ends, skipped, texts) = (array.run_ends().values(), array.run_ends().offset(), array.len());
    let mut numbers = Vec::with_capacity(texts);
    let mut before = 0;
    for (number, end) in ends.iter().enumerate() {
        let end = end.to_usize().filter(|&end| end > before).ok_or_else(|| damaged("ends of runs that do not rise"))?;
        let first = before.max(skipped);
        numbers.extend(std::iter::repeat_n(number, end.min(skipped + texts).saturating_sub(first)));
        before = end;
    }
    let fits = numbers.len() == texts && ends.len() <= array.values().len();
    fits.then(|| (array.values().clone(), Some(numbers))).ok_or_else(|| damaged("runs that end too early"))
}

/// An array whose texts were found to lie inside its bytes, and to be UTF-8.
fn whole<Offset: OffsetSizeTrait>(
    array: &GenericStringArray<Offset>,
    invalid: impl Fn(usize) -> PyErr,
) -> PyResult<GenericStringArray<Offset>> {
    let offsets = array.value_offsets();
    let bytes = array.values().as_slice();
    let last = offsets.last().and_then(|offset| offset.to_usize());
    let fits = offsets.len() == array.len() + 1
        && offsets[0].to_usize().is_some()
        && offsets.is_sorted()
        && last.is_some_and(|end| end <= bytes.len());
    if !fits {
        return Err(damaged("offsets that do not rise, or are beyond its bytes"));
    }
    let (start, end) = (offsets[0].as_usize(), offsets[array.len()].as_usize());
    let is_whole = std::str::from_utf8(&bytes[start..end])
        .is_ok_and(|text| offsets.iter().all(|offset| text.is_char_boundary(offset.as_usize() - start)));
    if !is_whole {
        let is_invalid = |pair: &[Offset]| std::str::from_utf8(&bytes[pair[0].as_usize()..pair[1].as_usize()]).is_err();
        return Err(offsets
            .windows(2)
            .position(is_invalid)
            .map_or_else(|| damaged("texts that are not UTF-8"), invalid));
    }
    Ok(array.clone())
}

fn whole_views(array: &StringViewArray, invalid: impl Fn(usize) -> PyErr) -> PyResult<StringViewArray> {
    let data = array.to_data();
    let Err(error) = data.validate_full() else { return Ok(array.clone()) };
    // As bytes, its views may be valid.
    let bytes = data.into_builder().data_type(DataType::BinaryView).build();
    let bytes = BinaryViewArray::from(bytes.map_err(|_| damaged(&error.to_string()))?);
    let place = (0..bytes.len()).position(|place| std::str::from_utf8(bytes.value(place)).is_err());
    Err(place.map_or_else(|| damaged(&error.to_string()), invalid))
}
