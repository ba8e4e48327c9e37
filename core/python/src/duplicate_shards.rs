//! The binding of the steps that find near duplicates in texts that do not fit into memory.

use crate::arguments::{check, check_room};
use crate::arrays::{joined, shaped, Array1, Array2, Input};
use crate::interrupts::interruptible;
use crate::texts::Texts;
use malmoi_core::duplicates::bands::{self, BestCandidates, Candidate};
use malmoi_core::duplicates::features::FeatureSet;
use malmoi_core::duplicates::frequent::{sample, Frequent};
use malmoi_core::duplicates::groups::Groups;
use malmoi_core::duplicates::shards::{features_of, similarities, sketches_of, Sets, SketchArrays};
use malmoi_core::duplicates::similar::least_agreements;
use malmoi_core::duplicates::sketches::{BANDS, VALUES};
use malmoi_core::text::duplicates::equality_keys;
use numpy::ndarray::Ix2;
use numpy::IntoPyArray;
use pyo3::prelude::*;
use std::ops::Range;

type Described<'py> = (Array2<'py, u64>, Array1<'py, u64>, Array1<'py, u64>, Array1<'py, i64>);
type Sketched<'py> = (Array1<'py, i64>, Array2<'py, u32>, Array2<'py, u8>);
type Found<'py> = (Array1<'py, u32>, Array1<'py, u32>, Array1<'py, u8>);

pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(duplicate_features, module)?)?;
    module.add_function(wrap_pyfunction!(duplicate_sample, module)?)?;
    module.add_function(wrap_pyfunction!(frequent_features, module)?)?;
    module.add_function(wrap_pyfunction!(duplicate_sketches, module)?)?;
    module.add_function(wrap_pyfunction!(band_candidates, module)?)?;
    module.add_function(wrap_pyfunction!(best_candidates, module)?)?;
    module.add_function(wrap_pyfunction!(feature_similarities, module)?)?;
    module.add_function(wrap_pyfunction!(connected_groups, module)?)
}

/// The ranges of the features of some of the sets.
fn ranges(features: usize, ends: &[i64], rows: &[i64]) -> PyResult<Vec<Range<usize>>> {
    let range = |&row: &i64| {
        let row = usize::try_from(row).ok()?;
        let start = if row == 0 { 0 } else { usize::try_from(*ends.get(row - 1)?).ok()? };
        let end = usize::try_from(*ends.get(row)?).ok()?;
        (start <= end && end <= features).then_some(start..end)
    };
    let found: Option<Vec<Range<usize>>> = rows.iter().map(range).collect();
    check(found.is_some(), || "rows must exist, and ends must be in ascending order within the features".to_owned())?;
    Ok(found.unwrap_or_default())
}

/// Keys of equal texts uint64 (texts, 2), keys of the sets of features uint64 (texts,); features, end of each text's.
#[pyfunction]
#[pyo3(signature = (texts, *, salt, threads))]
fn duplicate_features(py: Python<'_>, texts: Texts, salt: u64, threads: usize) -> PyResult<Described<'_>> {
    let texts = texts.utf8()?;
    let (keys, found) = interruptible(py, || (equality_keys(&texts, salt, threads), features_of(&texts, threads)))?;
    let mut ends: Vec<i64> = Vec::with_capacity(texts.len());
    found.iter().flat_map(|part| &part.sizes).for_each(|&size| ends.push(ends.last().unwrap_or(&0) + size as i64));
    let (sets, features): (Vec<_>, Vec<_>) = found.into_iter().map(|part| (part.keys, part.features)).unzip();
    Ok((
        shaped(py, keys.into_flattened(), [texts.len(), 2])?,
        joined(sets)?.into_pyarray(py),
        joined(features)?.into_pyarray(py),
        ends.into_pyarray(py),
    ))
}

#[pyfunction]
fn duplicate_sample(py: Python<'_>, texts: u64) -> Array1<'_, i64> {
    let places: Vec<i64> = sample(texts as usize).into_iter().map(|place| place as i64).collect();
    places.into_pyarray(py)
}

#[pyfunction]
fn frequent_features<'py>(
    py: Python<'py>,
    features: Input<'py, u64>,
    ends: Input<'py, i64>,
) -> PyResult<Array1<'py, u64>> {
    let rows: Vec<i64> = (0..ends.len() as i64).collect();
    let (ranges, features) = (ranges(features.len(), &ends, &rows)?, &*features);
    let fill = |number: usize, set: &mut FeatureSet| set.fill_with(nonzero(&features[ranges[number].clone()]));
    let frequent = interruptible(py, || Frequent::of_sample(ranges.len(), fill))?;
    Ok(frequent.features().to_vec().into_pyarray(py))
}

/// 0 is not a feature.
fn nonzero(features: &[u64]) -> impl Iterator<Item = u64> + '_ {
    features.iter().copied().filter(|&feature| feature != 0)
}

fn sketched<'py>(py: Python<'py>, rows: &[i64], parts: Vec<SketchArrays>) -> PyResult<Sketched<'py>> {
    let places: Vec<i64> = parts.iter().flat_map(|part| &part.sets).map(|&set| rows[set as usize]).collect();
    let (keys, bytes): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.keys, part.bytes)).unzip();
    let (keys, bytes) = (joined(keys)?.into_flattened(), joined(bytes)?.into_flattened());
    let count = places.len();
    Ok((places.into_pyarray(py), shaped(py, keys, [count, BANDS])?, shaped(py, bytes, [count, VALUES])?))
}

