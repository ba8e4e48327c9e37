//! Common types of rows in all formats: positions and errors.

/// Position of a row in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset of its first byte in the block.
    pub start: usize,
    /// Offset of the byte after its last one, without the line end.
    pub end: usize,
    /// Number of lines of the block before it.
    pub line: usize,
}

/// A malformed row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    pub place: Place,
    pub fault: Fault,
}

/// Reason why a row is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Text follows a closing quote before the next delimiter.
    TextAfterQuote,
    /// A quote is never closed.
    Unclosed,
    /// The row has this number of fields, which differs from that of the header.
    Width(usize),
    /// A quoted field has this number of lines, and each of them has the fields of a row.
    HoldsRows(usize),
    /// It contains a NUL character.
    Nul,
    /// Invalid UTF-8 from this byte of the block on.
    NotUtf8(usize),
    /// It is not one JSON object, or a value cannot be used.
    NotJson,
}

/// Return the first invalid character in some bytes, as an offset from the beginning of the block.
pub fn unusable(block: &[u8], start: usize, end: usize) -> Option<Fault> {
    let bytes = &block[start..end];
    if let Err(error) = std::str::from_utf8(bytes) {
        return Some(Fault::NotUtf8(start + error.valid_up_to()));
    }
    memchr::memchr(0, bytes).map(|_| Fault::Nul)
}
