//! Rows of JSON: the same in one block and in any division into blocks, for any number of threads; values as
//! `serde_json` parses them.
//!
//! The first byte gives the layout and the wanted values, the second the size of the blocks.

use malmoi_core::tables::json::{rows, Layout, Paths, Value};
use malmoi_core::tables::rows::Fault;

const PATHS: [&[&str]; 4] = [&["a"], &["b", "c"], &["b"], &["d"]];

/// Position of a row, its values as text; errors of others.
#[derive(Default, PartialEq, Debug)]
struct Read {
    rows: Vec<((usize, usize, usize), Vec<String>)>,
    bad: Vec<((usize, usize, usize), Fault)>,
}

pub fn run(bytes: &[u8]) {
    let [kind, step, block @ ..] = bytes else { return };
    let layout = if kind % 2 == 0 { Layout::Lines } else { Layout::Items };
    let keys: Vec<Vec<String>> = PATHS.iter().map(|path| path.iter().map(|&key| key.to_owned()).collect()).collect();
    let paths = Paths::new(&keys, if kind & 2 == 0 { &[] } else { &[0, 1] });
    let whole = read(block, block.len().max(1), layout, &paths, 1);
    assert_eq!(read(block, usize::from(*step) + 1, layout, &paths, 1), whole);
    // Starting threads takes longer than parsing: few inputs are read by several.
    if kind & 12 == 12 {
        assert_eq!(read(block, block.len().max(1), layout, &paths, 3), whole);
    }
}

fn read(file: &[u8], step: usize, layout: Layout, paths: &Paths, threads: usize) -> Read {
    let (mut all, mut start, mut end, mut lines) = (Read::default(), 0, 0, 0);
    loop {
        end = (end + step).min(file.len());
        let is_last = end == file.len();
        let block = &file[start..end];
        let found = rows(block, is_last, layout, paths, threads);
        assert!(found.consumed <= block.len());
        let place =
            |place: malmoi_core::tables::rows::Place| (start + place.start, start + place.end, lines + place.line);
        for (row, &stands) in found.places.iter().enumerate() {
            let values = (0..PATHS.len()).map(|column| checked(block, stands, found.value(row, column), PATHS[column]));
            all.rows.push((place(stands), values.collect()));
        }
        all.bad.extend(found.bad.iter().map(|bad| (place(bad.place), moved(bad.fault, start))));
        lines += found.lines;
        start += found.consumed;
        if is_last || found.closed {
            return all;
        }
    }
}

/// A value as text, checked against `serde_json`.
fn checked(block: &[u8], place: malmoi_core::tables::rows::Place, value: &Value, path: &[&str]) -> String {
    let text = |start: usize, end: usize| std::str::from_utf8(&block[start..end]).expect("UTF-8").to_owned();
    // Unwanted values are skipped, whatever the escapes in their strings; `serde_json` refuses such a row.
    if let Ok(row) = serde_json::from_slice::<serde_json::Value>(&block[place.start..place.end]) {
        compare(value, path.iter().try_fold(&row, |value, key| value.get(key)), &text);
    }
    match value {
        Value::Plain(start, end) | Value::Json(start, end) => text(*start, *end),
        other => format!("{other:?}"),
    }
}

fn compare(value: &Value, expected: Option<&serde_json::Value>, text: &dyn Fn(usize, usize) -> String) {
    match (value, expected) {
        (Value::Missing, None) => {}
        (Value::Null, Some(serde_json::Value::Null)) => {}
        (Value::Bool(value), Some(expected)) => assert_eq!(Some(*value), expected.as_bool()),
        // In `serde_json` -0 is a float, in Python it is 0.
        (Value::Int(0), Some(expected)) => assert_eq!(expected.as_f64(), Some(0.0)),
        (Value::Int(value), Some(expected)) => assert_eq!(Some(*value), expected.as_i64()),
        (Value::Float(value), Some(expected)) => assert_eq!(Some(*value), expected.as_f64()),
        (Value::Plain(start, end), Some(expected)) => assert_eq!(Some(text(*start, *end).as_str()), expected.as_str()),
        (Value::Text(text), Some(expected)) => assert_eq!(Some(text.as_str()), expected.as_str()),
        (Value::Json(start, end), Some(expected)) => {
            let read: serde_json::Value = serde_json::from_str(&text(*start, *end)).expect("JSON");
            assert_eq!(read, *expected);
        }
        other => panic!("{other:?}"),
    }
}

fn moved(fault: Fault, start: usize) -> Fault {
    match fault {
        Fault::NotUtf8(byte) => Fault::NotUtf8(start + byte),
        other => other,
    }
}
