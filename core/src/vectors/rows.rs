//! Rows of a text file of word vectors, parsed in parallel: only those of wanted words, or all in order.
//!
//! A line is a word and `dimension` numbers, separated by single spaces; the word may contain spaces. Every line and
//! its fields are counted; the numbers of other words are not parsed. The file is read in blocks, so memory grows only
//! with what is kept.

use crate::counting::table::TokenTable;
use crate::foundation::interrupts::check;
use crate::foundation::pool;
use crate::vectors::blocks::{Block, BlockError, Blocks};
use crate::vectors::numbers::{number, plain_number};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Mutex;

/// Typical maximum: a number has at most about 24 characters; the word is far shorter than the rest.
const BYTES_PER_NUMBER: usize = 64;
const BYTES_PER_WORD: usize = 1 << 16;
/// Most numbers have more bytes than this, including the space before them.
const BYTES_OF_MOST: usize = 7;

/// Maximum number of bytes in a line of `dimension` numbers.
pub fn longest_line(dimension: usize) -> usize {
    dimension.saturating_mul(BYTES_PER_NUMBER).saturating_add(BYTES_PER_WORD)
}

/// Rows found by a scan.
pub struct Scan {
    pub lines: u64,
    /// Number of repeated rows of wanted words.
    pub repeated: u64,
    /// (words, dimension), zeros if `found` is 0.
    pub matrix: Vec<f32>,
    pub found: Vec<u8>,
}

#[derive(Debug)]
pub enum ScanError {
    Io(io::Error),
    /// Line number from 1, counted from the start of the rows, and the error.
    Line(u64, String),
}

/// Consecutive rows: the end of every word in the concatenated bytes, and the numbers.
#[derive(Default)]
pub struct Rows {
    pub words: Vec<u8>,
    pub ends: Vec<usize>,
    pub values: Vec<f32>,
}

/// Rows found in one block.
#[derive(Default)]
struct Found {
    lines: u64,
    /// Indices of the wanted words; empty if all are wanted.
    wanted: Vec<u32>,
    rows: Rows,
}

type Outcome = Result<Found, (u64, BlockError, String)>;

/// Read the rows of `words`: word number = row number. `progress` is called on the calling thread with the bytes done,
/// and may stop the scan.
pub fn scan(
    blocks: &Blocks,
    words: &TokenTable,
    dimension: usize,
    threads: usize,
    progress: impl FnMut(u64) -> bool,
) -> Result<Option<Scan>, ScanError> {
    let all = AtomicUsize::new(usize::MAX);
    let Some(found) =
        read(blocks, threads, &all, usize::MAX, |line, found| read_wanted(line, words, dimension, found), progress)
    else {
        return Ok(None);
    };
    let (matrix, flags) = (vec![0.0; words.len() * dimension], vec![0; words.len()]);
    let mut scan = Scan { lines: 0, repeated: 0, matrix, found: flags };
    for outcome in found {
        let found = checked(outcome, scan.lines, dimension)?;
        scan.lines += found.lines;
        for (&word, values) in found.wanted.iter().zip(found.rows.values.chunks_exact(dimension)) {
            let word = word as usize;
            if scan.found[word] == 1 {
                scan.repeated += 1;
            } else {
                scan.found[word] = 1;
                scan.matrix[word * dimension..(word + 1) * dimension].copy_from_slice(values);
            }
        }
    }
    Ok(Some(scan))
}

/// All rows of a file, some blocks at a time.
pub struct RowReader {
    pub blocks: Blocks,
    pub dimension: usize,
    pub threads: usize,
    /// Number of lines returned so far.
    pub lines: u64,
}

impl RowReader {
    /// Read the rows of the next `count` blocks, in consecutive parts; empty at the end of the file.
    pub fn next(&mut self, count: usize, progress: impl FnMut(u64) -> bool) -> Result<Option<Vec<Rows>>, ScanError> {
        let left = AtomicUsize::new(count);
        let dimension = self.dimension;
        let work = |line: &[u8], found: &mut Found| read_row(line, dimension, &mut found.rows);
        let Some(outcomes) = read(&self.blocks, self.threads, &left, BYTES_OF_MOST, work, progress) else {
            return Ok(None);
        };
        let mut parts = Vec::new();
        for outcome in outcomes {
            let found = checked(outcome, self.lines, dimension)?;
            self.lines += found.lines;
            parts.push(found.rows);
        }
        Ok(Some(parts))
    }
}

fn checked(outcome: Outcome, lines: u64, dimension: usize) -> Result<Found, ScanError> {
    outcome.map_err(|(line, error, message)| match error {
        BlockError::Io(error) if message.is_empty() => ScanError::Io(error),
        BlockError::LongLine(longest) if message.is_empty() => {
            let rule = format!("the line must have at most {longest} bytes for {dimension} numbers");
            ScanError::Line(lines + line, rule)
        }
        _ => ScanError::Line(lines + line, message),
    })
}

