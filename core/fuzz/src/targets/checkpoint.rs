//! Any bytes are refused or read as a checkpoint, and writing what was read gives the same bytes.

use malmoi_core::glove::checkpoint::{read, write, Owner};

/// Number of values on each side.
const NUMBERS: usize = 32;

pub fn run(bytes: &[u8]) {
    let number =
        |start: usize| bytes.get(start..start + 8).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8")));
    let owner = Owner { settings: number(16), counts: number(24) };
    let (mut words, mut contexts) = (vec![0.0; NUMBERS], vec![0.0; NUMBERS]);
    if let Ok(costs) = read(bytes, bytes.len() as u64, owner, &mut words, &mut contexts) {
        let mut written = Vec::new();
        write(&mut written, owner, &costs, &words, &contexts).expect("memory");
        assert!(written == bytes);
    }
}
