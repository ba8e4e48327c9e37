//! Features that occur in many texts, estimated from a sample of the texts.

use crate::duplicates::features::FeatureSet;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Sample size; evenly spread over all texts.
const SAMPLE: usize = 4096;
/// Minimum number of texts; with fewer no feature is frequent.
const FEWEST: usize = 100;
/// A feature is frequent if it is in more than one of this many texts.
const ONE_OF: usize = 20;

/// Features in more than 5 % of the texts.
pub struct Frequent(FeatureSet);

impl Frequent {
    pub fn new(texts: &[&str]) -> Self {
        let sample = texts.len().min(SAMPLE);
        let mut holders: HashMap<u64, usize, FixedState> = HashMap::default();
        let mut set = FeatureSet::default();
        if texts.len() >= FEWEST {
            for number in 0..sample {
                set.fill(texts[number * texts.len() / sample]);
                set.features().iter().for_each(|&feature| *holders.entry(feature).or_default() += 1);
            }
        }
        let mut frequent = FeatureSet::default();
        let often = holders.into_iter().filter(|&(_, texts)| texts * ONE_OF > sample);
        frequent.fill_with(often.map(|(feature, _)| feature));
        Self(frequent)
    }

    pub fn contains(&self, feature: u64) -> bool {
        self.0.contains(feature)
    }
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
}