/// Read up to `left` blocks in parallel; return their rows in the file's order, or `None` if `progress` stops it. Space
/// is reserved for one number every `shortest` bytes from the start.
fn read(
    blocks: &Blocks,
    threads: usize,
    left: &AtomicUsize,
    shortest: usize,
    each: impl Fn(&[u8], &mut Found) -> Result<(), String> + Sync,
    mut progress: impl FnMut(u64) -> bool,
) -> Option<Vec<Outcome>> {
    let done = Mutex::new(BTreeMap::new());
    let stop = AtomicBool::new(false);
    let keep = |number: u64, outcome: Outcome| {
        if outcome.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        // Nothing panics while the lock is held.
        if let Ok(mut done) = done.lock() {
            done.insert(number, outcome);
        }
    };
    let work = |tick: &mut dyn FnMut()| {
        let mut block = Block::default();
        while !stop.load(Ordering::Relaxed)
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        {
            tick();
            match blocks.next(&mut block) {
                Ok(false) => break,
                Ok(true) => keep(block.number, read_block(block.lines(), block.lines().len() / shortest, &each)),
                Err(error) => {
                    let before = memchr::memchr_iter(b'\n', block.lines()).count() as u64;
                    keep(block.number, Err((before + 1, error, String::new())));
                }
            }
        }
    };
    let mut goes_on = true;
    pool::run(threads, work, || {
        goes_on = goes_on && progress(blocks.progress().0);
        stop.fetch_or(!goes_on, Ordering::Relaxed);
    });
    goes_on = goes_on && progress(blocks.progress().0);
    let done = done.into_inner().unwrap_or_default();
    goes_on.then(|| done.into_values().collect())
}

fn read_block(lines: &[u8], reserved: usize, each: impl Fn(&[u8], &mut Found) -> Result<(), String>) -> Outcome {
    let mut found = Found::default();
    found.rows.values.reserve(reserved);
    let mut position = 0;
    while position < lines.len() {
        let end = memchr::memchr(b'\n', &lines[position..]).map_or(lines.len(), |length| position + length);
        found.lines += 1;
        check(end - position);
        each(&lines[position..end], &mut found).map_err(|message| (found.lines, BlockError::LongLine(0), message))?;
        position = end + 1;
    }
    Ok(found)
}

fn read_wanted(line: &[u8], words: &TokenTable, dimension: usize, found: &mut Found) -> Result<(), String> {
    let line = line.trim_ascii_end();
    let word_end = word_end(line, dimension)?;
    if let Some(word) = words.find(&line[..word_end]) {
        read_numbers(&line[word_end..], &mut found.rows.values)?;
        found.wanted.push(word);
    }
    Ok(())
}

/// Parse a row of any word. The usual form has a fast path; other rows are parsed exactly.
fn read_row(line: &[u8], dimension: usize, rows: &mut Rows) -> Result<(), String> {
    let line = line.trim_ascii_end();
    let before = rows.values.len();
    let usual = memchr::memchr(b' ', line).filter(|&end| read_usual(line, end, dimension, &mut rows.values));
    let end = match usual {
        Some(end) => end,
        None => {
            rows.values.truncate(before);
            let end = word_end(line, dimension)?;
            read_numbers(&line[end..], &mut rows.values)?;
            end
        }
    };
    rows.words.extend_from_slice(&line[..end]);
    rows.ends.push(rows.words.len());
    Ok(())
}

/// Whether exactly `dimension` plain numbers follow the word, separated by single spaces.
fn read_usual(line: &[u8], mut at: usize, dimension: usize, values: &mut Vec<f32>) -> bool {
    if line.len() < dimension {
        return false;
    }
    let before = values.len();
    values.resize(before + dimension, 0.0);
    for target in &mut values[before..] {
        if line.get(at) != Some(&b' ') {
            return false;
        }
        match plain_number(line, at + 1) {
            Some((value, behind)) if value.is_finite() => (*target, at) = (value, behind),
            _ => return false,
        }
    }
    at == line.len()
}

/// The end of the word of a row.
fn word_end(line: &[u8], dimension: usize) -> Result<usize, String> {
    let longest = longest_line(dimension);
    if line.len() > longest {
        return Err(format!("the line must have at most {longest} bytes for {dimension} numbers"));
    }
    let spaces = memchr::memchr_iter(b' ', line).count();
    if spaces < dimension {
        return Err(format!("expected {dimension} numbers after the word, found {spaces}; the file may be cut short"));
    }
    if spaces == dimension {
        return Ok(memchr::memchr(b' ', line).unwrap_or(line.len()));
    }
    let end = memchr::memrchr_iter(b' ', line).nth(dimension - 1).unwrap_or(line.len());
    refuse_long_row(&line[..end], dimension)?;
    Ok(end)
}

/// A word may contain spaces; but if its last part is a fraction, the row has too many numbers.
fn refuse_long_row(word: &[u8], dimension: usize) -> Result<(), String> {
    let last = word.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    if last.contains(&b'.') && number(last).is_ok() {
        return Err(format!("expected {dimension} numbers after the word, found {} or more", dimension + 1));
    }
    Ok(())
}

