//! The hash that files and columns of features are made of.

use xxhash_rust::xxh3::xxh3_64;

/// XXH3 of bytes, 64 bits; the same for ever and on every machine, since files hold it.
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
