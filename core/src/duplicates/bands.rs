//! Candidates for near duplicates: texts whose sketches agree in a band.

use crate::duplicates::sketches::{agreements, Sketch, BANDS, VALUES};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{map_queued, sort_by_key};

/// Candidates kept per text, and the number of preceding texts in each bucket with which it is compared.
const KEPT: usize = 4;
const NEIGHBOURS: usize = 3;

/// Sketches of some of the texts, in order.
#[derive(Default)]
pub struct Sketches {
    texts: Vec<u32>,
    keys: Vec<[u32; BANDS]>,
    bytes: Vec<[u8; VALUES]>,
}

/// A text and an earlier one, as indices of sketches.
#[derive(Clone, Copy)]
pub struct Candidate {
    pub later: u32,
    pub earlier: u32,
    pub agreements: u8,
}

impl Sketches {
    pub fn push(&mut self, text: u32, sketch: &Sketch) {
        self.texts.push(text);
        self.keys.push(sketch.keys());
        self.bytes.push(sketch.bytes());
    }

    /// Append the candidates to keep of later texts.
    pub fn append(&mut self, others: Sketches, keep: impl Fn(u32) -> bool) {
        for ((text, keys), bytes) in others.texts.into_iter().zip(others.keys).zip(others.bytes) {
            if keep(text) {
                self.texts.push(text);
                self.keys.push(keys);
                self.bytes.push(bytes);
            }
        }
    }

    /// Return for each text with candidates at most four earlier texts with the most similar sketches.
    ///
    /// Two candidates agree in at least one band and in `least` values. For a text after the first `first` ones,
    /// candidates among the first have precedence. The work per text is bounded, whatever the number of agreeing
    /// sketches.
    pub fn candidates(&self, first: usize, least: u8, threads: usize) -> Vec<(u32, Vec<u32>)> {
        let first = self.texts.partition_point(|&text| (text as usize) < first) as u32;
        let mut best = BestCandidates::new(self.texts.len(), first);
        let bands: Vec<usize> = (0..BANDS).collect();
        for bands in bands.chunks(threads.max(1)) {
            let found = map_queued(bands.to_vec(), threads, |band| {
                let keys = self.keys.iter().map(|keys| keys[band]);
                band_candidates(keys, |number| &self.bytes[number as usize], first, least)
            });
            found.into_iter().flatten().for_each(|candidate| best.put(candidate));
        }
        let named = |(later, earlier): (u32, Vec<u32>)| {
            (self.texts[later as usize], earlier.into_iter().map(|earlier| self.texts[earlier as usize]).collect())
        };
        best.found().map(named).collect()
    }
}

/// Compare each sketch of a bucket with the first one, the preceding ones, and the last ones below `first`.
///
/// `keys` are those of one band of the sketches, `bytes` returns the bytes of a sketch by its index.
pub fn band_candidates<'a>(
    keys: impl Iterator<Item = u32>,
    bytes: impl Fn(u32) -> &'a [u8],
    first: u32,
    least: u8,
) -> Vec<Candidate> {
    let mut entries: Vec<u64> = keys.zip(0u64..).map(|(key, number)| u64::from(key) << 32 | number).collect();
    sort_by_key(&mut entries, 1, |&entry| entry);
    let mut found = Vec::new();
    for bucket in entries.chunk_by(|left, right| left >> 32 == right >> 32).filter(|bucket| bucket.len() > 1) {
        check(128 * bucket.len());
        let below = bucket.partition_point(|&entry| (entry as u32) < first);
        for at in 1..bucket.len() {
            let near = at.saturating_sub(NEIGHBOURS)..at;
            let others = if at > below { below.saturating_sub(NEIGHBOURS)..below.min(near.start) } else { 0..0 };
            for place in (0..near.start.min(1)).chain(others).chain(near) {
                let (later, earlier) = (bucket[at] as u32, bucket[place] as u32);
                let agreements = agreements(bytes(later), bytes(earlier));
                if agreements >= least {
                    found.push(Candidate { later, earlier, agreements });
                }
            }
        }
    }
    found
}

/// The best candidates of one sketch, best first; then empty entries without agreement.
type Best = [(u32, u8); KEPT];

/// The best candidates of every sketch; they do not depend on the order in which candidates come.
pub struct BestCandidates {
    best: Vec<Best>,
    first: u32,
}

impl BestCandidates {
    /// For sketches after the `first` ones, candidates among these have precedence.
    pub fn new(sketches: usize, first: u32) -> Self {
        Self { best: vec![[(0, 0); KEPT]; sketches], first }
    }

    /// Keep a candidate if it is better than one of those kept.
    pub fn put(&mut self, candidate: Candidate) {
        let mut own = (candidate.earlier, candidate.agreements);
        let first = self.first;
        let rank = |(earlier, agreements): (u32, u8)| {
            (agreements > 0 && candidate.later >= first && earlier < first, agreements, std::cmp::Reverse(earlier))
        };
        for kept in &mut self.best[candidate.later as usize] {
            if *kept == own {
                return;
            }
            if rank(own) > rank(*kept) {
                std::mem::swap(kept, &mut own);
            }
        }
    }

    /// Each sketch that has candidates, with these, best first.
    pub fn found(&self) -> impl Iterator<Item = (u32, Vec<u32>)> + '_ {
        let with_candidates = (0..).zip(&self.best).filter(|(_, best)| best[0].1 > 0);
        with_candidates.map(|(later, best)| {
            let earlier = best.iter().filter(|candidate| candidate.1 > 0);
            (later, earlier.map(|candidate| candidate.0).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketches(sets: &[&[u64]]) -> Sketches {
        let mut sketches = Sketches::default();
        sets.iter().zip(0..).for_each(|(set, text)| sketches.push(text * 10, &Sketch::new(set)));
        sketches
    }

    #[test]
    fn best_candidates_come_first_and_those_among_the_first_texts_before_all() {
        let sets: [&[u64]; 5] = [&[1, 2, 3, 4, 5, 6], &[7, 8], &[1, 2, 3, 4, 5, 9], &[1, 2, 3, 4, 5, 6], &[8, 7]];
        let sketches = sketches(&sets);
        for threads in 1..4 {
            let found = |first| sketches.candidates(first, 20, threads);
            assert_eq!(found(0), [(20, vec![0]), (30, vec![0, 20]), (40, vec![10])]);
            assert_eq!(found(21), [(20, vec![0]), (30, vec![0, 20]), (40, vec![10])]);
        }
    }

    #[test]
    fn the_work_for_a_large_bucket_is_bounded() {
        let set = [1, 2, 3];
        let sketches = sketches(&vec![&set[..]; 3_000]);
        let found = sketches.candidates(15_000, 20, 2);
        assert_eq!(found.len(), 2_999);
        assert!(found.iter().all(|(text, earlier)| earlier[0] < (*text).min(15_000) && earlier.len() <= KEPT));
        let keys = sketches.keys.iter().map(|keys| keys[0]);
        let all = band_candidates(keys, |number| &sketches.bytes[number as usize], 1_500, 20);
        assert!(all.len() < 3_000 * 8);
    }
}
