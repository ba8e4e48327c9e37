//! Vectors of float32 in aligned groups of eight, which compilers turn into vector instructions.

/// Eight components.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(32))]
pub struct Lane(pub [f32; 8]);

/// Number of groups of a vector; the last is filled with zeros.
pub fn width_of(dimension: usize) -> usize {
    dimension.div_ceil(8)
}

/// Add a vector.
#[inline(always)]
pub fn add(sum: &mut [Lane], vector: &[Lane]) {
    for (sum, vector) in sum.iter_mut().zip(vector) {
        for (sum, value) in sum.0.iter_mut().zip(vector.0) {
            *sum += value;
        }
    }
}

/// Add a multiple of a vector.
#[inline(always)]
pub fn add_scaled(sum: &mut [Lane], factor: f32, vector: &[Lane]) {
    for (sum, vector) in sum.iter_mut().zip(vector) {
        for (sum, value) in sum.0.iter_mut().zip(vector.0) {
            *sum += factor * value;
        }
    }
}

/// Multiply a vector.
#[inline(always)]
pub fn scale(vector: &mut [Lane], factor: f32) {
    vector.iter_mut().for_each(|lane| lane.0.iter_mut().for_each(|value| *value *= factor));
}

/// The inner product, summed in an order that does not depend on the machine.
#[inline(always)]
pub fn dot(left: &[Lane], right: &[Lane]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (left, right) in left.iter().zip(right) {
        for (sum, (left, right)) in sums.iter_mut().zip(left.0.iter().zip(right.0)) {
            *sum += left * right;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The components of vectors of a dimension, without the zeros at their ends.
pub fn flat(lanes: &[Lane], dimension: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(lanes.len() * 8);
    for vector in lanes.chunks_exact(width_of(dimension)) {
        let whole = vector.iter().flat_map(|lane| lane.0);
        values.extend(whole.take(dimension));
    }
    values
}

/// The groups of a vector.
pub fn lanes_of(values: &[f32]) -> impl Iterator<Item = Lane> + '_ {
    values.chunks(8).map(|part| {
        let mut lane = Lane::default();
        lane.0[..part.len()].copy_from_slice(part);
        lane
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_added_multiplied_and_flattened() {
        let values: Vec<f32> = (0..11).map(|number| number as f32).collect();
        let vector: Vec<Lane> = lanes_of(&values).collect();
        assert_eq!(vector.len(), width_of(11));
        let mut sum = vector.clone();
        add(&mut sum, &vector);
        add_scaled(&mut sum, -0.5, &vector);
        scale(&mut sum, 2.0);
        assert_eq!(flat(&sum, 11), values.iter().map(|value| 3.0 * value).collect::<Vec<_>>());
        assert_eq!(dot(&vector, &vector), 385.0);
    }
}
