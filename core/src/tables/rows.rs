//! What rows of all formats share: where they stand, and why one cannot be used.

/// Where a row of a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of its first byte within the block.
    pub start: usize,
    /// Of the byte after its last one, without the line end.
    pub end: usize,
    /// Lines of the block before it.
    pub line: usize,
}

/// A row that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    pub place: Place,
    pub fault: Fault,
}

/// Why a row cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Text stands between a closing quote and the next delimiter.
    TextAfterQuote,
    /// A quote is never closed.
    Unclosed,
    /// The row has so many fields instead of those of the header.
    Width(usize),
    /// A quoted field holds so many lines, and each of them has the fields of a row.
    HoldsRows(usize),
    /// It holds a NUL character.
    Nul,
    /// It is not UTF-8 from this byte of the block on.
    NotUtf8(usize),
    /// It is not one JSON object, or a value cannot be used.
    NotJson,
}

/// The first thing in some bytes that no text may hold, seen from the beginning of the block.
pub fn unusable(block: &[u8], start: usize, end: usize) -> Option<Fault> {
    let bytes = &block[start..end];
    if let Err(error) = std::str::from_utf8(bytes) {
        return Some(Fault::NotUtf8(start + error.valid_up_to()));
    }
    memchr::memchr(0, bytes).map(|_| Fault::Nul)
}
