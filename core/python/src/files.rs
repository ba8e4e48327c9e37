//! Files named by Python: only regular files are opened, and system errors are converted to Python's.

use crate::conversions::raise;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::fs::File;
use std::io;
use std::path::Path;

/// Open a file for random access; a pipe or a device is refused without blocking.
pub fn open_regular(py: Python<'_>, path: &Path) -> PyResult<File> {
    let found = std::fs::metadata(path).map_err(|error| system_error(&error, path))?;
    if !found.is_file() && !found.is_dir() {
        let rule = format!("{} must be a regular file, got a pipe, a socket or a device", path.display());
        return Err(raise(py, "FormatError", format!("{rule}; write it to a file first")));
    }
    File::open(path).map_err(|error| system_error(&error, path))
}

/// An `OSError` of the matching subclass, with the file's name.
pub fn system_error(error: &io::Error, path: &Path) -> PyErr {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_owned();
    PyOSError::new_err((error.raw_os_error(), text, path.display().to_string()))
}

/// Convert an error of reading at an offset: the file is too short, or a system error.
pub fn read_error(py: Python<'_>, error: &io::Error, name: &str) -> PyErr {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return raise(py, "FormatError", format!("{name} is shorter than when it was opened; open it again"));
    }
    system_error(error, Path::new(name))
}
