//! Sorting the numbers of one row: a few hundred, none of them large.

/// Below this many numbers, comparing them is faster.
const FEWEST: usize = 48;

/// Sort numbers byte by byte, lowest first; `spare` is reused from row to row.
pub fn sort_row(numbers: &mut Vec<u32>, spare: &mut Vec<u32>) {
    let largest = numbers.iter().fold(0, |bits, &number| bits | number);
    let passes = (32 - largest.leading_zeros()).div_ceil(8) as usize;
    if numbers.len() < FEWEST || passes > 3 || numbers.len() > u32::MAX as usize {
        numbers.sort_unstable();
        return;
    }
    let mut counts = [[0u32; 256]; 3];
    for &number in numbers.iter() {
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[(number >> (8 * pass)) as usize & 255] += 1;
        }
    }
    spare.resize(numbers.len(), 0);
    for (pass, counts) in counts.iter_mut().enumerate().take(passes) {
        let mut start = 0;
        for count in counts.iter_mut() {
            (start, *count) = (start + *count, start);
        }
        for &number in numbers.iter() {
            let place = &mut counts[(number >> (8 * pass)) as usize & 255];
            spare[*place as usize] = number;
            *place += 1;
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
