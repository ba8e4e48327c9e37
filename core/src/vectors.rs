//! The wanted rows of a text file of word vectors, in one pass by all threads.
//!
//! A line is a word and `dimension` numbers, with one space between; the word may hold spaces itself. Every line
//! is counted and its fields are counted; only the rows of wanted words are parsed. The file is read in blocks,
//! so that memory grows with the wanted rows only.

use crate::table::TokenTable;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

const BLOCK_BYTES: u64 = 2 << 20;
const TAIL_BYTES: usize = 64 << 10;
/// The longest number in a sane file has some 24 characters; the longest word, far less than the rest.
const BYTES_PER_NUMBER: usize = 64;
const BYTES_PER_WORD: usize = 1 << 16;

/// The rows that were found.
pub struct Scan {
    pub lines: u64,
    /// Later rows of wanted words that had one before.
    pub repeated: u64,
    /// (words, dimension), zeros where `found` is 0.
    pub matrix: Vec<f32>,
    pub found: Vec<u8>,
}

#[derive(Debug)]
pub enum ScanError {
    Io(io::Error),
    /// The line's number from 1, counted from the start of the scan, and what is wrong with it.
    Line(u64, String),
}

/// Which rows are wanted: word number = row number.
pub struct Request<'a> {
    pub words: &'a TokenTable,
    pub dimension: usize,
    /// The byte where the rows begin, and the first byte behind them.
    pub start: u64,
    pub end: u64,
    pub threads: usize,
}

/// What one block held.
#[derive(Default)]
struct Block {
    lines: u64,
    rows: Vec<u32>,
    values: Vec<f32>,
    error: Option<(u64, String)>,
}

/// Read the wanted rows; `progress` hears how many bytes are done, on the calling thread, and may stop the scan.
pub fn scan(file: &File, request: &Request, mut progress: impl FnMut(u64) -> bool) -> Result<Option<Scan>, ScanError> {
    let blocks = (request.end - request.start).div_ceil(BLOCK_BYTES);
    let next = AtomicU64::new(0);
    let stop_at = AtomicU64::new(blocks);
    let done = Mutex::new(BTreeMap::new());
    let mut merged = Merged::new(request);
    let stopped = std::thread::scope(|scope| {
        let work = || loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= stop_at.load(Ordering::Relaxed) {
                break;
            }
            let result = read_block(file, request, number);
            if !matches!(&result, Ok(block) if block.error.is_none()) {
                stop_at.fetch_min(number + 1, Ordering::Relaxed);
            }
            done.lock().expect("no thread panics while it holds the lock").insert(number, result);
        };
        let workers: Vec<_> = (1..request.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let main = scope.spawn(work);
        let mut stopped = false;
        while !main.is_finished() || workers.iter().any(|worker| !worker.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(2));
            if !stopped && !progress(next.load(Ordering::Relaxed).min(blocks) * BLOCK_BYTES) {
                stop_at.store(0, Ordering::Relaxed);
                stopped = true;
            }
        }
        stopped
    });
    if stopped {
        return Ok(None);
    }
    for (_, result) in done.into_inner().expect("no thread panicked") {
        merged.take(result.map_err(ScanError::Io)?)?;
    }
    progress(request.end - request.start);
    Ok(Some(merged.scan))
}

/// Blocks put together in order: the first row of a word wins.
struct Merged {
    scan: Scan,
    dimension: usize,
}

impl Merged {
    fn new(request: &Request) -> Self {
        let words = request.words.len();
        let scan = Scan { lines: 0, repeated: 0, matrix: vec![0.0; words * request.dimension], found: vec![0; words] };
        Self { scan, dimension: request.dimension }
    }

    fn take(&mut self, block: Block) -> Result<(), ScanError> {
        if let Some((line, message)) = block.error {
            return Err(ScanError::Line(self.scan.lines + line, message));
        }
        for (&row, values) in block.rows.iter().zip(block.values.chunks_exact(self.dimension)) {
            let row = row as usize;
            if self.scan.found[row] == 1 {
                self.scan.repeated += 1;
            } else {
                self.scan.found[row] = 1;
                self.scan.matrix[row * self.dimension..(row + 1) * self.dimension].copy_from_slice(values);
            }
        }
        self.scan.lines += block.lines;
        Ok(())
    }
}

/// Read the lines that begin in block `number`.
fn read_block(file: &File, request: &Request, number: u64) -> io::Result<Block> {
    let start = request.start + number * BLOCK_BYTES;
    let end = (start + BLOCK_BYTES).min(request.end);
    // One byte more at the front tells whether a line begins right at `start`.
    let from = if number == 0 { start } else { start - 1 };
    let mut bytes = vec![0; (end - from) as usize];
    file.read_exact_at(&mut bytes, from)?;
    let mut block = Block::default();
    let mut position = 0;
    if number > 0 {
        match memchr::memchr(b'\n', &bytes) {
            Some(newline) => position = newline + 1,
            None => return Ok(block),
        }
    }
    if position >= bytes.len() {
        return Ok(block);
    }
    let longest = request.dimension.saturating_mul(BYTES_PER_NUMBER).saturating_add(BYTES_PER_WORD);
    complete_last_line(file, request.end, end, longest, &mut bytes)?;
    while position < bytes.len() {
        let line_end = memchr::memchr(b'\n', &bytes[position..]).map_or(bytes.len(), |length| position + length);
        block.lines += 1;
        let read = if line_end - position > longest {
            Err(format!("the line is longer than {longest} bytes, the most that {} numbers need", request.dimension))
        } else {
            read_line(&bytes[position..line_end], request, &mut block)
        };
        if let Err(message) = read {
            block.error = Some((block.lines, message));
            break;
        }
        position = line_end + 1;
    }
    Ok(block)
}

