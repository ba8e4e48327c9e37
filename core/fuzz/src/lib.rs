//! The common code of all fuzz targets; each target is a file in `targets`, which states its properties.
//!
//!     make fuzz                    # a minute of each target
//!     make fuzz FUZZ_SECONDS=3600 FUZZ_TARGETS=json

pub mod guard;
pub mod targets;

#[global_allocator]
static ALLOCATOR: guard::Counting = guard::Counting;

/// Return the target with a name.
pub fn target(name: &str) -> fn(&[u8]) {
    targets::ALL.iter().find(|(known, _)| *known == name).expect("a target's name").1
}

/// Fuzz the target with a name.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::guard::limited($crate::target($name), bytes));
    };
}
