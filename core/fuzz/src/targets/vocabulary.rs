//! Hashes of a model file are refused or become columns, one per hash.

use malmoi_core::linear::vocabulary::{Table, Vocabulary};
use std::collections::HashSet;

pub fn run(bytes: &[u8]) {
    let hashes: Vec<u64> =
        bytes.chunks_exact(8).map(|chunk| u64::from_le_bytes(chunk.try_into().expect("8"))).collect();
    let distinct = hashes.iter().collect::<HashSet<_>>().len() == hashes.len();
    let Some(table) = Table::new(hashes.clone()) else {
        assert!(!distinct);
        return;
    };
    assert!(distinct);
    let columns = Vocabulary::Learned(table);
    assert!(hashes.iter().enumerate().all(|(column, &hash)| columns.column(hash) == column as u32));
}
