//! Interruptible work: loops call `check`, and the thread that started the work polls for interrupts regularly.
//!
//! Interrupted work unwinds like a panic that prints nothing, so the functions in between need no error result, and
//! everything they allocated is freed. State changed in place must be restored or marked as damaged.

use crate::foundation::limits::Exceeded;
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Interval between polls: short enough for a user, long enough to cost nothing.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Units of work between two reads of the clock; about 0.1 to 1 ms.
const UNITS_BETWEEN_CHECKS: usize = 1 << 16;

/// Result of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    Continue,
    Stop,
    /// Continue, and do not poll again.
    Never,
}

/// Function that polls for interrupts; called on the thread that called `run`, while no lock is held.
pub type Ask = fn() -> Poll;

/// Reason why work ended early.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Interrupted,
    /// A size exceeds what the work can count.
    Exceeded(Exceeded),
}

struct Interrupted;

/// Flag shared by the threads of one piece of work; set when it is interrupted.
#[derive(Clone)]
pub struct Flag(Arc<AtomicBool>);

/// The work in which this thread takes part. Only the thread that called `run` polls.
struct Current {
    flag: Flag,
    ask: Option<Ask>,
    last_poll: Instant,
}

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// Guard that restores the thread's previous work.
struct Entered(Option<Current>);

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        CURRENT.with(|current| *current.borrow_mut() = before);
    }
}

fn entered(current: Option<Current>) -> Entered {
    LEFT.set(UNITS_BETWEEN_CHECKS);
    Entered(CURRENT.with(|own| std::mem::replace(&mut *own.borrow_mut(), current)))
}

/// Run work that ends early if `ask` requests it or a limit is exceeded.
pub fn run<Value>(ask: Ask, work: impl FnOnce() -> Value) -> Result<Value, Ended> {
    let flag = Flag(Arc::new(AtomicBool::new(false)));
    let _entered = entered(Some(Current { flag, ask: Some(ask), last_poll: Instant::now() }));
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        if panic.is::<Interrupted>() {
            return Ended::Interrupted;
        }
        panic.downcast().map_or_else(|panic| resume_unwind(panic), |exceeded| Ended::Exceeded(*exceeded))
    })
}

/// Take part, on another thread, in the work to which a flag belongs.
pub fn join<Value>(flag: Option<Flag>, work: impl FnOnce() -> Value) -> Value {
    let _entered = entered(flag.map(|flag| Current { flag, ask: None, last_poll: Instant::now() }));
    work()
}

/// Return the flag of the work in which this thread takes part.
pub fn flag() -> Option<Flag> {
    CURRENT.with(|current| current.borrow().as_ref().map(|current| current.flag.clone()))
}

/// Report an amount of work, in about nanoseconds or bytes of text. Unwinds if the work is interrupted.
#[inline(always)]
pub fn check(work: usize) {
    let left = LEFT.get();
    if work < left {
        LEFT.set(left - work);
    } else {
        check_now();
    }
}

/// Read the flag, and poll if the interval has passed. Unwinds if the work is interrupted.
#[cold]
#[inline(never)]
pub fn check_now() {
    LEFT.set(UNITS_BETWEEN_CHECKS);
    let (ask, is_stopped) = CURRENT.with(|current| {
        current.borrow_mut().as_mut().map_or((None, false), |current| {
            let is_due = current.ask.is_some() && current.last_poll.elapsed() >= POLL_INTERVAL;
            // Removed during the poll, which may run other work on this thread.
            (if is_due { current.ask.take() } else { None }, current.flag.0.load(Ordering::Relaxed))
        })
    });
    let poll = ask.map(|ask| {
        let parent = process::id();
        let poll = ask();
        if is_shared() {
            end_if_forked(parent);
        }
        (ask, poll)
    });
    let is_stopped = is_stopped || matches!(poll, Some((_, Poll::Stop)));
    CURRENT.with(|current| {
        let mut current = current.borrow_mut();
        let Some(current) = current.as_mut() else { return };
        current.flag.0.fetch_or(is_stopped, Ordering::Relaxed);
        if let Some((ask, poll)) = poll {
            current.ask = (poll != Poll::Never).then_some(ask);
            current.last_poll = Instant::now();
        }
    });
    if is_stopped && !std::thread::panicking() {
        resume_unwind(Box::new(Interrupted));
    }
}

/// Return whether other threads take part in this thread's work at the moment.
fn is_shared() -> bool {
    CURRENT.with(|current| current.borrow().as_ref().is_some_and(|current| Arc::strong_count(&current.flag.0) > 1))
}

/// End a child process that was forked within a callback during shared work: it lacks the threads that it would wait
/// for.
pub fn end_if_forked(parent: u32) {
    if process::id() != parent {
        eprintln!(
            "malmoi: a process forked within a callback cannot continue its parent's work, because it does not have its threads; end it with os._exit, or fork before or after the call"
        );
        process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::limits::exceeded;
    use std::sync::atomic::AtomicUsize;

    static POLLS: AtomicUsize = AtomicUsize::new(0);

    fn stop_at_the_third() -> Poll {
        if POLLS.fetch_add(1, Ordering::Relaxed) < 2 {
            Poll::Continue
        } else {
            Poll::Stop
        }
    }

    #[test]
    fn work_ends_when_a_poll_requests_it() {
        let begun = Instant::now();
        let ended = run(stop_at_the_third, || loop {
            check(1 << 12);
        });
        assert_eq!(ended, Err(Ended::Interrupted));
        assert!(begun.elapsed() >= 3 * POLL_INTERVAL);
        assert_eq!(POLLS.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn work_that_is_not_interrupted_gives_its_value_and_nothing_is_left() {
        assert_eq!(run(|| Poll::Stop, || 7), Ok(7));
        assert_eq!(
            run(|| Poll::Continue, || exceeded("too many")),
            Err::<(), _>(Ended::Exceeded(Exceeded("too many")))
        );
        assert!(flag().is_none());
        check(usize::MAX); // without running work nothing ends
    }

    #[test]
    fn polling_ends_after_never() {
        fn never() -> Poll {
            Poll::Never
        }
        let done = run(never, || {
            let begun = Instant::now();
            while begun.elapsed() < 2 * POLL_INTERVAL {
                check(UNITS_BETWEEN_CHECKS);
            }
            CURRENT.with(|current| current.borrow().as_ref().is_some_and(|current| current.ask.is_none()))
        });
        assert_eq!(done, Ok(true));
    }

    #[test]
    fn all_threads_of_a_work_end() {
        let ended = run(
            || Poll::Stop,
            || {
                let flag = flag();
                std::thread::scope(|scope| {
                    let other = scope.spawn(|| {
                        join(flag, || {
                            catch_unwind(|| loop {
                                check_now()
                            })
                            .is_err()
                        })
                    });
                    let own = catch_unwind(|| loop {
                        check_now()
                    });
                    (other.join().expect("it was caught"), own.is_err())
                })
            },
        );
        assert_eq!(ended, Ok((true, true)));
    }

    #[test]
    fn panics_stay_panics() {
        let panic = catch_unwind(|| run(|| Poll::Continue, || resume_unwind(Box::new("other"))));
        assert_eq!(panic.expect_err("it panics").downcast_ref::<&str>(), Some(&"other"));
    }
}
