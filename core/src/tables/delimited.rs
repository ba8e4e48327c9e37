//! Rows of delimited text, with or without quotes; malformed rows are never accepted silently.
//!
//! A field that begins with a quote ends at the next single one; two quotes within it represent one. A quote elsewhere
//! is an ordinary character. A row ends at a newline outside quoted fields; an empty line is not a row, nor is a line
//! of empty fields. After a malformed row, reading resumes at the line after its first one, so that a stray quote loses
//! one line.

use crate::tables::feed::LONGEST_ROW;
use crate::tables::rows::{unusable, BadRow, Fault, Place};
use memchr::{memchr, memchr2, memchr_iter};
use std::borrow::Cow;

/// Format of a table.
#[derive(Clone, Debug)]
pub struct Dialect {
    pub delimiter: u8,
    /// `None`: no quotes.
    pub quote: Option<u8>,
    /// Refuse quoted fields of at least this many lines if each of them looks like a row; 0: never.
    pub suspicious_lines: usize,
}

/// What follows a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// More bytes: an incomplete row is left for the next block.
    More,
    /// Nothing.
    Nothing,
    /// More bytes, but a quoted field that is still open counts as unclosed.
    MoreButGiveUp,
}

/// A field: its bytes without the outer quotes, and whether it contains doubled quotes.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    start: usize,
    end: usize,
    doubled: bool,
}

impl Rest {
    /// Return what follows a block of a given size, which may be the last.
    pub fn after(size: usize, is_last: bool) -> Rest {
        match is_last {
            true => Rest::Nothing,
            false if size > LONGEST_ROW => Rest::MoreButGiveUp,
            false => Rest::More,
        }
    }
}

/// Rows of a block.
#[derive(Debug, Default)]
pub struct Rows {
    cells: Vec<Cell>,
    /// Position of every valid row.
    pub places: Vec<Place>,
    /// Malformed rows, in order.
    pub bad: Vec<BadRow>,
    /// Number of bytes consumed.
    pub consumed: usize,
    /// Number of line ends in them.
    pub lines: usize,
    wanted: usize,
}

impl Rows {
    /// Return a field of a row; `column` is the index among the wanted ones.
    pub fn text<'a>(&self, block: &'a [u8], row: usize, column: usize, quote: Option<u8>) -> Cow<'a, str> {
        let cell = self.cells[row * self.wanted + column];
        let text = std::str::from_utf8(&block[cell.start..cell.end]).unwrap_or_default();
        match quote {
            Some(quote) if cell.doubled => {
                let quote = char::from(quote);
                Cow::Owned(text.replace(&format!("{quote}{quote}"), quote.encode_utf8(&mut [0; 4])))
            }
            _ => Cow::Borrowed(text),
        }
    }
}

/// Parse the rows of a block.
///
/// `width` is the required number of fields; `wanted` are the indices of those to keep.
pub fn rows(block: &[u8], rest: Rest, dialect: &Dialect, width: usize, wanted: &[usize]) -> Rows {
    let mut found = Rows { wanted: wanted.len(), ..Rows::default() };
    let mut slots = vec![usize::MAX; width];
    for (slot, &field) in wanted.iter().enumerate() {
        slots[field] = slot;
    }
    let mut scratch = vec![Cell::default(); wanted.len()];
    while found.consumed < block.len() {
        let start = found.consumed;
        let line = found.lines;
        let scan = Scan { block, rest, dialect, slots: &slots };
        match scan.row(start, &mut scratch) {
            Scanned::Incomplete => break,
            Scanned::Bad(fault) => {
                let (end, next) = line_end(block, start);
                if next == end && rest == Rest::More {
                    break; // the line continues in the next block
                }
                found.bad.push(BadRow { place: Place { start, end, line }, fault });
                found.lines += usize::from(next > end);
                found.consumed = next;
            }
            Scanned::Row { end, next, fields, lines } => {
                found.consumed = next;
                found.lines += lines;
                if is_empty(&block[start..end], dialect.delimiter, width) {
                    continue;
                }
                let place = Place { start, end, line };
                if fields == width {
                    found.cells.extend_from_slice(&scratch);
                    found.places.push(place);
                } else {
                    found.bad.push(BadRow { place, fault: Fault::Width(fields) });
                }
            }
        }
    }
    if unusable(block, 0, found.consumed).is_some() {
        found.without_unusable(block);
    }
    found
}

