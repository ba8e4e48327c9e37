//! Work shared among threads so that the result never depends on how many there are.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Often enough for an interrupt, and seldom enough to cost nothing.
const HEARD_EVERY: Duration = Duration::from_millis(20);
/// More than most machines have cores; no more threads are made at once, whatever is asked.
const MOST_THREADS: usize = 1 << 10;

/// Cut `sizes` into at most `parts` runs of about equal total size; the runs cover everything, in order.
pub fn even_ranges(sizes: impl ExactSizeIterator<Item = usize> + Clone, parts: usize) -> Vec<Range<usize>> {
    let count = sizes.len();
    let parts = parts.clamp(1, count.max(1));
    let total: usize = sizes.clone().map(|size| size + 1).sum();
    let mut ranges = Vec::with_capacity(parts);
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

/// Run `work` on every item, each on a thread of its own, and return the results in order. Where the system gives no
/// more threads, the calling one does the work.
pub fn map_each<Item: Send, Output: Send>(items: Vec<Item>, work: impl Fn(Item) -> Output + Sync) -> Vec<Output> {
    if items.len() == 1 {
        return items.into_iter().map(work).collect();
    }
    let mut items = items.into_iter();
    let mut results = Vec::with_capacity(items.len());
    while items.len() > 0 {
        results.extend(map_some(items.by_ref().take(MOST_THREADS), &work));
    }
    results
}

fn map_some<Item: Send, Output: Send>(
    items: impl Iterator<Item = Item>,
    work: &(impl Fn(Item) -> Output + Sync),
) -> Vec<Output> {
    let slots: Vec<Mutex<Option<Item>>> = items.map(|item| Mutex::new(Some(item))).collect();
    let take = |slot: &Mutex<Option<Item>>| {
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take().expect("taken once")
    };
    thread::scope(|scope| {
        let take = &take;
        let spawn = |slot| thread::Builder::new().spawn_scoped(scope, move || work(take(slot)));
        let handles: Vec<_> = slots.iter().map(spawn).collect();
        let results = handles.into_iter().zip(&slots).map(|(handle, slot)| match handle {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => work(take(slot)),
        });
        results.collect()
    })
}

/// Run `work` on every item, on `threads` threads that take the next item when they are done with one.
pub fn for_each<Item: Send>(items: Vec<Item>, threads: usize, work: impl Fn(Item) + Sync) {
    let queue = Mutex::new(items.into_iter());
    // The lock is held by nothing that can panic, so it is never poisoned.
    let next = || queue.lock().ok().and_then(|mut items| items.next());
    map_each(vec![(); threads.clamp(1, MOST_THREADS)], |()| {
        while let Some(item) = next() {
            work(item);
        }
    });
}

/// Run `work` once on each of `threads` threads; meanwhile the calling thread calls `hear` now and then. Where the system
/// gives no threads, the calling one does the work, and hears at its end alone.
pub fn run_heard(threads: usize, work: impl Fn() + Sync, mut hear: impl FnMut()) {
    let threads = threads.clamp(1, MOST_THREADS);
    let busy = AtomicUsize::new(threads);
    let main = thread::current();
    // Counts down however the work ends, and wakes the thread that waits.
    struct Leaving<'a>(&'a AtomicUsize, &'a thread::Thread);
    impl Drop for Leaving<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Release);
            self.1.unpark();
        }
    }
    thread::scope(|scope| {
        let spawn = |_: &usize| {
            let run = || {
                let _leaving = Leaving(&busy, &main);
                work();
            };
            thread::Builder::new().spawn_scoped(scope, run).is_err()
        };
        let missing = (0..threads).filter(spawn).count();
        busy.fetch_sub(missing, Ordering::Release);
        if missing == threads {
            work();
            hear();
        }
        while busy.load(Ordering::Acquire) > 0 {
            thread::park_timeout(HEARD_EVERY);
            hear();
        }
    });
}

/// Run `work` on every item, on `threads` threads that take the next item when they are done with one, and return the
/// results in order. `go_on` is called now and then; once it says no, no item is begun, and there are no results.
pub fn map_heard<Item: Send, Output: Send>(
    items: Vec<Item>,
    threads: usize,
    go_on: &mut dyn FnMut() -> bool,
    work: impl Fn(Item) -> Output + Sync,
) -> Option<Vec<Output>> {
    let mut results = Vec::new();
    results.resize_with(items.len(), || None);
    let queue = Mutex::new(items.into_iter().zip(results.iter_mut()));
    let stopped = AtomicBool::new(false);
    // The lock is held by nothing that can panic, so it is never poisoned.
    let next = || queue.lock().ok().and_then(|mut items| items.next());
    let all = || {
        while !stopped.load(Ordering::Relaxed) {
            let Some((item, result)) = next() else { return };
            *result = Some(work(item));
        }
    };
    run_heard(threads, all, || {
        if !stopped.load(Ordering::Relaxed) && !go_on() {
            stopped.store(true, Ordering::Relaxed);
        }
    });
    drop(queue);
    results.into_iter().collect()
}

/// Sort by key, every thread a part of it, then merge.
pub fn sort_by_key<Item: Copy + Send + Sync, Key: Ord>(
    items: &mut [Item],
    threads: usize,
    key: impl Fn(&Item) -> Key + Sync,
) {
    let size = items.len().div_ceil(threads.clamp(1, MOST_THREADS)).max(1);
    let parts: Vec<&mut [Item]> = items.chunks_mut(size).collect();
    if parts.len() < 2 {
        items.sort_unstable_by_key(key);
        return;
    }
    map_each(parts, |part| part.sort_unstable_by_key(&key));
    // Runs that are sorted already are merged in linear time by the stable sort.
    items.sort_by_key(key);
}

/// Cut `rows`, `width` values each, at the ends of `ranges`.
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
    fn results_come_in_the_order_of_the_items() {
        assert_eq!(map_each(vec![3, 1, 2], |item| item * 10), vec![30, 10, 20]);
        let many: Vec<usize> = (0..MOST_THREADS + 2).collect();
        assert_eq!(map_each(many.clone(), |item| item), many);
        assert!(map_each(Vec::<usize>::new(), |item| item).is_empty());
    }

    #[test]
    fn heard_results_come_in_order_unless_stopped() {
        for threads in 0..4 {
            let items: Vec<usize> = (0..100).collect();
            let doubled = map_heard(items.clone(), threads, &mut || true, |item| item * 2);
            assert_eq!(doubled, Some(items.iter().map(|item| item * 2).collect()));
            let slow = |_| thread::sleep(Duration::from_millis(5));
            assert_eq!(map_heard(vec![(); 4_000], threads, &mut || false, slow), None);
        }
        assert_eq!(map_heard(Vec::<usize>::new(), 2, &mut || true, |item| item), Some(Vec::new()));
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
}
