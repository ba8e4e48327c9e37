//! Checkpoint of a training, in a file that is written atomically.
//!
//! Little-endian: magic, version u32, 0 u32; its owner (settings, counts), numbers of a side, epochs done, u64 each;
//! costs f64 (epochs); words and contexts f32 (numbers) each; a hash u64 of everything before it.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

const MAGIC: &[u8; 8] = b"malmoiGV";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 48;
/// Upper limit of the number of epochs.
const MOST_EPOCHS: u64 = 1 << 24;
const NUMBERS_TOGETHER: usize = 1 << 14;

/// What must be equal to resume a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub settings: u64,
    pub counts: u64,
}

#[derive(Debug)]
pub enum CheckpointError {
    Io(io::Error),
    /// Damaged, or not a checkpoint.
    Format(String),
    /// Belongs to another training.
    Other(&'static str),
}

impl From<io::Error> for CheckpointError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Write a temporary file beside the path, then rename it.
pub fn save(path: &Path, owner: Owner, costs: &[f64], words: &[f32], contexts: &[f32]) -> io::Result<()> {
    let partial = partial_path(path);
    let written = write_synced(&partial, owner, costs, words, contexts).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The first error is reported.
        let _ = fs::remove_file(&partial);
    }
    written
}

fn partial_path(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    path.with_file_name(format!(".{name}.partial"))
}

struct Hashed<Stream> {
    stream: Stream,
    hash: Xxh3Default,
}

fn write_synced(path: &Path, owner: Owner, costs: &[f64], words: &[f32], contexts: &[f32]) -> io::Result<()> {
    let mut stream = BufWriter::new(File::create(path)?);
    write(&mut stream, owner, costs, words, contexts)?;
    stream.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Write the bytes of a checkpoint.
pub fn write(stream: impl Write, owner: Owner, costs: &[f64], words: &[f32], contexts: &[f32]) -> io::Result<()> {
    let mut file = Hashed { stream, hash: Xxh3Default::new() };
    file.put(MAGIC)?;
    file.put(&VERSION.to_le_bytes())?;
    file.put(&[0; 4])?;
    for number in [owner.settings, owner.counts, words.len() as u64, costs.len() as u64] {
        file.put(&number.to_le_bytes())?;
    }
    for cost in costs {
        file.put(&cost.to_le_bytes())?;
    }
    let mut bytes = Vec::with_capacity(4 * NUMBERS_TOGETHER);
    for numbers in words.chunks(NUMBERS_TOGETHER).chain(contexts.chunks(NUMBERS_TOGETHER)) {
        bytes.clear();
        numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        file.put(&bytes)?;
    }
    let hash = file.hash.digest();
    file.put(&hash.to_le_bytes())
}

impl<Stream: Write> Hashed<Stream> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.stream.write_all(bytes)
    }
}

impl<Stream: Read> Hashed<Stream> {
    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes)?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn fill(&mut self, target: &mut [f32]) -> io::Result<()> {
        let mut bytes = vec![0; 4 * NUMBERS_TOGETHER];
        for numbers in target.chunks_mut(NUMBERS_TOGETHER) {
            let bytes = &mut bytes[..4 * numbers.len()];
            self.stream.read_exact(bytes)?;
            self.hash.update(bytes);
            for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
                *number = bytes.try_into().map_or(0.0, f32::from_le_bytes);
            }
        }
        Ok(())
    }
}

/// Read into `words` and `contexts`; return the costs so far. After an error they must not be used.
pub fn load(path: &Path, owner: Owner, words: &mut [f32], contexts: &mut [f32]) -> Result<Vec<f64>, CheckpointError> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    read(BufReader::new(file), size, owner, words, contexts)
}

/// Read a checkpoint of `size` bytes, as `load` does.
pub fn read(
    stream: impl Read,
    size: u64,
    owner: Owner,
    words: &mut [f32],
    contexts: &mut [f32],
) -> Result<Vec<f64>, CheckpointError> {
    let damaged = |what: String| Err(CheckpointError::Format(what));
    if size < HEAD_BYTES as u64 + 8 {
        return damaged(format!("it has {size} bytes, too few for a checkpoint"));
    }
    let mut file = Hashed { stream, hash: Xxh3Default::new() };
    if file.take::<8>()? != *MAGIC {
        return damaged("it is not a checkpoint of word vectors".to_owned());
    }
    let version = u32::from_le_bytes(file.take()?);
    if version != VERSION || file.take::<4>()? != [0; 4] {
        return damaged(format!("it has format {version}, this version reads {VERSION}"));
    }
    let [settings, counts, numbers, epochs] = [file.take()?, file.take()?, file.take()?, file.take()?];
    if u64::from_le_bytes(settings) != owner.settings {
        return Err(CheckpointError::Other("settings"));
    }
    if u64::from_le_bytes(counts) != owner.counts {
        return Err(CheckpointError::Other("texts"));
    }
    let epochs = u64::from_le_bytes(epochs);
    let expected = HEAD_BYTES as u64 + epochs.min(MOST_EPOCHS) * 8 + 8 * words.len() as u64 + 8;
    if u64::from_le_bytes(numbers) != words.len() as u64 || epochs > MOST_EPOCHS || size != expected {
        return damaged(format!("it has {size} bytes, its header states {expected}; it may be cut short"));
    }
    let costs = (0..epochs).map(|_| file.take().map(f64::from_le_bytes)).collect::<io::Result<_>>()?;
    file.fill(words)?;
    file.fill(contexts)?;
    let hash = file.hash.digest();
    if u64::from_le_bytes(file.take()?) != hash {
        return damaged("its checksum does not match".to_owned());
    }
    Ok(costs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner { settings: 1, counts: 2 };

    #[test]
    fn what_is_saved_is_loaded_and_damage_is_seen_at_every_byte() {
        let folder = std::env::temp_dir().join(format!("malmoi-checkpoint-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("state");
        save(&path, OWNER, &[0.5, 0.25], &[1.0, -2.0], &[3.0, 4.0]).unwrap();
        let (mut words, mut contexts) = ([0.0; 2], [0.0; 2]);
        assert_eq!(load(&path, OWNER, &mut words, &mut contexts).unwrap(), [0.5, 0.25]);
        assert_eq!((words, contexts), ([1.0, -2.0], [3.0, 4.0]));
        let bytes = fs::read(&path).unwrap();
        for place in 0..bytes.len() {
            fs::write(&path, &bytes[..place]).unwrap();
            assert!(load(&path, OWNER, &mut words, &mut contexts).is_err());
            let mut changed = bytes.clone();
            changed[place] ^= 0x41;
            fs::write(&path, changed).unwrap();
            assert!(load(&path, OWNER, &mut words, &mut contexts).is_err());
        }
        fs::write(&path, bytes).unwrap();
        let other = load(&path, Owner { counts: 3, ..OWNER }, &mut words, &mut contexts);
        assert!(matches!(other, Err(CheckpointError::Other("texts"))));
        let other = load(&path, Owner { settings: 3, ..OWNER }, &mut words, &mut contexts);
        assert!(matches!(other, Err(CheckpointError::Other("settings"))));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(save(&folder, OWNER, &[], &[], &[]).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
