//! Any bytes are refused or read as a checkpoint, and what is read is written as the same bytes.
//!
//!     mkdir -p fuzz/target/checkpoint && cargo +nightly fuzz run checkpoint fuzz/target/checkpoint fuzz/corpus/checkpoint -- -max_total_time=600
#![no_main]

use _core::glove::checkpoint::{load, save, Owner};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("malmoi-fuzz-checkpoint-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("some space");
    let number =
        |start: usize| bytes.get(start..start + 8).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8")));
    let owner = Owner { settings: number(16), counts: number(24) };
    let (mut words, mut contexts) = (vec![0.0; 32], vec![0.0; 32]);
    if let Ok(costs) = load(&path, owner, &mut words, &mut contexts) {
        save(&path, owner, &costs, &words, &contexts).expect("some space");
        assert!(std::fs::read(&path).expect("written") == bytes);
    }
});
