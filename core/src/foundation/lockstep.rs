//! Steps of parallel tasks, with sequential work after each step.

use crate::foundation::interrupts::check;
use crate::foundation::pool;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Number of times that a thread looks for the next step before it lets other programs run.
const SPINS: usize = 1 << 12;
/// Work reported while a thread waits, so that it notices an interrupt.
const WAITING: usize = 1 << 12;

/// Set if a thread panics, so that the others do not wait for its task.
struct Failure<'a>(&'a AtomicBool);

impl Drop for Failure<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
        }
    }
}

struct Steps {
    step: AtomicUsize,
    /// For every task, the number of steps in which it was taken.
    taken: Vec<AtomicUsize>,
    done: AtomicUsize,
    failed: AtomicBool,
}

/// In every step, run `task(step, number)` for each number below `tasks` on up to `threads` threads, then
/// `between(step)` on one of them. A thread takes the same tasks in every step where it can.
pub fn run(
    steps: usize,
    tasks: usize,
    threads: usize,
    task: impl Fn(usize, usize) + Sync,
    between: impl Fn(usize) + Sync,
) {
    let threads = threads.min(tasks);
    if threads < 2 {
        for step in 0..steps {
            (0..tasks).for_each(|number| task(step, number));
            between(step);
        }
        return;
    }
    let taken = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
    let shared = Steps { step: AtomicUsize::new(0), taken, done: AtomicUsize::new(0), failed: AtomicBool::new(false) };
    let started = AtomicUsize::new(0);
    let work = |tick: &mut dyn FnMut()| {
        let _failure = Failure(&shared.failed);
        let first = started.fetch_add(1, Ordering::Relaxed) % threads * tasks / threads;
        let mut waited = 0;
        loop {
            let step = shared.step.load(Ordering::Acquire);
            if step >= steps || shared.failed.load(Ordering::Acquire) {
                return;
            }
            if shared.work(step, first, &task, &between) {
                waited = 0;
                tick();
                continue;
            }
            waited += 1;
            std::hint::spin_loop();
            if waited > SPINS {
                check(WAITING);
                tick();
                std::thread::yield_now();
            }
        }
    };
    pool::run(threads, work, || ());
}

impl Steps {
    /// Run the tasks of a step that no other thread has taken; return whether there were any.
    fn work(&self, step: usize, first: usize, task: &impl Fn(usize, usize), between: &impl Fn(usize)) -> bool {
        let tasks = self.taken.len();
        let mut any = false;
        for number in (first..tasks).chain(0..first) {
            let taken = &self.taken[number];
            if taken.load(Ordering::Relaxed) != step
                || taken.compare_exchange(step, step + 1, Ordering::AcqRel, Ordering::Relaxed).is_err()
            {
                continue;
            }
            any = true;
            task(step, number);
            if self.done.fetch_add(1, Ordering::AcqRel) + 1 == tasks {
                between(step);
                self.done.store(0, Ordering::Relaxed);
                self.step.store(step + 1, Ordering::Release);
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn tasks_of_a_step_are_done_once_before_the_next_step() {
        for threads in [1, 2, 3, 9] {
            let seen = Mutex::new(Vec::new());
            let push = |value| seen.lock().expect("no panic").push(value);
            run(50, 4, threads, |step, number| push((step, number)), |step| push((step, 9)));
            let seen = seen.into_inner().expect("no panic");
            assert_eq!(seen.len(), 250);
            for (step, part) in seen.chunks(5).enumerate() {
                let mut part = part.to_vec();
                assert_eq!(part[4], (step, 9));
                part.sort_unstable();
                assert_eq!(part, [(step, 0), (step, 1), (step, 2), (step, 3), (step, 9)]);
            }
        }
    }

    #[test]
    fn a_panic_comes_through() {
        for threads in [1, 2] {
            let failing = |step, number| assert!(step < 3 || number != 1, "expected");
            let found = std::panic::catch_unwind(|| run(10, 4, threads, failing, |_| ()));
            assert!(found.is_err());
        }
    }
}