impl Rows {
    /// Move rows with invalid text to the malformed ones.
    fn without_unusable(&mut self, block: &[u8]) {
        let mut cells = Vec::with_capacity(self.cells.len());
        let mut places = Vec::with_capacity(self.places.len());
        for (row, &place) in self.places.iter().enumerate() {
            match unusable(block, place.start, place.end) {
                Some(fault) => self.bad.push(BadRow { place, fault }),
                None => {
                    places.push(place);
                    cells.extend_from_slice(&self.cells[row * self.wanted..(row + 1) * self.wanted]);
                }
            }
        }
        self.bad.sort_by_key(|bad| bad.place.start);
        (self.cells, self.places) = (cells, places);
    }
}

/// Whether a line is empty, or has only empty fields, as spreadsheets write after the last row.
fn is_empty(line: &[u8], delimiter: u8, width: usize) -> bool {
    matches!(line, [] | [b'\r']) || (width > 1 && line.iter().all(|&byte| byte == delimiter || byte == b'\r'))
}

enum Scanned {
    Row { end: usize, next: usize, fields: usize, lines: usize },
    Bad(Fault),
    Incomplete,
}

struct Scan<'a> {
    block: &'a [u8],
    rest: Rest,
    dialect: &'a Dialect,
    slots: &'a [usize],
}

impl Scan<'_> {
    /// Parse one row; its wanted cells are appended to `scratch`.
    fn row(&self, start: usize, scratch: &mut [Cell]) -> Scanned {
        let (mut position, mut fields, mut lines) = (start, 0, 0);
        loop {
            let quoted = self.dialect.quote.is_some_and(|quote| self.block.get(position) == Some(&quote));
            let (mut cell, stop) = if quoted {
                match self.quoted(position + 1) {
                    Ok(found) => found,
                    Err(Some(fault)) => return Scanned::Bad(fault),
                    Err(None) => return Scanned::Incomplete,
                }
            } else {
                let rest = &self.block[position..];
                let Some(found) = memchr2(self.dialect.delimiter, b'\n', rest).or(self.end_of(rest)) else {
                    return Scanned::Incomplete;
                };
                (Cell { start: position, end: position + found, doubled: false }, position + found)
            };
            let at_delimiter = self.block.get(stop) == Some(&self.dialect.delimiter);
            if quoted {
                lines += memchr_iter(b'\n', &self.block[cell.start..cell.end]).count();
            } else if !at_delimiter {
                cell.end -= usize::from(self.block[cell.start..cell.end].ends_with(b"\r"));
            }
            if let Some(&slot) = self.slots.get(fields).filter(|&&slot| slot != usize::MAX) {
                scratch[slot] = cell;
            }
            fields += 1;
            if at_delimiter {
                position = stop + 1;
                continue;
            }
            let (end, next) = line_end(self.block, stop);
            if lines > 0 && self.holds_rows(start, end, lines + 1) {
                return Scanned::Bad(Fault::HoldsRows(lines + 1));
            }
            return Scanned::Row { end, next, fields, lines: lines + usize::from(next > end) };
        }
    }

    /// Parse a quoted field from the byte after its quote on: return the cell, and the position of the delimiter or the
    /// line end.
    fn quoted(&self, start: usize) -> Result<(Cell, usize), Option<Fault>> {
        let quote = self.dialect.quote.unwrap_or_default();
        let (mut position, mut doubled) = (start, false);
        loop {
            let Some(found) = memchr(quote, &self.block[position..]) else {
                return Err((self.rest != Rest::More).then_some(Fault::Unclosed));
            };
            let end = position + found;
            let cell = Cell { start, end, doubled };
            match &self.block[end + 1..] {
                [] if self.rest == Rest::Nothing => return Ok((cell, end + 1)),
                [] | [b'\r'] if self.rest != Rest::Nothing => return Err(None),
                [next, ..] if *next == quote => (position, doubled) = (end + 2, true),
                [next, ..] if *next == self.dialect.delimiter || *next == b'\n' => return Ok((cell, end + 1)),
                [b'\r'] | [b'\r', b'\n', ..] => return Ok((cell, end + 1)),
                _ => return Err(Some(Fault::TextAfterQuote)),
            }
        }
    }

    fn end_of(&self, rest: &[u8]) -> Option<usize> {
        (self.rest == Rest::Nothing).then_some(rest.len())
    }

    /// Whether every line of a field has as many delimiters as a row.
    fn holds_rows(&self, start: usize, end: usize, lines: usize) -> bool {
        let fewest = self.dialect.suspicious_lines;
        fewest > 0
            && lines >= fewest
            && self.slots.len() > 1
            && self.block[start..end]
                .split(|&byte| byte == b'\n')
                .all(|line| memchr_iter(self.dialect.delimiter, line).count() + 1 == self.slots.len())
    }
}

