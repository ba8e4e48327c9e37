//! Parts of fastText's model files (`.bin` and `.ftz`): settings, the dictionary, and where the matrices are.
//!
//! A file has settings, a dictionary of words and labels, the matrix of the rows of words and buckets, and the output
//! matrix. All numbers are little-endian. The oldest files have no magic number, no list of kept buckets and no flags
//! before the matrices.

use crate::counting::table::TokenTable;
use crate::foundation::interrupts::check;
use crate::vectors::binary::{broken, shown, BinaryError, Bytes, Reader};
use std::collections::HashMap;

pub const MAGIC: i32 = 793_712_314;
const VERSIONS: [i32; 2] = [11, 12];
/// The kinds of models: 1 cbow, 2 skipgram, 3 supervised.
pub const SUPERVISED: i32 = 3;
const LONGEST_WORD: usize = 1 << 16;
/// Limit of the n-gram length: far above common settings (6), and low enough that a damaged file cannot cause endless
/// work.
const LONGEST_GRAM: u32 = 100;
/// A NUL, a count and a type.
const SMALLEST_ENTRY: u64 = 10;
pub const CURE: &str = "is this a fastText .bin file?";

/// Settings from the header.
pub struct Settings {
    /// Whether there are flags before the matrices.
    pub flagged: bool,
    pub dimension: usize,
    /// Number of words of the longest word n-gram.
    pub words: i32,
    /// 1 hierarchical softmax, 2 negative sampling, 3 softmax, 4 one-vs-all.
    pub loss: i32,
    pub model: i32,
    pub shortest: u32,
    pub longest: u32,
    pub buckets: u32,
}

pub fn read_settings<Source: Bytes>(reader: &mut Reader<Source>) -> Result<Settings, BinaryError> {
    let first = reader.i32("fastText's magic number")?;
    let version = if first == MAGIC { Some(reader.i32("the version")?) } else { None };
    if let Some(version) = version.filter(|version| !VERSIONS.contains(version)) {
        return broken(4, format!("the version must be 11 or 12, found {version}"));
    }
    let dimension = if version.is_some() { reader.i32("the dimension")? } else { first };
    if dimension < 1 {
        let offset = reader.position() - 4;
        return broken(offset, format!("the dimension must be 1 or more, found {dimension}; {CURE}"));
    }
    for name in ["window", "epochs", "minimum count", "negatives"] {
        reader.i32(name)?;
    }
    let (words, loss) = (reader.i32("word n-grams")?, reader.i32("loss")?);
    let model = checked(reader, "the kind of model (1 cbow, 2 skipgram, 3 supervised)", 1, SUPERVISED)?;
    let buckets = checked(reader, "the buckets", 0, i32::MAX)?.unsigned_abs();
    let shortest = reader.i32("the shortest n-gram")?.max(0).unsigned_abs();
    let longest = checked(reader, "the longest n-gram", 0, LONGEST_GRAM as i32)?.unsigned_abs();
    reader.i32("the rate of updates")?;
    reader.array::<8>("the sampling threshold")?;
    // Supervised models of old versions were trained without n-grams, whatever the settings are.
    let longest = if model == SUPERVISED && version != Some(12) { 0 } else { longest };
    let (flagged, dimension) = (version.is_some(), dimension as usize);
    Ok(Settings { flagged, dimension, words, loss, model, shortest, longest, buckets })
}

/// Read a setting and check its limits.
fn checked<Source: Bytes>(reader: &mut Reader<Source>, what: &str, least: i32, most: i32) -> Result<i32, BinaryError> {
    let offset = reader.position();
    match reader.i32(what)? {
        value if (least..=most).contains(&value) => Ok(value),
        value => broken(offset, format!("{what} must be from {least} to {most}, found {value}; {CURE}")),
    }
}

/// The dictionary of a file.
#[derive(Default)]
pub struct Entries {
    pub words: TokenTable,
    /// Counts of the words.
    pub counts: Vec<i64>,
    pub labels: Vec<Vec<u8>>,
    pub label_counts: Vec<i64>,
    /// The number of kept buckets, if the model was pruned.
    pub kept: Option<u64>,
}

