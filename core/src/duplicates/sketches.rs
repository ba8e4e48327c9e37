//! Sketches of sets: the share of values in which two sketches agree estimates the Jaccard similarity.

use crate::duplicates::features::mixed;
use crate::foundation::interrupts::check;

/// Number of bands of a sketch, and of values per band. Sets of Jaccard similarity 0.7 agree in a whole band with
/// probability 0.996, of 0.6 with 0.94, of 0.1 with 0.002.
pub const BANDS: usize = 20;
pub const ROWS: usize = 4;
/// Number of values of a sketch.
pub const VALUES: usize = BANDS * ROWS;

/// Fast similarity sketching (Dahlgaard, Knudsen and Thorup 2017): unbiased for sets of any size, and as fast as one
/// pass over large ones.
pub struct Sketch([u64; VALUES]);

impl Sketch {
    /// Compute the sketch of a set, which must not be empty; repeated features have no effect.
    pub fn new(features: &[u64]) -> Self {
        let mut values = [u64::MAX; VALUES];
        let mut empty = VALUES;
        for round in 0..2 * VALUES {
            check(2 * features.len());
            let salt = (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for &feature in features {
                let hash = spread(feature ^ salt);
                // Each round throws the features into bins; in the later rounds each feature has its own bin.
                let bin = if round < VALUES { (((hash >> 32) * VALUES as u64) >> 32) as usize } else { round - VALUES };
                let value = (round as u64) << 32 | (hash & 0xffff_ffff);
                // Rarely true after the first round: later rounds have larger values.
                if value < values[bin] {
                    empty -= usize::from(values[bin] == u64::MAX);
                    values[bin] = value;
                }
            }
            if empty == 0 {
                break;
            }
        }
        Self(values)
    }

    /// One key per band; equal if all values of the band are equal.
    pub fn keys(&self) -> [u32; BANDS] {
        std::array::from_fn(|band| {
            let values = &self.0[band * ROWS..(band + 1) * ROWS];
            (values.iter().fold(0, |key, &value| mixed(key ^ value)) >> 32) as u32
        })
    }

    /// The low byte of every value.
    pub fn bytes(&self) -> [u8; VALUES] {
        self.0.map(|value| value as u8)
    }
}

fn spread(value: u64) -> u64 {
    let value = (value ^ (value >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^ (value >> 32)
}

/// Number of values in which two sketches agree, by their low bytes.
pub fn agreements(left: &[u8], right: &[u8]) -> u8 {
    left.iter().zip(right).map(|(left, right)| u8::from(left == right)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::random::Random;

    #[test]
    fn agreements_estimate_the_jaccard_similarity() {
        let mut random = Random::new(1, 0);
        for size in [1, 3, 20, 80, 1000] {
            for shared in [0, size / 2, size] {
                let (mut sum, runs) = (0.0, 400);
                for _ in 0..runs {
                    let features: Vec<u64> = (0..2 * size - shared).map(|_| random.number()).collect();
                    let left = Sketch::new(&features[..size]);
                    let right = Sketch::new(&features[size - shared..]);
                    sum += f64::from(agreements(&left.bytes(), &right.bytes())) / VALUES as f64;
                }
                let jaccard = shared as f64 / (2 * size - shared) as f64;
                // Bytes of different values agree by chance.
                let expected = jaccard + (1.0 - jaccard) / 256.0;
                assert!((sum / runs as f64 - expected).abs() < 0.03, "{size} {shared} {}", sum / runs as f64);
            }
        }
    }

    #[test]
    fn equal_sets_have_equal_sketches() {
        let (left, right) = (Sketch::new(&[5, 6, 7]), Sketch::new(&[7, 6, 6, 5, 7]));
        assert_eq!((left.keys(), left.bytes()), (right.keys(), right.bytes()));
        assert_ne!(left.keys(), Sketch::new(&[5, 6]).keys());
    }
}
