//! Work of the core that Ctrl-C ends, and what it leaves behind.

use malmoi_core::foundation::interrupts::{run, Answer, Ended};
use malmoi_core::foundation::limits::Exceeded;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOverflowError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::cell::Cell;

/// Items of a list that are made between two looks for signals, and for threads that wait.
const TOGETHER: usize = 1 << 16;

thread_local! {
    /// What a signal's handler has raised.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Run the handlers of signals. Python does that on its main thread alone, so no other is asked twice.
fn ask() -> Answer {
    Python::attach(|py| match py.check_signals() {
        Err(error) => {
            RAISED.set(Some(error));
            Answer::Stop
        }
        Ok(()) if is_main_thread(py).unwrap_or(true) => Answer::GoOn,
        Ok(()) => Answer::Never,
    })
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    main.eq(threading.call_method0("get_ident")?)
}

/// Work without the interpreter. An interrupt ends it within a moment, and a size beyond 32 bits with an error.
pub fn interruptible<Value: Send>(py: Python<'_>, work: impl FnOnce() -> Value + Send) -> PyResult<Value> {
    py.detach(|| run(ask, work)).map_err(|ended| match ended {
        Ended::Interrupted => RAISED.take().unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        Ended::Exceeded(Exceeded(rule)) => PyOverflowError::new_err(rule),
    })
}

/// A list of many values, which an interrupt ends.
pub fn list<'py, Value: IntoPyObject<'py>>(
    py: Python<'py>,
    values: impl Iterator<Item = Value>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (number, value) in values.enumerate() {
        if number % TOGETHER == TOGETHER - 1 {
            py.check_signals()?;
            give_way(py);
        }
        list.append(value)?;
    }
    Ok(list)
}

/// Let another thread of Python go on that waits for the interpreter.
pub fn give_way(py: Python<'_>) {
    py.detach(|| ());
}

/// Whether an object holds all that it was given; not where a change of it ended early.
pub struct Whole(bool);

impl Default for Whole {
    fn default() -> Self {
        Self(true)
    }
}

impl Whole {
    pub fn check(&self) -> PyResult<()> {
        if self.0 {
            return Ok(());
        }
        let rule = "an earlier call ended early, so that only some of the texts may be counted";
        Err(PyRuntimeError::new_err(format!("{rule}; fit again on all of them")))
    }

    /// Change the object. If that ends early, it is refused from then on.
    pub fn change<Value: Send>(&mut self, py: Python<'_>, work: impl FnOnce() -> Value + Send) -> PyResult<Value> {
        self.check()?;
        self.0 = false;
        let value = interruptible(py, work)?;
        self.0 = true;
        Ok(value)
    }

    /// The object is refused from now on.
    pub fn lose(&mut self) {
        self.0 = false;
    }
}
