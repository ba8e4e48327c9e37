//! Document frequencies of hashes.
//!
//! A batch is divided into `PARTS` by the upper bits of the hashes, so that each part's table stays in the processor's
//! cache; a part processes the texts in order, so the result does not depend on the number of threads.

use crate::foundation::interrupts::check;
use crate::foundation::limits::{below_32_bits, TEXTS};
use crate::foundation::parallel::{bounded_ranges, even_ranges, for_each, map_each, map_queued, sort_by_key};
use crate::linear::features::{Features, Scratch};

const PART_BITS: u32 = 8;
const PARTS: usize = 1 << PART_BITS;
/// Number of characters processed at once: their hashes fit in about 200 MB.
const BYTES_TOGETHER: usize = 6_000_000;
const FREE: u32 = 0;

/// Document frequency of each hash.
pub struct Counter {
    parts: Vec<Part>,
    texts: u32,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u64,
    /// 0: the slot is free.
    texts: u32,
    last: u32,
}

#[derive(Default)]
struct Part {
    slots: Vec<Slot>,
    used: usize,
}

/// Results of one thread for a part: hashes, and the text number of each.
type Found = (Vec<u64>, Vec<u32>);

impl Default for Counter {
    fn default() -> Self {
        Self { parts: (0..PARTS).map(|_| Part::default()).collect(), texts: 0 }
    }
}

impl Counter {
    /// Texts counted.
    pub fn texts(&self) -> u32 {
        self.texts
    }

    /// Count a batch.
    pub fn add(&mut self, features: &Features, texts: &[&str], threads: usize) {
        below_32_bits(texts.len().saturating_add(self.texts as usize), TEXTS);
        for range in bounded_ranges(texts.iter().map(|text| text.len()), BYTES_TOGETHER) {
            self.add_some(features, &texts[range], threads);
        }
    }

    fn add_some(&mut self, features: &Features, texts: &[&str], threads: usize) {
        let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
        let first = self.texts + 1;
        let found = map_each(ranges, |range| {
            let mut parts: Vec<Found> = (0..PARTS).map(|_| Found::default()).collect();
            let mut scratch = Scratch::default();
            for number in range {
                let text = first + number as u32;
                features.hashes(texts[number], &mut scratch, |hash| {
                    let part = &mut parts[(hash >> (64 - PART_BITS)) as usize];
                    part.0.push(hash);
                    part.1.push(text);
                });
            }
            parts
        });
        for_each(self.parts.iter_mut().enumerate().collect(), threads, |(number, part): (usize, &mut Part)| {
            for (hashes, texts) in found.iter().map(|parts| &parts[number]) {
                check(8 * hashes.len());
                for (&hash, &text) in hashes.iter().zip(texts) {
                    part.count(hash, text);
                }
            }
        });
        self.texts += texts.len() as u32;
    }

    /// Return all hashes, ascending, and their document frequencies.
    pub fn sorted(&self, threads: usize) -> (Vec<u64>, Vec<u32>) {
        // Each part is a range of hashes.
        let parts = map_queued(self.parts.iter().collect(), threads, |part: &Part| {
            check(4 * part.slots.len());
            let mut counted: Vec<&Slot> = Vec::with_capacity(part.used);
            counted.extend(part.slots.iter().filter(|slot| slot.texts != FREE));
            sort_by_key(&mut counted, 1, |slot| slot.hash);
            counted
        });
        let count = parts.iter().map(Vec::len).sum();
        let (mut hashes, mut texts) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for part in &parts {
            check(16 * part.len());
            hashes.extend(part.iter().map(|slot| slot.hash));
            texts.extend(part.iter().map(|slot| slot.texts));
        }
        (hashes, texts)
    }

    /// Return the hashes with a minimum document frequency, and the frequencies, unordered.
    pub fn counted(&self, least: u32, most: u32) -> Vec<(u64, u32)> {
        let slots = self.parts.iter().flat_map(|part| &part.slots);
        slots
            .filter(|slot| slot.texts >= least.max(1) && slot.texts <= most)
            .map(|slot| (slot.hash, slot.texts))
            .collect()
    }
}

impl Part {
    #[inline]
    fn count(&mut self, hash: u64, text: u32) {
        if 2 * self.used >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.texts == FREE {
                *slot = Slot { hash, texts: 1, last: text };
                self.used += 1;
                return;
            }
            if slot.hash == hash {
                slot.texts += u32::from(slot.last != text);
                slot.last = text;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(64);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        check(8 * size);
        for slot in old.into_iter().filter(|slot| slot.texts != FREE) {
            let mut at = slot.hash as usize & (size - 1);
            while self.slots[at].texts != FREE {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::interrupts::{run, Ended, Poll};
    use crate::foundation::limits::Exceeded;
    use crate::linear::features::tests::words_and_characters;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn texts_beyond_32_bits_are_refused() {
        let mut counter = Counter { texts: u32::MAX - 1, ..Counter::default() };
        let mut add = || run(|| Poll::Continue, || counter.add(&words_and_characters(), &["a"], 1));
        assert_eq!(add(), Ok(()));
        assert_eq!(add(), Err(Ended::Exceeded(Exceeded(TEXTS))));
    }

    #[test]
    fn texts_are_counted_at_any_number_of_threads_and_in_any_batches() {
        let features = words_and_characters();
        let texts: Vec<String> = (0..300).map(|n| format!("word{} film {} good so so", n % 7, n % 31)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut expected: HashMap<u64, u32> = HashMap::new();
        for text in &texts {
            let hashes: HashSet<u64> = features.places(text).iter().map(|place| place.hash).collect();
            hashes.into_iter().for_each(|hash| *expected.entry(hash).or_default() += 1);
        }
        for (threads, cut) in [(1, 0), (2, 100), (3, 299)] {
            let mut counter = Counter::default();
            counter.add(&features, &texts[..cut], threads);
            counter.add(&features, &texts[cut..], threads);
            assert_eq!(counter.texts(), 300);
            assert_eq!(counter.counted(1, u32::MAX).into_iter().collect::<HashMap<_, _>>(), expected);
            let (hashes, texts) = counter.sorted(threads);
            assert!(hashes.is_sorted());
            assert_eq!(hashes.into_iter().zip(texts).collect::<HashMap<_, _>>(), expected);
            assert!(counter.counted(2, 50).iter().all(|&(_, texts)| (2..=50).contains(&texts)));
        }
    }
}
