//! Hash function for file checksums and hashed features.

use xxhash_rust::xxh3::xxh3_64;

/// 64-bit XXH3 of bytes. It is stored in files, so it never changes and is the same on every machine.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_function() {
        assert_eq!(stable_hash(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(stable_hash(b"a"), 0xe6c6_32b6_1e96_4e1f);
    }
}
