//! Reading many small text files in parallel.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use std::fs;
use std::io;
use std::path::Path;

/// Cost of opening a file, relative to the work per byte.
const FILE: usize = 1 << 14;

/// Reason why a text file cannot be used.
#[derive(Debug)]
pub enum ReadError {
    Io(io::Error),
    /// Offset and value of the first invalid byte.
    NotUtf8 {
        offset: usize,
        byte: u8,
    },
}

/// Read UTF-8 files, in order; a byte-order mark is removed. The first error ends it.
pub fn read_all<P: AsRef<Path> + Sync>(paths: &[P], threads: usize) -> Result<Vec<String>, (usize, ReadError)> {
    let ranges = even_ranges(paths.iter().map(|_| FILE), threads);
    let parts = map_each(ranges, |range| {
        range.map(|position| read_one(paths[position].as_ref()).map_err(|error| (position, error))).collect()
    });
    let mut texts = Vec::with_capacity(paths.len());
    for part in parts {
        let part: Result<Vec<String>, _> = part;
        texts.extend(part?);
    }
    Ok(texts)
}

fn read_one(path: &Path) -> Result<String, ReadError> {
    check(FILE);
    let bytes = fs::read(path).map_err(ReadError::Io)?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        ReadError::NotUtf8 { offset, byte: error.as_bytes()[offset] }
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..3);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_order_and_the_first_bad_one_is_named() {
        let folder = std::env::temp_dir().join(format!("malmoi-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let paths: Vec<_> = ["a", "b", "c"].iter().map(|name| folder.join(name)).collect();
        fs::write(&paths[0], "\u{feff}one").unwrap();
        fs::write(&paths[1], "두울").unwrap();
        assert_eq!(read_all(&paths[..2], 2).unwrap(), ["one", "두울"]);
        fs::write(&paths[2], b"ok\xff").unwrap();
        let (position, error) = read_all(&paths, 2).unwrap_err();
        assert_eq!(position, 2);
        assert!(matches!(error, ReadError::NotUtf8 { offset: 2, byte: 0xff }));
        fs::remove_dir_all(folder).unwrap();
    }
}
