//! The binding: takes Python's values, releases the interpreter while the core works, returns arrays. It has no
//! algorithms.

mod arguments;
mod arrays;
mod arrow;
mod bags;
mod binary;
mod checks;
mod columns;
mod conversions;
mod dense;
mod documents;
mod duplicate_shards;
mod duplicates;
mod fasttext;
mod fasttext_tables;
mod fasttext_training;
mod files;
mod glove;
mod hashed;
mod interrupts;
mod json;
mod linear;
mod lists;
mod neural;
mod series;
mod stored;
mod tables;
mod texts;
mod tokens;
mod vectors;
mod weights;

use crate::arrays::{shaped, Array2};
use crate::columns::TextColumn;
use crate::interrupts::{interruptible, list};
use crate::texts::{OneText, Run, Texts};
use malmoi_core::text::duplicates::{equality_keys as keys_of, Equals};
use malmoi_core::text::scripts::{count_letters, letters_of_each as letters_of, Letters};
use malmoi_core::text::word_break;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyList;

#[pyfunction]
fn first_equals(py: Python<'_>, texts: Texts, threads: usize) -> PyResult<Vec<usize>> {
    let (mut equals, mut found) = (Equals::default(), Vec::with_capacity(texts.len()));
    interruptible(py, || texts.each_run(Run::OfEncoded, |_, texts| found.extend(equals.add(texts, threads))))??;
    Ok(found)
}

/// Keys uint64 (texts, 2), equal for texts that `first_equals` finds equal; of every process with the same seed.
#[pyfunction]
fn equality_keys<'py>(py: Python<'py>, texts: Texts, seed: u64, threads: usize) -> PyResult<Array2<'py, u64>> {
    let mut found = Vec::with_capacity(2 * texts.len());
    interruptible(py, || {
        texts.each_run(Run::OfEncoded, |_, texts| found.extend(keys_of(texts, seed, threads).into_iter().flatten()))
    })??;
    shaped(py, found, [texts.len(), 2])
}

#[pyfunction]
fn check_texts(py: Python<'_>, texts: Texts) -> PyResult<()> {
    texts.check_whole(py)
}

#[pyfunction]
fn letters(py: Python<'_>, texts: Texts, threads: usize) -> PyResult<(u64, u64, u64, u64)> {
    let mut letters = Letters::default();
    interruptible(py, || {
        texts.each_run(Run::OfEncoded, |_, texts| letters = letters.and(count_letters(texts, threads)))
    })??;
    Ok((letters.hangul, letters.ideographs, letters.unspaced, letters.spaced))
}

/// Letters of each text: Korean, ideographs, other scripts without spaces, others; uint64 (texts, 4).
#[pyfunction]
fn letters_of_each<'py>(py: Python<'py>, texts: Texts, threads: usize) -> PyResult<Array2<'py, u64>> {
    let mut found = Vec::with_capacity(4 * texts.len());
    interruptible(py, || {
        texts.each_run(Run::OfEncoded, |_, texts| {
            let each = letters_of(texts, threads).into_iter();
            found.extend(each.flat_map(|one| [one.hangul, one.ideographs, one.unspaced, one.spaced]));
        })
    })??;
    shaped(py, found, [texts.len(), 4])
}

#[pyfunction]
fn word_segments<'py>(py: Python<'py>, text: OneText) -> PyResult<Bound<'py, PyList>> {
    let text = text.utf8()?;
    let segments = interruptible(py, || {
        let mut segments = Vec::new();
        word_break::segments(text, |segment| segments.push(&text[segment.start..segment.end]));
        segments
    })?;
    list(py, segments.into_iter())
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // NumPy's interface is initialized on first use; an interrupt at that moment would be a panic during work.
    module.py().import("numpy")?;
    let _ = PyArray1::<u8>::from_vec(module.py(), Vec::new());
    tokens::add_to(module)?;
    bags::add_to(module)?;
    dense::add_to(module)?;
    documents::add_to(module)?;
    duplicates::add_to(module)?;
    duplicate_shards::add_to(module)?;
    fasttext::add_to(module)?;
    fasttext_tables::add_to(module)?;
    fasttext_training::add_to(module)?;
    glove::add_to(module)?;
    hashed::add_to(module)?;
    json::add_to(module)?;
    linear::add_to(module)?;
    series::add_to(module)?;
    stored::add_to(module)?;
    tables::add_to(module)?;
    vectors::add_to(module)?;
    weights::add_to(module)?;
    binary::add_to(module)?;
    checks::add_to(module)?;
    neural::add_to(module)?;
    module.add_class::<TextColumn>()?;
    module.add_function(wrap_pyfunction!(first_equals, module)?)?;
    module.add_function(wrap_pyfunction!(equality_keys, module)?)?;
    module.add_function(wrap_pyfunction!(letters_of_each, module)?)?;
    module.add_function(wrap_pyfunction!(check_texts, module)?)?;
    module.add_function(wrap_pyfunction!(letters, module)?)?;
    module.add_function(wrap_pyfunction!(word_segments, module)?)
}
