//! Sorting the numbers of one row: usually a few hundred small numbers.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::sort_by_key;

/// Below this many numbers, a comparison sort is faster.
const FEWEST: usize = 48;

/// Maximum number of digits; numbers are sorted digit by digit, with at most 8 bits per digit.
const MOST_DIGITS: usize = 3;

/// Numbers processed between two interrupt checks.
const BLOCK: usize = if cfg!(test) { 100 } else { 1 << 16 };

/// Radix sort, lowest digit first; `spare` is a reusable buffer.
pub fn sort_row(numbers: &mut Vec<u32>, spare: &mut Vec<u32>) {
    if numbers.len() < FEWEST {
        return numbers.sort_unstable();
    }
    let largest = numbers.iter().fold(0, |bits, &number| bits | number);
    let bits = 32 - largest.leading_zeros();
    let digits = bits.div_ceil(8) as usize;
    if digits > MOST_DIGITS || numbers.len() > u32::MAX as usize {
        return match numbers.len() {
            0..=BLOCK => numbers.sort_unstable(),
            _ => sort_by_key(numbers, 1, |&number| number),
        };
    }
    // Fewer bits mean fewer counts to sum up, which matters for short rows.
    let width = bits.div_ceil(digits.max(1) as u32).max(1);
    let digit = |number: u32, place: usize| (number >> (width * place as u32)) as usize & ((1 << width) - 1) & 255;
    let mut counts = [[0u32; 256]; MOST_DIGITS];
    for block in numbers.chunks(BLOCK) {
        check(block.len());
        for &number in block {
            for (place, counts) in counts.iter_mut().enumerate() {
                counts[digit(number, place)] += 1;
            }
        }
    }
    spare.truncate(numbers.len());
    spare.reserve(numbers.len() - spare.len());
    while spare.len() < numbers.len() {
        check(BLOCK);
        spare.resize(numbers.len().min(spare.len() + BLOCK), 0);
    }
    for (place, counts) in counts.iter_mut().enumerate().take(digits) {
        let mut start = 0;
        for count in &mut counts[..1 << width] {
            (start, *count) = (start + *count, start);
        }
        for block in numbers.chunks(BLOCK) {
            check(block.len());
            for &number in block {
                let target = &mut counts[digit(number, place)];
                spare[*target as usize] = number;
                *target += 1;
            }
        }
        std::mem::swap(numbers, spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_and_size_are_sorted() {
        let (mut state, mut spare) = (1u64, Vec::new());
        for length in [0, 1, 2, 47, 48, 200, 1000] {
            for bits in [1, 8, 9, 21, 24, 25, 32] {
                let mut numbers: Vec<u32> = (0..length)
                    .map(|_| {
                        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                        (state >> 32) as u32 >> (32 - bits)
                    })
                    .collect();
                let mut expected = numbers.clone();
                expected.sort_unstable();
                sort_row(&mut numbers, &mut spare);
                assert_eq!(numbers, expected);
            }
        }
    }
}
