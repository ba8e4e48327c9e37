//! A field is refused, or is the float32 that Rust's own parser has for it.
//!
//!     mkdir -p fuzz/target/numbers && cargo +nightly fuzz run numbers fuzz/target/numbers fuzz/corpus/numbers -- -max_total_time=600
#![no_main]

use _core::vectors::numbers::{number, plain_number};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let exact = |field: &[u8]| std::str::from_utf8(field).expect("ASCII").parse::<f32>().expect("a number");
    if let Ok(found) = number(bytes) {
        assert!(found.is_finite() && found.to_bits() == exact(bytes).to_bits());
    }
    if let Some((found, end)) = plain_number(bytes, 0) {
        assert!(found.is_finite() && found.to_bits() == exact(&bytes[..end]).to_bits());
    }
});
