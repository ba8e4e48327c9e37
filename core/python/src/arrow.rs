//! Columns of texts through Arrow's C data interface. What a producer states is validated before use.

use crate::columns::{room, Strings, TextColumn, Values};
use crate::interrupts::interruptible;
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{
    downcast_dictionary_array, Array, ArrayRef, DictionaryArray, GenericStringArray, OffsetSizeTrait, RunArray,
    StringViewArray,
};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer};
use arrow_schema::{ArrowError, DataType};
use malmoi_core::foundation::interrupts::check;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3_arrow::error::PyArrowError;
use pyo3_arrow::input::AnyArray;
use pyo3_arrow::PyChunkedArray;
use std::cell::Cell;
use std::panic::{self, catch_unwind, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

/// Bytes scanned between two interrupt checks.
const BYTES_TOGETHER: usize = 1 << 20;
const TEXTS_TOGETHER: usize = 1 << 16;
/// Maximum number of bytes of a text stored in a view itself.
const INLINE: usize = 12;
/// Maximum number of characters of a type's name in an error.
const MOST_OF_A_NAME: usize = 60;

static HOOK: Once = Once::new();

thread_local! {
    /// Whether panics of this thread print nothing.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

pub fn is_arrow(values: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = values.py();
    Ok(values.hasattr(intern!(py, "__arrow_c_stream__"))? || values.hasattr(intern!(py, "__arrow_c_array__"))?)
}

/// Return the texts of an Arrow array, or of a stream of arrays, without a copy.
pub fn column(values: &Bound<'_, PyAny>) -> PyResult<TextColumn> {
    let (chunks, field) = imported(values)?.into_inner();
    let kind = field.data_type();
    if !is_text(kind) {
        return Err(no_text(kind));
    }
    interruptible(values.py(), || {
        held(&chunks, matches!(kind, DataType::Dictionary(..) | DataType::RunEndEncoded(..)))
    })?
}

/// Import the arrays of a producer.
fn imported(values: &Bound<'_, PyAny>) -> PyResult<PyChunkedArray> {
    let read = || -> Result<PyChunkedArray, PyArrowError> {
        let reader = values.extract::<AnyArray>()?.into_reader()?;
        let (field, mut chunks) = (reader.field(), Vec::new());
        for chunk in reader {
            values.py().check_signals()?;
            chunks.push(chunk?);
        }
        Ok(PyChunkedArray::try_new(chunks, field)?)
    };
    // A released array, and some that are damaged, make the library panic.
    match quietly(read) {
        Err(_) => Err(damaged("buffers that are missing, or were released")),
        Ok(Err(PyArrowError::ArrowError(error))) if !matches!(error, ArrowError::ExternalError(_)) => {
            Err(PyValueError::new_err(format!("texts must be a valid Arrow column: {error}")))
        }
        Ok(found) => Ok(found?),
    }
}

/// Run work with silent panics; return its result or its panic.
fn quietly<Value>(work: impl FnOnce() -> Value) -> thread::Result<Value> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    let before = QUIET.replace(true);
    let found = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    found
}

fn is_text(kind: &DataType) -> bool {
    let is_plain =
        |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null);
    match kind {
        DataType::Dictionary(_, values) => is_plain(values),
        DataType::RunEndEncoded(_, values) => is_plain(values.data_type()),
        kind => is_plain(kind),
    }
}

fn no_text(kind: &DataType) -> PyErr {
    let mut name = kind.to_string();
    if name.chars().count() > MOST_OF_A_NAME {
        name = name.chars().take(MOST_OF_A_NAME - 3).chain("...".chars()).collect();
    }
    let is_flat = !kind.is_nested() || matches!(kind, DataType::Dictionary(..) | DataType::RunEndEncoded(..));
    let cure =
        if is_flat { "cast it to string: column.cast(pyarrow.string())" } else { "pick a column of text inside it" };
    PyTypeError::new_err(format!("texts must be a column of text, got {name}; {cure}"))
}

fn damaged(rule: &str) -> PyErr {
    PyValueError::new_err(format!("texts must be a valid Arrow column, got one with {rule}; rebuild the column"))
}

fn none_at(place: usize) -> PyErr {
    PyTypeError::new_err(format!("texts[{place}] must be a str, got None; remove it, or replace it by a str"))
}

