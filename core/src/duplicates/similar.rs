//! Texts that are equal or nearly equal to earlier ones.

use crate::duplicates::bands::Sketches;
use crate::duplicates::features::FeatureSet;
use crate::duplicates::frequent::Frequent;
use crate::duplicates::groups::Groups;
use crate::duplicates::sketches::VALUES;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_queued};
use crate::text::duplicates::first_equals;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Minimum agreement of candidates' sketches, relative to the threshold.
const MARGIN: f64 = 0.3;
/// Number of features added to the difference unless all are the same: of few features most must be shared.
const DOUBT: usize = 2;
/// Number of texts that a thread takes at once.
const PORTION: usize = 2_000;

/// Index of a missing text.
pub const NONE: u32 = u32::MAX;

/// Settings: Jaccard similarity of at least `threshold`; texts among the first `first` have precedence for later ones.
#[derive(Clone, Copy)]
pub struct Settings {
    pub threshold: f64,
    pub first: usize,
    pub threads: usize,
}

/// Results for every text, as text indices.
#[derive(Debug, PartialEq)]
pub struct Similar {
    /// The first text that is equal except for case, white space and composition; itself if there is none.
    pub equal: Vec<u32>,
    /// The first text of its group.
    pub groups: Vec<u32>,
    /// The most similar of the earlier texts found, and the similarity; `NONE` and 0 if there is none.
    pub earlier: Vec<u32>,
    pub similarities: Vec<f32>,
}

/// A text and a similar earlier one.
#[derive(Clone, Copy)]
struct Pair {
    later: u32,
    earlier: u32,
    similarity: f32,
}

/// Sketches of the texts by rare features, and by all; keys of their sets, 0 without a feature.
#[derive(Default)]
struct Part {
    rare: Sketches,
    all: Sketches,
    keys: Vec<(u32, u64)>,
}

/// Find near duplicates among at most `u32::MAX` texts.
pub fn similar_texts(texts: &[&str], settings: Settings) -> Similar {
    let equal: Vec<u32> = first_equals(texts, settings.threads).into_iter().map(|first| first as u32).collect();
    let distinct: Vec<u32> = (0..).zip(&equal).filter(|&(text, &first)| text == first).map(|(text, _)| text).collect();
    let parts = sketched(texts, &distinct, settings.threads);
    // Of texts with the same features only the first is compared.
    let mut same = equal.clone();
    let mut firsts: HashMap<u64, u32, FixedState> = HashMap::default();
    for &(text, key) in parts.iter().flat_map(|part| &part.keys) {
        check(64);
        if key != 0 {
            same[text as usize] = *firsts.entry(key).or_insert(text);
        }
    }
    drop(firsts);
    let (mut rare, mut all) = (Sketches::default(), Sketches::default());
    for part in parts {
        rare.append(part.rare, |text| same[text as usize] == text);
        all.append(part.all, |text| same[text as usize] == text);
    }
    let least = least_agreements(settings.threshold);
    let mut pairs = Vec::new();
    for sketches in [rare, all] {
        let candidates = sketches.candidates(settings.first, least, settings.threads);
        drop(sketches);
        pairs.append(&mut verified(texts, candidates, settings));
    }
    // The best pair of each text first.
    pairs.sort_by(|left, right| {
        let rank = |pair: &Pair| pair.later as usize >= settings.first && (pair.earlier as usize) < settings.first;
        let by_rank = rank(right).cmp(&rank(left)).then(right.similarity.total_cmp(&left.similarity));
        left.later.cmp(&right.later).then(by_rank).then(left.earlier.cmp(&right.earlier))
    });
    gathered(equal, &same, &pairs, settings.first)
}

/// Sketch the distinct texts.
fn sketched(texts: &[&str], distinct: &[u32], threads: usize) -> Vec<Part> {
    let frequent = Frequent::new(&distinct.iter().map(|&text| texts[text as usize]).collect::<Vec<_>>());
    let sizes = distinct.iter().map(|&text| texts[text as usize].len());
    let ranges = even_ranges(sizes, distinct.len().div_ceil(PORTION));
    map_queued(ranges, threads, |range| {
        let (mut part, mut set, mut rare) = (Part::default(), FeatureSet::default(), Vec::new());
        for &text in &distinct[range] {
            set.fill(texts[text as usize]);
            let features = set.features();
            part.keys.push((text, set.key()));
            let [by_rare, by_all] = frequent.sketches(features, &mut rare);
            by_rare.iter().for_each(|sketch| part.rare.push(text, sketch));
            by_all.iter().for_each(|sketch| part.all.push(text, sketch));
        }
        part
    })
}

/// Minimum number of agreeing values of the sketches of candidates.
pub fn least_agreements(threshold: f64) -> u8 {
    ((threshold - MARGIN) * VALUES as f64) as u8
}

