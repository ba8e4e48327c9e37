//! The exponential and functions of it, branch-free, so that a loop over them is vectorized.

/// 1.5 times 2^23: adding it rounds a number to an integer, which is then in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// Taylor coefficients from the sixth power down.
const COEFFICIENTS: [f32; 5] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5];
/// The two parts of ln 2, of which the first has few bits.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
const LIMIT: f32 = 87.0;

/// Exponential of a number, which is clamped to 87 in absolute value; the relative error is below 3e-7.
#[inline(always)]
pub fn exponential(number: f32) -> f32 {
    let number = if number > LIMIT { LIMIT } else { number };
    let number = if number < -LIMIT { -LIMIT } else { number };
    let shifted = number * std::f32::consts::LOG2_E + ROUNDER;
    let power = shifted - ROUNDER;
    let rest = (number - power * LN_2[0]) - power * LN_2[1];
    let sum = COEFFICIENTS.iter().fold(0.0f32, |sum, coefficient| sum * rest + coefficient);
    let value = (sum * rest + 1.0) * rest + 1.0;
    f32::from_bits(value.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[inline(always)]
pub fn sigmoid(number: f32) -> f32 {
    1.0 / (1.0 + exponential(-number))
}

#[inline(always)]
pub fn tanh(number: f32) -> f32 {
    let double = exponential(-2.0 * number);
    (1.0 - double) / (1.0 + double)
}

/// Softmax: convert scores to probabilities that sum to 1.
pub fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = exponential(*score - largest));
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_close_to_those_of_the_standard_library() {
        for step in -9000..9000 {
            let number = step as f32 / 100.0;
            let exact = f64::from(number.clamp(-LIMIT, LIMIT)).exp();
            assert!((f64::from(exponential(number)) / exact - 1.0).abs() < 3e-7, "{number}");
            assert!((sigmoid(number) - 1.0 / (1.0 + (-number).exp())).abs() < 3e-7, "{number}");
            assert!((tanh(number) - number.tanh()).abs() < 3e-7, "{number}");
        }
        assert!([exponential(f32::NAN), sigmoid(f32::NAN), tanh(f32::NAN)].iter().all(|value| value.is_nan()));
        assert_eq!((tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)), (1.0, -1.0));
    }

    #[test]
    fn probabilities_sum_to_1() {
        let mut scores = [1.0, 2.0, 1e4];
        softmax(&mut scores);
        assert!(scores[2] > 0.999 && (scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
