//! A compressed stream is refused or decompressed within its limit; it is the same from any offset on.

use malmoi_core::foundation::compression::Compression;
use malmoi_core::tables::feed::{Feed, FeedError};
use std::io::Cursor;

const ALLOWED: u64 = 1 << 20;

pub fn run(bytes: &[u8]) {
    let [kind, offset, content @ ..] = bytes else { return };
    let compression = [Compression::None, Compression::Gzip, Compression::Zstandard][usize::from(*kind) % 3];
    let offset = u64::from(*offset);
    let Some(whole) = inflated(content, compression, 0) else { return };
    if let Some(rest) = inflated(content, compression, offset) {
        let start = whole.len().min(offset as usize);
        assert!(rest == whole[start..]);
    }
}

fn inflated(content: &[u8], compression: Compression, offset: u64) -> Option<Vec<u8>> {
    let mut feed = Feed::read(Cursor::new(content.to_vec()), compression, offset, ALLOWED).ok()?;
    let mut all = Vec::new();
    loop {
        match feed.take() {
            Ok((block, is_last)) => {
                all.extend_from_slice(&block);
                if is_last {
                    assert!(compression == Compression::None || all.len() as u64 <= ALLOWED);
                    return Some(all);
                }
            }
            Err(FeedError::Io(_) | FeedError::Damaged(_) | FeedError::TooLarge | FeedError::LongRow) => return None,
        }
    }
}
