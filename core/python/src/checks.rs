//! The binding of what checks count of texts.

use crate::arguments::{check, check_room};
use crate::conversions::{little_endian, numbers};
use crate::texts::Texts;
use malmoi_core::counting::class_counts::{class_counts as count_classes, Owners, KINDS};
use malmoi_core::text::damage::damage;
use malmoi_core::text::facts::facts;
use malmoi_core::text::markup::{markup, Markup};
use malmoi_core::text::profile::likeness;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

type Bytes<'py> = Bound<'py, PyByteArray>;
/// Texts, first examples; names with their counts and texts.
type Names = (u64, Vec<usize>, Vec<(String, u64, u64)>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(text_facts, module)?)?;
    module.add_function(wrap_pyfunction!(text_damage, module)?)?;
    module.add_function(wrap_pyfunction!(text_markup, module)?)?;
    module.add_function(wrap_pyfunction!(text_likeness, module)?)?;
    module.add_function(wrap_pyfunction!(class_counts, module)?)
}

/// Characters, letters and letters of the script uint32 (texts,); script uint8 (texts,).
#[pyfunction]
fn text_facts<'py>(
    py: Python<'py>,
    texts: Texts<'py>,
    threads: usize,
) -> PyResult<(Bytes<'py>, Bytes<'py>, Bytes<'py>, Bytes<'py>)> {
    let texts = texts.utf8()?;
    let found = py.detach(|| facts(&texts, threads));
    let column = |value: fn(&malmoi_core::text::facts::Facts) -> u32| {
        little_endian(py, found.iter().map(|facts| value(facts).to_le_bytes()))
    };
    let scripts = little_endian(py, found.iter().map(|facts| [facts.script]))?;
    Ok((column(|facts| facts.characters)?, column(|facts| facts.letters)?, column(|facts| facts.of_script)?, scripts))
}

/// Text, sequences of mojibake, the first, replacement characters, the first: uint32 (damaged texts, 5).
#[pyfunction]
fn text_damage<'py>(py: Python<'py>, texts: Texts<'py>, threads: usize) -> PyResult<Bytes<'py>> {
    let texts = texts.utf8()?;
    let found = py.detach(|| damage(&texts, threads));
    let rows = found
        .iter()
        .map(|one| [one.text as u32, one.mojibake, one.first_mojibake, one.replacements, one.first_replacement]);
    let flat: Vec<u32> = rows.flatten().collect();
    little_endian(py, flat.into_iter().map(u32::to_le_bytes))
}

/// Of tags, then of entities.
#[pyfunction]
fn text_markup(py: Python<'_>, texts: Texts<'_>, threads: usize) -> PyResult<(Names, Names)> {
    let texts = texts.utf8()?;
    let [tags, entities] = py.detach(|| markup(&texts, threads));
    let said = |found: Markup| {
        let names = found.names.into_iter().map(|(name, (count, texts))| (name, count, texts)).collect();
        (found.texts, found.examples, names)
    };
    Ok((said(tags), said(entities)))
}

/// Words, frequent words and trigrams uint32 (texts,); score float32 (texts,).
#[pyfunction]
fn text_likeness<'py>(
    py: Python<'py>,
    texts: Texts<'py>,
    sample: Vec<usize>,
    threads: usize,
) -> PyResult<(Bytes<'py>, Bytes<'py>, Bytes<'py>, Bytes<'py>)> {
    let texts = texts.utf8()?;
    if sample.iter().any(|&place| place >= texts.len()) {
        return Err(PyValueError::new_err(format!("sample must hold places of the {} texts", texts.len())));
    }
    let found = py.detach(|| likeness(&texts, &sample, threads));
    Ok((
        little_endian(py, found.iter().map(|one| one.words.to_le_bytes()))?,
        little_endian(py, found.iter().map(|one| one.frequent.to_le_bytes()))?,
        little_endian(py, found.iter().map(|one| one.trigrams.to_le_bytes()))?,
        little_endian(py, found.iter().map(|one| one.score.to_le_bytes()))?,
    ))
}

/// Kinds, names; texts, beginnings, ends and examples uint32 (pieces, 4); (pieces, classes); (kinds, classes).
#[pyfunction]
#[pyo3(signature = (texts, *, codes, ends, classes, samples, share, threads))]
#[allow(clippy::too_many_arguments, clippy::type_complexity)] // labels take three of them
fn class_counts<'py>(
    py: Python<'py>,
    texts: Texts<'py>,
    codes: &[u8],
    ends: &[u8],
    classes: usize,
    samples: Vec<Vec<usize>>,
    share: f64,
    threads: usize,
) -> PyResult<(Vec<u8>, Vec<String>, Bytes<'py>, Bytes<'py>, Bytes<'py>)> {
    let texts = texts.utf8()?;
    let (codes, ends) = (numbers(codes, u32::from_le_bytes), numbers(ends, u64::from_le_bytes));
    let is_valid = ends.len() == texts.len()
        && ends.is_sorted()
        && ends.last().copied().unwrap_or(0) == codes.len() as u64
        && codes.iter().all(|&code| (code as usize) < classes)
        && samples.iter().flatten().all(|&place| place < texts.len());
    check(is_valid, || "codes, ends and samples must be in their range".to_owned())?;
    check_room::<u32>(&[classes, KINDS])?;
    let owners = Owners { codes: &codes, ends: &ends, classes };
    let found = py.detach(|| count_classes(&texts, &owners, &samples, share, threads));
    let columns = [&found.texts, &found.begins, &found.ends, &found.examples];
    let rows: Vec<u32> = (0..found.texts.len()).flat_map(|piece| columns.map(|column| column[piece])).collect();
    let bytes = |values: Vec<u32>| little_endian(py, values.into_iter().map(u32::to_le_bytes));
    Ok((found.kinds, found.names, bytes(rows)?, bytes(found.by_class)?, bytes(found.kinds_by_class)?))
}
