//! A pool of threads for repeated use. The calling thread always takes part, and does all the work if there are no
//! others.
//!
//! A forked child process has none of its parent's threads, and a lock that another thread held stays locked. So each
//! process uses only the pool of its own generation: a child never touches its parent's threads or locks.

use crate::foundation::interrupts::{self, end_if_forked};
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::cell::Cell;
use std::num::NonZero;
use std::process;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// Maximum number of threads for any request; also limited per core, with a minimum for machines with one core.
pub const MOST_THREADS: usize = 1 << 9;
const MOST_FOR_A_CORE: usize = 8;
const MOST_FOR_ONE_CORE: usize = 16;
/// Child processes have their own threads up to this depth of forks; deeper ones work on the calling thread.
const GENERATIONS: usize = 32;
/// Interval at which the waiting thread calls back.
const TICK_INTERVAL: Duration = Duration::from_millis(20);

struct Workers {
    pool: ThreadPool,
    size: usize,
    busy: AtomicUsize,
}

/// Workers of a generation, and their maximum number once it has been computed.
struct Kept {
    workers: Option<Arc<Workers>>,
    most: Option<usize>,
}

static KEPT: [Mutex<Kept>; GENERATIONS] = [const { Mutex::new(Kept { workers: None, most: None }) }; GENERATIONS];

thread_local! {
    /// Whether this thread is a worker.
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Number of forks between the first process that used the pool and this one; `None` on systems without processes.
fn generation() -> Option<usize> {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    if cfg!(target_family = "wasm") {
        return None;
    }
    let own = u64::from(process::id()) << 32;
    let seen = SEEN.load(Ordering::Relaxed);
    if seen & !0xffff_ffff == own {
        return Some((seen & 0xffff_ffff) as usize);
    }
    let next = if seen == 0 { own } else { own | ((seen & 0xffff_ffff) + 1) };
    let found = SEEN.compare_exchange(seen, next, Ordering::Relaxed, Ordering::Relaxed);
    // Another thread of this process may have been first; it wrote the same value.
    Some((found.map_or_else(|other| other, |_| next) & 0xffff_ffff) as usize)
}

fn locked<Value>(mutex: &Mutex<Value>) -> MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// Return the workers; create or enlarge the pool if there are fewer than wanted.
    fn workers(&mut self, wanted: usize) -> Option<Arc<Workers>> {
        let size = self.workers.as_ref().map_or(0, |workers| workers.size);
        if wanted <= size {
            return self.workers.clone();
        }
        let mut wanted = wanted.min(*self.most.get_or_insert_with(most_workers));
        while wanted > size {
            let builder = ThreadPoolBuilder::new().num_threads(wanted).thread_name(|number| format!("malmoi-{number}"));
            if let Ok(pool) = builder.start_handler(|_| IS_WORKER.set(true)).build() {
                self.workers = Some(Arc::new(Workers { pool, size: wanted, busy: AtomicUsize::new(0) }));
                break;
            }
            wanted /= 2;
            self.most = Some(wanted.max(size));
        }
        self.workers.clone()
    }
}

/// Limit the number of workers: an idle worker visits all others before it sleeps, so very many cost more than they
/// help.
fn most_workers() -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    cores.saturating_mul(MOST_FOR_A_CORE).clamp(MOST_FOR_ONE_CORE, MOST_THREADS) - 1
}

/// Reserve up to `wanted` idle workers.
fn taken(wanted: usize) -> Option<(Arc<Workers>, usize)> {
    if wanted == 0 || IS_WORKER.get() {
        return None;
    }
    let workers = locked(KEPT.get(generation()?)?).workers(wanted)?;
    let free = |busy: usize| workers.size.saturating_sub(busy).min(wanted);
    let busy = workers.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |busy| Some(busy + free(busy)));
    let count = free(busy.unwrap_or(workers.size));
    (count > 0).then_some((workers, count))
}

/// Number of unfinished workers; the last one wakes the calling thread.
struct Open {
    left: Mutex<usize>,
    none_left: Condvar,
}

