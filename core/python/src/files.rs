//! Files that Python names: opened where they are regular ones, and what the system refuses as Python says it.

use crate::conversions::raise;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::fs::File;
use std::io;
use std::path::Path;

/// Open a file that is read at any place; a pipe or a device is refused, and never waited for.
pub fn open_regular(py: Python<'_>, path: &Path) -> PyResult<File> {
    let found = std::fs::metadata(path).map_err(|error| system_error(&error, path))?;
    if !found.is_file() && !found.is_dir() {
        let rule = format!("{} must be a regular file, got a pipe, a socket or a device", path.display());
        return Err(raise(py, "FormatError", format!("{rule}; write it to a file first")));
    }
    File::open(path).map_err(|error| system_error(&error, path))
}

/// An `OSError` of the kind that fits, with the file's name.
pub fn system_error(error: &io::Error, path: &Path) -> PyErr {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_owned();
    PyOSError::new_err((error.raw_os_error(), text, path.display().to_string()))
}

/// What reading at a place came to: a file that has become too short, or an error of the system.
pub fn read_error(py: Python<'_>, error: &io::Error, name: &str) -> PyErr {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return raise(py, "FormatError", format!("{name} is shorter than when it was opened; open it again"));
    }
    system_error(error, Path::new(name))
}
