//! fastText's model files (`.bin`): the dictionary is read, the rows of the matrix stay on disk.
//!
//! A file has settings, a dictionary of words and labels, the matrix of the rows of words and buckets, and the output
//! matrix, which is not needed here. All numbers are little-endian. The oldest files have no magic number, no list of
//! kept buckets and no flags before the matrices.

use crate::counting::table::TokenTable;
use crate::foundation::interrupts::check;
use crate::vectors::binary::{broken, shown, BinaryError, Bytes, Reader};
use crate::vectors::subwords::Subwords;
use std::collections::HashMap;

const MAGIC: i32 = 793_712_314;
const VERSIONS: [i32; 2] = [11, 12];
const SUPERVISED: i32 = 3;
const LONGEST_WORD: usize = 1 << 16;
/// Limit of the n-gram length: far above common settings (6), and low enough that a damaged file cannot cause endless
/// work.
const LONGEST_GRAM: u32 = 100;
/// A NUL, a count and a type.
const SMALLEST_ENTRY: u64 = 10;
const CURE: &str = "is this a fastText .bin file?";

/// An opened model: its dictionary, and the offset of its rows.
pub struct FastText<Source> {
    pub(crate) source: Source,
    pub dimension: usize,
    /// Word number = row number.
    pub words: TokenTable,
    pub counts: Vec<i64>,
    pub subwords: Subwords,
    /// Offset of the rows.
    pub(crate) rows_start: u64,
}

/// Settings from the header.
struct Settings {
    flagged: bool,
    dimension: usize,
    shortest: u32,
    longest: u32,
    buckets: u32,
}

impl<Source: Bytes> FastText<Source> {
    /// Read everything but the rows, and check that the file is complete.
    pub fn open(source: Source) -> Result<Self, BinaryError> {
        let mut reader = Reader::new(&source, 0);
        let settings = read_settings(&mut reader)?;
        let (words, counts, kept_size) = read_dictionary(&mut reader, settings.flagged)?;
        let kept = kept_size.map(|size| read_kept(&mut reader, size, settings.buckets)).transpose()?;
        if settings.flagged {
            refuse_quantised(&mut reader)?;
        }
        let rows = words.len() as u64 + kept.as_ref().map_or(u64::from(settings.buckets), |kept| kept.len() as u64);
        let rows_start = read_matrix(&mut reader, "the word matrix", Some(rows), settings.dimension)?;
        if settings.flagged {
            reader.array::<1>("the flag of a quantised output matrix")?;
        }
        read_matrix(&mut reader, "the output matrix", None, settings.dimension)?;
        if reader.remaining() > 0 {
            let message = format!("expected the end of the file, found {} more bytes", reader.remaining());
            return broken(reader.position(), message);
        }
        let Settings { dimension, shortest, longest, buckets, .. } = settings;
        let subwords = Subwords { shortest, longest, buckets, kept };
        Ok(Self { source, dimension, words, counts, subwords, rows_start })
    }
}

fn read_settings<Source: Bytes>(reader: &mut Reader<Source>) -> Result<Settings, BinaryError> {
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
    let names = ["window", "epochs", "minimum count", "negatives", "word n-grams", "loss"];
    for name in names {
        reader.i32(name)?;
    }
    let model = checked(reader, "the kind of model (1 cbow, 2 skipgram, 3 supervised)", 1, SUPERVISED)?;
    let buckets = checked(reader, "the buckets", 0, i32::MAX)?.unsigned_abs();
    let shortest = reader.i32("the shortest n-gram")?.max(0).unsigned_abs();
    let longest = checked(reader, "the longest n-gram", 0, LONGEST_GRAM as i32)?.unsigned_abs();
    reader.i32("the rate of updates")?;
    reader.array::<8>("the sampling threshold")?;
    // Supervised models of old versions were trained without n-grams, whatever the settings are.
    let longest = if model == SUPERVISED && version != Some(12) { 0 } else { longest };
    Ok(Settings { flagged: version.is_some(), dimension: dimension as usize, shortest, longest, buckets })
}

/// Read a setting and check its limits.
fn checked<Source: Bytes>(reader: &mut Reader<Source>, what: &str, least: i32, most: i32) -> Result<i32, BinaryError> {
    let offset = reader.position();
    match reader.i32(what)? {
        value if (least..=most).contains(&value) => Ok(value),
        value => broken(offset, format!("{what} must be from {least} to {most}, found {value}; {CURE}")),
    }
}

