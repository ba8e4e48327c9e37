//! The convolutions: 84 kernels, their dilations, and their channels.
//!
//! Dempster, Schmidt and Webb 2021, "MiniRocket: A very fast (almost) deterministic transform for time series
//! classification".

use crate::foundation::random::Random;

/// Number of weights in a kernel.
pub const TAPS: usize = 9;
/// Number of kernels: every choice of three weights of 2 among nine; the others are -1.
pub const KERNELS: usize = 84;
const MOST_DILATIONS: usize = 32;
const MOST_CHANNELS: usize = 9;
const CHANNELS: u64 = 1 << 59;

/// One kernel at one dilation.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    pub dilation: usize,
    /// Positions of the weights of 2.
    pub raised: [usize; 3],
    /// Whether steps count at which the kernel extends beyond an end of the series.
    pub is_padded: bool,
    /// Channels whose convolutions are summed.
    pub channels: Vec<usize>,
    /// Number of features: one per bias.
    pub biases: usize,
}

/// Return all combinations, in the order of their features: by dilation, then by kernel.
///
/// `length` is that of the training series, `features` a multiple of 84; both and `channels` are 1 or more.
pub fn combinations(length: usize, features: usize, channels: usize, seed: u64) -> Vec<Combination> {
    let kernels = kernels();
    let mut found = Vec::new();
    for (number, (dilation, biases)) in dilations(length, features / KERNELS).into_iter().enumerate() {
        for (kernel, &raised) in kernels.iter().enumerate() {
            let mut random = Random::new(seed, CHANNELS + found.len() as u64);
            let is_padded = (number + kernel) % 2 == 0;
            let channels = chosen_channels(channels, &mut random);
            found.push(Combination { dilation, raised, is_padded, channels, biases });
        }
    }
    found
}

/// Positions of the three raised weights of every kernel, in lexicographic order.
pub fn kernels() -> Vec<[usize; 3]> {
    let from = |least: usize| least..TAPS;
    from(0)
        .flat_map(|first| from(first + 1).map(move |second| (first, second)))
        .flat_map(|(first, second)| from(second + 1).map(move |third| [first, second, third]))
        .collect()
}

/// Dilations from 1 to the one at which a kernel spans the series, evenly spaced in their logarithm; and the number of
/// features of each.
fn dilations(length: usize, features: usize) -> Vec<(usize, usize)> {
    let number = features.clamp(1, MOST_DILATIONS);
    let steps = length.saturating_sub(1).max(TAPS - 1) as f64 / (TAPS - 1) as f64;
    let highest = libm::log2(steps);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for place in 0..number {
        let exponent = if number > 1 { highest * place as f64 / (number - 1) as f64 } else { 0.0 };
        // Slightly more, so that integers are not rounded down.
        let dilation = (libm::exp2(exponent) + 1e-9) as usize;
        match found.last_mut() {
            Some((last, count)) if *last == dilation => *count += 1,
            _ => found.push((dilation, 1)),
        }
    }
    let per_place = features as f64 / number as f64;
    found.iter_mut().for_each(|(_, count)| *count = (*count as f64 * per_place) as usize);
    let missing = features.max(1) - found.iter().map(|(_, count)| count).sum::<usize>();
    let dilations = found.len();
    (0..missing).for_each(|place| found[place % dilations].1 += 1);
    found
}

/// Random distinct channels; their number is 2 to the power of a uniform number.
fn chosen_channels(channels: usize, random: &mut Random) -> Vec<usize> {
    if channels == 1 {
        return vec![0];
    }
    let most = channels.min(MOST_CHANNELS);
    let uniform = f64::from(random.centred()) + 0.5;
    let number = libm::exp2(uniform * libm::log2((most + 1) as f64)) as usize;
    let mut chosen = Vec::with_capacity(number);
    while chosen.len() < number.clamp(1, most) {
        let channel = random.below(channels);
        if !chosen.contains(&channel) {
            chosen.push(channel);
        }
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_all_choices_of_three_weights() {
        let found = kernels();
        assert_eq!((found.len(), found[0], found[83]), (KERNELS, [0, 1, 2], [6, 7, 8]));
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn dilations_span_the_series_and_share_the_features() {
        for (length, features) in
            [(1, 119), (8, 119), (9, 119), (24, 119), (500, 119), (100_000, 119), (500, 1), (50, 7)]
        {
            let found = dilations(length, features);
            assert_eq!(found.iter().map(|(_, count)| count).sum::<usize>(), features, "{length} {features}");
            assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert_eq!(found[0].0, 1);
            assert!(found.iter().all(|(dilation, count)| *count > 0 && (8 * dilation < length || *dilation == 1)));
        }
        assert_eq!(dilations(9, 119), [(1, 119)]);
        assert_eq!(dilations(8 * 16 + 1, 119).last().map(|(dilation, _)| *dilation), Some(16));
    }

    #[test]
    fn channels_are_distinct_and_depend_on_the_seed_alone() {
        let found = combinations(50, 840, 12, 3);
        assert_eq!(found, combinations(50, 840, 12, 3));
        assert_ne!(found, combinations(50, 840, 12, 4));
        for one in &found {
            assert!(one.channels.windows(2).all(|pair| pair[0] < pair[1]) && one.channels.len() <= 9);
        }
        assert!((0..12).all(|channel| found.iter().any(|one| one.channels.contains(&channel))));
        assert!(combinations(50, 840, 1, 3).iter().all(|one| one.channels == [0]));
    }
}
