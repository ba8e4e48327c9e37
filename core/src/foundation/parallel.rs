//! Work shared among threads; the result does not depend on the number of threads.

use crate::foundation::interrupts::check;
use crate::foundation::pool;
use std::ops::Range;
use std::sync::Mutex;

/// Minimum work per thread, in nanoseconds or bytes of text: waking a thread takes about as long. A few bytes in unit
/// tests, so that small examples are divided too.
const LEAST_SHARE: usize = if cfg!(test) { 1 } else { 1 << 14 };
/// Cost of starting an item, in the same units.
const ITEM: usize = 1 << 13;
/// Items sorted between two interrupt checks, about 0.1 s; and the minimum per thread.
const RUN: usize = if cfg!(test) { 1 << 8 } else { 1 << 20 };
const SHORT_RUN: usize = if cfg!(test) { 1 << 4 } else { 1 << 12 };
/// Number of items that a thread merges at a time.
const MERGED: usize = if cfg!(test) { 1 << 7 } else { 1 << 16 };

/// Divide `sizes` into at most `parts` runs of about equal total size; the runs cover everything, in order. Sizes are
/// bytes of text or nanoseconds of work; if the total is small there is one run, for the calling thread.
pub fn even_ranges(sizes: impl ExactSizeIterator<Item = usize> + Clone, parts: usize) -> Vec<Range<usize>> {
    let count = sizes.len();
    let total: usize = sizes.clone().map(|size| size + 1).sum();
    let parts = parts.min(total / LEAST_SHARE).clamp(1, count.max(1));
    let mut ranges = Vec::with_capacity(parts);
    if parts == 1 {
        ranges.push(0..count);
        return ranges;
    }
    let (mut start, mut seen) = (0, 0);
    for (position, size) in sizes.enumerate() {
        seen += size + 1;
        if ranges.len() + 1 < parts && seen * parts >= total * (ranges.len() + 1) {
            ranges.push(start..position + 1);
            start = position + 1;
        }
    }
    if start < count || ranges.is_empty() {
        ranges.push(start..count);
    }
    ranges
}

/// Divide sizes into runs with a maximum total, but at least one item each; they cover everything, in order.
pub fn bounded_ranges(sizes: impl Iterator<Item = usize>, most: usize) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut end, mut seen) = (Vec::new(), 0, 0, 0usize);
    for size in sizes {
        if end > start && seen.saturating_add(size) > most {
            ranges.push(start..end);
            (start, seen) = (end, 0);
        }
        (end, seen) = (end + 1, seen.saturating_add(size));
    }
    ranges.extend((end > start).then_some(start..end));
    ranges
}

/// Number of threads that are worth starting for an amount of work.
pub fn worthwhile(work: usize, threads: usize) -> usize {
    threads.min(work / LEAST_SHARE).max(1)
}

/// Run `work` on every item, in parallel if there are threads, and return the results in order.
pub fn map_each<Item: Send, Output: Send>(items: Vec<Item>, work: impl Fn(Item) -> Output + Sync) -> Vec<Output> {
    let threads = items.len();
    map_queued(items, threads, work)
}

/// Run `work` on every item, on up to `threads` threads that take the next item when they finish one, and return the
/// results in order.
pub fn map_queued<Item: Send, Output: Send>(
    items: Vec<Item>,
    threads: usize,
    work: impl Fn(Item) -> Output + Sync,
) -> Vec<Output> {
    let work = |item| {
        check(ITEM);
        work(item)
    };
    if threads < 2 || items.len() < 2 {
        return items.into_iter().map(work).collect();
    }
    let mut results = Vec::new();
    results.resize_with(items.len(), || None);
    let threads = threads.min(items.len());
    let queue = Mutex::new(items.into_iter().zip(results.iter_mut()));
    // No code that holds the lock can panic, so it is never poisoned.
    let next = || queue.lock().ok().and_then(|mut items| items.next());
    let all = |_: &mut dyn FnMut()| {
        while let Some((item, result)) = next() {
            *result = Some(work(item));
        }
    };
    pool::run(threads, all, || ());
    drop(queue);
    results.into_iter().flatten().collect()
}

/// Run `work` on every item, on up to `threads` threads that take the next item when they finish one.
pub fn for_each<Item: Send>(items: Vec<Item>, threads: usize, work: impl Fn(Item) + Sync) {
    map_queued(items, threads, work);
}

/// Sort by key: each thread sorts a part, then the parts are merged.
pub fn sort_by_key<Item: Copy + Send + Sync, Key: Ord>(
    items: &mut [Item],
    threads: usize,
    key: impl Fn(&Item) -> Key + Sync,
) {
    let run = items.len().div_ceil(threads.max(1)).clamp(SHORT_RUN, RUN);
    for_each(items.chunks_mut(run).collect(), threads, |part| part.sort_unstable_by_key(&key));
    if items.len() <= run {
        return;
    }
    let mut spare = items.to_vec();
    let (mut from, mut to, mut sorted, mut is_spare) = (&mut *items, &mut spare[..], run, false);
    while sorted < from.len() {
        let mut work = Vec::new();
        for (pair, target) in from.chunks(2 * sorted).zip(to.chunks_mut(2 * sorted)) {
            let (left, right) = pair.split_at(sorted.min(pair.len()));
            let mut before = (0, 0);
            for (number, target) in target.chunks_mut(MERGED).enumerate() {
                let end = number * MERGED + target.len();
                let taken = taken_of_left(left, right, end, &key);
                work.push((&left[before.0..taken], &right[before.1..end - taken], target));
                before = (taken, end - taken);
            }
        }
        for_each(work, threads, |(left, right, target)| merge(left, right, target, &key));
        (from, to, sorted, is_spare) = (to, from, 2 * sorted, !is_spare);
    }
    if is_spare {
        to.copy_from_slice(from);
    }
}

