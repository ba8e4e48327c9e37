//! Rows of JSON: one object per line, or the objects of an array; only the wanted values are kept.

use crate::foundation::parallel::{even_ranges, map_each};
use crate::tables::rows::{unusable, BadRow, Fault, Place};
use memchr::{memchr, memchr2, memchr_iter};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Maximum number of digits, as in Python.
const LONGEST_NUMBER: usize = 4_000;

/// Arrangement of rows in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One object per line.
    Lines,
    /// Objects separated by commas and white space, up to a closing bracket.
    Items,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string without escapes: its byte range in the block.
    Plain(usize, usize),
    Text(String),
    /// Any other value, as JSON: its byte range in the block.
    Json(usize, usize),
}

/// Paths of the wanted values in an object.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    children: Vec<(String, Paths)>,
    slot: Option<usize>,
    is_text: bool,
    width: usize,
}

impl Paths {
    /// Paths of one or more keys; values are returned in this order. Values with indices in `texts` must be strings,
    /// otherwise the row is malformed.
    pub fn new(paths: &[Vec<String>], texts: &[usize]) -> Paths {
        let mut root = Paths { width: paths.len(), ..Paths::default() };
        for (slot, path) in paths.iter().enumerate() {
            root.add(path, slot, texts.contains(&slot));
        }
        root
    }

    fn add(&mut self, path: &[String], slot: usize, is_text: bool) {
        let Some((key, rest)) = path.split_first() else {
            (self.slot, self.is_text) = (Some(slot), is_text);
            return;
        };
        if let Some((_, child)) = self.children.iter_mut().find(|(name, _)| name == key) {
            return child.add(rest, slot, is_text);
        }
        let mut child = Paths::default();
        child.add(rest, slot, is_text);
        self.children.push((key.clone(), child));
    }
}

/// Rows of a block.
#[derive(Debug, Default)]
pub struct Rows {
    values: Vec<Value>,
    /// Position of every valid row.
    pub places: Vec<Place>,
    /// Malformed rows, in order.
    pub bad: Vec<BadRow>,
    /// Number of bytes consumed.
    pub consumed: usize,
    /// Number of line ends in them.
    pub lines: usize,
    /// Whether the closing bracket was found.
    pub closed: bool,
    width: usize,
}

impl Rows {
    /// Return a value of a row; `column` is the index among the wanted ones.
    pub fn value(&self, row: usize, column: usize) -> &Value {
        &self.values[row * self.width + column]
    }
}

/// Parse the rows of a block; `is_last` means that no bytes follow.
pub fn rows(block: &[u8], is_last: bool, layout: Layout, paths: &Paths, threads: usize) -> Rows {
    let mut found = Rows { width: paths.width, ..Rows::default() };
    let places = match layout {
        Layout::Lines => lines(block, is_last, &mut found),
        Layout::Items => items(block, is_last, &mut found),
    };
    let parts = even_ranges(places.iter().map(|place| place.end - place.start), threads);
    let read = map_each(parts, |range| {
        let mut values = vec![Value::Missing; range.len() * paths.width];
        let faults: Vec<Option<Fault>> = range
            .enumerate()
            .map(|(row, at)| {
                let target = &mut values[row * paths.width..(row + 1) * paths.width];
                read_row(block, places[at], paths, target).err()
            })
            .collect();
        (values, faults)
    });
    let mut next = places.into_iter();
    for (values, faults) in read {
        let mut values = values.into_iter();
        for fault in faults {
            let (Some(place), row) = (next.next(), values.by_ref().take(paths.width)) else { break };
            match fault {
                None => {
                    found.places.push(place);
                    found.values.extend(row);
                }
                Some(fault) => {
                    row.for_each(drop);
                    found.bad.push(BadRow { place, fault });
                }
            }
        }
    }
    found.bad.sort_by_key(|bad| bad.place.start);
    found
}

/// Every line that is not blank.
fn lines(block: &[u8], is_last: bool, found: &mut Rows) -> Vec<Place> {
    let mut places = Vec::new();
    let ends = memchr_iter(b'\n', block).map(|end| (end, true));
    let tail = (is_last && !block.is_empty() && !block.ends_with(b"\n")).then_some((block.len(), false));
    for (end, has_newline) in ends.chain(tail) {
        let start = found.consumed;
        if !block[start..end].iter().all(u8::is_ascii_whitespace) {
            places.push(Place { start, end, line: found.lines });
        }
        found.consumed = end + usize::from(has_newline);
        found.lines += usize::from(has_newline);
    }
    places
}

