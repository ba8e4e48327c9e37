//! Document frequencies per class of evidence that is frequent in one of the classes.

use crate::counting::evidence::{each_piece, Kind};
use crate::foundation::interrupts::check;
use crate::foundation::limits::{below_32_bits, TEXTS};
use crate::foundation::parallel::{even_ranges, for_each, map_each};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Mutex;

pub const KINDS: usize = 10;
/// Minimum document frequency in a sample.
const FEWEST_TEXTS: u32 = 5;
/// Maximum number of marks counted per class, the most frequent first; words and pairs of words are limited by their
/// share.
const MOST_MARKS: usize = 500;
/// Maximum number of words and pairs counted per class.
const MOST_WORDS: usize = 5000;

/// Classes of each text, as indices: `codes[ends[text - 1]..ends[text]]`.
pub struct Owners<'a> {
    pub codes: &'a [u32],
    pub ends: &'a [u64],
    pub classes: usize,
}

impl Owners<'_> {
    fn of(&self, text: usize) -> &[u32] {
        let start = if text == 0 { 0 } else { self.ends[text - 1] as usize };
        &self.codes[start..self.ends[text] as usize]
    }
}

/// Counts for all pieces of evidence, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    pub kinds: Vec<u8>,
    pub names: Vec<String>,
    /// Texts that contain each piece; texts that begin and texts that end with it; the index of one of them.
    pub texts: Vec<u32>,
    pub begins: Vec<u32>,
    pub ends: Vec<u32>,
    pub examples: Vec<u32>,
    /// (pieces, classes): texts of each class that contain each piece.
    pub by_class: Vec<u32>,
    /// (kinds, classes): texts of each class that contain any piece of a kind.
    pub kinds_by_class: Vec<u32>,
}

/// Numbers of hashes. Most hashes looked up are absent, so a filter of some of their bits is checked first.
struct Numbers {
    found: HashMap<u64, u32, RandomState>,
    bits: Vec<u64>,
}

const FILTER_BITS: u32 = 18;