/// Return how many of the first `count` items of two merged sorted lists come from the left one, which precedes on
/// ties.
fn taken_of_left<Item, Key: Ord>(left: &[Item], right: &[Item], count: usize, key: impl Fn(&Item) -> Key) -> usize {
    let (mut low, mut high) = (count.saturating_sub(right.len()), count.min(left.len()));
    while low < high {
        let middle = low + (high - low) / 2;
        if key(&left[middle]) <= key(&right[count - middle - 1]) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn merge<Item: Copy, Key: Ord>(left: &[Item], right: &[Item], target: &mut [Item], key: impl Fn(&Item) -> Key) {
    let (mut left, mut right) = (left, right);
    for target in target {
        let from = match (left.first(), right.first()) {
            (Some(one), Some(other)) if key(one) <= key(other) => &mut left,
            (Some(_), None) => &mut left,
            _ => &mut right,
        };
        *target = from[0];
        *from = &from[1..];
    }
}

/// Divide `rows`, `width` values each, at the ends of `ranges`.
pub fn split_rows<'a, Value>(mut rows: &'a mut [Value], width: usize, ranges: &[Range<usize>]) -> Vec<&'a mut [Value]> {
    let mut parts = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (part, rest) = std::mem::take(&mut rows).split_at_mut(range.len() * width);
        parts.push(part);
        rows = rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_in_order_and_about_evenly() {
        for parts in 1..6 {
            let sizes = [5usize, 0, 9, 1, 1, 1, 30, 2];
            let ranges = even_ranges(sizes.iter().copied(), parts);
            assert!(ranges.len() <= parts);
            let all: Vec<usize> = ranges.into_iter().flatten().collect();
            assert_eq!(all, (0..sizes.len()).collect::<Vec<_>>());
        }
        assert_eq!(even_ranges([].iter().copied(), 4), vec![0..0]);
        assert_eq!(even_ranges([1usize; 10].iter().copied(), 2), vec![0..5, 5..10]);
    }

    #[test]
    fn bounded_ranges_hold_one_item_at_least() {
        let ranges = |sizes: &[usize]| bounded_ranges(sizes.iter().copied(), 10);
        assert_eq!(ranges(&[4, 6, 1, 20, 0, 10, 1]), vec![0..2, 2..3, 3..4, 4..6, 6..7]);
        assert_eq!(ranges(&[]), Vec::<Range<usize>>::new());
        assert_eq!(ranges(&[usize::MAX, usize::MAX]), vec![0..1, 1..2]);
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        assert_eq!(map_each(vec![3, 1, 2], |item| item * 10), vec![30, 10, 20]);
        let many: Vec<usize> = (0..pool::MOST_THREADS + 2).collect();
        assert_eq!(map_each(many.clone(), |item| item), many);
        assert!(map_each(Vec::<usize>::new(), |item| item).is_empty());
    }

    #[test]
    fn a_panic_comes_through_and_the_threads_stay() {
        for _ in 0..3 {
            let found = std::panic::catch_unwind(|| {
                map_each(vec![1, 2, 3], |item| if item == 2 { std::panic::resume_unwind(Box::new(item)) } else { item })
            });
            assert_eq!(found.expect_err("it panics").downcast_ref::<i32>(), Some(&2));
            assert_eq!(map_each(vec![1, 2], |item| item), [1, 2]);
        }
    }

    #[test]
    fn work_within_work_and_of_many_callers_is_done() {
        let sum = |count: u64| map_each((0..count).collect(), |item| map_each(vec![item, 1], |one| one).len() as u64);
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..20).map(|count| scope.spawn(move || sum(count).len() as u64 == count)).collect();
            assert!(callers.into_iter().all(|caller| caller.join().expect("no panic")));
        });
    }

    #[test]
    fn little_work_is_not_shared() {
        assert_eq!(even_ranges([1usize; 3].iter().copied(), 1_000_000).len(), 3);
        assert_eq!([worthwhile(0, 4), worthwhile(LEAST_SHARE * 2, 4), worthwhile(usize::MAX, 4)], [1, 2, 4]);
    }

    #[test]
    fn every_item_is_worked_on_and_sorted() {
        for threads in 0..4 {
            let sum = Mutex::new(0);
            for_each((0..100).collect(), threads, |item: i32| *sum.lock().expect("whole") += item);
            assert_eq!(*sum.lock().expect("whole"), 4950);
            let mut items: Vec<u64> = (0..1000).map(|item| item * 7919 % 1009).collect();
            let mut expected = items.clone();
            expected.sort_unstable_by(|left, right| right.cmp(left));
            sort_by_key(&mut items, threads, |&item| std::cmp::Reverse(item));
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn sorting_merges_any_number_of_runs() {
        for count in [0, 1, 15, 16, 17, 255, 256, 257, 511, 513, 3000, 5000] {
            for threads in [1, 2, 3, 1000] {
                let mut items: Vec<(u64, u64)> = (0..count).map(|item| (item * 7919 % 101, item)).collect();
                let mut expected = items.clone();
                expected.sort_by_key(|item| item.0 / 2);
                sort_by_key(&mut items, threads, |&(key, place)| (key / 2, place));
                assert_eq!(items, expected, "{count} items on {threads} threads");
            }
        }
    }
}