/// Read on behind the block until its last line ends, or is too long.
fn complete_last_line(file: &File, file_end: u64, mut at: u64, longest: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut read = 0;
    while bytes.last() != Some(&b'\n') && at < file_end && read <= longest {
        let old = bytes.len();
        let more = TAIL_BYTES.min((file_end - at) as usize);
        bytes.resize(old + more, 0);
        file.read_exact_at(&mut bytes[old..], at)?;
        if let Some(newline) = memchr::memchr(b'\n', &bytes[old..]) {
            bytes.truncate(old + newline + 1);
        }
        at += more as u64;
        read += more;
    }
    Ok(())
}

fn read_line(line: &[u8], request: &Request, block: &mut Block) -> Result<(), String> {
    let line = line.trim_ascii_end();
    let dimension = request.dimension;
    let spaces = memchr::memchr_iter(b' ', line).count();
    if spaces < dimension {
        return Err(format!("expected {dimension} numbers after the word, found {spaces}; the file may be cut short"));
    }
    let word_end = if spaces == dimension {
        memchr::memchr(b' ', line)
    } else {
        memchr::memrchr_iter(b' ', line).nth(dimension - 1)
    };
    let (word, numbers) = line.split_at(word_end.unwrap_or(line.len()));
    if spaces > dimension {
        refuse_long_row(word, dimension)?;
    }
    let Some(row) = request.words.find(word) else { return Ok(()) };
    for field in numbers[1..].split(|&byte| byte == b' ') {
        block.values.push(parse(field)?);
    }
    block.rows.push(row);
    Ok(())
}

/// A word may hold spaces; but where its last part is a fraction, the row has too many numbers.
fn refuse_long_row(word: &[u8], dimension: usize) -> Result<(), String> {
    let last = word.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    if last.contains(&b'.') && parse(last).is_ok() {
        return Err(format!("expected {dimension} numbers after the word, found {} or more", dimension + 1));
    }
    Ok(())
}

fn parse(field: &[u8]) -> Result<f32, String> {
    let value = std::str::from_utf8(field).ok().and_then(|field| field.parse::<f32>().ok());
    match value {
        Some(value) if value.is_finite() => Ok(value),
        Some(_) => Err(format!("every number must be finite, found {:?}", shown(field))),
        None => Err(format!("{:?} is not a number", shown(field))),
    }
}

fn shown(field: &[u8]) -> String {
    String::from_utf8_lossy(&field[..field.len().min(60)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn scan_text(text: &[u8], words: &[&str], dimension: usize, threads: usize) -> Result<Scan, ScanError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("malmoi-vectors-{}-{number}", std::process::id()));
        File::create(&path).unwrap().write_all(text).unwrap();
        let mut table = TokenTable::default();
        for word in words {
            table.insert(word.as_bytes());
        }
        let file = File::open(&path).unwrap();
        let end = text.len() as u64;
        let found = scan(&file, &Request { words: &table, dimension, start: 0, end, threads }, |_| true);
        std::fs::remove_file(path).unwrap();
        found.map(|scan| scan.expect("not stopped"))
    }

    fn error(text: &str) -> (u64, String) {
        match scan_text(text.as_bytes(), &["cat", "dog"], 2, 2) {
            Err(ScanError::Line(line, message)) => (line, message),
            _ => panic!("no line error"),
        }
    }

    #[test]
    fn wanted_rows_are_found_and_the_first_wins() {
        let text = b"the 1 2\r\n. . . 9 9\ncat 0.5 -1e-1 \ncat 7 7\n. . . 3 3\n";
        let scan = scan_text(text, &["cat", "dog", ". . ."], 2, 2).unwrap();
        assert_eq!((scan.lines, scan.repeated, scan.found), (5, 2, vec![1, 0, 1]));
        assert_eq!(scan.matrix, [0.5, -0.1, 0.0, 0.0, 9.0, 9.0]);
    }

    #[test]
    fn damaged_lines_are_named() {
        assert_eq!(error("a 1 2\ncat 1\n").0, 2);
        assert!(error("a 1 2\ncat 1").1.contains("expected 2 numbers after the word, found 1"));
        assert!(error("a 0.1 0.2 0.3\n").1.contains("found 3"));
        assert!(error("cat 1 nan\n").1.contains("finite, found \"nan\""));
        assert!(error("cat 1 1e999\n").1.contains("finite"));
        assert!(error("cat 1 0x1\n").1.contains("\"0x1\" is not a number"));
        assert!(error("\n").1.contains("found 0"));
    }

    #[test]
    fn blocks_meet_at_any_byte() {
        let mut text = Vec::new();
        let words: Vec<String> = (0..80_000).map(|number| format!("w{number}")).collect();
        for (number, word) in words.iter().enumerate() {
            let rest = "0".repeat(number % 97);
            text.extend(format!("{word} {number} 0.5{rest}\n").bytes());
        }
        assert!(text.len() as u64 > 2 * BLOCK_BYTES);
        let wanted: Vec<&str> = words.iter().map(String::as_str).collect();
        for threads in [1, 3] {
            let scan = scan_text(&text, &wanted, 2, threads).unwrap();
            assert_eq!(scan.lines, 80_000);
            assert!(scan.matrix.chunks(2).enumerate().all(|(number, row)| row == [number as f32, 0.5]));
        }
    }

    #[test]
    fn an_endless_line_is_refused_without_reading_it_all() {
        let mut text = b"a 1 2\n".to_vec();
        text.resize(9 << 20, b'x');
        match scan_text(&text, &["cat"], 2, 2) {
            Err(ScanError::Line(2, message)) => assert!(message.contains("longer than")),
            _ => panic!("no error"),
        }
    }
}
