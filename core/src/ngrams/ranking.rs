//! N-grams in the order of columns.

use crate::foundation::parallel::for_each;
use crate::ngrams::grams::{Counted, Grams};
use std::cmp::Reverse;

/// N-grams with higher counts are few, and sorted together.
const RARE: u64 = 16;
/// Number of pieces, by first occurrence, in which n-grams of one count are sorted.
const PIECES: u64 = 256;

/// Return the n-grams that `keep` accepts, most frequent first, ties by first appearance.
///
/// They are distributed to ordered buckets, and each bucket is sorted: small ones fit in a core's cache, and threads
/// take one after the other.
pub fn ranked(grams: &Grams, keep: impl Fn(&Counted) -> bool) -> Vec<Counted> {
    let place = bucket_of(grams.positions());
    let mut ends = vec![0; (RARE * PIECES) as usize + 2];
    let mut some = None;
    grams.each_counted(|gram| {
        if keep(&gram) {
            ends[place(&gram) + 1] += 1;
            some = Some(gram);
        }
    });
    let Some(some) = some else { return Vec::new() };
    (1..ends.len()).for_each(|bucket| ends[bucket] += ends[bucket - 1]);
    let mut all = vec![some; ends[ends.len() - 1]];
    grams.each_counted(|gram| {
        if keep(&gram) {
            let end = &mut ends[place(&gram)];
            all[*end] = gram;
            *end += 1;
        }
    });
    let (mut buckets, mut rest, mut start) = (Vec::new(), all.as_mut_slice(), 0);
    for &end in &ends {
        let (bucket, behind) = std::mem::take(&mut rest).split_at_mut(end - start);
        (rest, start) = (behind, end);
        buckets.extend((bucket.len() > 1).then_some(bucket));
    }
    for_each(buckets, grams.threads, |bucket| bucket.sort_unstable_by_key(|gram| (Reverse(gram.count), gram.first)));
    all
}

/// Return the bucket of an n-gram, by its count and its first occurrence among all tokens.
fn bucket_of(positions: u64) -> impl Fn(&Counted) -> usize {
    let last = positions << 8 | 255;
    // The smallest shift that gives fewer values than pieces.
    let shift = (u64::BITS - last.leading_zeros()).saturating_sub(PIECES.trailing_zeros());
    move |gram| match RARE.checked_sub(gram.count + 1) {
        None => 0,
        Some(rarer) => (1 + rarer * PIECES + (gram.first >> shift).min(PIECES - 1)) as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ngrams::grams::Gram;
    use crate::text::prepare::Prepare;
    use crate::text::splitter::Splitter;

    #[test]
    fn ranked_as_sorted_at_once() {
        let mut state = 1u64;
        let mut next = |most: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % most
        };
        for threads in 1..4 {
            for tokens in [0, 1, 5, 3_000] {
                let text: Vec<String> = (0..tokens).map(|_| (next(40) * next(40)).to_string()).collect();
                let mut grams = Grams::new(Splitter::whitespace(Prepare::default()), threads, 1, 3, &[]);
                grams.add(&[&text.join(" ")], false).expect("few");
                // Later than everything counted, as a damaged file may state.
                if tokens > 0 {
                    grams.insert(&[0, 0, 0], 3, 1, u64::MAX).expect("few");
                }
                for least in [0, 2] {
                    let mut expected = grams.counted();
                    expected.retain(|gram| gram.count > least);
                    expected.sort_by_key(|gram| (Reverse(gram.count), gram.first));
                    let names = |grams: &[Counted]| grams.iter().map(|gram| gram.gram).collect::<Vec<Gram>>();
                    assert_eq!(names(&ranked(&grams, |gram| gram.count > least)), names(&expected));
                }
            }
        }
    }

    #[test]
    fn buckets_are_in_the_order_of_the_ngrams() {
        let gram = |count, first| Counted { gram: Gram::Token(0), count, texts: 1, first };
        for positions in [0, 1, 255, 256, 1000, 1 << 40] {
            let place = bucket_of(positions);
            let mut last = 0;
            for count in [1 << 50, 17, 16, 15, 7, 2, 1, 0] {
                for first in [0, 1, 255, 256, 65_535, 65_536, 1 << 30, 1 << 48, u64::MAX] {
                    let bucket = place(&gram(count, first));
                    assert!(bucket >= last && bucket <= (RARE * PIECES) as usize);
                    last = bucket;
                }
                last = if count > 16 { 0 } else { last };
            }
        }
    }
}
