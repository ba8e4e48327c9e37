//! Binary files of word vectors in word2vec's format, read sequentially in blocks.
//!
//! A text line states the numbers of rows and dimensions; a row is a word, a space and float32 numbers, little-endian.
//! The original program ends every row with a newline, gensim does not; both are read.

use crate::counting::table::TokenTable;
use crate::vectors::binary::{broken, shown, BinaryError, Bytes, Reader};

const LONGEST_HEADER: usize = 64;
const LONGEST_WORD: usize = 1 << 16;
/// Number of bytes between calls of `progress`.
const STEP_BYTES: u64 = 4 << 20;
const CURE: &str = "is this a word2vec binary file?";

/// An opened file: its header, which was checked against the file size.
pub struct Word2Vec<Source> {
    source: Source,
    pub rows: u64,
    pub dimension: usize,
    start: u64,
}

/// The rows of wanted words.
pub struct Wanted {
    /// Number of repeated rows of wanted words; the first row is used.
    pub repeated: u64,
    /// (words, dimension), zeros if `found` is 0.
    pub matrix: Vec<f32>,
    pub found: Vec<u8>,
}

/// All rows.
#[derive(Default)]
pub struct Everything {
    pub words: TokenTable,
    /// Number of rows with a repeated word; the first row is used.
    pub repeated: u64,
    /// (words, dimension).
    pub matrix: Vec<f32>,
}

impl<Source: Bytes> Word2Vec<Source> {
    /// Read the first line.
    pub fn open(source: Source) -> Result<Self, BinaryError> {
        let mut reader = Reader::new(&source, 0);
        let (rows, dimension) = match reader.until(b'\n', LONGEST_HEADER)?.as_deref().map(header) {
            Some(Some(numbers)) => numbers,
            _ => return broken(0, format!("expected a line with the numbers of rows and of columns; {CURE}")),
        };
        if rows < 1 || dimension < 1 {
            let rule = "the numbers of rows and of columns must be 1 or more";
            return broken(0, format!("{rule}, found {rows} and {dimension}"));
        }
        let left = reader.remaining();
        // A row has at least one space and its numbers.
        let least = dimension.checked_mul(4).and_then(|bytes| (bytes + 1).checked_mul(rows));
        if least.is_none_or(|least| least > left) {
            let rule = format!("{rows} rows of {dimension} numbers need more than the {left} bytes that follow");
            return broken(0, format!("{rule}; the file may be cut short"));
        }
        let start = reader.position();
        Ok(Self { source, rows, dimension: dimension as usize, start })
    }

    /// Read the rows of `words`; `progress` is called with the bytes done, and may stop it.
    pub fn scan(&self, words: &TokenTable, progress: impl FnMut(u64) -> bool) -> Result<Option<Wanted>, BinaryError> {
        let (matrix, found) = (vec![0.0; words.len() * self.dimension], vec![0; words.len()]);
        let mut wanted = Wanted { repeated: 0, matrix, found };
        let finished = self.each_row(progress, |word, reader| {
            let Some(number) = words.find(word).map(|number| number as usize) else { return Ok(false) };
            if wanted.found[number] == 1 {
                wanted.repeated += 1;
                return Ok(false);
            }
            wanted.found[number] = 1;
            let row = &mut wanted.matrix[number * self.dimension..(number + 1) * self.dimension];
            let numbers = self.numbers(word, reader)?;
            row.iter_mut().zip(numbers).for_each(|(target, number)| *target = number);
            Ok(true)
        })?;
        Ok(finished.then_some(wanted))
    }

    /// Read all rows; `progress` is called with the bytes done, and may stop it.
    pub fn read(&self, progress: impl FnMut(u64) -> bool) -> Result<Option<Everything>, BinaryError> {
        let mut all = Everything::default();
        let finished = self.each_row(progress, |word, reader| {
            let known = all.words.len();
            if (all.words.insert(word) as usize) < known {
                all.repeated += 1;
                return Ok(false);
            }
            all.matrix.extend(self.numbers(word, reader)?);
            Ok(true)
        })?;
        Ok(finished.then_some(all))
    }

    /// Call `each` with every word, and a reader at its numbers; it returns whether it consumed them.
    fn each_row(
        &self,
        mut progress: impl FnMut(u64) -> bool,
        mut each: impl FnMut(&[u8], &mut Reader<Source>) -> Result<bool, BinaryError>,
    ) -> Result<bool, BinaryError> {
        let mut reader = Reader::new(&self.source, self.start);
        let mut reported = self.start;
        for row in 0..self.rows {
            let word = self.next_word(&mut reader, row)?;
            let position = reader.position();
            if !each(&word, &mut reader)? {
                reader.skip(self.dimension as u64 * 4);
            }
            if position - reported >= STEP_BYTES {
                reported = position;
                if !progress(reported) {
                    return Ok(false);
                }
            }
        }
        self.expect_end(&mut reader)?;
        Ok(progress(reader.position()))
    }

