//! Choice between one thread and several for work whose result does not depend on it, by the time that it takes.

use std::time::Instant;

/// Number of runs of the faster way between two runs of the slower one, which may have become faster.
const RUNS_BETWEEN: usize = 16;

/// The time of work in runs.
pub struct Pace {
    threads: usize,
    /// Seconds per unit of work with all threads and with one, in the last run of each.
    seconds: [Option<f64>; 2],
    left: usize,
}

impl Pace {
    pub fn new(threads: usize) -> Self {
        Self { threads, seconds: [None; 2], left: RUNS_BETWEEN }
    }

    /// Run an amount of work with the number of threads that is expected to be faster.
    pub fn run(&mut self, amount: usize, work: impl FnOnce(usize)) {
        if self.threads < 2 || cfg!(target_family = "wasm") {
            return work(1);
        }
        let way = self.next();
        let start = Instant::now();
        work(if way == 0 { self.threads } else { 1 });
        self.seconds[way] = Some(start.elapsed().as_secs_f64() / amount.max(1) as f64);
    }

    fn next(&mut self) -> usize {
        let [Some(all), Some(one)] = self.seconds else {
            return usize::from(self.seconds[0].is_some());
        };
        let faster = usize::from(one < all);
        if self.left == 0 {
            self.left = RUNS_BETWEEN;
            return 1 - faster;
        }
        self.left -= 1;
        faster
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of threads of some runs, of which those with `slow` threads take longer.
    fn ways(slow: usize) -> Vec<usize> {
        let (mut pace, mut seen) = (Pace::new(3), Vec::new());
        for _ in 0..40 {
            let way = pace.next();
            seen.push([3, 1][way]);
            pace.seconds[way] = Some(if seen.last() == Some(&slow) { 2.0 } else { 1.0 });
        }
        seen
    }

    #[test]
    fn the_faster_way_is_taken_and_the_slower_one_is_tried_again() {
        for (slow, fast) in [(1, 3), (3, 1)] {
            let seen = ways(slow);
            assert_eq!(seen[..2], [3, 1]);
            assert!(seen.iter().filter(|&&threads| threads == fast).count() > 30, "{seen:?}");
            assert!(seen[2..].contains(&slow));
        }
    }

    #[test]
    fn work_is_done_and_one_thread_needs_no_choice() {
        for threads in [1, 2] {
            let (mut pace, mut runs) = (Pace::new(threads), 0);
            for _ in 0..5 {
                pace.run(1, |given| {
                    assert!(given <= threads);
                    runs += 1;
                });
            }
            assert_eq!((runs, pace.seconds[1].is_some()), (5, threads > 1));
        }
    }
}
