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
struct Candidate {
    later: u32,
    earlier: u32,
    agreements: u8,
}

/// The best candidates of one sketch, best first; then empty entries without agreement.
type Best = [(u32, u8); KEPT];

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
        let mut best: Vec<Best> = vec![[(0, 0); KEPT]; self.texts.len()];
        let bands: Vec<usize> = (0..BANDS).collect();
        for bands in bands.chunks(threads.max(1)) {
            let found = map_queued(bands.to_vec(), threads, |band| self.band_candidates(band, first, least));
            for candidate in found.into_iter().flatten() {
                put(&mut best[candidate.later as usize], candidate, first);
            }
        }
        let texts = self.texts.iter().zip(best).filter(|(_, best)| best[0].1 > 0);
        let kept = texts.map(|(&text, best)| {
            let earlier = best.iter().filter(|candidate| candidate.1 > 0);
            (text, earlier.map(|candidate| self.texts[candidate.0 as usize]).collect())
        });
        kept.collect()
    }

    /// Compare each sketch of a bucket with the first one, the preceding ones, and the last ones below `first`.
    fn band_candidates(&self, band: usize, first: u32, least: u8) -> Vec<Candidate> {
        let mut entries: Vec<u64> =
            self.keys.iter().zip(0u64..).map(|(keys, number)| u64::from(keys[band]) << 32 | number).collect();
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
                    let agreements = agreements(&self.bytes[later as usize], &self.bytes[earlier as usize]);
                    if agreements >= least {
                        found.push(Candidate { later, earlier, agreements });
                    }
                }
            }
        }
        found
    }
}

/// Keep a candidate if it is better than one of those kept.
fn put(best: &mut Best, candidate: Candidate, first: u32) {
    let mut own = (candidate.earlier, candidate.agreements);
    let rank = |(earlier, agreements): (u32, u8)| {
        (agreements > 0 && candidate.later >= first && earlier < first, agreements, std::cmp::Reverse(earlier))
    };
    for kept in best {
        if *kept == own {
            return;
        }
        if rank(own) > rank(*kept) {
            std::mem::swap(kept, &mut own);
        }
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
        assert!(sketches.band_candidates(0, 1_500, 20).len() < 3_000 * 8);
    }
}