/// Every value up to the closing bracket, or up to an incomplete one.
fn items(block: &[u8], is_last: bool, found: &mut Rows) -> Vec<Place> {
    let mut places = Vec::new();
    while !found.closed {
        let skipped = block[found.consumed..].iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',');
        let start = found.consumed + skipped.count();
        let line = found.lines + memchr_iter(b'\n', &block[found.consumed..start]).count();
        (found.closed, found.consumed, found.lines) = (block.get(start) == Some(&b']'), start, line);
        if start == block.len() || found.closed {
            found.consumed += usize::from(found.closed);
            break;
        }
        match item_end(block, start) {
            // A number may continue in the next block.
            Some(end) if end < block.len() || is_last || block[start] == b'{' => {
                places.push(Place { start, end, line });
                found.lines += memchr_iter(b'\n', &block[start..end]).count();
                found.consumed = end;
            }
            _ if !is_last => break,
            _ => {
                let place = Place { start, end: block.len(), line };
                found.bad.push(BadRow { place, fault: unusable(block, start, block.len()).unwrap_or(Fault::NotJson) });
                (found.consumed, found.closed) = (block.len(), true);
            }
        }
    }
    places
}

/// Return the end of an item, found by brackets and quotes only; `None` if it is incomplete.
fn item_end(block: &[u8], start: usize) -> Option<usize> {
    let (mut position, mut depth) = (start, 0_usize);
    while let Some(&byte) = block.get(position) {
        position += 1;
        match byte {
            b'"' => position = string_end(block, position)?,
            b'{' | b'[' => depth += 1,
            // A stray bracket is an item of its own, which is malformed.
            b'}' | b']' if depth == 0 => return Some((position - 1).max(start + 1)),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(position - 1),
            _ => continue,
        }
        if depth == 0 {
            return Some(position);
        }
    }
    (depth == 0).then_some(position)
}

/// Return the position after the quote that ends a string.
fn string_end(block: &[u8], start: usize) -> Option<usize> {
    let mut position = start;
    loop {
        let found = position + memchr2(b'"', b'\\', block.get(position..)?)?;
        if block[found] == b'"' {
            return Some(found + 1);
        }
        position = found + 2;
    }
}

fn read_row(block: &[u8], place: Place, paths: &Paths, target: &mut [Value]) -> Result<(), Fault> {
    if let Some(fault) = unusable(block, place.start, place.end) {
        return Err(fault);
    }
    let text = std::str::from_utf8(&block[place.start..place.end]).unwrap_or_default();
    let mut read = serde_json::Deserializer::from_str(text);
    let origin = text.as_ptr() as usize - place.start;
    let seed = Object { paths, origin, target };
    seed.deserialize(&mut read).and_then(|()| read.end()).map_err(|_| Fault::NotJson)
}

/// Parser of the wanted values of one object.
struct Object<'a> {
    paths: &'a Paths,
    /// Address of the block, to compute the positions of borrowed slices.
    origin: usize,
    target: &'a mut [Value],
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, read: D) -> Result<(), D::Error> {
        read.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Piece(key)) = map.next_key()? {
            match self.paths.children.iter().find(|(name, _)| *name == key) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((_, Paths { slot: Some(slot), is_text: true, children, .. })) if children.is_empty() => {
                    self.target[*slot] = match map.next_value()? {
                        Piece(Cow::Borrowed(text)) => {
                            let start = text.as_ptr() as usize - self.origin;
                            Value::Plain(start, start + text.len())
                        }
                        Piece(Cow::Owned(text)) => Value::Text(text),
                    };
                }
                Some((_, paths)) => {
                    let raw: &RawValue = map.next_value()?;
                    self.keep(raw.get(), paths).map_err(serde::de::Error::custom)?;
                }
            }
        }
        Ok(())
    }
}

impl Object<'_> {
    fn keep(&mut self, raw: &str, paths: &Paths) -> Result<(), serde_json::Error> {
        let start = raw.as_ptr() as usize - self.origin;
        if let Some(slot) = paths.slot {
            self.target[slot] = value_of(raw, start)?;
        }
        if !paths.children.is_empty() && raw.starts_with('{') {
            let inner = Object { paths, origin: self.origin, target: self.target };
            inner.deserialize(&mut serde_json::Deserializer::from_str(raw))?;
        }
        Ok(())
    }
}

fn value_of(raw: &str, start: usize) -> Result<Value, serde_json::Error> {
    Ok(match raw.as_bytes() {
        [b'"', inner @ .., b'"'] if memchr(b'\\', inner).is_none() => Value::Plain(start + 1, start + raw.len() - 1),
        [b'"', ..] => Value::Text(serde_json::from_str(raw)?),
        b"null" => Value::Null,
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        [b'{' | b'[', ..] => Value::Json(start, start + raw.len()),
        _ if raw.len() > LONGEST_NUMBER => return Err(serde::de::Error::custom("a number is too long")),
        _ => match raw.parse() {
            Ok(number) => Value::Int(number),
            Err(_) if raw.contains(['.', 'e', 'E']) => Value::Float(serde_json::from_str(raw)?),
            Err(_) => Value::Json(start, start + raw.len()),
        },
    })
}