/// Return the texts of consecutive arrays, reordered if an array gives an index for each of its texts.
fn held(chunks: &[ArrayRef], is_ordered: bool) -> PyResult<TextColumn> {
    let chunks = || chunks.iter().filter(|chunk| !chunk.is_empty());
    let mut order = match is_ordered {
        true => Some(room_of_order(chunks().map(|chunk| chunk.len()))?),
        false => None,
    };
    let (mut parts, mut texts, mut start) = (Vec::new(), 0, 0);
    for chunk in chunks() {
        let values = match &mut order {
            Some(order) => ordered(chunk, start, order)?,
            None => chunk.clone(),
        };
        let numbers = order.as_ref().map(|order| &order[texts..]);
        if let Some(place) = missing(&values, numbers, start) {
            return Err(none_at(texts + place));
        }
        let invalid = |number: usize| {
            let place =
                numbers.map_or(Some(number), |numbers| numbers.iter().position(|&one| one as usize == start + number));
            let name =
                place.map_or("a value of its dictionary".to_owned(), |place| format!("texts[{}]", texts + place));
            PyValueError::new_err(format!("{name} must be valid UTF-8; decode it, or remove it"))
        };
        let strings = strings(&values, invalid)?;
        texts += chunk.len();
        start += strings.len();
        parts.push(strings);
    }
    Ok(TextColumn::new(Values::new(parts), order))
}

/// Reserve memory for the indices of all texts. Their number is only what a producer states: a few bytes may state any
/// number.
fn room_of_order(mut lengths: impl Iterator<Item = usize>) -> PyResult<Vec<u32>> {
    let total = lengths.try_fold(0_usize, usize::checked_add).filter(|&total| u32::try_from(total).is_ok());
    let rule = "a dictionary or run-end encoded column must have fewer than 2**32 texts; take a slice of the column";
    room(total.ok_or_else(|| PyValueError::new_err(rule))?)
}

/// Return the values of an array, and append to `order` the index of each text; the first of the values has index
/// `start`.
fn ordered(array: &ArrayRef, start: usize, order: &mut Vec<u32>) -> PyResult<ArrayRef> {
    let first = order.len();
    // The index of a null key, as given by the array's bitmap, is undefined.
    if let Some(place) = array.nulls().and_then(first_null) {
        return Err(none_at(first + place));
    }
    let values = match array.data_type() {
        DataType::Dictionary(..) => downcast_dictionary_array!(
            array => {
                if array.values().data_type() != &DataType::Null {
                    push_keys(array, start, order)?;
                }
                array.values().clone()
            },
            _ => return Err(damaged("keys of an unknown type"))
        ),
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => push_runs::<Int16Type>(array.as_run(), start, order)?,
            DataType::Int32 => push_runs::<Int32Type>(array.as_run(), start, order)?,
            _ => push_runs::<Int64Type>(array.as_run(), start, order)?,
        },
        other => return Err(damaged(&format!("an array of {other} in another column"))),
    };
    if values.data_type() == &DataType::Null {
        return Err(none_at(first));
    }
    Ok(values)
}

/// Check that indices are below 2**32 and below the number of values.
fn are_numbers(start: usize, values: usize) -> PyResult<()> {
    u32::try_from(start + values).map(drop).map_err(|_| damaged("too many distinct texts"))
}

fn push_keys<Key: ArrowDictionaryKeyType>(
    array: &DictionaryArray<Key>,
    start: usize,
    order: &mut Vec<u32>,
) -> PyResult<()> {
    let values = array.values().len();
    are_numbers(start, values)?;
    for keys in array.keys().values().chunks(TEXTS_TOGETHER) {
        check(keys.len());
        for key in keys {
            let number = key.to_usize().filter(|&number| number < values);
            let number = number.ok_or_else(|| damaged("a key that is not in its dictionary"))?;
            order.push((start + number) as u32);
        }
    }
    Ok(())
}

fn push_runs<Ends: RunEndIndexType>(array: &RunArray<Ends>, start: usize, order: &mut Vec<u32>) -> PyResult<ArrayRef> {
    let (ends, skipped, texts) = (array.run_ends().values(), array.run_ends().offset(), array.len());
    let too_early = || damaged("runs that end too early");
    if ends.len() > array.values().len() {
        return Err(too_early());
    }
    are_numbers(start, ends.len())?;
    let most = order.len() + texts;
    let mut before = 0;
    for (number, end) in ends.iter().enumerate() {
        let end = end
            .to_usize()
            .filter(|&end| end > before)
            .ok_or_else(|| damaged("run ends that are not in ascending order"))?;
        let mut left = end.min(skipped.saturating_add(texts)).saturating_sub(before.max(skipped));
        check(left.min(TEXTS_TOGETHER));
        while left > 0 {
            let some = left.min(TEXTS_TOGETHER);
            check(some);
            order.resize(order.len() + some, (start + number) as u32);
            left -= some;
        }
        before = end;
    }
    if order.len() != most {
        return Err(too_early());
    }
    Ok(array.values().clone())
}

fn first_null(nulls: &NullBuffer) -> Option<usize> {
    let (first, last) = nulls.valid_slices().next().unwrap_or((0, 0));
    let place = if first > 0 { 0 } else { last };
    (place < nulls.len()).then_some(place)
}