/// The words, their counts, and the number of kept buckets if the model was pruned.
type Dictionary = (TokenTable, Vec<i64>, Option<u64>);

fn read_dictionary<Source: Bytes>(reader: &mut Reader<Source>, flagged: bool) -> Result<Dictionary, BinaryError> {
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
    let (mut table, mut counts) = (TokenTable::default(), Vec::new());
    for number in 0..entries {
        let offset = reader.position();
        check(256);
        let (word, count) = read_entry(reader, number, entries, number >= words)?;
        if number < words {
            if u64::from(table.insert(&word)) != number {
                return broken(offset, format!("every word must be unique, found {} again", shown(&word)));
            }
            counts.push(count);
        }
    }
    Ok((table, counts, kept))
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
fn read_kept<Source: Bytes>(
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

fn refuse_quantised<Source: Bytes>(reader: &mut Reader<Source>) -> Result<(), BinaryError> {
    let offset = reader.position();
    match reader.array::<1>("the flag of a quantised matrix")?[0] {
        0 => Ok(()),
        1 => {
            let rule = "the matrix is quantised (.ftz), and only plain float32 is read";
            broken(offset, format!("{rule}; use the .bin that it was made from"))
        }
        flag => broken(offset, format!("the flag of a quantised matrix must be 0 or 1, found {flag}; {CURE}")),
    }
}

/// Skip a matrix, which must be complete; return the offset of its rows.
fn read_matrix<Source: Bytes>(
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A model with two words, one label and four buckets; the number in row r, column c is 10 r + c.
    pub fn model(version: Option<i32>, kind: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut add = |numbers: &[i32]| numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        add(version.map_or(vec![], |version| vec![MAGIC, version]).as_slice());
        add(&[2, 5, 5, 1, 5, 1, 2, kind, 4, 2, 2, 100, 0, 0, 3, 2, 1, 9, 0]);
        if version.is_some() {
            add(&[-1, -1]);
        }
        for (word, label) in [("cat", 0), ("</s>", 0), ("__label__a", 1)] {
            bytes.extend([word.as_bytes(), &[0], &7i64.to_le_bytes(), &[label]].concat());
        }
        for rows in [6, 1] {
            bytes.extend(version.map(|_| 0u8));
            bytes.extend([i64::from(rows).to_le_bytes(), 2i64.to_le_bytes()].concat());
            let numbers = (0..rows).flat_map(|row| [row * 10, row * 10 + 1]);
            bytes.extend(numbers.flat_map(|number| (number as f32).to_le_bytes()));
        }
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        match FastText::open(bytes) {
            Err(BinaryError::Format { offset, message }) => format!("byte {offset}: {message}"),
            _ => panic!("not refused"),
        }
    }

    #[test]
    fn old_supervised_models_have_no_n_grams() {
        for (version, longest) in [(None, 0), (Some(11), 0), (Some(12), 2)] {
            let bytes = model(version, SUPERVISED);
            assert_eq!(FastText::open(bytes.as_slice()).unwrap().subwords.longest, longest);
        }
    }

    #[test]
    fn a_file_cut_at_any_byte_is_refused() {
        for version in [None, Some(12)] {
            let bytes = model(version, 1);
            assert!((0..bytes.len()).all(|size| FastText::open(&bytes[..size]).is_err()));
        }
        let bytes = model(Some(12), 1);
        assert_eq!(message(&bytes[..30]), "byte 28: expected word n-grams, the file ends; it may be cut short");
        assert!(message(&bytes[..bytes.len() - 1]).contains("1 rows of 2 numbers in the output matrix, 7 bytes"));
    }

    #[test]
    fn sizes_that_lie_are_refused_before_anything_is_taken() {
        let bytes = model(Some(12), 1);
        let lying = |offset: usize, value: i32| {
            let mut lying = bytes.clone();
            lying[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
            message(&lying)
        };
        assert!(lying(8, i32::MAX).contains("must have 2147483647 columns"));
        assert!(lying(40, i32::MAX).contains("a row for every word and bucket, 2147483649, found 6"));
        assert!(lying(64, i32::MAX).contains("found 2147483647 entries"));
        assert!(lying(88, i32::MAX)
            .ends_with("expected 9223372036854775807 kept buckets, the file ends; it may be cut short"));
    }
}
