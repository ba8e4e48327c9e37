//! Rows of delimited text: the same in one block and in any division into blocks; each byte in one place, none lost.
//!
//! The first bytes give the delimiter, the quote, the fields of a row, the suspicious lines and the size of the blocks.

use malmoi_core::tables::delimited::{rows, Dialect, Rest};
use malmoi_core::tables::rows::Fault;

const DELIMITERS: [u8; 6] = *b",\t;|\"a";

/// Texts and position of a row; errors of the others.
#[derive(Default, PartialEq, Debug)]
struct Read {
    texts: Vec<Vec<String>>,
    places: Vec<(usize, usize, usize)>,
    bad: Vec<((usize, usize, usize), Fault)>,
}

pub fn run(bytes: &[u8]) {
    let [delimiter, quote, width, suspicious, step, block @ ..] = bytes else { return };
    let dialect = Dialect {
        delimiter: DELIMITERS[usize::from(*delimiter) % DELIMITERS.len()],
        quote: [Some(b'"'), Some(b'\''), None][usize::from(*quote) % 3],
        suspicious_lines: usize::from(suspicious % 4),
    };
    let width = usize::from(width % 4) + 1;
    let wanted: Vec<usize> = if quote % 2 == 0 { (0..width).rev().collect() } else { vec![width - 1] };
    let whole = read(block, block.len().max(1), &dialect, width, &wanted);
    if !ambiguous(block, &dialect) {
        assert_eq!(read(block, usize::from(*step) + 1, &dialect, width, &wanted), whole);
    }
    let found = rows(block, Rest::MoreButGiveUp, &dialect, width, &wanted);
    assert!(found.consumed <= block.len());
}

/// A carriage return after a quote may be text or half a line end; a block can tell only from what follows.
fn ambiguous(block: &[u8], dialect: &Dialect) -> bool {
    dialect.quote == Some(dialect.delimiter) && !block.is_empty()
}

/// Read a file in blocks of a given size.
fn read(file: &[u8], step: usize, dialect: &Dialect, width: usize, wanted: &[usize]) -> Read {
    let (mut all, mut start, mut end, mut lines) = (Read::default(), 0, 0, 0);
    loop {
        end = (end + step).min(file.len());
        let rest = if end == file.len() { Rest::Nothing } else { Rest::More };
        let block = &file[start..end];
        let found = rows(block, rest, dialect, width, wanted);
        assert!(found.consumed <= block.len());
        let place =
            |place: malmoi_core::tables::rows::Place| (start + place.start, start + place.end, lines + place.line);
        for (row, &stands) in found.places.iter().enumerate() {
            let texts = (0..wanted.len()).map(|column| found.text(block, row, column, dialect.quote).into_owned());
            all.texts.push(texts.collect());
            all.places.push(place(stands));
        }
        all.bad.extend(found.bad.iter().map(|bad| (place(bad.place), moved(bad.fault, start))));
        lines += found.lines;
        start += found.consumed;
        if rest == Rest::Nothing {
            assert_eq!(start, file.len());
            return all;
        }
    }
}

fn moved(fault: Fault, start: usize) -> Fault {
    match fault {
        Fault::NotUtf8(byte) => Fault::NotUtf8(start + byte),
        other => other,
    }
}