/// Return the position of the first null text; `numbers` are the indices of its values, which begin with `start`.
fn missing(values: &ArrayRef, numbers: Option<&[u32]>, start: usize) -> Option<usize> {
    if values.data_type() == &DataType::Null {
        return Some(0);
    }
    let nulls = values.nulls().filter(|nulls| nulls.null_count() > 0)?;
    let Some(numbers) = numbers else { return first_null(nulls) };
    numbers.iter().position(|&number| {
        check(1);
        nulls.is_null(number as usize - start)
    })
}

/// Return an array's texts, checked to be UTF-8.
fn strings(values: &ArrayRef, invalid: impl Fn(usize) -> PyErr) -> PyResult<Strings> {
    Ok(match values.data_type() {
        DataType::Utf8 => Strings::Small(whole(values.as_string::<i32>(), invalid)?),
        DataType::LargeUtf8 => Strings::Large(whole(values.as_string::<i64>(), invalid)?),
        DataType::Utf8View => Strings::View(whole_views(values.as_string_view(), invalid)?),
        other => return Err(damaged(&format!("values of {other} in a column of text"))),
    })
}

/// Return an array whose texts were checked to be inside its bytes and to be UTF-8.
fn whole<Offset: OffsetSizeTrait>(
    array: &GenericStringArray<Offset>,
    invalid: impl Fn(usize) -> PyErr,
) -> PyResult<GenericStringArray<Offset>> {
    let offsets = array.value_offsets();
    let bytes = array.values().as_slice();
    let last = offsets.last().and_then(|offset| offset.to_usize());
    let fits = offsets.len() == array.len() + 1
        && offsets[0].to_usize().is_some()
        && do_rise(offsets)
        && last.is_some_and(|end| end <= bytes.len());
    if !fits {
        return Err(damaged("offsets that are not in ascending order, or are beyond its bytes"));
    }
    let bytes = &bytes[..offsets[array.len()].as_usize()];
    // Lower bytes are continuation bytes.
    let begins = |offset: usize| bytes.get(offset).is_none_or(|&byte| (byte as i8) >= -0x40);
    let is_whole = is_utf8(&bytes[offsets[0].as_usize()..])
        && offsets.chunks(TEXTS_TOGETHER).all(|some| {
            check(some.len());
            some.iter().all(|offset| begins(offset.as_usize()))
        });
    if !is_whole {
        let is_invalid = |pair: &[Offset]| !is_utf8(&bytes[pair[0].as_usize()..pair[1].as_usize()]);
        return Err(offsets
            .windows(2)
            .position(is_invalid)
            .map_or_else(|| damaged("texts that are not UTF-8"), invalid));
    }
    Ok(array.clone())
}

fn do_rise<Offset: OffsetSizeTrait>(offsets: &[Offset]) -> bool {
    let starts = (0..offsets.len()).step_by(TEXTS_TOGETHER);
    starts.map(|start| &offsets[start..offsets.len().min(start + TEXTS_TOGETHER + 1)]).all(|some| {
        check(some.len());
        some.is_sorted()
    })
}

/// Return whether bytes are UTF-8; they are scanned in pieces, with interrupt checks in between.
fn is_utf8(mut bytes: &[u8]) -> bool {
    loop {
        let piece = &bytes[..bytes.len().min(BYTES_TOGETHER)];
        check(piece.len() + 1);
        let end = match std::str::from_utf8(piece) {
            Ok(_) => piece.len(),
            Err(error) if error.error_len().is_none() && piece.len() < bytes.len() => error.valid_up_to(),
            Err(_) => return false,
        };
        bytes = &bytes[end..];
        if bytes.is_empty() {
            return true;
        }
    }
}

fn whole_views(array: &StringViewArray, invalid: impl Fn(usize) -> PyErr) -> PyResult<StringViewArray> {
    for (place, &view) in array.views().iter().enumerate() {
        match is_text_of_view(view, array.data_buffers()) {
            Some(true) => {}
            Some(false) => return Err(invalid(place)),
            None => return Err(damaged("views outside its buffers")),
        }
    }
    Ok(array.clone())
}

/// Return whether a view is UTF-8; `None` if it is damaged.
///
/// Its 16 bytes are a length and up to 12 bytes of text, padded with zeros; or a length, the first 4 bytes of the text,
/// the number of a buffer, and the offset in it.
fn is_text_of_view(view: u128, buffers: &[Buffer]) -> Option<bool> {
    let bytes = view.to_le_bytes();
    let length = view as u32 as usize;
    if length <= INLINE {
        let (text, padding) = bytes[4..].split_at(length);
        return padding.iter().all(|&byte| byte == 0).then(|| is_utf8(text));
    }
    let (buffer, start) = ((view >> 64) as u32 as usize, (view >> 96) as usize);
    let text = buffers.get(buffer)?.get(start..start.checked_add(length)?)?;
    text.starts_with(&bytes[4..8]).then(|| is_utf8(text))
}