/// Return the end of the line at a position, without its newline, and the start of the next one.
fn line_end(block: &[u8], position: usize) -> (usize, usize) {
    match memchr(b'\n', &block[position.min(block.len())..]) {
        Some(found) => (position + found, position + found + 1),
        None => (block.len(), block.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), suspicious_lines: 0 };

    fn table(
        block: &str,
        rest: Rest,
        dialect: &Dialect,
        width: usize,
    ) -> (Vec<Vec<String>>, Vec<(usize, Fault)>, usize) {
        let wanted: Vec<usize> = (0..width).collect();
        let found = rows(block.as_bytes(), rest, dialect, width, &wanted);
        let texts = (0..found.places.len())
            .map(|row| {
                (0..width).map(|column| found.text(block.as_bytes(), row, column, dialect.quote).into_owned()).collect()
            })
            .collect();
        (texts, found.bad.iter().map(|bad| (bad.place.line, bad.fault)).collect(), found.consumed)
    }

    #[test]
    fn quotes_delimiters_and_line_ends_are_read_as_spreadsheets_write_them() {
        let block = "a,b\r\n\"x, \"\"y\"\"\nz\",\n\n \"q\",5\" disk\r\n\"\",\"\"";
        let (texts, bad, consumed) = table(block, Rest::Nothing, &PLAIN, 2);
        assert_eq!(texts, [["a", "b"], ["x, \"y\"\nz", ""], [" \"q\"", "5\" disk"], ["", ""]]);
        assert!(bad.is_empty());
        assert_eq!(consumed, block.len());
    }

    #[test]
    fn rows_of_empty_fields_are_none() {
        assert_eq!(table("a,b\n,\r\n,,,\nc,\n,d\n,", Rest::Nothing, &PLAIN, 2).0, [["a", "b"], ["c", ""], ["", "d"]]);
    }

    #[test]
    fn a_bad_row_costs_one_line() {
        let block = "a,b\n\"x\" y,b\nc,d\n1,2,3\n\"open,b\ne,f\n";
        let (texts, bad, _) = table(block, Rest::Nothing, &PLAIN, 2);
        assert_eq!(texts, [["a", "b"], ["c", "d"], ["e", "f"]]);
        assert_eq!(bad, [(1, Fault::TextAfterQuote), (3, Fault::Width(3)), (4, Fault::Unclosed)]);
    }

    #[test]
    fn a_block_cut_anywhere_gives_the_same_rows() {
        let block = "a,b\r\n\"x, \"\"y\"\"\r\nz\",é\n\n\"\",\"\"\r\nlast,\"one\"";
        let whole = table(block, Rest::Nothing, &PLAIN, 2).0;
        for cut in (0..block.len()).filter(|&cut| block.is_char_boundary(cut)) {
            let (mut texts, bad, consumed) = table(&block[..cut], Rest::More, &PLAIN, 2);
            assert!(bad.is_empty(), "cut at {cut}");
            texts.extend(table(&block[consumed..], Rest::Nothing, &PLAIN, 2).0);
            assert_eq!(texts, whole, "cut at {cut}");
        }
        let block = "a,b\n\"x\" y,long\nc,d\n";
        for cut in 0..block.len() {
            let (mut texts, mut bad, consumed) = table(&block[..cut], Rest::More, &PLAIN, 2);
            let (rest, more, _) = table(&block[consumed..], Rest::Nothing, &PLAIN, 2);
            texts.extend(rest);
            bad.extend(more);
            assert_eq!((texts, bad.len()), (table(block, Rest::Nothing, &PLAIN, 2).0, 1), "cut at {cut}");
        }
    }

    #[test]
    fn quotes_around_rows_are_suspicious() {
        let tabs = Dialect { delimiter: b'\t', quote: Some(b'"'), suspicious_lines: 2 };
        let block = "1\t\"a\t0\n2\tb\t1\n3\tc\"\t0\n4\td\t1\n5\t\"e\nf\"\t1\n";
        let (texts, bad, _) = table(block, Rest::Nothing, &tabs, 3);
        assert_eq!(bad, [(0, Fault::HoldsRows(3))]);
        assert_eq!(texts, [["2", "b", "1"], ["3", "c\"", "0"], ["4", "d", "1"], ["5", "e\nf", "1"]]);
    }

    #[test]
    fn bytes_that_no_text_may_hold_are_bad_rows() {
        let found = rows(b"a,b\nc\xff,d\ne,f\0\ng,h\n", Rest::Nothing, &PLAIN, 2, &[0, 1]);
        let bad: Vec<_> = found.bad.iter().map(|bad| (bad.place.line, bad.fault)).collect();
        assert_eq!(bad, [(1, Fault::NotUtf8(5)), (2, Fault::Nul)]);
        assert_eq!(found.places.iter().map(|place| place.line).collect::<Vec<_>>(), [0, 3]);
    }
}