    /// Return the next word; its numbers are in the file.
    fn next_word(&self, reader: &mut Reader<Source>, row: u64) -> Result<Vec<u8>, BinaryError> {
        while reader.peek(1)? == b"\n" {
            reader.skip(1);
        }
        let offset = reader.position();
        let Some(word) = reader.until(b' ', LONGEST_WORD)? else {
            if reader.remaining() > LONGEST_WORD as u64 {
                let rule = format!("a word must end with a space within {LONGEST_WORD} bytes");
                return broken(offset, format!("{rule}, row {} of {} does not; {CURE}", row + 1, self.rows));
            }
            return self.cut(offset, row);
        };
        if reader.remaining() < self.dimension as u64 * 4 {
            return self.cut(offset, row);
        }
        Ok(word)
    }

    fn cut<Value>(&self, offset: u64, row: u64) -> Result<Value, BinaryError> {
        let rule =
            format!("expected {} rows of {} numbers, the file ends in row {}", self.rows, self.dimension, row + 1);
        broken(offset, format!("{rule}; it may be cut short"))
    }

    fn numbers(&self, word: &[u8], reader: &mut Reader<Source>) -> Result<Vec<f32>, BinaryError> {
        let (offset, size) = (reader.position(), self.dimension * 4);
        let bytes = reader.peek(size)?.chunks_exact(4);
        let numbers: Vec<f32> =
            bytes.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
        if let Some(column) = numbers.iter().position(|number| !number.is_finite()) {
            let rule = format!("every number must be finite, found {} in the row of {}", numbers[column], shown(word));
            return broken(offset + 4 * column as u64, format!("{rule}; are the numbers float32?"));
        }
        reader.skip(size as u64);
        Ok(numbers)
    }

    /// After the last row only newlines may follow.
    fn expect_end(&self, reader: &mut Reader<Source>) -> Result<(), BinaryError> {
        while reader.peek(1)? == b"\n" {
            reader.skip(1);
        }
        match reader.remaining() {
            0 => Ok(()),
            more => {
                let rule = format!("expected the end of the file after {} rows, found {more} more bytes", self.rows);
                broken(reader.position(), format!("{rule}; are the numbers float32?"))
            }
        }
    }
}

/// Two integers separated by white space.
fn header(line: &[u8]) -> Option<(u64, u64)> {
    let mut fields = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let mut next = || fields.next().filter(|field| field.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    let numbers = (next()?, next()?);
    fields.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rows: &[(&str, [f32; 2])], newline: &str) -> Vec<u8> {
        let mut bytes = format!("{} 2\n", rows.len()).into_bytes();
        for (word, [first, second]) in rows {
            bytes.extend([word.as_bytes(), b" ", &first.to_le_bytes(), &second.to_le_bytes()].concat());
            bytes.extend(newline.bytes());
        }
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        match Word2Vec::open(bytes).and_then(|file| file.read(|_| true)) {
            Err(BinaryError::Format { offset, message }) => format!("byte {offset}: {message}"),
            _ => panic!("not refused"),
        }
    }

    const ROWS: [(&str, [f32; 2]); 3] = [("cat", [1.0, 2.0]), ("dog", [3.0, 4.0]), ("cat", [5.0, 6.0])];

    #[test]
    fn all_rows_and_wanted_rows_are_read_and_the_first_wins() {
        for newline in ["", "\n"] {
            let bytes = file(&ROWS, newline);
            let opened = Word2Vec::open(bytes.as_slice()).unwrap();
            let all = opened.read(|_| true).unwrap().unwrap();
            assert_eq!((all.words.token(1), all.repeated), (b"dog".as_slice(), 1));
            assert_eq!(all.matrix, [1.0, 2.0, 3.0, 4.0]);
            let mut words = TokenTable::default();
            let numbers = ["bird", "cat"].map(|word| words.insert(word.as_bytes()));
            assert_eq!(numbers, [0, 1]);
            let wanted = opened.scan(&words, |_| true).unwrap().unwrap();
            assert_eq!((wanted.matrix, wanted.found, wanted.repeated), (vec![0.0, 0.0, 1.0, 2.0], vec![0, 1], 1));
            assert!(opened.read(|_| false).unwrap().is_none());
        }
    }

    #[test]
    fn a_file_cut_at_any_byte_is_refused() {
        let bytes = file(&ROWS, "");
        assert!((0..bytes.len()).all(|size| !message(&bytes[..size]).is_empty()));
        assert!(message(&bytes[..bytes.len() - 1]).starts_with("byte 28: expected 3 rows of 2 numbers, the file ends"));
    }

    #[test]
    fn headers_that_lie_and_numbers_that_are_not_finite_are_refused() {
        assert!(message(b"1000000000000 2\ncat 12345678").contains("need more than the 12 bytes that follow"));
        assert!(message(b"1 18446744073709551615\ncat 12345678").contains("need more than"));
        assert!(message(b"1 1\ncat 12345678").contains("found 4 more bytes"));
        assert!(message(&file(&[("cat", [1.0, f32::NAN])], "")).starts_with("byte 12: every number must be finite"));
    }
}
