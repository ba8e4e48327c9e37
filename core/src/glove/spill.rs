//! A file for data that do not fit in memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Storage in memory up to a size, and beyond it in files of a folder.
#[derive(Clone)]
pub struct Storage {
    pub memory_bytes: usize,
    pub folder: PathBuf,
}

/// An unnamed file if the system supports it; otherwise it is removed after use.
pub struct Spill {
    file: Mutex<File>,
    path: PathBuf,
    size: u64,
}

static MADE: AtomicU64 = AtomicU64::new(0);

impl Spill {
    pub fn create(folder: &Path) -> io::Result<Self> {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".malmoi-{}-{number}.partial", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        if cfg!(unix) {
            fs::remove_file(&path)?;
        }
        Ok(Self { file: Mutex::new(file), path, size: 0 })
    }

    /// Number of bytes written.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Append items; return their offset.
    pub fn append<Item: bytemuck::NoUninit>(&mut self, items: &[Item]) -> io::Result<u64> {
        let (start, bytes): (u64, &[u8]) = (self.size, bytemuck::cast_slice(items));
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        // After a read or a failed write, the position of the file is elsewhere.
        file.seek(SeekFrom::Start(start))?;
        file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(start)
    }

    /// Read `count` items from offset `start` into `items`, which is resized.
    pub fn read<Item: bytemuck::Pod>(&self, start: u64, count: usize, items: &mut Vec<Item>) -> io::Result<()> {
        items.resize(count, Item::zeroed());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(bytemuck::cast_slice_mut(items))
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if !cfg!(unix) {
            // Nobody is left to handle an error.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_is_left() {
        let folder = std::env::temp_dir().join(format!("malmoi-spill-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut spill = Spill::create(&folder).unwrap();
        assert_eq!(spill.append(&[1u32, 2, 3]).unwrap(), 0);
        let mut items: Vec<u32> = Vec::new();
        spill.read(4, 1, &mut items).unwrap();
        assert_eq!(items, [2]);
        assert_eq!(spill.append(&[[4u64, 5]]).unwrap(), 12);
        assert_eq!(spill.size(), 28);
        spill.read(0, 3, &mut items).unwrap();
        assert_eq!(items, [1, 2, 3]);
        assert!(spill.read(16, 4, &mut items).is_err());
        drop(spill);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
        assert!(Spill::create(&folder).is_err());
    }
}