impl Numbers {
    fn new(hashes: impl IntoIterator<Item = u64>) -> Self {
        let mut numbers = Self { found: HashMap::default(), bits: vec![0; 1 << (FILTER_BITS - 6)] };
        for hash in hashes {
            let next = numbers.found.len() as u32;
            numbers.found.entry(hash).or_insert(next);
            let bit = hash >> (64 - FILTER_BITS);
            numbers.bits[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        numbers
    }

    fn get(&self, hash: u64) -> Option<usize> {
        let bit = hash >> (64 - FILTER_BITS);
        if self.bits[(bit >> 6) as usize] >> (bit & 63) & 1 == 0 {
            return None;
        }
        self.found.get(&hash).map(|&number| number as usize)
    }
}

/// Find evidence that is frequent in the sample of a class, then count it in all texts.
///
/// `samples` are indices of texts, for each class; words and pairs of words must occur in `share` of a sample.
pub fn class_counts(
    texts: &[&str],
    owners: &Owners,
    samples: &[Vec<usize>],
    share: f64,
    threads: usize,
) -> ClassCounts {
    below_32_bits(texts.len(), TEXTS);
    let frequent = Mutex::new(vec![Vec::new(); samples.len()]);
    for_each((0..samples.len()).collect(), threads, |class| {
        let found = frequent_pieces(texts, &samples[class], share);
        // No code that holds the lock can panic, so it is never poisoned.
        if let Ok(mut frequent) = frequent.lock() {
            frequent[class] = found;
        }
    });
    let numbers = Numbers::new(frequent.into_inner().unwrap_or_default().into_iter().flatten());
    let ranges = even_ranges(texts.iter().map(|text| text.len()), threads);
    let parts = map_each(ranges, |range| {
        let mut part = Part::new(numbers.found.len(), owners.classes);
        let mut lower = Vec::new();
        range.for_each(|text| part.add(texts[text], text, owners, &numbers, &mut lower));
        part
    });
    let mut whole = Part::new(numbers.found.len(), owners.classes);
    parts.into_iter().for_each(|part| whole.merge(part));
    whole.counts
}

/// Hashes of evidence that occurs in enough texts of a sample, the most frequent first.
fn frequent_pieces(texts: &[&str], sample: &[usize], share: f64) -> Vec<u64> {
    // The number of texts that contain it, the last of them, and whether it is a mark.
    let mut found: HashMap<u64, (u32, u32, bool), RandomState> = HashMap::default();
    let mut lower = Vec::new();
    for (number, &text) in sample.iter().enumerate() {
        check(4 * texts[text].len());
        each_piece(texts[text], &mut lower, |piece| {
            let is_mark = !matches!(piece.kind, Kind::Word | Kind::Pair);
            let entry = found.entry(piece.hash).or_insert((0, u32::MAX, is_mark));
            if entry.1 != number as u32 {
                *entry = (entry.0 + 1, number as u32, is_mark);
            }
        });
    }
    let least = FEWEST_TEXTS.max((share * sample.len() as f64).ceil() as u32);
    let of_kind = |marks: bool, least: u32, most: usize| {
        let kept = found.iter().filter(|(_, &(count, _, is_mark))| is_mark == marks && count >= least);
        let mut kept: Vec<(u32, u64)> = kept.map(|(&hash, &(count, ..))| (count, hash)).collect();
        kept.sort_unstable_by(|left, right| right.cmp(left));
        kept.truncate(most);
        kept.into_iter().map(|(_, hash)| hash)
    };
    of_kind(false, least, MOST_WORDS).chain(of_kind(true, FEWEST_TEXTS, MOST_MARKS)).collect()
}

struct Part {
    counts: ClassCounts,
    /// The last text that contains each piece.
    seen: Vec<u32>,
    classes: usize,
}

impl Part {
    fn new(pieces: usize, classes: usize) -> Self {
        let counts = ClassCounts {
            kinds: vec![0; pieces],
            names: vec![String::new(); pieces],
            texts: vec![0; pieces],
            begins: vec![0; pieces],
            ends: vec![0; pieces],
            examples: vec![u32::MAX; pieces],
            by_class: vec![0; pieces * classes],
            kinds_by_class: vec![0; KINDS * classes],
        };
        Self { counts, seen: vec![u32::MAX; pieces], classes }
    }

    fn add(&mut self, text: &str, place: usize, owners: &Owners, numbers: &Numbers, lower: &mut Vec<u8>) {
        let (counts, seen, classes) = (&mut self.counts, &mut self.seen, self.classes);
        let mut kinds = [false; KINDS];
        check(4 * text.len());
        each_piece(text, lower, |piece| {
            kinds[piece.kind as usize] = true;
            let Some(number) = numbers.get(piece.hash) else { return };
            if seen[number] == place as u32 {
                // The first piece of a text can be at its end only if it is the only one.
                counts.ends[number] += u32::from(piece.ends);
                return;
            }
            seen[number] = place as u32;
            if counts.texts[number] == 0 {
                counts.kinds[number] = piece.kind as u8;
                counts.names[number] = piece.name();
                counts.examples[number] = place as u32;
            }
            counts.texts[number] += 1;
            counts.begins[number] += u32::from(piece.begins);
            counts.ends[number] += u32::from(piece.ends);
            for &class in owners.of(place) {
                counts.by_class[number * classes + class as usize] += 1;
            }
        });
        for kind in (0..KINDS).filter(|&kind| kinds[kind]) {
            for &class in owners.of(place) {
                counts.kinds_by_class[kind * classes + class as usize] += 1;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        let (counts, more) = (&mut self.counts, other.counts);
        for number in 0..counts.texts.len() {
            if counts.texts[number] == 0 && more.texts[number] > 0 {
                counts.kinds[number] = more.kinds[number];
                counts.names[number].clone_from(&more.names[number]);
                counts.examples[number] = more.examples[number];
            }
        }
        let sums = [
            (&mut counts.texts, more.texts),
            (&mut counts.begins, more.begins),
            (&mut counts.ends, more.ends),
            (&mut counts.by_class, more.by_class),
            (&mut counts.kinds_by_class, more.kinds_by_class),
        ];
        for (counts, more) in sums {
            counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_each_class_are_counted() {
        let texts: Vec<String> = (0..40)
            .map(|place| format!("{} film {place} x-{}", if place % 2 == 0 { "good" } else { "bad" }, 10 + place))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let codes: Vec<u32> = (0..40).map(|place| place % 2).collect();
        let ends: Vec<u64> = (1..=40).collect();
        let owners = Owners { codes: &codes, ends: &ends, classes: 2 };
        let samples = [(0..40).step_by(2).collect(), (1..40).step_by(2).collect()];
        for threads in 1..4 {
            let found = class_counts(&texts, &owners, &samples, 0.5, threads);
            let at = |name: &str| found.names.iter().position(|found| found == name).expect(name);
            assert_eq!(found.by_class[2 * at("good")..2 * at("good") + 2], [20, 0]);
            assert_eq!(found.by_class[2 * at("film")..2 * at("film") + 2], [20, 20]);
            assert_eq!(found.by_class[2 * at("bad film")..2 * at("bad film") + 2], [0, 20]);
            let prefix = at("x-");
            assert_eq!((found.kinds[prefix], found.texts[prefix], found.ends[prefix]), (Kind::Prefix as u8, 40, 40));
            assert_eq!((found.begins[at("good")], found.examples[at("bad")]), (20, 1));
            assert_eq!(found.names.len(), 6);
        }
        assert_eq!(class_counts(&[], &Owners { codes: &[], ends: &[], classes: 0 }, &[], 0.1, 2), Default::default());
    }
}