/// A string, borrowed if it has no escapes.
struct Piece<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Piece<'de> {
    fn deserialize<D: Deserializer<'de>>(read: D) -> Result<Self, D::Error> {
        struct PieceVisitor;
        impl<'de> Visitor<'de> for PieceVisitor {
            type Value = Piece<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Piece<'de>, E> {
                Ok(Piece(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Piece<'de>, E> {
                Ok(Piece(Cow::Owned(text.to_owned())))
            }
        }
        read.deserialize_str(PieceVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &str, is_last: bool, layout: Layout, keys: &[&str]) -> Rows {
        let paths: Vec<Vec<String>> = keys.iter().map(|key| key.split('.').map(str::to_owned).collect()).collect();
        rows(block.as_bytes(), is_last, layout, &Paths::new(&paths, &[]), 2)
    }

    fn texts(block: &str, found: &Rows, column: usize) -> Vec<String> {
        (0..found.places.len())
            .map(|row| match found.value(row, column) {
                Value::Plain(start, end) | Value::Json(start, end) => block[*start..*end].to_owned(),
                Value::Text(text) => text.clone(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn wanted_values_of_lines_are_kept() {
        let block = "{\"a\": \"x\", \"b\": {\"c\": 1.0, \"d\": [1, {}]}}\n\n{\"b\": {\"c\": -3}, \"a\": \"\\uac00\\n\"}\r\n{\"a\": null}";
        let found = read(block, true, Layout::Lines, &["a", "b.c", "b"]);
        assert_eq!(texts(block, &found, 0), ["x", "가\n", "Null"]);
        assert_eq!(texts(block, &found, 1), ["Float(1.0)", "Int(-3)", "Missing"]);
        assert_eq!(texts(block, &found, 2), ["{\"c\": 1.0, \"d\": [1, {}]}", "{\"c\": -3}", "Missing"]);
        assert_eq!(found.places.iter().map(|place| place.line).collect::<Vec<_>>(), [0, 2, 3]);
        assert!(found.bad.is_empty() && found.consumed == block.len());
    }

    #[test]
    fn texts_must_be_strings() {
        let paths = Paths::new(&[vec!["a".to_owned()]], &[0]);
        let block = "{\"a\": \"x\"}\n{\"a\": \"\\n\"}\n{\"a\": 1}\n{\"a\": null}\n";
        let found = rows(block.as_bytes(), true, Layout::Lines, &paths, 1);
        assert_eq!(texts(block, &found, 0), ["x", "\n"]);
        assert_eq!(found.bad.iter().map(|bad| bad.place.line).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn lines_that_hold_no_object_are_bad_rows() {
        let block = "{\"a\": 1}\n[1]\n{\"a\": \"\\ud800\"}\n{\"a\": NaN}\n{\"a\": 2} {}\n{\"a\"";
        let found = read(block, false, Layout::Lines, &["a"]);
        assert_eq!(found.bad.iter().map(|bad| bad.place.line).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((found.places.len(), found.consumed), (1, block.len() - 4));
    }

    #[test]
    fn an_array_cut_anywhere_gives_the_same_items() {
        let block = " {\"a\": \"x]\"} ,\n{\"a\": 12}\n, {\"a\": [1,\n2]}] ";
        let whole = read(block, true, Layout::Items, &["a"]);
        assert_eq!(texts(block, &whole, 0), ["x]", "Int(12)", "[1,\n2]"]);
        assert_eq!((whole.closed, whole.places[2].line), (true, 2));
        let odd = "{\"a\": NaN}, {\"a\": \"\\\"}\"}, {\"a\": 1}]";
        let found = read(odd, true, Layout::Items, &["a"]);
        assert_eq!((found.bad.len(), texts(odd, &found, 0)), (1, vec!["\"}".to_owned(), "Int(1)".to_owned()]));
        let stray = read("{\"a\": 1}}, {\"a\": 2}]", true, Layout::Items, &["a"]);
        assert_eq!((stray.bad.len(), stray.places.len(), stray.closed), (1, 2, true));
        for cut in 0..block.len() {
            let first = read(&block[..cut], false, Layout::Items, &["a"]);
            let mut found = texts(block, &first, 0);
            if !first.closed {
                let rest = &block[first.consumed..];
                found.extend(texts(rest, &read(rest, true, Layout::Items, &["a"]), 0));
            }
            assert_eq!(found, texts(block, &whole, 0), "cut at {cut}");
        }
    }
}
