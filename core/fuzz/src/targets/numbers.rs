//! A field is refused, or gives the same float32 as Rust's own parser.

use malmoi_core::vectors::numbers::{number, plain_number};

pub fn run(bytes: &[u8]) {
    let exact = |field: &[u8]| std::str::from_utf8(field).expect("ASCII").parse::<f32>().expect("a number");
    if let Ok(found) = number(bytes) {
        assert!(found.is_finite() && found.to_bits() == exact(bytes).to_bits());
    }
    if let Some((found, end)) = plain_number(bytes, 0) {
        assert!(found.is_finite() && found.to_bits() == exact(&bytes[..end]).to_bits());
    }
}