/// A worker's part of a call; dropped however the work ends.
struct Part<'a>(&'a Workers, &'a Open);

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
        *locked(&self.1.left) -= 1;
        self.1.none_left.notify_one();
    }
}

impl Open {
    /// Wait until all workers have finished, and call back meanwhile.
    fn wait(&self, mut tick: impl FnMut()) {
        let mut left = locked(&self.left);
        while *left > 0 {
            left = self.none_left.wait_timeout(left, TICK_INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
            if *left > 0 {
                drop(left);
                tick();
                left = locked(&self.left);
            }
        }
    }
}

/// Run `work` on the calling thread and in parallel on up to `threads` - 1 others, once each. Panics are passed on.
///
/// There may be fewer workers, or none: if the system has no more threads, if calls from other threads use them, and
/// within running work. `tick` is called regularly on the calling thread: by its own work, which gets a function that
/// may be called at any rate, and while it waits for the workers.
pub fn run(threads: usize, work: impl Fn(&mut dyn FnMut()) + Sync, mut tick: impl FnMut()) {
    if cfg!(target_family = "wasm") {
        return work(&mut tick); // neither threads nor clocks
    }
    let mut last_tick = Instant::now();
    let mut tick_if_due = || {
        if last_tick.elapsed() >= TICK_INTERVAL {
            tick();
            last_tick = Instant::now();
        }
    };
    let Some((workers, count)) = taken(threads.clamp(1, MOST_THREADS) - 1) else { return work(&mut tick_if_due) };
    let parent = process::id();
    let open = Open { left: Mutex::new(count), none_left: Condvar::new() };
    let flag = interrupts::flag();
    workers.pool.in_place_scope(|scope| {
        for _ in 0..count {
            scope.spawn(|_| {
                let _part = Part(&workers, &open);
                interrupts::join(flag.clone(), || work(&mut || ()));
            });
        }
        let mut tick_if_due = || {
            tick_if_due();
            end_if_forked(parent);
        };
        work(&mut tick_if_due);
        open.wait(|| {
            interrupts::check_now();
            tick_if_due();
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::thread::{current, sleep, ThreadId};

    /// Other tests may use all workers at the moment, so that `run` returns at once: repeat for seconds until the
    /// condition was seen.
    fn seen_at_last(mut is_seen: impl FnMut() -> bool) -> bool {
        (0..1_000).any(|_| {
            let seen = is_seen();
            if !seen {
                sleep(TICK_INTERVAL);
            }
            seen
        })
    }

    #[test]
    fn threads_are_kept_and_the_calling_one_takes_part() {
        let (all, mut most) = (Mutex::new(HashSet::<ThreadId>::new()), 0);
        assert!(seen_at_last(|| {
            let seen = Mutex::new(Vec::new());
            let work = |_: &mut dyn FnMut()| {
                locked(&seen).push(current().id());
                sleep(TICK_INTERVAL / 4);
            };
            run(3, work, || ());
            let seen = seen.into_inner().expect("no panic");
            assert!(seen.len() <= 3 && seen.contains(&current().id()));
            most = most.max(seen.len());
            locked(&all).extend(seen);
            most == 3
        }));
        assert!(locked(&all).len() < 3 * MOST_THREADS);
    }

    #[test]
    fn the_waiting_thread_calls_back() {
        let caller = current().id();
        let slow_elsewhere = |_: &mut dyn FnMut()| {
            if current().id() != caller {
                sleep(5 * TICK_INTERVAL);
            }
        };
        assert!(seen_at_last(|| {
            let mut ticks = 0;
            run(2, slow_elsewhere, || ticks += 1);
            ticks >= 2
        }));
    }

    #[test]
    fn there_are_never_more_than_a_fixed_number() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &mut dyn FnMut()| {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleep(TICK_INTERVAL);
            now.fetch_sub(1, Ordering::Relaxed);
        };
        assert!(seen_at_last(|| {
            run(1_000_000, work, || ());
            most.load(Ordering::Relaxed) >= 2
        }));
        assert!(most.into_inner() <= MOST_THREADS);
    }
}
