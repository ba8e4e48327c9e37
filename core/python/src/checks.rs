//! The binding of counts for data checks.

use crate::arguments::{check, check_room};
use crate::arrays::{shaped, Array1, Array2, Input};
use crate::interrupts::interruptible;
use crate::texts::{Run, Texts};
use malmoi_core::counting::class_counts::{class_counts as count_classes, Owners, KINDS};
use malmoi_core::text::damage::{damage, Damage};
use malmoi_core::text::facts::{facts, Facts};
use malmoi_core::text::markup::{markup, Markup};
use malmoi_core::text::profile::{likeness, Likeness};
use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

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
#[allow(clippy::type_complexity)] // four arrays
fn text_facts<'py>(
    py: Python<'py>,
    texts: Texts,
    threads: usize,
) -> PyResult<(Array1<'py, u32>, Array1<'py, u32>, Array1<'py, u32>, Array1<'py, u8>)> {
    let mut found = Vec::with_capacity(texts.len());
    interruptible(py, || texts.each_run(Run::OfEncoded, |_, texts| found.extend(facts(texts, threads))))??;
    let column = |value: fn(&Facts) -> u32| PyArray1::from_iter(py, found.iter().map(value));
    let scripts = PyArray1::from_iter(py, found.iter().map(|facts| facts.script));
    Ok((column(|facts| facts.characters), column(|facts| facts.letters), column(|facts| facts.of_script), scripts))
}

/// Text, number of mojibake sequences, the first, replacement characters, the first: uint32 (damaged texts, 5).
#[pyfunction]
fn text_damage<'py>(py: Python<'py>, texts: Texts, threads: usize) -> PyResult<Array2<'py, u32>> {
    let mut found = Vec::new();
    interruptible(py, || {
        texts.each_run(Run::OfEncoded, |run, texts| {
            found.extend(damage(texts, threads).iter().map(|one| Damage { text: run.start + one.text, ..*one }));
        })
    })??;
    let rows = found
        .iter()
        .map(|one| [one.text as u32, one.mojibake, one.first_mojibake, one.replacements, one.first_replacement]);
    let flat: Vec<u32> = rows.flatten().collect();
    shaped(py, flat, [found.len(), 5])
}

/// For tags, then for entities.
#[pyfunction]
fn text_markup(py: Python<'_>, texts: Texts, threads: usize) -> PyResult<(Names, Names)> {
    let mut found = <[Markup; 2]>::default();
    interruptible(py, || {
        texts.each_run(Run::OfEncoded, |run, texts| {
            let more = markup(texts, threads);
            found.iter_mut().zip(more).for_each(|(markup, more)| markup.merge(more, run.start));
        })
    })??;
    let [tags, entities] = found;
    let said = |found: Markup| {
        let names = found.names.into_iter().map(|(name, (count, texts))| (name, count, texts)).collect();
        (found.texts, found.examples, names)
    };
    Ok((said(tags), said(entities)))
}

/// Words, frequent words and trigrams uint32 (texts,); score float32 (texts,).
#[pyfunction]
#[allow(clippy::type_complexity)] // four arrays
fn text_likeness<'py>(
    py: Python<'py>,
    texts: Texts,
    sample: Vec<usize>,
    threads: usize,
) -> PyResult<(Array1<'py, u32>, Array1<'py, u32>, Array1<'py, u32>, Array1<'py, f32>)> {
    let texts = texts.utf8()?;
    if sample.iter().any(|&place| place >= texts.len()) {
        return Err(PyValueError::new_err(format!(
            "sample must have indices below {}, the number of texts",
            texts.len()
        )));
    }
    let found = interruptible(py, || likeness(&texts, &sample, threads))?;
    let column = |value: fn(&Likeness) -> u32| PyArray1::from_iter(py, found.iter().map(value));
    let scores = PyArray1::from_iter(py, found.iter().map(|one| one.score));
    Ok((column(|one| one.words), column(|one| one.frequent), column(|one| one.trigrams), scores))
}

/// Kinds, names; texts, beginnings, ends and examples uint32 (pieces, 4); (pieces, classes); (kinds, classes).
#[pyfunction]
#[pyo3(signature = (texts, *, codes, ends, classes, samples, share, threads))]
#[allow(clippy::too_many_arguments, clippy::type_complexity)] // labels take three of them
fn class_counts<'py>(
    py: Python<'py>,
    texts: Texts,
    codes: Input<'py, u32>,
    ends: Input<'py, u64>,
    classes: usize,
    samples: Vec<Vec<usize>>,
    share: f64,
    threads: usize,
) -> PyResult<(Array1<'py, u8>, Vec<String>, Array2<'py, u32>, Array2<'py, u32>, Array2<'py, u32>)> {
    let texts = texts.utf8()?;
    let (codes, ends) = (codes.to_vec(), ends.to_vec());
    let is_valid = ends.len() == texts.len()
        && ends.is_sorted()
        && ends.last().copied().unwrap_or(0) == codes.len() as u64
        && codes.iter().all(|&code| (code as usize) < classes)
        && samples.iter().flatten().all(|&place| place < texts.len());
    check(is_valid, || "codes, ends and samples must be in range".to_owned())?;
    check_room::<u32>(&[classes, KINDS])?;
    let owners = Owners { codes: &codes, ends: &ends, classes };
    let found = interruptible(py, || count_classes(&texts, &owners, &samples, share, threads))?;
    let columns = [&found.texts, &found.begins, &found.ends, &found.examples];
    let rows: Vec<u32> = (0..found.texts.len()).flat_map(|piece| columns.map(|column| column[piece])).collect();
    let pieces = found.texts.len();
    Ok((
        found.kinds.into_pyarray(py),
        found.names,
        shaped(py, rows, [pieces, 4])?,
        shaped(py, found.by_class, [pieces, classes])?,
        shaped(py, found.kinds_by_class, [KINDS, classes])?,
    ))
}