pub fn read_dictionary<Source: Bytes>(reader: &mut Reader<Source>, flagged: bool) -> Result<Entries, BinaryError> {
    let start = reader.position();
    let entries = checked(reader, "the dictionary's entries", 0, i32::MAX)?;
    let words = checked(reader, "the words", 1, i32::MAX)?;
    let labels = checked(reader, "the labels", 0, i32::MAX)?;
    if i64::from(words) + i64::from(labels) != i64::from(entries) {
        return broken(start, format!("expected {words} words and {labels} labels, found {entries} entries; {CURE}"));
    }
    reader.i64("the tokens")?;
    let kept = if flagged { u64::try_from(reader.i64("the number of kept buckets")?).ok() } else { None };
    let (words, entries) = (u64::from(words.unsigned_abs()), u64::from(entries.unsigned_abs()));
    if entries * SMALLEST_ENTRY > reader.remaining() {
        let message = format!(
            "expected {entries} entries in the dictionary, the file has only {} more bytes",
            reader.remaining()
        );
        return broken(start, format!("{message}; it may be cut short"));
    }
    let mut found = Entries { kept, ..Entries::default() };
    for number in 0..entries {
        let offset = reader.position();
        check(256);
        let (word, count) = read_entry(reader, number, entries, number >= words)?;
        if number >= words {
            found.labels.push(word);
            found.label_counts.push(count);
        } else if u64::from(found.words.insert(&word)) == number {
            found.counts.push(count);
        } else {
            return broken(offset, format!("every word must be unique, found {} again", shown(&word)));
        }
    }
    Ok(found)
}

/// One entry: bytes that end with NUL, a count, and whether it is a label.
fn read_entry<Source: Bytes>(
    reader: &mut Reader<Source>,
    number: u64,
    entries: u64,
    label: bool,
) -> Result<(Vec<u8>, i64), BinaryError> {
    let offset = reader.position();
    let cut = || format!("expected {entries} entries in the dictionary, the file ends after {number}");
    let Some(word) = reader.until(0, LONGEST_WORD)? else {
        let long = reader.remaining() > LONGEST_WORD as u64;
        let message = format!("a word must end with NUL within {LONGEST_WORD} bytes, entry {number} does not");
        return broken(offset, if long { message } else { cut() });
    };
    if reader.remaining() < SMALLEST_ENTRY - 1 {
        return broken(offset, cut());
    }
    let count = reader.i64("a count")?;
    let kind = reader.array::<1>("a type")?[0];
    if count < 0 {
        return broken(offset, format!("the count of {} must be 0 or more, found {count}", shown(&word)));
    }
    if kind != u8::from(label) {
        let (name, expected) = if label { ("a label", 1) } else { ("a word", 0) };
        let message = format!("entry {number} must be {name} (type {expected}), found type {kind}");
        return broken(offset, message);
    }
    Ok((word, count))
}

/// Read the kept buckets, and the index of each.
pub fn read_kept<Source: Bytes>(
    reader: &mut Reader<Source>,
    size: u64,
    buckets: u32,
) -> Result<HashMap<u32, u32>, BinaryError> {
    let start = reader.position();
    if size > reader.remaining() / 8 {
        return broken(start, format!("expected {size} kept buckets, the file ends; it may be cut short"));
    }
    let mut kept = HashMap::with_capacity(size as usize);
    for _ in 0..size {
        let offset = reader.position();
        check(64);
        let bucket = reader.i32("a bucket")?;
        let place = reader.i32("its index")?;
        match (u32::try_from(bucket), u32::try_from(place)) {
            (Ok(bucket), Ok(place)) if bucket < buckets && u64::from(place) < size => {
                if kept.insert(bucket, place).is_some() {
                    return broken(offset, format!("every bucket must be kept once, found {bucket} again"));
                }
            }
            _ => {
                let rule = format!("a kept bucket must be from 0 to {buckets} and its index below {size}");
                return broken(offset, format!("{rule}, found {bucket} and {place}"));
            }
        }
    }
    Ok(kept)
}

/// Read the flag before a matrix: whether it is quantised.
pub fn read_flag<Source: Bytes>(reader: &mut Reader<Source>) -> Result<bool, BinaryError> {
    let offset = reader.position();
    match reader.array::<1>("the flag of a quantised matrix")?[0] {
        flag @ 0..=1 => Ok(flag == 1),
        flag => broken(offset, format!("the flag of a quantised matrix must be 0 or 1, found {flag}; {CURE}")),
    }
}

/// Skip a matrix, which must be complete; return the offset of its rows.
pub fn read_matrix<Source: Bytes>(
    reader: &mut Reader<Source>,
    what: &str,
    expected: Option<u64>,
    dimension: usize,
) -> Result<u64, BinaryError> {
    let offset = reader.position();
    let rows = reader.size(&format!("the rows of {what}"))?;
    if let Some(expected) = expected.filter(|&expected| expected != rows) {
        let message = format!("{what} must have a row for every word and bucket, {expected}, found {rows}");
        return broken(offset, message);
    }
    let columns = reader.size(&format!("the columns of {what}"))?;
    if columns != dimension as u64 {
        return broken(offset + 8, format!("{what} must have {dimension} columns, the dimension, found {columns}"));
    }
    let start = reader.position();
    match rows.checked_mul(columns).and_then(|numbers| numbers.checked_mul(4)) {
        Some(bytes) if bytes <= reader.remaining() => reader.skip(bytes),
        _ => {
            let left = reader.remaining();
            let message = format!("expected {rows} rows of {columns} numbers in {what}, {left} bytes are left");
            return broken(start, format!("{message}; the file may be cut short"));
        }
    }
    Ok(start)
}