/// The candidates whose complete features are similar.
fn verified(texts: &[&str], candidates: Vec<(u32, Vec<u32>)>, settings: Settings) -> Vec<Pair> {
    let portions: Vec<_> = candidates.chunks(PORTION / 10).collect();
    let found = map_queued(portions, settings.threads, |portion| {
        let (mut pairs, mut own, mut other) = (Vec::new(), FeatureSet::default(), FeatureSet::default());
        for (later, candidates) in portion {
            own.fill(texts[*later as usize]);
            for &earlier in candidates {
                other.fill(texts[earlier as usize]);
                if let Some(similarity) = similarity(&own, &other, settings.threshold) {
                    pairs.push(Pair { later: *later, earlier, similarity });
                }
            }
        }
        pairs
    });
    found.into_iter().flatten().collect()
}

/// The Jaccard similarity of two sets, if they are similar.
pub fn similarity(left: &FeatureSet, right: &FeatureSet, threshold: f64) -> Option<f32> {
    let shared = left.shared(right);
    let union = left.features().len() + right.features().len() - shared;
    let similar = shared == union || shared as f64 >= threshold * (union + DOUBT) as f64;
    similar.then(|| shared as f32 / union as f32)
}

/// Groups and the best pair of each text; pairs are sorted by text, the best first.
fn gathered(equal: Vec<u32>, same: &[u32], pairs: &[Pair], first: usize) -> Similar {
    let count = equal.len();
    let mut connected = Groups::new(same.to_vec());
    pairs.iter().for_each(|pair| connected.join(pair.later, pair.earlier));
    let groups = equal.iter().map(|&text| connected.first(same[text as usize])).collect();
    let (mut earlier, mut similarities) = (vec![NONE; count], vec![0.0; count]);
    let near: HashMap<u32, &Pair, FixedState> = pairs.iter().rev().map(|pair| (pair.later, pair)).collect();
    for text in 0..count {
        check(64);
        let (own, alike) = (equal[text], same[equal[text] as usize]);
        let found =
            [(own, 1.0), (alike, 1.0), near.get(&alike).map_or((NONE, 0.0), |pair| (pair.earlier, pair.similarity))];
        let mut found = found.into_iter().filter(|&(other, _)| (other as usize) < text);
        let any = found.clone().next();
        let preferred = found.find(|&(other, _)| text < first || (other as usize) < first);
        if let Some((other, similarity)) = preferred.or(any) {
            (earlier[text], similarities[text]) = (other, similarity);
        }
    }
    Similar { equal, groups, earlier, similarities }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str =
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";

    fn found(texts: &[&str], first: usize) -> Similar {
        let found = |threads| similar_texts(texts, Settings { threshold: 0.7, first, threads });
        let expected = found(1);
        assert_eq!(found(3), expected);
        expected
    }

    #[test]
    fn equal_texts_texts_of_the_same_words_and_near_ones_are_found() {
        let shuffled = LONG.replace("one two", "two: One!");
        let edited = LONG.replace("six ", "other ");
        let texts =
            [LONG, "this is good", &shuffled, "this is not good", &edited, "This  is good", &shuffled, "?!", "!?"];
        let similar = found(&texts, 0);
        assert_eq!(similar.equal, [0, 1, 2, 3, 4, 1, 2, 7, 8]);
        assert_eq!(similar.groups, [0, 1, 0, 3, 0, 1, 0, 7, 8]);
        assert_eq!(similar.earlier, [NONE, NONE, 0, NONE, 0, 1, 2, NONE, NONE]);
        assert_eq!(similar.similarities[2..7], [1.0, 0.0, 15.0 / 17.0, 1.0, 1.0]);
    }

    #[test]
    fn first_texts_go_before_more_similar_ones_behind() {
        let (near, nearer) = (LONG.replace("six ", "other "), LONG.replace("six ", "OTHER! "));
        assert_eq!(found(&[LONG, &near, &nearer], 1).earlier, [NONE, 0, 0]);
        assert_eq!(found(&[LONG, &near, &nearer], 2).earlier, [NONE, 0, 1]);
        assert_eq!(found(&[LONG, &near, &nearer], 0).earlier, [NONE, 0, 1]);
        assert_eq!(found(&["x", &near, &nearer], 1).earlier, [NONE, NONE, 1]);
    }

    #[test]
    fn no_text_and_equal_texts_work() {
        assert!(found(&[], 0).equal.is_empty());
        assert_eq!(found(&[""; 3], 0).groups, [0, 0, 0]);
        let similar = found(&["Good movie!!"; 1000], 500);
        assert!(similar.groups.iter().all(|&group| group == 0) && similar.earlier[1..].iter().all(|&text| text == 0));
    }
}
