//! The steps of the search for near duplicates, for texts that do not fit into memory together.

use crate::duplicates::features::FeatureSet;
use crate::duplicates::frequent::Frequent;
use crate::duplicates::similar::similarity;
use crate::duplicates::sketches::{Sketch, BANDS, VALUES};
use crate::foundation::parallel::{even_ranges, map_queued};
use std::ops::Range;

/// Number of sets, or pairs of sets, that a thread takes at once.
const PORTION: usize = 1_000;

/// The distinct features of consecutive texts.
#[derive(Default)]
pub struct Described {
    /// Key of each text's set of features; 0 without features.
    pub keys: Vec<u64>,
    /// Number of each text's features.
    pub sizes: Vec<usize>,
    pub features: Vec<u64>,
}

/// Sets of features, as ranges of all features.
pub struct Sets<'a> {
    pub features: &'a [u64],
    pub ranges: Vec<Range<usize>>,
}

/// Sketches of some of the sets.
#[derive(Default)]
pub struct SketchArrays {
    pub sets: Vec<u32>,
    pub keys: Vec<[u32; BANDS]>,
    pub bytes: Vec<[u8; VALUES]>,
}

/// Find the features of texts, in several parts.
pub fn features_of(texts: &[&str], threads: usize) -> Vec<Described> {
    let ranges = even_ranges(texts.iter().map(|text| text.len()), texts.len().div_ceil(PORTION));
    map_queued(ranges, threads, |range| {
        let (mut part, mut set) = (Described::default(), FeatureSet::default());
        for text in &texts[range] {
            set.fill(text);
            part.keys.push(set.key());
            part.sizes.push(set.features().len());
            part.features.extend_from_slice(set.features());
        }
        part
    })
}

/// Sketch sets by their rare features, and by all.
pub fn sketches_of(sets: &Sets, frequent: &Frequent, threads: usize) -> (Vec<SketchArrays>, Vec<SketchArrays>) {
    let numbers: Vec<u32> = (0..sets.ranges.len() as u32).collect();
    let parts = map_queued(numbers.chunks(PORTION).collect(), threads, |numbers| {
        let (mut by_rare, mut by_all) = (SketchArrays::default(), SketchArrays::default());
        let mut rare = Vec::new();
        for &number in numbers {
            let sketches = frequent.sketches(sets.set(number as usize), &mut rare);
            for (sketch, arrays) in sketches.iter().zip([&mut by_rare, &mut by_all]) {
                sketch.iter().for_each(|sketch| arrays.push(number, sketch));
            }
        }
        (by_rare, by_all)
    });
    parts.into_iter().unzip()
}

/// The similarity of each set and the other one of the same number; 0 if they are not similar.
pub fn similarities(sets: &Sets, others: &Sets, threshold: f64, threads: usize) -> Vec<f32> {
    let numbers: Vec<usize> = (0..sets.ranges.len()).collect();
    let found = map_queued(numbers.chunks(PORTION).collect(), threads, |numbers| {
        let (mut own, mut other, mut filled) = (FeatureSet::default(), FeatureSet::default(), None);
        let similarities = numbers.iter().map(|&number| {
            if filled != Some(&sets.ranges[number]) {
                own.fill_with(sets.features_of(number));
                filled = Some(&sets.ranges[number]);
            }
            other.fill_with(others.features_of(number));
            // Empty sets have no similarity.
            similarity(&own, &other, threshold).filter(|&similarity| similarity > 0.0).unwrap_or(0.0)
        });
        similarities.collect::<Vec<f32>>()
    });
    found.concat()
}

impl<'a> Sets<'a> {
    fn set(&self, number: usize) -> &'a [u64] {
        &self.features[self.ranges[number].clone()]
    }

    /// The features of a set; 0 is not a feature.
    fn features_of(&self, number: usize) -> impl Iterator<Item = u64> + 'a {
        self.set(number).iter().copied().filter(|&feature| feature != 0)
    }
}

impl SketchArrays {
    fn push(&mut self, set: u32, sketch: &Sketch) {
        self.sets.push(set);
        self.keys.push(sketch.keys());
        self.bytes.push(sketch.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(parts: &[Described]) -> (Vec<u64>, Vec<Range<usize>>) {
        let features: Vec<u64> = parts.iter().flat_map(|part| part.features.clone()).collect();
        let mut start = 0;
        let sizes = parts.iter().flat_map(|part| &part.sizes);
        let ranges = sizes.map(|&size| {
            start += size;
            start - size..start
        });
        (features, ranges.collect())
    }

    #[test]
    fn sets_of_features_are_sketched_and_compared_like_their_texts() {
        let long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
        let edited = long.replace("six", "other");
        let texts = [long, "good good film", "?!", &edited, "film: good"];
        for threads in [1, 3] {
            let parts = features_of(&texts, threads);
            let keys: Vec<u64> = parts.iter().flat_map(|part| part.keys.clone()).collect();
            assert_eq!((keys[1] == keys[4], keys[2]), (true, 0));
            let (features, ranges) = sets(&parts);
            assert_eq!(ranges.iter().map(Range::len).collect::<Vec<_>>(), [14, 2, 0, 14, 2]);
            let all = Sets { features: &features, ranges: ranges.clone() };
            let (by_rare, by_all) = sketches_of(&all, &Frequent::of_features([].into_iter()), threads);
            let numbers = |parts: &[SketchArrays]| parts.iter().flat_map(|part| part.sets.clone()).collect::<Vec<_>>();
            assert_eq!((numbers(&by_rare), numbers(&by_all)), (vec![0, 3], vec![0, 1, 3, 4]));
            let others = [3, 4, 2, 0, 0].map(|number: usize| ranges[number].clone()).to_vec();
            let others = Sets { features: &features, ranges: others };
            let expected = [13.0 / 15.0, 1.0, 0.0, 13.0 / 15.0, 0.0];
            assert_eq!(similarities(&all, &others, 0.7, threads), expected);
        }
    }
}