/// Sketches of some rows by their rare features, and by all: rows, keys of the bands, bytes.
#[pyfunction]
#[pyo3(signature = (features, ends, rows, *, frequent, threads))]
fn duplicate_sketches<'py>(
    py: Python<'py>,
    features: Input<'py, u64>,
    ends: Input<'py, i64>,
    rows: Input<'py, i64>,
    frequent: Input<'py, u64>,
    threads: usize,
) -> PyResult<(Sketched<'py>, Sketched<'py>)> {
    let rows = rows.to_vec();
    check(rows.len() < u32::MAX as usize, || format!("rows must be fewer than {}, got {}", u32::MAX, rows.len()))?;
    let sets = Sets { features: &features, ranges: ranges(features.len(), &ends, &rows)? };
    let frequent = Frequent::of_features(nonzero(&frequent));
    let (rare, all) = interruptible(py, || sketches_of(&sets, &frequent, threads))?;
    Ok((sketched(py, &rows, rare)?, sketched(py, &rows, all)?))
}

/// Pairs of sketches that agree in a band and in enough values: the later, the earlier, the number of agreements.
#[pyfunction]
#[pyo3(signature = (keys, sketches, *, threshold))]
fn band_candidates<'py>(
    py: Python<'py>,
    keys: Input<'py, u32>,
    sketches: Input<'py, u8, Ix2>,
    threshold: f64,
) -> PyResult<Found<'py>> {
    let (keys, count, bytes) = (&*keys, keys.len(), &*sketches);
    let is_whole = sketches.shape() == [count, VALUES] && count < u32::MAX as usize;
    check(is_whole, || format!("sketches must have {count} rows of {VALUES} values, got {:?}", sketches.shape()))?;
    let row = |number: u32| &bytes[number as usize * VALUES..(number as usize + 1) * VALUES];
    let least = least_agreements(threshold);
    let found = interruptible(py, || bands::band_candidates(keys.iter().copied(), row, count as u32, least))?;
    let later: Vec<u32> = found.iter().map(|one| one.later).collect();
    let earlier: Vec<u32> = found.iter().map(|one| one.earlier).collect();
    let agreements: Vec<u8> = found.iter().map(|one| one.agreements).collect();
    Ok((later.into_pyarray(py), earlier.into_pyarray(py), agreements.into_pyarray(py)))
}

/// The best candidates of each of the `sketches` later ones.
#[pyfunction]
fn best_candidates<'py>(
    py: Python<'py>,
    later: Input<'py, u32>,
    earlier: Input<'py, u32>,
    agreements: Input<'py, u8>,
    sketches: u32,
) -> PyResult<(Array1<'py, u32>, Array1<'py, u32>)> {
    let (later, counts) = (later.to_vec(), [earlier.len(), agreements.len()]);
    let is_valid = counts == [later.len(); 2] && later.iter().all(|&one| one < sketches);
    check(is_valid, || format!("candidates must be of the same number, and later ones below {sketches}"))?;
    check_room::<[u64; 4]>(&[sketches as usize])?;
    let pairs = later.into_iter().zip(earlier.iter()).zip(agreements.iter());
    let candidates = pairs.map(|((later, &earlier), &agreements)| Candidate { later, earlier, agreements });
    let (mut kept, mut others) = (Vec::new(), Vec::new());
    interruptible(py, || {
        let mut best = BestCandidates::new(sketches as usize, sketches);
        candidates.for_each(|candidate| best.put(candidate));
        for (later, earlier) in best.found() {
            kept.extend(earlier.iter().map(|_| later));
            others.extend(earlier);
        }
    })?;
    Ok((kept.into_pyarray(py), others.into_pyarray(py)))
}

/// The similarity of each pair of a set and another one; 0 if they are not similar.
#[pyfunction]
#[pyo3(signature = (features, ends, rows, other_features, other_ends, other_rows, *, threshold, threads))]
#[expect(clippy::too_many_arguments, reason = "two lists of sets, each with its features, ends and rows")]
fn feature_similarities<'py>(
    py: Python<'py>,
    features: Input<'py, u64>,
    ends: Input<'py, i64>,
    rows: Input<'py, i64>,
    other_features: Input<'py, u64>,
    other_ends: Input<'py, i64>,
    other_rows: Input<'py, i64>,
    threshold: f64,
    threads: usize,
) -> PyResult<Array1<'py, f32>> {
    let own = Sets { features: &features, ranges: ranges(features.len(), &ends, &rows)? };
    let other = Sets { features: &other_features, ranges: ranges(other_features.len(), &other_ends, &other_rows)? };
    let counts = [own.ranges.len(), other.ranges.len()];
    check(counts[0] == counts[1], || format!("rows and other_rows must be of the same number, got {counts:?}"))?;
    Ok(interruptible(py, || similarities(&own, &other, threshold, threads))?.into_pyarray(py))
}

/// The first text of the group of each of `texts` texts that pairs connect.
#[pyfunction]
fn connected_groups<'py>(py: Python<'py>, pairs: Input<'py, u32, Ix2>, texts: u32) -> PyResult<Array1<'py, u32>> {
    let is_valid = pairs.shape()[1] == 2;
    let pairs = pairs.to_vec();
    let is_valid = is_valid && pairs.iter().all(|&text| text < texts);
    check(is_valid, || format!("pairs must have two columns of texts below {texts}"))?;
    check_room::<u64>(&[texts as usize])?;
    let pairs = pairs.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    Ok(interruptible(py, || Groups::of_pairs(texts as usize, pairs))?.into_pyarray(py))
}