fn read_numbers(numbers: &[u8], values: &mut Vec<f32>) -> Result<(), String> {
    for field in numbers[1..].split(|&byte| byte == b' ') {
        values.push(number(field)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::compression::Compression;
    use crate::vectors::blocks::BLOCK_BYTES;
    use std::fs::File;

    fn blocks(text: &[u8], dimension: usize) -> Blocks {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("malmoi-vectors-{}-{number}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let file = File::open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        Blocks::open(file, Compression::None, 0, longest_line(dimension)).unwrap()
    }

    fn scan_text(text: &[u8], words: &[&str], dimension: usize, threads: usize) -> Result<Scan, ScanError> {
        let mut table = TokenTable::default();
        for word in words {
            table.insert(word.as_bytes());
        }
        scan(&blocks(text, dimension), &table, dimension, threads, |_| true).map(|scan| scan.expect("not stopped"))
    }

    fn rows_of(text: &[u8], dimension: usize, threads: usize) -> Result<Rows, ScanError> {
        let mut reader = RowReader { blocks: blocks(text, dimension), dimension, threads, lines: 0 };
        let mut all = Rows::default();
        loop {
            let parts = reader.next(3, |_| true)?.expect("not stopped");
            if parts.is_empty() {
                return Ok(all);
            }
            for part in parts {
                let before = all.words.len();
                all.words.extend(part.words);
                all.ends.extend(part.ends.iter().map(|end| end + before));
                all.values.extend(part.values);
            }
        }
    }

    fn error(text: &str) -> (u64, String) {
        let all = match rows_of(text.as_bytes(), 2, 2) {
            Err(ScanError::Line(line, message)) => (line, message),
            _ => panic!("no line error"),
        };
        match scan_text(text.as_bytes(), &["cat", "dog"], 2, 2) {
            Err(ScanError::Line(line, message)) => assert_eq!((line, message), all),
            _ => panic!("no line error"),
        }
        all
    }

    #[test]
    fn wanted_rows_are_found_and_the_first_wins() {
        let text = b"the 1 2\r\n. . . 9 9\ncat 0.5 -1e-1 \ncat 7 7\n. . . 3 3\n";
        let scan = scan_text(text, &["cat", "dog", ". . ."], 2, 2).unwrap();
        assert_eq!((scan.lines, scan.repeated, scan.found), (5, 2, vec![1, 0, 1]));
        assert_eq!(scan.matrix, [0.5, -0.1, 0.0, 0.0, 9.0, 9.0]);
        let rows = rows_of(text, 2, 2).unwrap();
        assert_eq!((rows.words, rows.ends), (b"the. . .catcat. . .".to_vec(), vec![3, 8, 11, 14, 19]));
        assert_eq!(rows.values, [1.0, 2.0, 9.0, 9.0, 0.5, -0.1, 7.0, 7.0, 3.0, 3.0]);
    }

    #[test]
    fn damaged_lines_are_named() {
        assert_eq!(error("a 1 2\ncat 1\n").0, 2);
        assert!(error("a 1 2\ncat 1").1.contains("expected 2 numbers after the word, found 1"));
        assert!(error("a 0.1 0.2 0.3\n").1.contains("found 3"));
        assert!(error("cat 1 nan\n").1.contains("float32, found \"nan\""));
        assert!(error("cat 1 1e999\n").1.contains("finite"));
        assert!(error("cat 1 0x1\n").1.contains("\"0x1\" is not a number"));
        assert!(error("\n").1.contains("found 0"));
    }

    #[test]
    fn blocks_meet_at_any_byte() {
        let mut text = Vec::new();
        let words: Vec<String> = (0..20_000).map(|number| format!("w{number}")).collect();
        for (number, word) in words.iter().enumerate() {
            let rest = "0".repeat(number % 97);
            text.extend(format!("{word} {number} 0.5{rest}\n").bytes());
        }
        assert!(text.len() as u64 > 2 * BLOCK_BYTES);
        let wanted: Vec<&str> = words.iter().map(String::as_str).collect();
        for threads in [1, 3] {
            let scan = scan_text(&text, &wanted, 2, threads).unwrap();
            assert_eq!(scan.lines, 20_000);
            assert!(scan.matrix.chunks(2).enumerate().all(|(number, row)| row == [number as f32, 0.5]));
            let rows = rows_of(&text, 2, threads).unwrap();
            assert!(rows.values == scan.matrix && rows.ends.len() == 20_000 && rows.words == words.concat().as_bytes());
        }
    }

    #[test]
    fn an_endless_line_is_refused_without_reading_it_all() {
        let mut text = b"a 1 2\n".to_vec();
        text.resize(9 << 20, b'x');
        match scan_text(&text, &["cat"], 2, 2) {
            Err(ScanError::Line(2, message)) => assert!(message.contains("must have at most")),
            _ => panic!("no error"),
        }
    }
}
