//! Features that occur in many texts, estimated from a sample of the texts, and sketches of the other features.

use crate::duplicates::features::FeatureSet;
use crate::duplicates::sketches::Sketch;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Sample size; evenly spread over all texts.
const SAMPLE: usize = 4096;
/// Minimum number of texts; with fewer no feature is frequent.
const FEWEST: usize = 100;
/// A feature is frequent if it is in more than one of this many texts.
const ONE_OF: usize = 20;
/// Minimum number and share of rare features: below, candidates are found by all features of a text; above the larger
/// numbers, only by the rare ones. In between both are used, because an edit may move a text across a limit.
const FEWEST_RARE: [usize; 2] = [12, 24];
const LEAST_RARE: [f64; 2] = [0.35, 0.45];

/// Features in more than 5 % of the texts.
pub struct Frequent(FeatureSet);

impl Frequent {
    pub fn new(texts: &[&str]) -> Self {
        let sample = sample(texts.len());
        Self::of_sample(sample.len(), |number, set| set.fill(texts[sample[number]]))
    }

    /// `fill` replaces a set by the features of a text of the sample.
    pub fn of_sample(sample: usize, fill: impl Fn(usize, &mut FeatureSet)) -> Self {
        let mut holders: HashMap<u64, usize, FixedState> = HashMap::default();
        let mut set = FeatureSet::default();
        for number in 0..sample {
            fill(number, &mut set);
            set.features().iter().for_each(|&feature| *holders.entry(feature).or_default() += 1);
        }
        let often = holders.into_iter().filter(|&(_, texts)| texts * ONE_OF > sample);
        Self::of_features(often.map(|(feature, _)| feature))
    }

    pub fn of_features(features: impl Iterator<Item = u64>) -> Self {
        let mut frequent = FeatureSet::default();
        frequent.fill_with(features);
        Self(frequent)
    }

    pub fn features(&self) -> &[u64] {
        self.0.features()
    }

    pub fn contains(&self, feature: u64) -> bool {
        self.0.contains(feature)
    }

    /// Sketches of the rare features and of all, as far as the text needs them. `rare` is a reusable buffer.
    pub fn sketches(&self, features: &[u64], rare: &mut Vec<u64>) -> [Option<Sketch>; 2] {
        rare.clear();
        rare.extend(features.iter().filter(|&&feature| !self.contains(feature)));
        let share = rare.len() as f64 / features.len().max(1) as f64;
        let by_rare = rare.len() >= FEWEST_RARE[0] && share >= LEAST_RARE[0];
        let by_all = !features.is_empty() && (rare.len() < FEWEST_RARE[1] || share < LEAST_RARE[1]);
        [by_rare.then(|| Sketch::new(rare)), by_all.then(|| Sketch::new(features))]
    }
}

/// Positions of the texts of the sample among `texts` ones; none if there are too few texts.
pub fn sample(texts: usize) -> Vec<usize> {
    let sample = if texts < FEWEST { 0 } else { texts.min(SAMPLE) };
    (0..sample).map(|number| (number as u128 * texts as u128 / sample as u128) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duplicates::features::each_feature;

    #[test]
    fn features_of_more_than_one_text_of_twenty_are_frequent() {
        let mut texts = vec!["other"; 200];
        texts[..11].fill("often");
        texts[11..21].fill("seldom");
        let is_frequent = |texts: &[&str], word| {
            let frequent = Frequent::new(texts);
            let mut found = false;
            each_feature(word, &mut Vec::new(), |feature| found = frequent.contains(feature));
            found
        };
        assert!(is_frequent(&texts, "often") && is_frequent(&texts, "other"));
        assert!(!is_frequent(&texts, "seldom") && !is_frequent(&texts[..90], "other"));
    }

    #[test]
    fn the_sample_is_spread_evenly() {
        assert!(sample(0).is_empty() && sample(99).is_empty());
        assert_eq!(sample(100), (0..100).collect::<Vec<_>>());
        let many = sample(4096 * 3 + 1);
        assert_eq!((many.len(), many[1], many[4095]), (4096, 3, 12285));
        assert_eq!(sample(usize::MAX)[4095], usize::MAX - (1 << 52));
    }

    #[test]
    fn texts_with_many_rare_features_are_sketched_by_these_and_others_by_all() {
        let frequent = Frequent::of_features(1..=40);
        let sketched = |features: std::ops::Range<u64>| {
            let features: Vec<u64> = features.collect();
            frequent.sketches(&features, &mut Vec::new()).map(|sketch| sketch.is_some())
        };
        assert_eq!(sketched(1..1), [false, false]);
        assert_eq!(sketched(30..50), [false, true]);
        assert_eq!(sketched(30..60), [true, true]);
        assert_eq!(sketched(41..80), [true, false]);
        assert_eq!(frequent.features().len(), 40);
    }
}
