//! Work of the core that Ctrl-C can interrupt, and objects that it leaves incomplete.

use malmoi_core::foundation::interrupts::{run, Ended, Poll};
use malmoi_core::foundation::limits::Exceeded;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOverflowError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::cell::Cell;

/// Number of items of a list created between two signal checks, and before other threads may run.
const TOGETHER: usize = 1 << 16;

thread_local! {
    /// Exception raised by a signal handler.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Run signal handlers. Python runs them only on its main thread, so other threads stop polling.
fn ask() -> Poll {
    // A signal may arrive during the second call, which then raises its exception.
    Python::attach(|py| match py.check_signals().and_then(|()| is_main_thread(py)) {
        Err(error) => {
            RAISED.set(Some(error));
            Poll::Stop
        }
        Ok(true) => Poll::Continue,
        Ok(false) => Poll::Never,
    })
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    main.eq(threading.call_method0("get_ident")?)
}

/// Run work without the interpreter. An interrupt ends it promptly, and a size beyond 32 bits ends it with an error.
pub fn interruptible<Value: Send>(py: Python<'_>, work: impl FnOnce() -> Value + Send) -> PyResult<Value> {
    py.detach(|| run(ask, work)).map_err(|ended| match ended {
        Ended::Interrupted => RAISED.take().unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        Ended::Exceeded(Exceeded(rule)) => PyOverflowError::new_err(rule),
    })
}

/// A list of many values; an interrupt ends its creation.
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

/// Let another Python thread run that waits for the interpreter.
pub fn give_way(py: Python<'_>) {
    py.detach(|| ());
}

/// Whether an object contains everything that was added; false after a change that ended early.
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

    /// Change the object. If that ends early, the object is refused from then on.
    pub fn change<Value: Send>(&mut self, py: Python<'_>, work: impl FnOnce() -> Value + Send) -> PyResult<Value> {
        self.check()?;
        self.0 = false;
        let value = interruptible(py, work)?;
        self.0 = true;
        Ok(value)
    }

    /// Refuse the object from now on.
    pub fn lose(&mut self) {
        self.0 = false;
    }
}
